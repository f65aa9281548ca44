"""The exact plan of relabelling the CNI directories, node by node, and the same for people to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from cnitui.domain.facts import CniDirectories, NodeStatus, Platform, PodStatus
from cnitui.domain.listing import listed
from cnitui.domain.plan import Access, DoesNotFit, Expectation, NodeChange, Plan, TestPod
from cnitui.domain.relabelling import CONTEXT, LabelState, Unread, relabelling, undoing, why_not, why_not_back
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.base import Planned, Step, command
from cnitui.domain.remedies.confinement import restart_of
from cnitui.domain.remedies.confinement_fit import missing_evidence
from cnitui.domain.remedies.relabel_systems import (
    UNKNOWN,
    System,
    instead_steps,
    record_steps,
    sealed_steps,
    system_of,
)
from cnitui.domain.remedies.situation import SELINUX_CAUSES, Situation

ID = "relabel"
MOST_PODS = 3
"""Pods named in one command."""
MOST_NODES = 100
"""Nodes of one plan: each is written to and watched, and a preview of more is read by nobody."""


def directories_of(situation: Situation) -> tuple[str, ...]:
    """The CNI directories as paths that rules and nodes name alike."""
    return tuple(dict.fromkeys(path.rstrip("/") or "/" for path in situation.directories))


# --- which nodes ----------------------------------------------------------------------------------------------------


def systems(situation: Situation) -> Mapping[System, tuple[str, ...]]:
    """The failing nodes by the system they run; nodes that fail alike run the same one."""
    found: dict[System, list[str]] = {}
    by_cohort = {node: cohort.likeness.os_image for cohort in situation.diagnosis.cohorts for node in cohort.members}
    told = set(situation.case.subjects(Platform)) | (set() if by_cohort else set(situation.case.subjects(NodeStatus)))
    for node in situation.failing_nodes:
        said = f"{by_cohort.get(node, '')} {_told(situation, node) if node in told else ''}"
        found.setdefault(system_of(said), []).append(node)
    return {system: tuple(nodes) for system, nodes in found.items()}


def _told(situation: Situation, node: str) -> str:
    status, platform = situation.case.value(NodeStatus, node), situation.case.value(Platform, node)
    said = f"{platform.distribution} {platform.version}" if platform else ""
    return f"{status.os_image if status else ''} {said}"


def candidates(situation: Situation) -> tuple[str, ...]:
    """The failing nodes that may be relabelled: those of which SELinux is not ruled out and that have a shell.

    A worker comes first, because the first one is tried alone.
    """
    sealed = {node for system, nodes in systems(situation).items() if system.sealed for node in nodes}
    out = {
        node
        for findings, nodes in situation.findings_by_nodes(SELINUX_CAUSES)
        if findings and all(finding.verdict.value == "ruled_out" for finding in findings)
        for node in nodes
    }
    open_ones = [node for node in situation.failing_nodes if node not in sealed | out]
    first = probe_pod.node_for(situation)
    return tuple(sorted(open_ones, key=lambda node: (node != first, node)))[:MOST_NODES]


# --- the plan -------------------------------------------------------------------------------------------------------


def plan(situation: Situation) -> Planned:
    """What is done on each node, or why there is no plan."""
    refused = next(filter(None, map(why_not, directories_of(situation))), "")
    if refused:
        return DoesNotFit(ID, f"{refused}: everything below it would get the type")
    if situation.labels is None:
        return DoesNotFit(ID, "nodes are not written to here (--node-access none): the steps of step 7 are for you")
    pods = {pod.node: pod for pod in situation.failing}
    changes, left = [], []
    for node in candidates(situation):
        made = _change(node, situation.labels.get(node, Unread("its labels were not read")), pods.get(node))
        if isinstance(made, NodeChange):
            changes.append(made)
        else:
            left.append(f"{node} is left out: {made.why}" + (f". {made.next_step}" if made.next_step else ""))
    if not changes:
        return DoesNotFit(ID, left[0] if left else "SELinux is ruled out on every failing node")
    return _plan(situation, tuple(changes), tuple(left))


def _change(node: str, state: LabelState | Unread, pod: PodStatus | None) -> NodeChange | Unread:
    if isinstance(state, Unread):
        return state
    no_way_back = why_not_back(state)
    if no_way_back:
        return Unread(no_way_back)
    after = f"{' and '.join(state.labels)} with all below are {CONTEXT}, whatever type or categories they had"
    return NodeChange(node, relabelling(state), undoing(state), state, after, restart_of(pod) if pod else None)


def _plan(situation: Situation, changes: tuple[NodeChange, ...], left: tuple[str, ...]) -> Plan:
    finding = situation.diagnosis.leading
    names = tuple(change.node for change in changes)
    more = len(situation.failing_nodes) - len(names) - len(left)
    notes = (f"{more:,} more failing nodes are not part of it; preview it again for them",) if more > 0 else ()
    return Plan(
        remedy=ID,
        title=f"Relabel {' and '.join(directories_of(situation))} on {listed(names, 3)}",
        cause=finding.cause if finding else "",
        changes=(),
        deletes=tuple(change.pod for change in changes if change.pod is not None),
        access=_access(situation),
        expectations=_expectations(names),
        test_pod=_test_pod(situation, names[0]),
        warnings=(*left, *doubts(changes), *notes, *_warnings(situation)),
        missing_evidence=missing_evidence(situation),
        rollout=_rollout(names),
        undo_by_hand="",
        facts=MappingProxyType(_facts(situation)),
        nodes=changes,
    )


def _facts(situation: Situation) -> dict[str, str]:
    failing = next(iter(sorted(situation.failing_containers)), situation.container)
    daemonset = f"{situation.namespace}/{situation.daemonset_name}"
    return {"daemonset": daemonset, "container": failing, "strategy": "nodes"}


def _access(situation: Situation) -> tuple[Access, ...]:
    test_pod = probe_pod.choose(situation)
    pods = (Access("list", "", "pods", situation.namespace), Access("delete", "", "pods", situation.namespace))
    return (*pods, *(probe_pod.accesses(test_pod) if test_pod else ()))


def _test_pod(situation: Situation, node: str) -> TestPod | None:
    pod = probe_pod.choose(situation)
    return replace(pod, node=node) if pod else None


def doubts(changes: tuple[NodeChange, ...]) -> Iterator[str]:
    """Nodes of which it is not certain that the machine that answered is they."""
    return (f"{change.node}: {change.before.doubt}" for change in changes if change.before.doubt)


def _warnings(situation: Situation) -> tuple[str, ...]:
    directories = " and ".join(directories_of(situation))
    return (
        f"every pod that mounts {directories} from the host may then write there",
        "nodes that join later need the same: put it into their image or provisioning",
    )


def _rollout(names: tuple[str, ...]) -> str:
    first, *others = names
    after = ""
    if others:
        pace = "follows" if len(others) == 1 else "follow, a few at a time, until one fails"
        after = f" Then {listed(others)} {pace}."
    return (
        f"{first} goes first: its steps are run, its failing pod is deleted, and a new attempt must succeed there."
        f"{after} Running pods are left alone."
    )


def _expectations(names: tuple[str, ...]) -> tuple[Expectation, ...]:
    return (
        Expectation("pods", f"calico-node runs on {listed(names)}"),
        Expectation("nodes", "every node is Ready"),
        Expectation("files", f"CNI binaries and configuration on {listed(names)} are those of the reference node"),
        Expectation("test-pod", "a test pod on a repaired node gets an address and runs"),
    )


# --- by hand --------------------------------------------------------------------------------------------------------


def steps(situation: Situation) -> tuple[Step, ...]:
    """For each system that fails, what is typed there."""
    directories = directories_of(situation)
    refused = next(filter(None, map(why_not, directories)), "")
    if refused:
        return (Step(f"{refused}: do not relabel it"),)
    found = systems(situation) or {system_of(""): ()}
    by_system = [step for system, nodes in found.items() for step in _for_system(system, nodes, directories)]
    return (
        *_seen(situation),
        *by_system,
        Step("Look again", command("ls", "-lZd", *directories)),
        *_restart(situation),
    )


def _for_system(system: System, nodes: tuple[str, ...], directories: tuple[str, ...]) -> Iterator[Step]:
    if system.sealed:
        made = sealed_steps(system)
    elif system.records or system.name == UNKNOWN.name:
        made = record_steps(system, directories)
    else:
        made = instead_steps(system, directories)
    where = f"On {listed(nodes)}: " if nodes else ""
    yield replace(made[0], words=f"{where}{made[0].words}")
    yield from made[1:]


def _restart(situation: Situation) -> Iterator[Step]:
    pods = tuple(pod.name for pod in situation.failing[:MOST_PODS])
    restart = command("kubectl", "-n", situation.namespace, "delete", "pod", *pods) if pods else ""
    more = len(situation.failing) - len(pods)
    others = f"; the {more:,} others try again by themselves, within five minutes" if more else ""
    yield Step(f"Start the failing pods afresh, so that their back-off ends{others}", restart)


def _seen(situation: Situation) -> tuple[Step, ...]:
    failing = set(situation.failing_nodes)
    read = [node for node in situation.case.subjects(CniDirectories) if node in failing]
    seen = [(node, situation.case.value(CniDirectories, node)) for node in read[:3]]
    return tuple(
        Step(f"Now on {node}: {path} is {entry.label}")
        for node, directories in seen
        if directories is not None
        for path in directories_of(situation)
        if (entry := directories.directories.get(path)) is not None and entry.label is not None
    )
