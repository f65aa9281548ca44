"""Everything that has a time, in its order: attempts, events, denials, node conditions and our own actions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from cnitui.domain.facts import (
    AttemptLogs,
    AvcDenials,
    ContainerStatus,
    Event,
    InstallCni,
    NodeChanges,
    NodeStatus,
    PodEvents,
    PodStatus,
    Run,
)
from cnitui.domain.listing import listed
from cnitui.engine.guide.blocks import Role
from cnitui.engine.state import State, View
from cnitui.late_dataclass import dataclass

Kind = Literal["attempt", "event", "denial", "node", "change", "action"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `node` is "" for the cluster and for us."""

    at: datetime
    kind: Kind
    node: str
    words: str
    role: Role = "normal"


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One attempt of a container on a node."""

    node: str
    container: str
    run: Run


Seen = Callable[[str], Iterable[NodeRun]]
"""The attempts of a node that somebody followed; the kubelet, and so the state, forgets all but the newest.

Of these only what has ended counts: whether one still runs is the state's to say.
"""


def unfollowed(_node: str) -> tuple[NodeRun, ...]:
    """Nothing was followed."""
    return ()


def timeline(
    state: State, view: View = "both", nodes: Collection[str] | None = None, seen: Seen = unfollowed
) -> tuple[Moment, ...]:
    """All moments known, oldest first; where a plan was applied, those before it, those since, or both.

    With `nodes` only theirs and our own.
    """
    before = state.before
    if before is None:
        return tuple(sorted(_moments(state, nodes, seen), key=lambda moment: moment.at))
    earlier = [] if view == "now" else [one for one in _moments(before.state, nodes, seen) if one.at < before.at]
    later = (
        []
        if view == "before"
        else [one for one in _moments(state, nodes, seen) if view == "both" or one.at >= before.at]
    )
    return tuple(sorted(dict.fromkeys((*earlier, *later)), key=lambda moment: moment.at))


def _moments(state: State, nodes: Collection[str] | None, seen: Seen) -> list[Moment]:
    return [
        *_attempts(state, nodes, seen),
        *_events(state, nodes),
        *_denials(state, nodes),
        *_nodes(state, nodes),
        *_changes(state, nodes),
        *_actions(state),
    ]


def runs(state: State, nodes: Collection[str] | None = None) -> tuple[NodeRun, ...]:
    """Every attempt known (of these nodes) before a plan and since, oldest first; one without a start is left out."""
    states = (state.before.state, state) if state.before is not None else (state,)
    return merged(one for known in states for one in _node_runs(known, nodes))


def merged(found: Iterable[NodeRun]) -> tuple[NodeRun, ...]:
    """Each attempt once, as it was told last, oldest first; one without a start is left out."""
    each = {
        (one.node, one.container, one.run.container_id or one.run.started_at): one
        for one in found
        if one.run.started_at is not None
    }
    return tuple(sorted(each.values(), key=lambda one: (one.run.started_at or NEVER, one.node, one.container)))


NEVER = datetime.max.replace(tzinfo=UTC)


def _node_runs(state: State, nodes: Collection[str] | None) -> Iterator[NodeRun]:
    for pod in state.pods:
        if nodes is None or pod.node in nodes:
            for container in pod.containers:
                yield from (NodeRun(pod.node, container.name, run) for run in _runs(state, pod, container))


def followed(nodes: Iterable[str], seen: Seen) -> Iterator[NodeRun]:
    """What was followed on these nodes and has ended."""
    return (one for node in nodes for one in seen(node) if one.run.finished_at is not None)


def _attempts(state: State, nodes: Collection[str] | None, seen: Seen) -> Iterator[Moment]:
    on = {pod.node for pod in state.pods} if nodes is None else nodes
    for one in merged((*followed(on, seen), *_node_runs(state, nodes))):
        yield from _run(one)


def _runs(state: State, pod: PodStatus, container: ContainerStatus) -> tuple[Run, ...]:
    """Each run once: those whose logs were read, which may be older, and the two that the status still tells."""
    logs = state.case.value(AttemptLogs, pod.node)
    read = logs.attempts if logs and (logs.pod, logs.container) == (pod.name, container.name) else ()
    runs = [attempt.run for attempt in read]
    runs += [run for run in (container.last, container.current) if run is not None]
    return tuple({run.container_id or run.started_at: run for run in runs}.values())


def _run(one: NodeRun) -> Iterator[Moment]:
    run = one.run
    if run.started_at is not None:
        yield Moment(run.started_at, "attempt", one.node, f"{one.container} started", "dim")
    if run.finished_at is not None:
        words = f"{one.container} ended with exit code {run.exit_code} {run.reason}".rstrip()
        yield Moment(run.finished_at, "attempt", one.node, words, "bad" if run.failed else "good")


def _events(state: State, nodes: Collection[str] | None) -> Iterator[Moment]:
    for node in state.case.subjects(PodEvents) if nodes is None else nodes:
        found = state.case.value(PodEvents, node)
        for event in found.events if found else ():
            yield from _event(node, event)


def _event(node: str, event: Event) -> Iterator[Moment]:
    """The newest occurrence, and the first of several: how long it has been going on says what came first."""
    role: Role = "warn" if event.kind == "Warning" else "dim"
    if event.count > 1 and event.first_at is not None and event.first_at != event.last_at:
        words = f"{event.reason} (the first of {event.count:,}): {event.message}"
        yield Moment(event.first_at, "event", node, words, role)
    if event.last_at is not None:
        times = f" (x{event.count})" if event.count > 1 else ""
        yield Moment(event.last_at, "event", node, f"{event.reason}{times}: {event.message}", role)


def _denials(state: State, nodes: Collection[str] | None) -> Iterator[Moment]:
    for node in state.case.subjects(AvcDenials) if nodes is None else nodes:
        found, install = state.case.value(AvcDenials, node), state.case.value(InstallCni, node)
        for avc in found.records if found else ():
            if avc.time is not None and (install is None or avc.comm == install.process):
                yield Moment(
                    avc.time, "denial", node, f"SELinux denied {avc.summary}", "bad" if avc.enforced else "warn"
                )


def _changes(state: State, nodes: Collection[str] | None) -> Iterator[Moment]:
    """On the nodes, and of the template that all pods are made from."""
    name = state.daemonset.name if state.daemonset is not None else "calico-node"
    for at, number in state.templates:
        yield Moment(at, "change", "", f"template revision {number} of DaemonSet {name} was made", "accent")
    for node in state.case.subjects(NodeChanges) if nodes is None else nodes:
        found = state.case.value(NodeChanges, node)
        yield from (Moment(at, "change", node, words, "accent") for at, words in (found.changes if found else ()))


_WELL_WHEN_TRUE = frozenset({"Ready", "EtcdIsVoter"})
"""All other conditions tell of trouble when they are True: the kubelet's own, and those of node-problem-detector.

EtcdIsVoter is k3s's and RKE2's, of members of their etcd.
"""
_TELLING = frozenset({"Ready", "NetworkUnavailable"})
"""Conditions whose reason is news when they are well, too: KubeletReady, CalicoIsUp."""


def _nodes(state: State, nodes: Collection[str] | None) -> Iterator[Moment]:
    known = state.nodes if nodes is None else tuple(filter(None, map(state.node, nodes)))
    for node in known:
        yield from _conditions(node)


def _conditions(node: NodeStatus) -> Iterator[Moment]:
    """Since when each condition is as it is; those that came to be so in one moment, for one reason, are one."""
    alike: dict[tuple[datetime, Role, str], list[str]] = {}
    for kind, at, status, reason in _transitions(node):
        well = status == ("True" if kind in _WELL_WHEN_TRUE else "False")
        told = reason and (not well or kind in _TELLING)
        alike.setdefault((at, "good" if well else "warn", f"{status}: {reason}" if told else status), []).append(kind)
    for (at, role, says), kinds in alike.items():
        yield Moment(at, "node", node.name, f"node {listed(kinds)} {'are' if len(kinds) > 1 else 'is'} {says}", role)


def _transitions(node: NodeStatus) -> Iterator[tuple[str, datetime, str, str]]:
    """Type, moment, status and reason; Ready first."""
    if node.ready_since is not None:
        yield "Ready", node.ready_since, node.ready, node.ready_reason
    for kind, at in node.condition_since.items():
        status, _, rest = node.conditions.get(kind, "").partition(" ")
        if kind != "Ready" and status:
            yield kind, at, status.rstrip(":"), rest.partition(": ")[0]


def _actions(state: State) -> Iterator[Moment]:
    for action in state.repair.actions:
        yield Moment(action.at, "action", "", action.words, "accent")
