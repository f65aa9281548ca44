"""Decides what is looked at and how soon: the reference, a few of each cohort, what the user looks at, then the rest.

Of the few the evidence is kept. Of the rest it is kept while they are not many; of many, only what reading them came to
is, unless it is something else than their cohort says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime, timedelta

from cnitui.domain.evidence import Source, Unavailable
from cnitui.domain.facts import ApiEndpoints, DaemonSetStatus, Event, NodeStatus, PodEvents, PodStatus
from cnitui.domain.identity import Among, nobody
from cnitui.engine.judging.book import Book
from cnitui.engine.judging.judge import Judge
from cnitui.engine.ports import Clock, ClusterApi, NodeShell
from cnitui.engine.probes.cluster import (
    Readings,
    events_command,
    events_readings,
    probe_all_events,
    probe_daemonset,
    probe_endpoints,
    probe_logs,
    probe_pod,
)
from cnitui.engine.probes.identity import obstacle
from cnitui.engine.probes.node import probe_node
from cnitui.engine.probes.node_commands import NodeProbeRequest
from cnitui.engine.reading.looks import Looks
from cnitui.engine.reading.subjects import Noting, attempts_key, last_attempt, node_request, node_unasked
from cnitui.engine.reading.sweep import Sweep
from cnitui.engine.reading.turns import Turns, Urgency
from cnitui.engine.watching.roster import NodeRow
from cnitui.errors import AnotherMachine, CnituiError, HostKeyChanged, NodeUnreachable, ReadingStopped
from cnitui.late_dataclass import dataclass

EVERYBODY = 50
"""Failing nodes up to which all are read at once and their evidence is kept."""
FOR_REST = 4
"""Reads of the rest at once: a budget for the API server and for the nodes."""
TOLD_TOGETHER = 10
"""Nodes of the rest that agree are told of together: each state costs a repaint."""
STOPPED = "you stopped the reading"
EVENTS_FRESH = timedelta(minutes=2)
EVENTS_AGAIN = 5.0
"""Seconds after which the events of a pod that has still to start are read again: the kubelet tries every few."""
_MAY_PASS = (NodeUnreachable, HostKeyChanged, AnotherMachine)
_FIRST_NODE_RETRY, _LAST_NODE_RETRY = 30.0, 300.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What the decision rests on: the row of a name, the reference, what is on the screen, whether nodes are known.

    `waiting` are nodes whose pod has still to start or to become ready: its events and its log tell whether it can.
    `opened` are nodes that somebody wanted to see, healthy or not. `among` are all nodes: one may answer for another.
    """

    row: Callable[[str], NodeRow | None]
    reference: str
    shown: tuple[str, ...]
    nodes_known: bool
    waiting: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    daemonset: DaemonSetStatus | None = None
    among: Among = nobody


class Reader:
    """Runs the looks and the sweep; readings go to the book, verdicts on swept nodes to the judge."""

    def __init__(
        self,
        cluster: ClusterApi,
        shell: NodeShell | None,
        clock: Clock,
        book: Book,
        judge: Judge,
        changed: Callable[[], None],
        fan_out: int,
        *,
        sweeping: bool = True,
        hurried: bool = False,
        rereading: bool = True,
        recorded: frozenset[str] | None = None,
    ) -> None:
        self._cluster, self._shell, self._clock = cluster, shell, clock
        self._book, self._judge, self._changed = book, judge, changed
        self._sweeping = sweeping and recorded is None
        self._recorded, self._rereading = recorded, rereading
        turns = Turns(fan_out, max(FOR_REST, fan_out // 2) if hurried else FOR_REST)
        self.looks = Looks(clock, self._take, changed, turns)
        self.sweep = Sweep(clock, turns, self._one_of_the_rest, self._read_aside, hurried=hurried)
        self._scene = Scene(lambda _: None, "", (), nodes_known=False)
        self._subjects: frozenset[str] = frozenset()
        self._attempts: dict[str, str] = {}
        self._attested = 0
        self.stopped = False
        """Whether the user stopped the reading: nothing is begun until somebody asks again."""
        self._lists: dict[str, tuple[datetime, asyncio.Future[Mapping[str, tuple[Event, ...]]]]] = {}

    # --- what is due ------------------------------------------------------------------------------------------------

    def look_where_due(self, scene: Scene) -> None:
        """Begin whatever is due and was not begun; what is no subject any more is given up."""
        self._scene = scene
        subjects = self.subjects()
        if not self.stopped:
            self._look_for_missing(scene.daemonset)
        self.looks.forget(set(self.looks.states) - {pod.node for pod, _ in subjects} - {""})
        if self.stopped:
            return
        if subjects:
            self.looks.want("", "endpoints", None, lambda: probe_endpoints(self._cluster, self._clock))
        for pod, urgency in subjects:
            self._look_at(pod, urgency)
        self._subjects = frozenset(pod.node for pod, _ in subjects)
        if self._one_of_the_rest(()) is not None:
            self.sweep.wake()

    def _look_for_missing(self, daemonset: DaemonSetStatus | None) -> None:
        """Where the DaemonSet has fewer pods than it wants, its events tell why."""
        if daemonset is None or daemonset.desired <= daemonset.current:
            return
        key = (daemonset.uid, daemonset.desired, daemonset.current)
        self.looks.want("", "pod", key, lambda: probe_daemonset(self._cluster, daemonset, self._clock))

    def subjects(self) -> list[tuple[PodStatus, Urgency]]:
        """The pods whose evidence is kept: the reference, those on the screen or opened, and those that decide."""
        wanted: dict[str, Urgency] = {}
        if self._scene.reference:
            wanted[self._scene.reference] = Urgency.FIRST
        for node in self._first():
            wanted[node] = Urgency.FIRST
        for node in self._scene.shown:
            wanted[node] = Urgency.SHOWN
        if len(self._judge.failing) <= EVERYBODY:
            for node in self._judge.failing:
                wanted.setdefault(node, Urgency.REST)
        for node in (*self._scene.waiting, *self._scene.opened):
            wanted.setdefault(node, Urgency.REST)
        named = {self._scene.reference, *self._scene.shown, *self._scene.waiting, *self._scene.opened}
        pods = ((self._pod(node), urgency) for node, urgency in sorted(wanted.items()))
        return [
            (pod, how)
            for pod, how in pods
            if pod is not None and pod.node and (pod.failing or pod.node in named or pod.node in self._judge.failing)
        ]

    def _first(self) -> Iterable[str]:
        """Those whose readings decide; in a case file of many nodes, those of which it holds any."""
        if self._recorded is not None and len(self._judge.failing) > EVERYBODY:
            return sorted(self._recorded & self._judge.failing)
        return self._judge.groups.to_read_first()

    def _one_of_the_rest(self, under_way: Container[str]) -> str | None:
        """A failing node that nobody has read, any of them: a set has no order, which makes the early ones a sample."""
        if self.stopped or not self._sweeping or len(self._judge.failing) <= EVERYBODY or not self._ready_for_nodes():
            return None
        unread = self._judge.groups.unread
        return next((node for node in unread if node not in self._subjects and node not in under_way), None)

    def _pod(self, node: str) -> PodStatus | None:
        row = self._scene.row(node)
        return row.pod if row is not None else None

    def _node(self, name: str) -> NodeStatus:
        row = self._scene.row(name)
        return (row.node if row is not None else None) or NodeStatus(name)

    def _ready_for_nodes(self) -> bool:
        """Whether it is known how nodes are reached, and what of the API they are to be asked about."""
        endpoints = self.looks.states.get("")
        return self._scene.nodes_known and endpoints is not None and endpoints.phase != "asking"

    def _look_at(self, pod: PodStatus, urgency: Urgency) -> None:
        self.looks.want(pod.node, "pod", attempts_key(pod), lambda: probe_pod(self._cluster, pod, self._clock), urgency)
        if self._shell is None:
            self.looks.want(pod.node, "node", pod.uid, lambda: self._leave_node(pod), urgency)
            return
        if not self._ready_for_nodes():
            return
        node, shell = self._node(pod.node), self._shell
        request = node_request(pod, self._book.case.value(ApiEndpoints))
        key = (pod.uid, tuple(node.addresses.items()), self._covered(pod))
        self.looks.want(pod.node, "node", key, lambda: self._read_node(shell, node, request), urgency)

    def _covered(self, pod: PodStatus) -> str:
        """The attempt that the reading of the node has to cover; a node that refused is not asked for each one."""
        look = self.looks.states.get(pod.node)
        renewed = self._rereading and (look is None or look.error is None)
        if renewed or pod.node not in self._attempts:
            self._attempts[pod.node] = last_attempt(pod)
        return self._attempts[pod.node]

    # --- reading ----------------------------------------------------------------------------------------------------

    def _take(self, readings: Readings) -> None:
        self._book.take(readings)
        self._changed()

    async def _leave_node(self, pod: PodStatus) -> Readings:
        return node_unasked(pod, self._clock.now())

    async def _read_node(self, shell: NodeShell, node: NodeStatus, request: NodeProbeRequest) -> Readings:
        """As `probe_node`; what kept us from the node is raised too: the user may have to accept a host key."""
        noting = Noting(shell)
        readings = await probe_node(noting, node, request, self._clock, self._scene.among)
        error = noting.error or obstacle(readings, node.name, shell.by_hand(node))
        if error is None:
            return readings
        self._take(readings)
        raise error

    async def _read_aside(self, node: str) -> None:
        """Read one of the rest and judge it beside the case; its evidence is kept if it or its machine is odd."""
        pod = self._pod(node)
        if pod is None or pod.failing is None:
            return
        parts = await asyncio.gather(probe_logs(self._cluster, pod, self._clock), self._events(pod), self._told(pod))
        readings = tuple(reading for part in parts for reading in part)
        verdict = self._judge.judge_beside(self._book.case.only(node, "").with_readings(readings), node)
        if obstacle(readings, node, "") or not self._judge.attest(verdict):
            self._book.take(readings)
            self._changed()
            return
        self._attested += 1
        if self._attested % TOLD_TOGETHER == 0 or self._one_of_the_rest(()) is None:
            self._changed()

    async def _told(self, pod: PodStatus) -> Readings:
        if self._shell is None:
            return node_unasked(pod, self._clock.now())
        request = node_request(pod, self._book.case.value(ApiEndpoints))
        return await probe_node(self._shell, self._node(pod.node), request, self._clock, self._scene.among)

    async def _events(self, pod: PodStatus) -> Readings:
        """The pod's part of one list of all events, asked for anew when it has become old."""
        now = self._clock.now()
        asked = self._lists.get(pod.namespace)
        if asked is None or now - asked[0] > EVENTS_FRESH:
            listing = asyncio.ensure_future(probe_all_events(self._cluster, pod.namespace))
            asked = self._lists[pod.namespace] = (now, listing)
        try:
            found = await asyncio.shield(asked[1])
        except CnituiError as error:
            return ((PodEvents, pod.node, Unavailable(error.what, Source(events_command(pod), pod.node, now))),)
        return events_readings(pod, found.get(pod.name, ()), now)

    # --- again and no more ------------------------------------------------------------------------------------------

    def again(self, node: str | None = None) -> None:
        """Read a node, or everybody, anew; after a stop, go on reading."""
        self.stopped = False
        self.looks.again(node)
        self._lists.clear()
        for one in [node] if node is not None else list(self._judge.groups.failing):
            if not self._judge.was_read(one):
                self._judge.doubt(one)

    async def stop(self) -> None:
        """Cancel what is under way, on this side and on the nodes, and begin nothing more until somebody asks."""
        self.stopped = True
        await self.sweep.close()
        await self.looks.stop(lambda node: ReadingStopped(f"{node or 'the API'} was not read: {STOPPED}", node=node))

    async def retry_nodes(self) -> None:
        """Nodes that could not be reached are tried again by themselves, ever more rarely; until cancelled.

        So are those that showed another key, which costs no login, and those for which another machine answered.
        """
        wait = _FIRST_NODE_RETRY
        while True:
            await self._clock.sleep(wait)
            lost = [node for node, look in self.looks.states.items() if isinstance(look.error, _MAY_PASS)]
            for node in lost:
                self.looks.again(node, kinds=("node",))
            wait = min(_LAST_NODE_RETRY, wait * 2) if lost else _FIRST_NODE_RETRY
            if lost:
                self._changed()

    async def ask_again_of_waiting(self) -> None:
        """Events of a pod that has still to start are read again and again; until cancelled."""
        while True:
            await self._clock.sleep(EVENTS_AGAIN)
            for node in self._scene.waiting:
                self.looks.again(node, kinds=("pod",))
            if self._scene.waiting:
                self._changed()

    async def close(self) -> None:
        """Cancel everything that is under way."""
        for _, listing in self._lists.values():
            listing.cancel()
        await self.sweep.close()
        await self.looks.close()
