"""What the screens show: one frozen value that the session replaces and never edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal

from cnitui.domain.evidence import CaseFile
from cnitui.domain.experiment import UNREAD_FACTS
from cnitui.domain.facts import CalicoInstall, DaemonSetStatus, NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.domain.likeness import Cohort
from cnitui.domain.recording import Recorded
from cnitui.domain.revision import counted_revision
from cnitui.engine.investigations.earlier import Earlier
from cnitui.engine.jobs.trials import NO_TRIALS, Trials
from cnitui.engine.ports import Connection
from cnitui.engine.repair.state import RepairState
from cnitui.engine.watching.link import Link
from cnitui.engine.watching.roster import EMPTY, Roster
from cnitui.engine.watching.roster import NodeRow as NodeRow
from cnitui.errors import CnituiError, HostKeyUnknown
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """How far reading one node is: `asking`, `done` or `failed` (why), since `at`."""

    phase: Literal["asking", "done", "failed"]
    at: datetime
    error: CnituiError | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading the failing nodes is: how many there are, were read, and could not be read."""

    nodes: int = 0
    read: int = 0
    unreadable: int = 0

    @property
    def left(self) -> int:
        """Nodes that nobody has read yet."""
        return self.nodes - self.read - self.unreadable


@dataclass(frozen=True)
class State:
    """Everything known at one moment.

    `roster` and `daemonsets` are what the watches say; `case` holds the evidence that is kept; `looks` how far the
    reading of each node is that was asked for first, `progress` how far that of the others; `diagnosis` is None until
    the evidence was judged once.
    """

    connection: Connection = Connection("", "")
    server_version: str = ""
    fatal: CnituiError | None = None
    """First contact failed; tried again by itself unless it is a KubeconfigError."""
    pods_link: Link = Link()
    nodes_link: Link = Link()
    silent_since: datetime | None = None
    """When the API server was last heard, while it does not answer; None while it does."""
    roster: Roster = EMPTY
    daemonsets: tuple[DaemonSetStatus, ...] = ()
    install: CalicoInstall | None = None
    newest_revision: str = ""
    """The revision of the DaemonSet's present template, where it could be read."""
    templates: tuple[tuple[datetime, int], ...] = ()
    """When each of the DaemonSet's templates was made, and the number of its revision; oldest first."""
    case: CaseFile = CaseFile()
    kept: frozenset[str] | None = None
    """Nodes of which the case holds more than the lists show; None when nobody has counted them."""
    looks: tuple[tuple[str, Look], ...] = ()
    progress: Progress = Progress()
    reading_stopped: bool = False
    """Whether the user stopped the reading; nothing more is read until they look again."""
    reference: str = ""
    diagnosis: Diagnosis | None = None
    started_at: datetime | None = None
    repair: RepairState = RepairState()
    trials: Trials = NO_TRIALS
    readonly: bool = False
    node_access: str = "ssh"
    recorded: Recorded | None = None
    """The case file that is shown instead of a cluster."""
    earlier: Earlier | None = None
    """An investigation of an earlier sitting that could be gone on with; None once somebody decided."""
    unkept: str = ""
    """Why what is found and done here could not be written down for a later sitting; "" while it is."""
    before: Before | None = None
    """How things were before a plan was applied; None while none was."""
    settled: bool = False
    """Whether all that is to be read has been read (or refused) and judged."""

    def __repr__(self) -> str:
        """In short: asyncio writes out the result of its main task when it ends (it looks for its signal handler)."""
        return f"<State: {len(self.failing):,} of {len(self.rows):,} fail, {'' if self.settled else 'not '}settled>"

    @property
    def rows(self) -> tuple[NodeRow, ...]:
        """One per node that runs or should run Calico, in the order of their names, control plane first."""
        return self.roster.rows

    @property
    def pods(self) -> tuple[PodStatus, ...]:
        """All calico-node pods."""
        return self.roster.pods

    @property
    def nodes(self) -> tuple[NodeStatus, ...]:
        """All nodes."""
        return self.roster.nodes

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        """The failing nodes by what they have in common, the largest group first."""
        return self.diagnosis.cohorts if self.diagnosis else ()

    @property
    def unlisted(self) -> bool:
        """Whether the pods were asked for and never came; then a node without a pod means nothing."""
        return not self.pods and self.diagnosis is None and self.pods_link.error is not None

    @cached_property
    def failing(self) -> tuple[PodStatus, ...]:
        """The pods that fail now: those whose attempts do, and those that are stuck."""
        rows = (self.roster.by_name[node] for node in sorted(self.stuck))
        stuck = tuple(row.pod for row in rows if row.pod is not None)
        return (*self.roster.failing, *stuck) if stuck else self.roster.failing

    @property
    def ill(self) -> bool:
        """Whether something fails: pods that are there, or others that should be and are not."""
        return bool(self.failing) or (self.diagnosis is not None and self.diagnosis.status == "failing")

    @cached_property
    def stuck(self) -> frozenset[str]:
        """Nodes whose pod, so says the evidence, cannot start, does not get ready or runs in vain."""
        named = self.diagnosis.failing_nodes if self.diagnosis else ()
        if len(named) <= len(self.roster.failing):
            return frozenset()
        rows = (self.roster.by_name.get(node) for node in named)
        found = (row for row in rows if row is not None and row.pod is not None)
        return frozenset(row.name for row in found if not row.failing)

    @property
    def failing_since(self) -> datetime | None:
        """When the oldest of the failing pods was made."""
        if not self.stuck:
            return self.roster.failing_since
        return min((pod.created_at for pod in self.failing if pod.created_at is not None), default=None)

    @cached_property
    def daemonset(self) -> DaemonSetStatus | None:
        """The DaemonSet of the failing pods, else the first one."""
        return daemonset_of(self.daemonsets, self.failing)

    @cached_property
    def revision(self) -> str:
        """The revision of the DaemonSet's present template, "" when nobody can tell."""
        daemonset = self.daemonset
        if daemonset is None or self.newest_revision:
            return self.newest_revision
        owner = f"DaemonSet/{daemonset.name}"
        counts = {revision: count for (of, revision), count in self.roster.revisions.items() if of == owner}
        return counted_revision(daemonset, counts)

    @cached_property
    def unknown_hosts(self) -> tuple[HostKeyUnknown, ...]:
        """Nodes that wait for the user to accept their host key."""
        return tuple(look.error for _, look in self.looks if isinstance(look.error, HostKeyUnknown))

    @cached_property
    def kept_nodes(self) -> tuple[str, ...]:
        """The nodes of which the case holds more than the lists show, in the order of their names."""
        if self.kept is not None:
            return tuple(sorted(self.kept))
        return tuple(sorted({subject for fact, subject, _ in self.case if subject and fact not in UNREAD_FACTS}))

    def look(self, node: str) -> Look | None:
        """How far the reading of one node is."""
        return self._looks_by_node.get(node)

    def pod(self, node: str) -> PodStatus | None:
        """The pod on a node."""
        row = self.roster.by_name.get(node)
        return row.pod if row else None

    def node(self, name: str) -> NodeStatus | None:
        """The Node object of that name."""
        row = self.roster.by_name.get(name)
        return row.node if row else None

    def cohort_of(self, node: str) -> Cohort | None:
        """The group that a failing node is in."""
        return self._cohorts_by_node.get(node)

    # Asked once per row of a table: at thousands of nodes a search each time would be felt.

    @cached_property
    def _looks_by_node(self) -> dict[str, Look]:
        return dict(self.looks)

    @cached_property
    def _cohorts_by_node(self) -> dict[str, Cohort]:
        return {node: cohort for cohort in self.cohorts for node in cohort.members}


View = Literal["now", "before", "both"]
"""Which moment is shown, where a plan was applied."""


@dataclass(frozen=True, slots=True)
class Before:
    """How things were just before a plan was applied at `at` (UTC): `state` is all that was known then."""

    plan_id: str
    at: datetime
    state: State

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that failed then, by name."""
        return tuple(sorted({pod.node for pod in self.state.failing if pod.node}))


def daemonset_of(daemonsets: Sequence[DaemonSetStatus], failing: Iterable[PodStatus]) -> DaemonSetStatus | None:
    """The DaemonSet that matters: that of the failing pods, else the first one."""
    if len(daemonsets) < 2:
        return next(iter(daemonsets), None)
    names = {(pod.namespace, pod.owner) for pod in failing}
    owned = [ds for ds in daemonsets if (ds.namespace, f"DaemonSet/{ds.name}") in names]
    return next(iter((*owned, *daemonsets)), None)
