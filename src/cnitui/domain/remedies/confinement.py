"""Lifting install-cni's confinement in the live DaemonSet: whether it fits, and the exact plan.

Shared by patch-daemonset and selinux-type, which differ in the one field they set.

install-cni is privileged in every stock manifest since v3.11 (v3.8.4 for that line); where the flag is missing and the
runtime labels containers, SELinux confines the installer (projectcalico/calico issue 2704, PR 2738). `privileged: true`
restores what upstream ships; `seLinuxOptions.type: spc_t` lifts the confinement alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cnitui.domain.facts import DaemonSetStatus, PodStatus
from cnitui.domain.plan import Access, DoesNotFit, Expectation, NothingToDo, Plan, PodRestart
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Fit, Fits, Planned, Step, listed
from cnitui.domain.remedies.owners import owner_warnings
from cnitui.domain.remedies.situation import PERMISSIVE_LEVELS, SELINUX_CAUSES, Document, Situation
from cnitui.domain.remedies.template import (
    Missing,
    Setting,
    current,
    patch_command,
    reverting_change,
    setting_change,
    with_setting,
)

PRIVILEGED = "patch-daemonset"
SPC_TYPE = "selinux-type"


def setting_of(remedy: str, container: str) -> Setting:
    """What each of the two remedies sets."""
    if remedy == SPC_TYPE:
        return Setting(container, ("seLinuxOptions", "type"), "spc_t")
    return Setting(container, ("privileged",), True)


def setting_from(facts: Mapping[str, str]) -> Setting:
    """The setting a kept plan made, read back from its facts; raises KeyError, ValueError or TypeError."""
    value = json.loads(facts["value"])
    if not isinstance(value, bool | str):
        raise TypeError(f"{value!r} is no value of a securityContext field")
    return Setting(facts["container"], tuple(facts["field"].split(".")), value)


def fit(remedy: str, situation: Situation) -> Fit:
    """Whether lifting install-cni's confinement can help here."""
    if not situation.failing_nodes:
        return DoesNotFit(remedy, "nothing fails")
    elsewhere = _fails_elsewhere(situation)
    if elsewhere:
        return DoesNotFit(remedy, elsewhere)
    ruled_out = _ruled_out(situation)
    if ruled_out:
        return DoesNotFit(remedy, ruled_out)
    already = _already(remedy, situation)
    if already:
        return DoesNotFit(remedy, already)
    missing = missing_evidence(situation)
    why = (
        "SELinux stops an installer that is not privileged"
        if not missing
        else "it may be SELinux, but that is not proven"
    )
    return Fits(remedy, why, (*missing, *owner_warnings(situation), *_pod_security(situation)))


def plan(remedy: str, situation: Situation) -> Planned:
    """The exact change, or why there is none."""
    status, observed = situation.daemonset, situation.daemonset_object
    if status is None or observed is None:
        return DoesNotFit(remedy, "the DaemonSet could not be read from a cluster, so there is nothing to patch")
    setting = setting_of(remedy, situation.container)
    try:
        change = setting_change(observed, setting)
    except Missing as missing:
        return DoesNotFit(remedy, str(missing))
    if change is None and not _deletes(situation, status, setting):
        return NothingToDo(remedy, _nothing_to_do(setting, situation))
    return _plan(remedy, situation, status, observed, setting)


def _plan(remedy: str, situation: Situation, status: DaemonSetStatus, observed: Document, setting: Setting) -> Plan:
    change = setting_change(observed, setting)
    deletes = _deletes(situation, status, setting)
    restarts = tuple(restart_of(pod) for pod in (*situation.failing, *_healthy(situation)))
    test_pod = probe_pod.choose(situation)
    finding = situation.diagnosis.leading
    undo = reverting_change(with_setting(observed, setting), observed, setting) if change else None
    return Plan(
        remedy=remedy,
        title=f"{setting.container}: {setting.words}",
        cause=finding.cause if finding else "",
        changes=(change,) if change else (),
        deletes=deletes,
        restarts=restarts if status.strategy != "OnDelete" else deletes,
        access=_access(situation, status, bool(deletes)),
        expectations=_expectations(situation, status),
        test_pod=test_pod,
        warnings=(*owner_warnings(situation), *_pod_security(situation)),
        missing_evidence=missing_evidence(situation),
        rollout=rollout(situation, status),
        undo_by_hand=patch_command(undo, any_generation=True) if undo else "",
        facts=MappingProxyType(_plan_facts(situation, status, setting)),
    )


def _plan_facts(situation: Situation, status: DaemonSetStatus, setting: Setting) -> dict[str, str]:
    facts = {
        "daemonset": f"{status.namespace}/{status.name}",
        "strategy": status.strategy,
        "container": setting.container,
        "field": ".".join(setting.path),
        "value": json.dumps(setting.value),
    }
    if situation.pod_security not in PERMISSIVE_LEVELS and situation.pod_security is not None:
        facts["pod_security"] = situation.pod_security
    return facts


def missing_evidence(situation: Situation) -> tuple[str, ...]:
    """What a confident SELinux verdict still lacks, per failing node."""
    lacking: dict[str, list[str]] = {}
    for node in situation.failing_nodes:
        findings = situation.findings_on(node, SELINUX_CAUSES)
        if findings and findings[0].verdict.confident:
            continue
        best = findings[0] if findings else None
        words = f"{best.cause} is {best.verdict.words}: {best.judgement.because}" if best else "SELinux was not judged"
        lacking.setdefault(words, []).append(node)
    return tuple(f"{listed(tuple(nodes))}: {words}" for words, nodes in lacking.items())


def rollout(situation: Situation, status: DaemonSetStatus) -> str:
    """What the DaemonSet controller will do, in words (kubernetes pkg/controller/daemon/update.go)."""
    failing = listed(tuple(pod.node for pod in situation.failing)) or "none"
    healthy = tuple(pod.node for pod in _healthy(situation))
    if status.strategy == "OnDelete":
        kept = (
            f" The healthy pods ({listed(healthy)}) keep the old template until somebody deletes them."
            if healthy
            else ""
        )
        return (
            "The update strategy is OnDelete: the patch alone restarts no pod. "
            f"The failing pods ({failing}) are then deleted, each by its UID, and come back with the new one.{kept}"
        )
    after = (
        f" Then the healthy ones ({listed(healthy)}) follow, at most {status.max_unavailable} at a time."
        if healthy
        else ""
    )
    return (
        f"The controller replaces the failing pods ({failing}) at once: pods that are not available go first and do "
        f"not count against maxUnavailable. No pod needs to be deleted by hand.{after}"
    )


def restart_of(pod: PodStatus) -> PodRestart:
    """A pod as the preview names it."""
    return PodRestart(pod.node, pod.name, pod.uid, pod.failing is not None)


def _healthy(situation: Situation) -> tuple[PodStatus, ...]:
    return tuple(pod for pod in situation.pods if pod.failing is None)


def _deletes(situation: Situation, status: DaemonSetStatus, setting: Setting) -> tuple[PodRestart, ...]:
    if status.strategy != "OnDelete":
        return ()
    return tuple(restart_of(pod) for pod in situation.failing if not runs_with(pod, setting))


def runs_with(pod: PodStatus, setting: Setting) -> bool:
    """Whether the pod itself, not the template, has the setting already."""
    return _held(pod, setting) == setting.value


def _held(pod: PodStatus, setting: Setting) -> object:
    spec = pod.spec(setting.container)
    if spec is None:
        return None
    return spec.security.privileged if setting.path == ("privileged",) else spec.security.selinux_type or None


def looks_new(plan: Plan, daemonset: Document, old: frozenset[str] = frozenset()) -> Callable[[PodStatus], bool]:
    """Tells a pod with the DaemonSet's present template by the field the plan is about.

    When the template does not have the field, a pod-level setting may still give the pod one, so then any pod that is
    not one of the `old` (uids) will do as well.
    """
    try:
        setting = setting_from(plan.facts)
        wanted = current(daemonset, setting)
    except (KeyError, TypeError, ValueError, Missing):
        return lambda pod: pod.uid not in old
    return lambda pod: _held(pod, setting) == wanted or (wanted is None and bool(old) and pod.uid not in old)


def _fails_elsewhere(situation: Situation) -> str:
    failing = {pod.failing.name for pod in situation.failing if pod.failing is not None}
    if failing and situation.container not in failing:
        return f"{listed(tuple(sorted(failing)))} fails, not {situation.container}"
    return ""


def _ruled_out(situation: Situation) -> str:
    reasons: list[str] = []
    for node in situation.failing_nodes:
        findings = situation.findings_on(node, SELINUX_CAUSES)
        if not findings or findings[0].verdict.value != "ruled_out":
            return ""
        denial = next((f for f in findings if f.cause == SELINUX_CAUSES[0]), findings[0])
        reasons.append(denial.judgement.because)
    return f"SELinux is ruled out: {reasons[0]}" if reasons else ""


def _already(remedy: str, situation: Situation) -> str:
    if situation.daemonset_object is None:
        return ""
    setting = setting_of(remedy, situation.container)
    try:
        if current(situation.daemonset_object, setting) != setting.value:
            return ""
    except Missing as missing:
        return str(missing)
    status = situation.daemonset
    if status is not None and _deletes(situation, status, setting):
        return ""
    return _nothing_to_do(setting, situation)


def _nothing_to_do(setting: Setting, situation: Situation) -> str:
    words = f"the template already has {setting.words} on {setting.container}"
    old = tuple(pod.node for pod in situation.pods if pod.spec(setting.container) and not runs_with(pod, setting))
    if old:
        return f"{words}; the pods on {listed(old)} still run an older template, which the rollout has yet to replace"
    return f"{words}: patching would change nothing, so look at the other causes"


def _pod_security(situation: Situation) -> tuple[str, ...]:
    level = situation.pod_security
    if level is None or level in PERMISSIVE_LEVELS:
        return ()
    words = (
        f"namespace {situation.namespace} enforces Pod Security {level!r}: no new calico-node pod would be admitted "
        "(host network, host paths, privileged), so each pod the rollout removes stays away (FailedCreate)"
    )
    return (words,)


def _access(situation: Situation, status: DaemonSetStatus, deletes: bool) -> tuple[Access, ...]:
    needed = [Access("patch", "apps", "daemonsets", status.namespace, status.name)]
    needed += [Access("watch", "", "pods", status.namespace)]
    if deletes:
        needed.append(Access("delete", "", "pods", status.namespace))
    test_pod = probe_pod.choose(situation)
    return (*needed, *(probe_pod.accesses(test_pod) if test_pod else ()))


def _expectations(situation: Situation, status: DaemonSetStatus) -> tuple[Expectation, ...]:
    nodes = listed(situation.failing_nodes)
    rolled = "the failing pods" if status.strategy == "OnDelete" else "all pods"
    return (
        Expectation("pods", f"{rolled} of {status.name} run the new template and are Running on every node"),
        Expectation("nodes", "every node is Ready"),
        Expectation("files", f"CNI binaries and configuration on {nodes} are those of the reference node"),
        Expectation("test-pod", "a test pod on a repaired node gets an address and runs"),
    )


def steps(remedy: str, situation: Situation) -> tuple[Step, ...]:
    planned = plan(remedy, situation)
    if not isinstance(planned, Plan):
        return (Step(planned.why),)
    dry = f"{planned.changes[0].by_hand} --dry-run=server" if planned.changes else ""
    watch = f"kubectl -n {situation.namespace} rollout status daemonset/{situation.daemonset_name}"
    return (
        Step("See what the server would store", dry),
        Step("Patch it; the tests refuse if the object has changed since", dry.removesuffix(" --dry-run=server")),
        Step("Watch the rollout", watch),
        Step("Take it back", planned.undo_by_hand),
    )
