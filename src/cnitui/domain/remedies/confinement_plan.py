"""The exact plan of lifting install-cni's confinement, and the same for people to type."""

from __future__ import annotations

import json
from types import MappingProxyType

from cnitui.domain.documents import Document
from cnitui.domain.facts import DaemonSetStatus, PodStatus
from cnitui.domain.listing import listed
from cnitui.domain.plan import Access, DoesNotFit, Expectation, NothingToDo, Plan
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Planned, Step, command
from cnitui.domain.remedies.confinement import pods_to_delete, restart_of, setting_of
from cnitui.domain.remedies.confinement_fit import missing_evidence, nothing_to_do, pod_security_warnings
from cnitui.domain.remedies.owner_steps import strategic
from cnitui.domain.remedies.owners import lasting_steps, owner_warnings
from cnitui.domain.remedies.rollout_words import rollout_warnings, rollout_words
from cnitui.domain.remedies.situation import PERMISSIVE_LEVELS, Situation
from cnitui.domain.remedies.template import (
    Missing,
    Setting,
    patch_command,
    reverting_change,
    setting_change,
    with_setting,
)
from cnitui.domain.rolling import forecast


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
    if change is None and not pods_to_delete(situation, status, setting):
        return NothingToDo(remedy, nothing_to_do(setting, situation))
    return _plan(remedy, situation, status, observed, setting)


def _plan(remedy: str, situation: Situation, status: DaemonSetStatus, observed: Document, setting: Setting) -> Plan:
    change = setting_change(observed, setting)
    deletes = pods_to_delete(situation, status, setting)
    restarts = tuple(restart_of(pod) for pod in (*situation.failing, *_healthy(situation)))
    test_pod = probe_pod.choose(situation)
    seen, version = forecast(status, situation.pods, situation.server_version), situation.server_version
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
        warnings=(
            *owner_warnings(situation),
            *pod_security_warnings(situation),
            *rollout_warnings(seen, status),
        ),
        missing_evidence=missing_evidence(situation),
        rollout=rollout_words(seen, status, version, deletes),
        undo_by_hand=patch_command(undo, any_generation=True) if undo else "",
        lasting=lasting_steps(situation, setting),
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


def _healthy(situation: Situation) -> tuple[PodStatus, ...]:
    return tuple(pod for pod in situation.pods if pod.failing is None)


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
    if situation.daemonset_object is None:
        return _steps_by_name(remedy, situation)
    if not isinstance(planned, Plan):
        return (Step(planned.why),)
    dry = f"{planned.changes[0].by_hand} --dry-run=server" if planned.changes else ""
    watch = f"kubectl -n {situation.namespace} rollout status daemonset/{situation.daemonset_name}"
    return (
        Step("See what the server would store", dry),
        Step("Patch it; the tests refuse if the object has changed since", dry.removesuffix(" --dry-run=server")),
        Step("Watch the rollout", watch),
        Step("Take it back", planned.undo_by_hand),
        *planned.lasting,
    )


def _steps_by_name(remedy: str, situation: Situation) -> tuple[Step, ...]:
    """Without the object at hand: the strategic merge patch, which finds the container by its name."""
    setting = setting_of(remedy, situation.container)
    patch = json.dumps({"spec": strategic(situation, setting)["spec"]})
    typed = ("kubectl", "-n", situation.namespace, "patch", "daemonset", situation.daemonset_name, "-p", patch)
    undo = ("kubectl", "-n", situation.namespace, "rollout", "undo", f"daemonset/{situation.daemonset_name}")
    return (
        Step(
            "See what the server would store; a misspelt name would add a container",
            command(*typed, "--dry-run=server"),
        ),
        Step("Patch it by the container's name", command(*typed)),
        Step("Take it back", command(*undo)),
        *lasting_steps(situation, setting),
    )
