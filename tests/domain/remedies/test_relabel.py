"""relabel: for which nodes, by which commands on which system, and what its plan says before anybody confirms it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import Source
from cnitui.domain.facts import ContainerSecurity, InstallCni, Platform
from cnitui.domain.finding import Verdict
from cnitui.domain.plan import DoesNotFit, Plan
from cnitui.domain.relabelling import LabelState, Unread
from cnitui.domain.remedies import Situation, remedy
from cnitui.domain.remedies.relabel_plan import MOST_NODES, candidates, plan, steps
from cnitui.domain.remedies.relabel_systems import system_of
from tests.domain.test_relabelling import BIN, FRESH, NET
from tests.engine.fake_cluster import case_of, daemonset, diagnosis_of, pod, selinux

PODS = (pod("master-01"), pod("worker-01", failing=True), pod("worker-02", failing=True))


def situation(*, system: str = "Rocky Linux", labels: dict[str, LabelState | Unread] | None = None) -> Situation:
    case = case_of(PODS)
    for node in ("worker-01", "worker-02"):
        case = case.with_observed(Platform(system), Source(""), node)
    diagnosis = diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01", "worker-02"))
    return Situation(case, diagnosis, daemonset(), "", suffix="ab12", labels=labels)


def commands(found: Situation) -> list[str]:
    return [step.command for step in steps(found)]


@pytest.mark.parametrize(
    ("system", "install"),
    [
        ("Rocky Linux 9.4 (Blue Onyx)", "dnf -y install policycoreutils-python-utils"),
        ("Fedora Linux 41 (Server Edition)", "dnf -y install policycoreutils-python-utils"),
        ("Red Hat Enterprise Linux 8.10 (Ootpa)", "dnf -y install policycoreutils-python-utils"),
        ("Amazon Linux 2023.6", "dnf -y install policycoreutils-python-utils"),
        ("Amazon Linux 2", "yum -y install policycoreutils-python"),
        ("CentOS Linux 7 (Core)", "yum -y install policycoreutils-python"),
        ("Red Hat Enterprise Linux Server 7.9 (Maipo)", "yum -y install policycoreutils-python"),
        ("Debian GNU/Linux 12 (bookworm)", "apt-get install -y policycoreutils-python-utils"),
        ("Ubuntu 24.04 LTS", "apt-get install -y policycoreutils-python-utils"),
        ("openSUSE Leap 15.6", "zypper -n install policycoreutils-python-utils"),
        ("openSUSE MicroOS", "transactional-update -n pkg install policycoreutils-python-utils"),
        ("SUSE Linux Micro 6.0", "transactional-update -n pkg install policycoreutils-python-utils"),
    ],
)
def test_where_semanage_can_be_its_package_comes_first_and_rules_are_recorded(system: str, install: str) -> None:
    typed = commands(situation(system=system))
    assert typed[0] == f"sudo {install}"
    assert typed[1:4] == [
        "sudo semanage fcontext -a -t container_file_t -r s0 '/opt/cni/bin(/.*)?'",
        r"sudo semanage fcontext -a -t container_file_t -r s0 '/etc/cni/net\.d(/.*)?'",
        f"sudo restorecon -RFv {BIN} {NET}",
    ]


@pytest.mark.parametrize(
    "system",
    ["Fedora CoreOS 41.20241122.3.0", "Red Hat Enterprise Linux CoreOS 416.94", "Flatcar Container Linux by Kinvolk"],
)
def test_where_semanage_cannot_be_no_command_of_it_is_shown(system: str) -> None:
    typed = commands(situation(system=system))
    assert not any("semanage" in line.split("|")[0] for line in typed)
    assert typed[0] == f"sudo chcon -R -t container_file_t -l s0 {BIN} {NET}"
    assert "semodule -i" in typed[2]
    assert r'(filecon "/etc/cni/net\.d(/.*)?" any (system_u object_r container_file_t ((s0) (s0))))' in typed[2]


@pytest.mark.parametrize("system", ["Talos (v1.8.1)", "Bottlerocket OS 1.26.1"])
def test_a_system_without_a_shell_gets_no_command_at_all(system: str) -> None:
    found = situation(system=system)
    judged = remedy("relabel").fit(found)
    assert isinstance(judged, DoesNotFit)
    assert judged.why == "worker-01, worker-02 has no shell to relabel from"
    assert not any(line.startswith("sudo") for line in commands(found)[:1])
    assert candidates(found) == ()


def test_a_system_nobody_knows_is_told_what_it_needs() -> None:
    assert system_of("Hal OS 9").name == "another system"
    assert any("semanage is needed" in step.words.lower() for step in steps(situation(system="Hal OS 9")))


def planned(found: Situation) -> Plan:
    made = plan(found)
    assert isinstance(made, Plan), made
    return made


def test_the_plan_says_what_is_run_where_which_pods_are_deleted_and_what_is_left_out() -> None:
    made = planned(situation(labels={"worker-01": FRESH, "worker-02": Unread("no ssh", "Look again")}))
    (change,) = made.nodes
    assert (change.node, len(change.steps), len(change.undo)) == ("worker-01", 3, 3)
    assert [one.pod for one in made.deletes] == ["calico-node-worker-01-3"]
    assert made.changes == ()
    assert made.warnings[0] == "worker-02 is left out: no ssh. Look again"
    assert "worker-01 goes first" in made.rollout
    assert made.test_pod is not None
    assert made.test_pod.node == "worker-01"


def test_a_node_of_which_selinux_is_ruled_out_is_no_candidate() -> None:
    found = situation(labels={"worker-01": FRESH, "worker-02": FRESH})
    ruled_out = diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01"), selinux(Verdict.RULED_OUT, "worker-02"))
    assert [one.node for one in planned(replace(found, diagnosis=ruled_out)).nodes] == ["worker-01"]


def test_a_plan_is_bounded_and_says_how_many_follow() -> None:
    pods = tuple(pod(f"w-{number:03}", failing=True) for number in range(MOST_NODES + 7))
    names = tuple(one.node for one in pods)
    found = Situation(
        case_of(pods), diagnosis_of(selinux(Verdict.CONFIRMED, *names), failing=names), daemonset(), "",
        labels=dict.fromkeys(names, FRESH),
    )  # fmt: skip
    made = planned(found)
    assert len(made.nodes) == MOST_NODES
    assert any(words.startswith("7 more failing nodes") for words in made.warnings)


def test_without_a_way_to_nodes_it_stays_advice() -> None:
    refused = plan(situation())
    assert isinstance(refused, DoesNotFit)
    assert "--node-access none" in refused.why


@pytest.mark.parametrize("path", ["/usr/bin", "/opt/cni/bin; reboot", "/", "/opt/cni/[bold]"])
def test_a_hostile_or_shared_directory_has_no_plan_and_no_command(path: str) -> None:
    found = situation(labels={"worker-01": FRESH})
    install = InstallCni("install-cni", "", ContainerSecurity(), bin_dir=path)
    hostile = replace(found, case=found.case.with_observed(install, Source(""), "worker-01"))
    assert isinstance(plan(hostile), DoesNotFit)
    assert isinstance(remedy("relabel").fit(hostile), DoesNotFit)
    assert commands(hostile) == [""]
