"""Which remedy fits, what its plan is, and what is said before anybody confirms it."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.evidence import Source
from cnitui.domain.facts import (
    ApiEndpoints,
    CalicoInstall,
    ContainerSecurity,
    ContainerSpec,
    DaemonSetStatus,
    PodStatus,
)
from cnitui.domain.finding import Diagnosis, Finding, Judgement, Verdict
from cnitui.domain.finding import Evidence as FoundIn
from cnitui.domain.owners import Owner
from cnitui.domain.plan import DoesNotFit, NothingToDo, Plan
from cnitui.domain.remedies import REMEDIES, Fits, Situation, advice, remedy
from cnitui.domain.remedies.by_hand import OBSERVED
from cnitui.domain.remedies.by_hand.table import STEPS
from cnitui.lab.objects import calico
from tests.engine.fake_cluster import case_of, daemonset, diagnosis_of, pod, selinux

PODS = (pod("master-01"), pod("worker-01", failing=True), pod("worker-02", failing=True))
STATUS = DaemonSetStatus("kube-system", "calico-node", generation=3)


def situation(
    *,
    pods: tuple[PodStatus, ...] = PODS,
    status: DaemonSetStatus = STATUS,
    stored: dict[str, Any] | None = None,
    diagnosis: Diagnosis | None = None,
    method: str = "manifest",
    security: str | None = "",
) -> Situation:
    return Situation(
        case_of(pods, status, method),
        diagnosis or diagnosis_of(selinux(Verdict.CONFIRMED, "worker-01", "worker-02")),
        stored or daemonset(strategy=status.strategy),
        security,
        suffix="ab12",
        server_version="v1.31.0",
    )


def planned(found: Situation, name: str = "patch-daemonset") -> Plan:
    plan = remedy(name).plan
    assert plan is not None
    result = plan(found)
    assert isinstance(result, Plan), result
    return result


def refused(found: Situation, name: str = "patch-daemonset") -> DoesNotFit | NothingToDo:
    plan = remedy(name).plan
    assert plan is not None
    result = plan(found)
    assert not isinstance(result, Plan)
    return result


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_guides_solutions_come_in_its_order_and_the_alternative_last() -> None:
    names = [candidate.guide for candidate in REMEDIES if candidate.guide]
    assert names == ["Solution 1", "Solution 2", "Solution 3", "Solution 4", "Alternative"]
    assert REMEDIES[-1].id == "permissive"


@pytest.mark.parametrize("found", [situation(), situation(method="operator"), Situation(case_of(()), diagnosis_of())])
def test_every_remedy_says_whether_it_fits_and_why_and_how_it_is_done(found: Situation) -> None:
    for candidate in REMEDIES:
        judged = candidate.fit(found)
        assert judged.why
        assert judged.remedy == candidate.id
        assert candidate.steps(found)
        assert 3 <= len(candidate.trade_offs) <= 6
        assert candidate.correction
        assert candidate.risk
        assert candidate.blast_radius


def test_the_two_patches_and_the_relabelling_are_carried_out_by_the_tool() -> None:
    carried_out = [candidate.id for candidate in REMEDIES if candidate.applicable]
    assert carried_out == ["patch-daemonset", "selinux-type", "relabel"]


def test_an_unknown_remedy_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        remedy("reboot")


# --- patch-daemonset: fit ---------------------------------------------------------------------------------------------


def test_a_confirmed_denial_fits_without_reservations() -> None:
    judged = remedy("patch-daemonset").fit(situation())
    assert isinstance(judged, Fits)
    assert judged.reservations == ()


def test_a_cause_that_is_only_possible_fits_with_what_is_missing() -> None:
    found = situation(diagnosis=diagnosis_of(selinux(Verdict.POSSIBLE, because="no denial on record")))
    judged = remedy("patch-daemonset").fit(found)
    assert isinstance(judged, Fits)
    assert judged.reservations == ("worker-01, worker-02: selinux-denial is possible: no denial on record",)
    assert planned(found).missing_evidence == judged.reservations


def test_a_node_without_a_confident_verdict_is_named() -> None:
    partly = diagnosis_of(
        selinux(Verdict.LIKELY, "worker-01"), selinux(Verdict.UNDETERMINED, "worker-02", because="no ssh")
    )
    missing = planned(situation(diagnosis=partly)).missing_evidence
    assert missing == ("worker-02: selinux-denial is undetermined: no ssh",)


@pytest.mark.parametrize("name", ["patch-daemonset", "selinux-type", "patch-manifest", "ansible-role", "relabel"])
def test_selinux_ruled_out_on_every_failing_node_does_not_fit(name: str) -> None:
    diagnosis = diagnosis_of(selinux(Verdict.RULED_OUT, because="install-cni already runs privileged"))
    judged = remedy(name).fit(situation(diagnosis=diagnosis))
    assert isinstance(judged, DoesNotFit)
    assert judged.why == "SELinux is ruled out: install-cni already runs privileged"


def test_another_failing_container_does_not_fit() -> None:
    broken = replace(PODS[1], containers=(replace(PODS[1].containers[0], name="mount-bpffs"),))
    judged = remedy("patch-daemonset").fit(situation(pods=(broken,)))
    assert isinstance(judged, DoesNotFit)
    assert judged.why == "mount-bpffs fails, not install-cni"


def test_nothing_failing_needs_no_remedy() -> None:
    found = situation(pods=(pod("master-01"),), diagnosis=Diagnosis("healthy"))
    assert remedy("patch-daemonset").fit(found) == DoesNotFit("patch-daemonset", "nothing fails")


# --- patch-daemonset: plan --------------------------------------------------------------------------------------------


def test_the_plan_names_its_change_its_restarts_failing_first_and_its_test_pod() -> None:
    plan = planned(situation())
    assert plan.title == "install-cni: securityContext.privileged: true"
    assert [(restart.node, restart.failing) for restart in plan.restarts] == [
        ("worker-01", True),
        ("worker-02", True),
        ("master-01", False),
    ]
    assert plan.deletes == ()
    assert plan.test_pod is not None
    assert (plan.test_pod.name, plan.test_pod.node, plan.test_pod.namespace) == (
        "cnitui-verify-ab12",
        "worker-01",
        "kube-system",
    )
    assert "replaces the failing pods (worker-01, worker-02) at once" in plan.rollout
    assert "master-01" in plan.rollout
    assert "maxUnavailable" in plan.rollout
    assert plan.undo_by_hand.startswith("kubectl -n kube-system patch daemonset calico-node")
    assert [access.words for access in plan.access][:2] == [
        "patch daemonsets.apps calico-node in kube-system",
        "watch pods in kube-system",
    ]


def test_an_existing_security_context_is_merged_into() -> None:
    plan = planned(situation(stored=daemonset({"securityContext": {"runAsUser": 0}})))
    assert plan.changes[0].operations == (
        {"op": "add", "path": "/spec/template/spec/initContainers/1/securityContext/privileged", "value": True},
    )


def test_the_selinux_type_is_planned_the_same_way() -> None:
    plan = planned(situation(), "selinux-type")
    assert plan.changes[0].operations[0]["value"] == {"seLinuxOptions": {"type": "spc_t"}}


def test_a_stock_template_leaves_nothing_to_do() -> None:
    stock = daemonset({"securityContext": {"privileged": True}})
    pods = tuple(replace(p, specs=pod("x", privileged=True).specs) for p in PODS)
    answer = refused(situation(stored=stock, pods=pods))
    assert isinstance(answer, NothingToDo)
    assert "patching would change nothing" in answer.why


def test_pods_of_an_older_template_are_named_when_there_is_nothing_to_patch() -> None:
    answer = refused(situation(stored=daemonset({"securityContext": {"privileged": True}})))
    assert isinstance(answer, NothingToDo)
    assert "worker-01, worker-02 still run an older template" in answer.why


def test_on_delete_recycles_the_failing_pods_by_uid_and_no_other() -> None:
    plan = planned(situation(status=replace(STATUS, strategy="OnDelete")))
    assert [(p.node, p.uid) for p in plan.deletes] == [(p.node, p.uid) for p in PODS[1:]]
    assert plan.restarts == plan.deletes
    assert "OnDelete" in plan.rollout
    assert any(access.verb == "delete" for access in plan.access)


def test_on_delete_with_a_patched_template_only_recycles() -> None:
    stored = daemonset({"securityContext": {"privileged": True}}, "OnDelete")
    plan = planned(situation(stored=stored, status=replace(STATUS, strategy="OnDelete")))
    assert plan.changes == ()
    assert len(plan.deletes) == 2


def test_without_a_cluster_there_is_no_plan() -> None:
    found = replace(situation(), daemonset_object=None)
    assert isinstance(refused(found), DoesNotFit)


def test_a_template_without_install_cni_gets_no_plan() -> None:
    stored = daemonset()
    stored["spec"]["template"]["spec"]["initContainers"].pop()
    assert "no container install-cni" in refused(situation(stored=stored)).why


def test_a_namespace_that_refuses_the_pods_is_warned_of() -> None:
    plan = planned(situation(security="baseline"))
    assert "enforces Pod Security 'baseline'" in plan.warnings[0]
    assert plan.facts["pod_security"] == "baseline"
    assert "pod_security" not in planned(situation(security="privileged")).facts
    assert planned(situation(security=None)).warnings == ()


# --- the test pod -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "configured", "image"),
    [
        ((), "", "registry.k8s.io/pause:3.10"),
        (("calico/node:v3", "mirror.local:5000/pause:3.8"), "", "mirror.local:5000/pause:3.8"),
        (("evil\n/pause:3.8",), "", "registry.k8s.io/pause:3.10"),
        (("registry.k8s.io/pause:3.9",), "mirror/busybox:1", "mirror/busybox:1"),
    ],
)
def test_the_test_pods_image_is_the_configured_one_else_the_nodes_own_else_the_usual(
    present: tuple[str, ...], configured: str, image: str
) -> None:
    found = replace(situation(), node_images={"worker-01": present}, test_pod_image=configured)
    pod_ = planned(found).test_pod
    assert pod_ is not None
    assert pod_.image == image


def test_a_worker_is_tested_before_a_control_plane_node() -> None:
    pods = (pod("master-01", failing=True), pod("worker-09", failing=True))
    pod_ = planned(situation(pods=pods, diagnosis=diagnosis_of(selinux(), failing=()))).test_pod
    assert pod_ is not None
    assert pod_.node == "worker-09"


# --- the explained ones -----------------------------------------------------------------------------------------------


def test_migration_is_not_for_broken_nodes_and_never_deletes() -> None:
    judged = remedy("migrate-operator").fit(situation())
    assert isinstance(judged, DoesNotFit)
    assert "repair worker-01, worker-02 first" in judged.why
    commands = [step.command for step in remedy("migrate-operator").steps(situation())]
    assert not any("delete" in command for command in commands)
    assert isinstance(remedy("migrate-operator").fit(situation(method="operator")), DoesNotFit)
    healthy = replace(
        situation(pods=(pod("master-01"),), diagnosis=Diagnosis("healthy")),
        daemonset_object=calico.daemon_set(privileged=True),
    )
    assert isinstance(remedy("migrate-operator").fit(healthy), Fits)
    assert isinstance(remedy("migrate-operator").fit(replace(healthy, case=case_of((), method="canal"))), DoesNotFit)


def test_migration_is_walked_with_the_operator_of_the_calico_that_runs() -> None:
    found = replace(situation(), daemonset_object=calico.daemon_set(privileged=True))
    steps = remedy("migrate-operator").steps(found)
    assert steps[0].command == "cnitui operator calico-operator"
    assert "Calico v3.27.0 belongs to operator v1.32.3" in steps[0].words
    typed = [step.command for step in steps]
    assert "kubectl create --dry-run=server -f calico-operator/installation.yaml" in typed
    assert any("projectcalico/calico/v3.27.0/manifests/tigera-operator.yaml" in command for command in typed)
    install = CalicoInstall("v9.9.9", "manifest", "kube-system", "calico-node")
    unknown = replace(found, daemonset_object=None, case=found.case.with_observed(install, Source("")))
    assert "not known" in remedy("migrate-operator").steps(unknown)[0].words


def test_migration_is_not_for_what_the_operator_refuses() -> None:
    etcd = calico.daemon_set(privileged=True)
    etcd["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "ETCD_ENDPOINTS", "value": "https://e"})
    healthy = situation(pods=(pod("master-01"),), diagnosis=Diagnosis("healthy"))
    judged = remedy("migrate-operator").fit(replace(healthy, daemonset_object=etcd))
    assert isinstance(judged, DoesNotFit)
    assert "the operator supports the Kubernetes datastore only: ETCD_ENDPOINTS" in judged.why


def test_the_operator_has_no_manifest_to_patch_and_owners_no_role() -> None:
    assert isinstance(remedy("patch-manifest").fit(situation(method="operator")), DoesNotFit)
    owned = situation(status=replace(STATUS, owners=(Owner("helm", "calico"),)))
    assert isinstance(remedy("ansible-role").fit(owned), DoesNotFit)


def test_the_role_is_written_shown_and_run() -> None:
    steps = remedy("ansible-role").steps(situation())
    commands = [step.command for step in steps if step.command]
    assert commands[0] == "cnitui ansible-role roles/calico_install_cni"
    assert commands[1:] == ["ansible-playbook site.yml --check --diff", "ansible-playbook site.yml"]


def test_relabelling_quotes_what_the_cluster_says() -> None:
    commands = [step.command for step in remedy("relabel").steps(situation())]
    assert "sudo semanage fcontext -a -t container_file_t -r s0 '/opt/cni/bin(/.*)?'" in commands
    assert "sudo restorecon -RFv /opt/cni/bin /etc/cni/net.d" in commands
    assert any("calico-node-worker-01-3" in command for command in commands)


def test_permissive_is_never_recommended() -> None:
    judged = remedy("permissive").fit(situation())
    assert isinstance(judged, DoesNotFit)
    assert judged.why.startswith("not recommended")


# --- advice per cause -------------------------------------------------------------------------------------------------


def test_advice_fills_in_the_observed_names() -> None:
    found = situation()
    case = found.case.with_observed(ApiEndpoints("10.96.0.1:443"), Source(""))
    commands = [step.command for step in advice("apiserver-unreachable", replace(found, case=case)).steps]
    assert "ssh worker-01 curl -k --max-time 5 https://10.96.0.1:443/version" in commands
    assert "kubectl -n kube-system delete pod calico-node-worker-01-3" in commands


def test_a_hostile_name_never_enters_a_command() -> None:
    hostile = "x;rm -rf ~"
    found = situation(pods=(replace(pod("worker-01", failing=True), name=hostile),))
    text = " ".join(step.command for step in advice("disk-full", found).steps)
    assert hostile not in text
    assert "delete pod POD" in text


EVIL = ("x;rm -rf ~", "$(reboot)", "`reboot`", "-oProxyCommand=reboot", "a' && reboot '")


@pytest.mark.parametrize("cause", sorted(OBSERVED))
@pytest.mark.parametrize("evil", EVIL)
def test_nothing_that_a_cluster_says_becomes_a_shell_word(cause: str, evil: str) -> None:
    said = (
        f'configmap "{evil}" not found', f"hostPath type check failed: /{evil} is not a directory",
        f"x509: certificate is valid for {evil}, not {evil}", f"typha endpoint {evil}:5473",
        f"BGP not established with {evil}", f"(post {evil}.projectcalico.org)", f"CIDR = '{evil}'",
        f"already using the IPv4 address {evil}", f"open /host/{evil}: text file busy", f'exec: "/{evil}"',
        f'path "/{evil}" is mounted but it is not a shared mount', f'serviceaccounts "{evil}" not found',
        f'User "system:serviceaccount:{evil}" cannot {evil} resource "{evil}"', f'violates PodSecurity "{evil}:latest"',
        f"current time {evil} is before {evil}", f"exceeded quota: {evil}", "OOMKilled 429 not found Unauthorized",
        "ipset no valid json network is unreachable expected cgroupsPath to be of format",
    )  # fmt: skip
    judgement = Judgement(Verdict.CONFIRMED, evil, tuple(FoundIn("", one) for one in said))
    finding = Finding(cause, "", judgement, ("worker-01", evil))
    broken = replace(pod("worker-01", failing=True), name=evil, namespace=evil)
    found = replace(situation(pods=(broken,)), diagnosis=diagnosis_of(finding))
    for step in advice(cause, found).steps:
        typed = shlex.split(step.command.replace("$node", "NODE").replace("$(uname -r)", "").replace("$(sudo", "(sudo"))
        others = [word for word in typed if word != evil or typed[0] == "ssh"]  # whole and quoted it does no harm
        assert not any("reboot" in word or "rm -rf ~" in word for word in others), step.command


@pytest.mark.parametrize("cause", sorted(STEPS))
def test_every_advice_can_be_filled_in(cause: str) -> None:
    steps = advice(cause, Situation(case_of(()), diagnosis_of(failing=()))).steps
    assert steps
    assert not any("{" in step.command.replace("{print", "") for step in steps)


def test_an_unknown_cause_has_no_advice() -> None:
    assert advice("gremlins", situation()).steps == ()


def test_before_the_object_is_read_the_watched_template_decides_and_steps_go_by_name() -> None:
    unread = replace(situation(), daemonset_object=None)
    steps = remedy("patch-daemonset").steps(unread)
    assert '[{"name": "install-cni", "securityContext": {"privileged": true}}]' in steps[1].command
    assert steps[0].command == f"{steps[1].command} --dry-run=server"
    privileged = ContainerSpec("install-cni", 1, init=True, security=ContainerSecurity(privileged=True, stated=True))
    case = case_of(PODS, replace(STATUS, containers=(privileged,)))
    judged = remedy("patch-daemonset").fit(replace(unread, case=case))
    assert isinstance(judged, DoesNotFit)
    assert judged.why.startswith("the template already has securityContext.privileged: true")


def test_every_remedy_a_cause_names_exists_and_every_cause_has_advice() -> None:
    known = {candidate.id for candidate in REMEDIES}
    assert {cause.id for cause in CATALOGUE if not set(cause.remedies) <= known} == set()
    assert {cause.id for cause in CATALOGUE} <= set(STEPS)


@pytest.mark.shared
def test_there_is_advice_for_every_cause_of_the_taxonomy(shared: Path) -> None:
    rows = (shared / "corpus" / "TAXONOMY.md").read_text("utf-8").partition("## Confusable")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", rows, re.MULTILINE)) == set(STEPS)
