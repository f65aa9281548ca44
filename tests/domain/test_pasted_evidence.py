"""Pasted text is judged as live evidence is, whatever its order and whatever surrounds it."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.gateways.casefile import paste_case, read_case

CONFIRMED: dict[str, str] = {
    "text-file-busy": "$ kubectl -n kube-system logs calico-node-x -c install-cni\n"
    'time="2024-06-20T07:51:02Z" level=info msg="Running as a Kubernetes pod" source="install.go:140"\n'
    'time="2024-06-20T07:51:02Z" level=error msg="Failed to install /host/opt/cni/bin/portmap" '
    'error="open /host/opt/cni/bin/portmap: text file busy"\n',
    "rbac-forbidden": "$ kubectl -n kube-system logs calico-node-x -c install-cni\n"
    "2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n"
    "2024-03-22 20:01:52.023 [INFO][1] cni-installer/<nil> <nil>: Wrote Calico CNI binaries to /host/opt/cni/bin\n"
    "2024-03-22 20:01:54.950 [FATAL][1] cni-installer/<nil> <nil>: Unable to create token for CNI kubeconfig "
    'error=serviceaccounts "calico-cni-plugin" is forbidden: User "system:serviceaccount:kube-system:calico-node" '
    'cannot create resource "serviceaccounts/token"\n',
    "disk-full": "$ kubectl -n kube-system logs calico-node-x -c install-cni\n"
    "2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n"
    "2024-03-22 20:01:54.950 [ERROR][1] cni-installer/<nil> <nil>: Failed to install /host/opt/cni/bin/calico "
    "error=failed to copy file: write /host/opt/cni/bin/calico.tmp: no space left on device\n",
}
NOISE = (
    "$ kubectl get nodes\nNAME STATUS ROLES AGE VERSION\nworker-01 NotReady <none> 5m v1.31.0\n",
    "$ sudo journalctl -u kubelet\nnetwork is not ready: cni plugin not initialized\n",
    "$ uname -r\n6.1.0-56-cloud-amd64\n",
    "$ kubectl get pods\nNAME READY STATUS RESTARTS AGE\ncoredns-x 0/1 ContainerCreating 0 5m\n",
    "some words in between, and an empty line\n\n",
    '$ cat /etc/os-release\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "$ getenforce\nEnforcing\n",
)


def confident(diagnosis: Diagnosis) -> set[str]:
    return {finding.cause for finding in diagnosis.confident}


@pytest.mark.parametrize("cause", CONFIRMED)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(noise=st.lists(st.sampled_from(NOISE), max_size=5), seed=st.integers(0, 999))
def test_noise_and_order_leave_a_confirmed_verdict(cause: str, noise: list[str], seed: int) -> None:
    parts = [CONFIRMED[cause], *noise]
    random.Random(seed).shuffle(parts)
    diagnosis = diagnose(paste_case("".join(parts)))
    assert confident(diagnosis) == {cause}
    assert diagnosis.findings[0].cause == cause


@pytest.mark.parametrize("cause", CONFIRMED)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=st.integers(0, 600), length=st.integers(0, 700))
def test_truncation_makes_a_verdict_weaker_but_never_another(cause: str, start: int, length: int) -> None:
    cut = CONFIRMED[cause][start : start + length]
    assert confident(diagnose(paste_case(cut))) <= {cause}


@pytest.mark.parametrize("cause", CONFIRMED)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(copies=st.lists(st.integers(1, 4), min_size=6, max_size=6))
def test_duplicated_lines_change_nothing(cause: str, copies: list[int]) -> None:
    lines = CONFIRMED[cause].splitlines()
    text = "\n".join(line for number, line in enumerate(lines) for _ in range(copies[number] if number else 1))
    assert confident(diagnose(paste_case(text))) == {cause}


@pytest.mark.parametrize("cause", CONFIRMED)
@pytest.mark.parametrize("dress", ["crlf", "ansi", "prompt"])
def test_the_dress_of_a_paste_does_not_matter(cause: str, dress: str) -> None:
    text = CONFIRMED[cause]
    if dress == "crlf":
        text = text.replace("\n", "\r\n")
    elif dress == "ansi":
        text = "\n".join(f"\x1b[3{number % 8}m{line}\x1b[0m" for number, line in enumerate(text.splitlines()))
    else:
        text = text.replace("$ kubectl", "admin@jumphost:~/calico$ kubectl")
    assert confident(diagnose(paste_case(text))) == {cause}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_no_text_whatever_raises_or_is_believed(text: str) -> None:
    assert len(confident(diagnose(paste_case(text)))) <= 2


def test_an_attempt_of_another_nodes_success_does_not_hide_the_failure() -> None:
    good = (
        "$ kubectl -n kube-system logs calico-node-good -c install-cni\n"
        "2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n"
        "2024-03-22 20:01:55.100 [INFO][1] cni-installer/<nil> <nil>: Done configuring CNI.  Sleep= false\n"
    )
    for text in (good + CONFIRMED["disk-full"], CONFIRMED["disk-full"] + good):
        assert confident(diagnose(paste_case(text))) == {"disk-full"}


def test_a_table_of_running_pods_is_healthy() -> None:
    table = "NAME READY STATUS RESTARTS AGE\ncalico-node-a 1/1 Running 0 5m\ncalico-node-b 1/1 Running 2 (3d ago) 9d\n"
    assert diagnose(paste_case(table)).status == "healthy"


@pytest.mark.parametrize("text", ["hello", "{}", "\x00\x01\x02", "NAME READY STATUS RESTARTS AGE"])
def test_text_with_nothing_useful_is_undecided_and_says_what_to_collect(text: str) -> None:
    diagnosis = diagnose(paste_case(text))
    assert diagnosis.findings[0].cause == "unknown"
    assert not diagnosis.confident
    assert any("logs" in step.command for step in diagnosis.next_evidence)


# --- recorded reality -----------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_transcript_of_a_real_node_confirms_selinux_and_the_healed_one_is_healthy(shared: Path) -> None:
    folder = shared / "captures" / "real-node"
    broken = diagnose(paste_case((folder / "broken.txt").read_text()))
    assert [(f.cause, f.verdict.value) for f in broken.confident] == [("selinux-denial", "confirmed")]
    assert (broken.failing_nodes, broken.findings[0].nodes) == (("worker-01",), ("worker-01",))
    assert diagnose(paste_case((folder / "healed.txt").read_text())).status == "healthy"


@pytest.mark.shared
@pytest.mark.parametrize("width", [80, 100, 133, 200, 0])
@pytest.mark.parametrize("prompts", [True, False])
def test_the_real_nodes_transcript_keeps_its_verdict_wrapped_and_without_prompts(
    shared: Path, width: int, prompts: bool
) -> None:
    lines = (shared / "captures" / "real-node" / "broken.txt").read_text().splitlines()
    kept = [line for line in lines if prompts or not line.startswith("$ ")]
    wrapped = [line[at : at + width] for line in kept for at in range(0, max(1, len(line)), width)] if width else kept
    diagnosis = diagnose(paste_case("\n".join(wrapped)))
    assert [(f.cause, f.verdict.value) for f in diagnosis.confident] == [("selinux-denial", "confirmed")]


@pytest.mark.shared
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.2, 0.9))
def test_pieces_of_the_transcript_in_any_order_never_lead_elsewhere(shared: Path, seed: int, share: float) -> None:
    text = (shared / "captures" / "real-node" / "broken.txt").read_text()
    pieces = re.split(r"(?m)^(?=\$ )", text)
    chosen = random.Random(seed).sample(pieces, max(1, int(len(pieces) * share)))
    assert confident(diagnose(paste_case("".join(chosen)))) <= {"selinux-denial"}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("default", {"selinux-denial"}),
        ("dontaudit", {"selinux-wrong-context"}),
        ("second-pod", {"selinux-wrong-context"}),
        ("net-denied", {"selinux-wrong-context"}),
        ("rule-not-applied", {"selinux-wrong-context"}),
        ("usr_t", {"selinux-wrong-context"}),
        ("disk-full", {"disk-full"}),
        ("immutable", {"host-permission"}),
        ("missing", {"mount-failure"}),
        ("read-only", {"read-only-filesystem"}),
        *((state, set()) for state in ("dac", "wrong-mcs", "no-auditd", "labelled", "permissive", "permissive-domain",
                                       "privileged", "rule-applied", "same-mcs", "unlabelled-runtime", "disabled")),
    ],
)  # fmt: skip
def test_a_paste_of_each_captured_state_claims_its_cause_and_nothing_else(
    shared: Path, state: str, expected: set[str]
) -> None:
    folder = shared / "captures" / state
    commands = dict(line.split("\t")[::3] for line in (folder / "index.tsv").read_text().splitlines())
    parts = []
    for name in ("container-log", "getenforce", "ls-ldZ-parents", "ls-laZ-bin", "ls-laZ-netd", "ausearch", "findmnt",
                 "lsattr", "df", "df-inodes", "matchpathcon", "sestatus"):  # fmt: skip
        path = folder / f"{name}.txt"
        command = commands.get(path.name, "").replace("PATH=$PATH:/usr/sbin; ", "")
        if name == "container-log":
            command = "kubectl -n kube-system logs calico-node-x -c install-cni"
        if path.exists():
            parts.append(f"[vagrant@node ~]$ {command}\n{path.read_text()}")
    assert confident(diagnose(paste_case("\n".join(parts)))) == expected


@pytest.mark.shared
def test_no_recorded_case_is_judged_confidently_wrong(shared: Path) -> None:
    from cnitui.gateways.documents import load_yaml

    right = 0
    cases = sorted((shared / "corpus" / "cases").glob("*.yaml"))
    for path in cases:
        truth = load_yaml(path.read_bytes())
        assert isinstance(truth, dict)
        fair = {truth["root_cause"], *truth["accepted_causes"]}
        diagnosis = diagnose(read_case(path))
        assert confident(diagnosis) <= fair, path.name
        doubt = ("unknown" in fair or truth["confidence"] == "unresolved") and not diagnosis.confident
        right += diagnosis.findings[0].cause in fair or (doubt and bool(diagnosis.next_evidence))
    assert right / len(cases) >= 0.95


def test_megabytes_of_kubelet_noise_are_judged_by_what_is_special_in_them() -> None:
    noise = "".join(
        f"Nov 23 14:09:{number % 60:02d} worker-01 kubelet[812]: E1123 pod_workers.go:1300] "
        f'"Error syncing pod" err="cni plugin not initialized" pod="kube-system/coredns-{number}"\n'
        for number in range(20_000)
    )
    started = time.process_time()
    diagnosis = diagnose(paste_case(noise + CONFIRMED["disk-full"] + noise))
    assert confident(diagnosis) == {"disk-full"}
    assert time.process_time() - started < 10, "judging grows faster than the text"


def test_logs_of_several_nodes_are_judged_apart_and_a_healthy_node_not_at_all() -> None:
    table = (
        "$ kubectl -n kube-system get pods -o wide\nNAME READY STATUS RESTARTS AGE IP NODE\n"
        "calico-node-a 0/1 Init:CrashLoopBackOff 4 (32s ago) 6m 10.0.0.1 worker-01\n"
        "calico-node-b 0/1 Init:Error 4 6m 10.0.0.2 worker-02\n"
        "calico-node-m 1/1 Running 0 6m 10.0.0.9 master-01\n"
    )
    good = (
        "2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n"
        "2024-03-22 20:01:55.100 [INFO][1] cni-installer/<nil> <nil>: Done configuring CNI.  Sleep= false\n"
    )
    text = (
        table
        + CONFIRMED["text-file-busy"].replace("calico-node-x", "calico-node-a")
        + CONFIRMED["rbac-forbidden"].replace("calico-node-x", "calico-node-b")
        + f"$ kubectl -n kube-system logs calico-node-m -c install-cni\n{good}"
    )
    diagnosis = diagnose(paste_case(text))
    found = {finding.cause: finding.nodes for finding in diagnosis.confident}
    assert found == {"text-file-busy": ("worker-01",), "rbac-forbidden": ("worker-02",)}
    assert diagnosis.healthy_nodes == ("master-01",)


def _denied(stamp: datetime) -> str:
    return (
        f'type=AVC msg=audit({stamp.timestamp():.3f}:215): avc:  denied  {{ write }} for  pid=5 comm="install" '
        'name="bin" dev="sda1" ino=7 scontext=system_u:system_r:container_t:s0:c1,c2 '
        "tcontext=system_u:object_r:bin_t:s0 tclass=dir permissive=0"
    )


@pytest.mark.parametrize(("days", "verdict"), [(0, "likely"), (-20, "possible"), (3, "possible")])
def test_a_denial_outside_of_the_logs_own_times_is_not_what_stops_it(days: int, verdict: str) -> None:
    logged = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
    log = (
        f"{logged:%Y-%m-%d %H:%M:%S}.000 [INFO][1] cni-installer/<nil> <nil>: /host/opt/cni/bin is not writeable, "
        "skipping\n"
        f"{logged:%Y-%m-%d %H:%M:%S}.100 [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory, exiting\n"
    )
    diagnosis = diagnose(paste_case(f"{log}\n{_denied(logged + timedelta(days=days))}\n"))
    found = {finding.cause: finding.verdict.value for finding in diagnosis.findings}
    assert found["selinux-denial"] == verdict
