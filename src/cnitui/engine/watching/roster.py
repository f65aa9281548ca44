"""The rows of the cluster: a node and the calico-node pod on it, kept row by row as the watches bring changes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from cnitui.domain.derive import healthy, next_attempt_at
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node and the calico-node pod on it (either may be unknown); what follows from them is worked out once."""

    name: str
    node: NodeStatus | None
    pod: PodStatus | None
    failing: bool = field(init=False, compare=False)
    """Whether the pod's attempts end in error."""
    healthy: bool = field(init=False, compare=False)
    """Whether the pod runs and is ready."""

    def __post_init__(self) -> None:
        pod = self.pod
        object.__setattr__(self, "failing", pod is not None and pod.failing is not None)
        object.__setattr__(self, "healthy", pod is not None and healthy(pod))

    @property
    def next_attempt(self) -> datetime | None:
        """When the kubelet should try again."""
        failing = self.pod.failing if self.pod else None
        return next_attempt_at(failing) if failing else None


@dataclass(frozen=True)
class Roster:
    """All rows at one moment, in the order of their names, control plane first; unchanged rows are the same objects."""

    rows: tuple[NodeRow, ...] = ()
    pods: tuple[PodStatus, ...] = ()
    nodes: tuple[NodeStatus, ...] = ()
    by_name: Mapping[str, NodeRow] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """The rows by their names."""

    @classmethod
    def of(cls, pods: Iterable[PodStatus], nodes: Iterable[NodeStatus]) -> Roster:
        """The roster of these objects."""
        roll = Roll()
        roll.pods(pods)
        roll.nodes(nodes)
        return roll.roster()

    @cached_property
    def failing(self) -> tuple[PodStatus, ...]:
        """The pods that fail now."""
        return tuple(row.pod for row in self.rows if row.failing and row.pod is not None)

    @cached_property
    def revisions(self) -> Mapping[tuple[str, str], int]:
        """How many living pods there are of each (owner, revision of the template)."""
        return Counter((pod.owner, pod.revision) for pod in self.pods if pod.node and not pod.deleting)

    @cached_property
    def well(self) -> frozenset[str]:
        """The names of the healthy rows."""
        return frozenset([row.name for row in self.rows if row.healthy])

    @cached_property
    def unwell(self) -> frozenset[str]:
        """The names of the other rows."""
        return frozenset(self.by_name.keys() - self.well)

    @property
    def ready(self) -> int:
        """How many rows are healthy."""
        return len(self.well)

    @cached_property
    def failing_since(self) -> datetime | None:
        """When the oldest of the failing pods was made: the longest that this can have been going on."""
        return min([pod.created_at for pod in self.failing if pod.created_at is not None], default=None)


EMPTY = Roster()


class Roll:
    """Makes rosters: each change of a pod or node touches its own row, `changed` names the rows touched since taken."""

    def __init__(self) -> None:
        self._pods: dict[str, PodStatus] = {}
        self._nodes: dict[str, NodeStatus] = {}
        self._on: dict[str, dict[str, PodStatus]] = {}
        """Pods by row and uid: while one is replaced there are two on a node."""
        self._rows: dict[str, NodeRow] = {}
        self._order: list[tuple[bool, str]] = []
        self._changed: set[str] = set()
        self._roster = Roster()
        self._stale = False

    # --- what the watches say ---

    def pods(self, pods: Iterable[PodStatus]) -> None:
        """All pods there are."""
        found = {pod.uid: pod for pod in pods}
        for uid in self._pods.keys() - found.keys():
            self.pod_gone(uid)
        for pod in found.values():
            self.pod(pod)

    def nodes(self, nodes: Iterable[NodeStatus]) -> None:
        """All nodes there are."""
        found = {node.name: node for node in nodes}
        for name in self._nodes.keys() - found.keys():
            self.node_gone(name)
        for node in found.values():
            self.node(node)

    def pod(self, pod: PodStatus) -> None:
        """A pod is new or has changed."""
        before = self._pods.get(pod.uid)
        if before is pod or before == pod:
            return
        self._pods[pod.uid] = pod
        row = row_of(pod)
        if before is not None and row_of(before) != row:
            self._leave(before)
        self._on.setdefault(row, {})[pod.uid] = pod
        self._renew(row)

    def pod_gone(self, uid: str) -> None:
        """A pod does not exist any more."""
        pod = self._pods.pop(uid, None)
        if pod is not None:
            self._leave(pod)

    def node(self, node: NodeStatus) -> None:
        """A node is new or has changed."""
        before = self._nodes.get(node.name)
        if before is not node and before != node:
            self._nodes[node.name] = node
            self._renew(node.name)

    def node_gone(self, name: str) -> None:
        """A node does not exist any more."""
        if self._nodes.pop(name, None) is not None:
            self._renew(name)

    # --- what is made of it ---

    def roster(self) -> Roster:
        """The rows as they are now; the same object while nothing changed."""
        if self._stale:
            self._stale = False
            rows = tuple([self._rows[name] for _, name in self._order])
            self._roster = Roster(rows, tuple(self._pods.values()), tuple(self._nodes.values()), dict(self._rows))
        return self._roster

    @property
    def untaken(self) -> bool:
        """Whether a row was touched that nobody has taken yet."""
        return bool(self._changed)

    def taken(self) -> set[str]:
        """Names of the rows that were touched since the last call; a name without a row is one that left."""
        changed, self._changed = self._changed, set()
        return changed

    def row(self, name: str) -> NodeRow | None:
        """A row by its name."""
        return self._rows.get(name)

    def _leave(self, pod: PodStatus) -> None:
        row = row_of(pod)
        mine = self._on.get(row, {})
        mine.pop(pod.uid, None)
        if not mine:
            self._on.pop(row, None)
        self._renew(row)

    def _renew(self, name: str) -> None:
        node, pods = self._nodes.get(name), self._on.get(name)
        before = self._rows.get(name)
        self._changed.add(name)
        self._stale = True
        if before is not None and ((pods is None and node is None) or _place(before) != (_later(node), name)):
            self._order.pop(bisect_left(self._order, _place(before)))
            del self._rows[name]
            before = None
        if pods is None and node is None:
            return
        row = self._rows[name] = NodeRow(name, node, max(pods.values(), key=_newness) if pods else None)
        if before is None:
            insort(self._order, _place(row))


def row_of(pod: PodStatus) -> str:
    """The name of the row that a pod belongs to: its node, else a row of its own."""
    return pod.node or f"(unscheduled) {pod.name}"


def _place(row: NodeRow) -> tuple[bool, str]:
    return _later(row.node), row.name


def _later(node: NodeStatus | None) -> bool:
    """The control plane comes first."""
    return not (node is not None and node.control_plane)


def _newness(pod: PodStatus) -> tuple[bool, float]:
    """Of the pods on one node the living, newest one counts."""
    return not pod.deleting, pod.created_at.timestamp() if pod.created_at else 0.0
