"""What the screens show: one frozen value that the session replaces and never edits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from cnitui.domain.derive import failing_since, healthy, next_attempt_at
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import CalicoInstall, DaemonSetStatus, NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import Recorded
from cnitui.engine.ports import Connection
from cnitui.engine.repair.state import RepairState
from cnitui.engine.watching.link import Link
from cnitui.errors import CnituiError, HostKeyUnknown


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One row of the pods pane: a node and the calico-node pod on it (either may be unknown)."""

    name: str
    node: NodeStatus | None
    pod: PodStatus | None

    @property
    def failing(self) -> bool:
        """Whether the pod's attempts end in error."""
        return self.pod is not None and self.pod.failing is not None

    @property
    def healthy(self) -> bool:
        """Whether the pod runs and is ready."""
        return self.pod is not None and healthy(self.pod)

    @property
    def next_attempt(self) -> datetime | None:
        """When the kubelet should try again."""
        failing = self.pod.failing if self.pod else None
        return next_attempt_at(failing) if failing else None


@dataclass(frozen=True, slots=True)
class Look:
    """How far reading one node is: `asking`, `done` or `failed` (why), since `at`."""

    phase: Literal["asking", "done", "failed"]
    at: datetime
    error: CnituiError | None = None


@dataclass(frozen=True)
class State:
    """Everything known at one moment.

    `pods`, `nodes` and `daemonsets` are what the watches say; `case` holds all evidence; `looks` how far the reading
    of each node is; `diagnosis` is None until the evidence was judged once.
    """

    connection: Connection = Connection("", "")
    server_version: str = ""
    fatal: CnituiError | None = None
    """First contact failed; tried again by itself unless it is a KubeconfigError."""
    pods_link: Link = Link()
    nodes_link: Link = Link()
    pods: tuple[PodStatus, ...] = ()
    nodes: tuple[NodeStatus, ...] = ()
    daemonsets: tuple[DaemonSetStatus, ...] = ()
    install: CalicoInstall | None = None
    case: CaseFile = CaseFile()
    looks: tuple[tuple[str, Look], ...] = ()
    reference: str = ""
    diagnosis: Diagnosis | None = None
    started_at: datetime | None = None
    repair: RepairState = RepairState()
    readonly: bool = False
    node_access: str = "ssh"
    recorded: Recorded | None = None
    """The case file that is shown instead of a cluster."""
    settled: bool = False
    """Whether all that is to be read has been read (or refused) and judged."""

    @cached_property
    def rows(self) -> tuple[NodeRow, ...]:
        """One per node that runs or should run Calico, in the order of their names, control plane first."""
        nodes = {node.name: node for node in self.nodes}
        pods = {pod.node or f"(unscheduled) {pod.name}": pod for pod in sorted(self.pods, key=_age)}
        names = sorted({*nodes, *pods}, key=lambda name: (not _is_control_plane(nodes.get(name)), name))
        return tuple(NodeRow(name, nodes.get(name), pods.get(name)) for name in names)

    @property
    def unlisted(self) -> bool:
        """Whether the pods were asked for and never came; then a node without a pod means nothing."""
        return not self.pods and self.diagnosis is None and self.pods_link.error is not None

    @cached_property
    def failing(self) -> tuple[PodStatus, ...]:
        """The pods that fail now."""
        return tuple(row.pod for row in self.rows if row.pod is not None and row.failing)

    @cached_property
    def failing_since(self) -> datetime | None:
        """When the oldest of the failing pods was made."""
        return failing_since(self.failing)

    @cached_property
    def daemonset(self) -> DaemonSetStatus | None:
        """The DaemonSet of the failing pods, else the first one."""
        failing = self.failing
        names = {(pod.namespace, pod.owner) for pod in failing}
        owned = [ds for ds in self.daemonsets if (ds.namespace, f"DaemonSet/{ds.name}") in names]
        return next(iter((*owned, *self.daemonsets)), None)

    @cached_property
    def unknown_hosts(self) -> tuple[HostKeyUnknown, ...]:
        """Nodes that wait for the user to accept their host key."""
        return tuple(look.error for _, look in self.looks if isinstance(look.error, HostKeyUnknown))

    def look(self, node: str) -> Look | None:
        """How far the reading of one node is."""
        return self._looks_by_node.get(node)

    def pod(self, node: str) -> PodStatus | None:
        """The pod on a node."""
        return self._pods_by_node.get(node)

    # Asked once per row of a table: at thousands of nodes a search each time would be felt.

    @cached_property
    def _looks_by_node(self) -> dict[str, Look]:
        return dict(self.looks)

    @cached_property
    def _pods_by_node(self) -> dict[str, PodStatus | None]:
        return {row.name: row.pod for row in self.rows}


def _age(pod: PodStatus) -> tuple[bool, float]:
    """Sorts the pods of one node so that the live, newest one comes last and wins."""
    return (not pod.deleting, pod.created_at.timestamp() if pod.created_at else 0.0)


def _is_control_plane(node: NodeStatus | None) -> bool:
    return node is not None and node.control_plane
