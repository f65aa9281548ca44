"""One sitting with one cluster: intents in, frozen state out.

The session watches, looks where the picture says that looking is due, judges what was found, and publishes a new
`State`. Nothing here writes to a cluster or node; that is `apply`'s business, with a plan the user confirmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from cnitui.domain.derive import calico_install_of, reference_node
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Reading, Source, Unavailable
from cnitui.domain.facts import ApiEndpoints, CniFiles, NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.engine.judging.book import Book, lacking
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.ports import NodeShell
from cnitui.engine.probes.cluster import Readings, probe_endpoints, probe_pod
from cnitui.engine.probes.node import probe_node
from cnitui.engine.probes.node_commands import NodeProbeRequest
from cnitui.engine.reading.looks import Looks
from cnitui.engine.reading.subjects import Noting, attempts_key, node_request, node_unasked, unread
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.services import Services
from cnitui.engine.state import State
from cnitui.engine.watching.picture import Picture
from cnitui.errors import ClusterError, NodeUnreachable

PUBLISH_EVERY = 0.05
"""Seconds between two states at most: a burst of watch events becomes one repaint."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 15.0
_FIRST_NODE_RETRY, _LAST_NODE_RETRY = 30.0, 300.0


class Session:
    """Watches, investigates and judges; `subscribe` to get every new state."""

    def __init__(self, services: Services) -> None:
        self.cluster, self.shell, self.clock = services.cluster, services.shell, services.clock
        self.settings = settings = services.settings
        cluster, clock = self.cluster, self.clock
        self.state = State(
            started_at=clock.now(),
            readonly=settings.readonly,
            node_access=settings.node_access,
            recorded=services.recorded,
        )
        self._subscribers: list[Callable[[State], None]] = []
        self._wake = asyncio.Event()
        self._picture = Picture(cluster, clock, settings.namespace, self._wake.set)
        self._looks = Looks(clock, self._take, self._wake.set, settings.node_fan_out)
        self._book = Book()
        bench = Workbench(cluster, services.journal, clock, services.render, settings.readonly)
        self.repair = Repair(bench, self._wake.set, settings.test_pod_image)
        self.logs = LogBoard(cluster, clock)
        self.logs.remember(services.recorded.kept if services.recorded else ())
        self._settled = False
        self._repaired: tuple[str, ...] = ()
        self._judged: tuple[CaseFile, Diagnosis] | None = None
        self._was_cut = False

    # --- intents --------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[State], None]) -> None:
        """Call `listener` with every new state, on the event loop."""
        self._subscribers.append(listener)

    def look_again(self, node: str | None = None) -> None:
        """Read a node (or everything) anew."""
        self._looks.again(node)
        self._wake.set()

    def give_up(self, why: str) -> State:
        """Judge without what has not been read until now: that is unavailable, for this reason."""
        for pod in self._subjects():
            look = self.state.look(pod.node)
            if look is None or look.phase == "asking":
                by_hand = self.shell.by_hand(self._node(pod.node)) if self.shell else None
                missed = unread(pod, why, self.clock.now(), by_hand)
                self._take(tuple(r for r in missed if self._book.case.reading(r[0], r[1]) is None))
        self._show(self._next_state())
        return self.state

    async def accept_host_key(self, node: str, fingerprint: str) -> None:
        """The user trusts this key: keep it, and read the node."""
        status = next((status for status in self.state.nodes if status.name == node), None)
        if self.shell is not None and status is not None:
            await self.shell.accept_host_key(status, fingerprint)
            self.look_again(node)

    async def choose_remedy(self, name: str) -> None:
        """Plan and preview a remedy on the objects as they are now."""
        if self.state.diagnosis is not None:
            await self.repair.choose(name, self.state.case, self.state.diagnosis)

    async def apply(self, confirmation: Confirmation) -> None:
        """Apply what is previewed, then look at everything anew and verify."""
        repaired = tuple(pod.node for pod in self.state.failing)
        undoing = self.state.repair.undoing
        await self.repair.apply(confirmation)
        self.look_again()
        if self.repair.state.phase == "applied" and not undoing:
            await self.verify(repaired)

    async def verify(self, repaired: tuple[str, ...] = ()) -> None:
        """The guide's four checks, on the nodes that were repaired."""
        self._repaired = repaired or self._repaired
        read = self.read_files if self.shell is not None else None
        await self.repair.verify(self._repaired, self.state.reference, read)

    async def read_files(self, node: str) -> Reading[CniFiles]:
        """What is in a node's CNI directories now."""
        pod = self.state.pod(node)
        if self.shell is None or pod is None:
            return Unavailable("nodes are not read", Source(f"ssh {node}", node))
        readings = await probe_node(self.shell, self._node(node), node_request(pod, None), self.clock)
        self._take(readings)
        found = next((reading for fact, _, reading in readings if fact is CniFiles), None)
        unasked = Unavailable("the node did not say", Source(f"ssh {node}", node))
        return cast("Reading[CniFiles]", found or unasked)

    # --- the loop -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, watch and investigate until cancelled; raises KubeconfigError when there is no way to begin."""
        try:
            await self._connect()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._picture.watch_pods())
                tasks.create_task(self._picture.watch_nodes())
                tasks.create_task(self._picture.watch_daemonsets())
                tasks.create_task(self._publish())
                tasks.create_task(self._retry_nodes())
        finally:
            await self._looks.close()
            await self.logs.close()

    async def _connect(self) -> None:
        wait = _FIRST_RETRY
        while True:
            try:
                version = await self.cluster.connect()
            except ClusterError as error:
                self._show(replace(self.state, fatal=error, connection=self.cluster.connection))
                await self.clock.sleep(wait)
                wait = min(_LAST_RETRY, wait * 2)
            else:
                state = replace(self.state, fatal=None, connection=self.cluster.connection)
                self._show(replace(state, server_version=version))
                return

    async def _publish(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._show(self._next_state())
            self._note_recovery()
            self._look_where_due()
            self._note_whether_settled()
            await self.clock.sleep(PUBLISH_EVERY)

    def _note_recovery(self) -> None:
        """After the API server was away, what it was asked meanwhile is asked again."""
        cut = self._picture.pods.link.phase == "stale"
        if self._was_cut and not cut:
            self._looks.again(kinds=("endpoints", "pod"))
        self._was_cut = cut

    async def _retry_nodes(self) -> None:
        """Nodes that could not be reached are tried again by themselves, ever more rarely."""
        wait = _FIRST_NODE_RETRY
        while True:
            await self.clock.sleep(wait)
            lost = [node for node, look in self._looks.states.items() if isinstance(look.error, NodeUnreachable)]
            for node in lost:
                self._looks.again(node, kinds=("node",))
            wait = min(_LAST_NODE_RETRY, wait * 2) if lost else _FIRST_NODE_RETRY
            if lost:
                self._wake.set()

    def _note_whether_settled(self) -> None:
        """Settled: all that was to be read was read (or refused), and judged."""
        picture = self._picture
        known = picture.pods.listed and picture.nodes.known and picture.daemonsets.known
        settled = known and self._looks.running == 0
        if settled != self._settled:
            self._settled = settled
            self._wake.set()

    def _show(self, state: State) -> None:
        if state != self.state:
            self.state = state
            for listener in self._subscribers:
                listener(state)

    def _take(self, readings: Readings) -> None:
        self._book.take(readings)
        self._wake.set()

    # --- from the picture to a state ------------------------------------------------------------------------------

    def _next_state(self) -> State:
        picture = self._picture
        state = replace(
            self.state,
            pods_link=picture.pods.link,
            nodes_link=picture.nodes.link,
            pods=picture.pods.items,
            nodes=picture.nodes.items,
            daemonsets=picture.calico_daemonsets,
            looks=tuple(sorted(self._looks.states.items())),
        )
        self._book.picture(state.rows, state.daemonset, self.clock.now())
        self._book.lack(lacking(picture, [pod.node for pod in state.failing] or [state.reference]))
        self.logs.pods_changed(state.pods)
        diagnosis = self._judge()
        if diagnosis is not None:
            self.repair.judged(self._book.case, diagnosis)
        return replace(
            state,
            reference=self._reference(state),
            install=calico_install_of(state.daemonset) if state.daemonset else None,
            case=self._book.case,
            diagnosis=diagnosis,
            repair=self.repair.state,
            settled=self._settled,
        )

    def _reference(self, state: State) -> str:
        """Keep the reference while it is healthy: a comparison that changes its base would confuse."""
        kept = any(row.name == state.reference and row.healthy for row in state.rows)
        return state.reference if kept else reference_node(state.pods, state.nodes)

    def _judge(self) -> Diagnosis | None:
        """Judge the case, unless nothing changed; None before the pods are known."""
        if not self._picture.pods.listed:
            return None
        case = self._book.case
        if self._judged is None or self._judged[0] is not case:
            self._judged = (case, diagnose(case))
        return self._judged[1]

    # --- looking --------------------------------------------------------------------------------------------------

    def _look_where_due(self) -> None:
        subjects = self._subjects()
        self._looks.forget(set(self._looks.states) - {pod.node for pod in subjects} - {""})
        if subjects:
            self._looks.want("", "endpoints", None, lambda: probe_endpoints(self.cluster, self.clock))
        for pod in subjects:
            self._look_at(pod)

    def _subjects(self) -> list[PodStatus]:
        """The pods worth a look: those that fail, and the one they are compared with."""
        reference = self.state.reference
        pods = [row.pod for row in self.state.rows if row.pod is not None and row.pod.node]
        return [pod for pod in pods if pod.failing or pod.node == reference]

    def _node(self, name: str) -> NodeStatus:
        return next((node for node in self.state.nodes if node.name == name), NodeStatus(name))

    def _look_at(self, pod: PodStatus) -> None:
        self._looks.want(pod.node, "pod", attempts_key(pod), lambda: probe_pod(self.cluster, pod, self.clock))
        if self.shell is None:
            self._looks.want(pod.node, "node", pod.uid, lambda: self._leave_node(pod))
            return
        endpoints = self._looks.states.get("")
        if not self._picture.nodes.known or endpoints is None or endpoints.phase == "asking":
            return
        node = self._node(pod.node)
        shell, request = self.shell, node_request(pod, self.state.case.value(ApiEndpoints))
        key = (pod.uid, tuple(node.addresses.items()))
        self._looks.want(pod.node, "node", key, lambda: self._read_node(shell, node, request))

    async def _leave_node(self, pod: PodStatus) -> Readings:
        return node_unasked(pod, self.clock.now())

    async def _read_node(self, shell: NodeShell, node: NodeStatus, request: NodeProbeRequest) -> Readings:
        """As `probe_node`; a failed connection is raised too, because the user may have to accept a host key."""
        noting = Noting(shell)
        readings = await probe_node(noting, node, request, self.clock)
        if noting.error is None:
            return readings
        self._take(readings)
        raise noting.error
