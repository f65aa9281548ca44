"""One sitting with one cluster: intents in, frozen state out.

The session lets the watches, the reader and the judge work on what changed, and publishes a new `State` of it at most
twenty a second. Nothing here writes to a cluster or node; that is `repair`'s business, with a plan the user confirmed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import cast

from cnitui.domain.derive import calico_install_of, reference_node
from cnitui.domain.evidence import Reading, Source, Unavailable
from cnitui.domain.facts import CniFiles, NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.engine.judging.book import Book, lacking
from cnitui.engine.judging.judge import Judge
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.probes.node import probe_node
from cnitui.engine.reading.reader import Reader, Scene
from cnitui.engine.reading.subjects import node_request, unread
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.services import Services
from cnitui.engine.state import Progress, State, daemonset_of
from cnitui.engine.watching.liveness import Liveness
from cnitui.engine.watching.picture import Picture
from cnitui.errors import ClusterError

PUBLISH_EVERY, MORE_PER_ROW = 0.05, 0.05 / 1000
"""Seconds between two states at least: a burst of watch events becomes one repaint.

A state costs a little for each row there is, and the more rows there are the less does anybody follow each of them.
"""
MANY, DIAGNOSE_EVERY, MORE_PER_NODE = 100, 0.5, 0.5 / 1000
"""Where so many nodes fail, what is known of them is put together at most so often, in seconds; once those are read
that decide, the rarer the more there are."""
ROWS_AT_ONCE = 100
"""Changed rows taken over before keys and screen get their turn."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 15.0


class Session:
    """Watches, investigates and judges; `subscribe` to get every new state.

    With `sweeping` all failing nodes are read in time, and not only those that decide what their cohorts are; `hurried`
    when somebody waits for that.
    """

    def __init__(self, services: Services, *, sweeping: bool = True, hurried: bool = False) -> None:
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
        self._liveness = Liveness(cluster, clock, self._wake.set)
        self._book = Book()
        self._judge = Judge()
        self._reader = Reader(
            cluster, self.shell, clock, self._book, self._judge, self._wake.set, settings.node_fan_out,
            sweeping=sweeping, hurried=hurried, recorded=services.recorded.nodes if services.recorded else None,
        )  # fmt: skip
        bench = Workbench(cluster, services.journal, clock, services.render, settings.readonly)
        self.repair = Repair(bench, self._wake.set, settings.test_pod_image)
        self.logs = LogBoard(cluster, clock)
        self.logs.remember(services.recorded.kept if services.recorded else ())
        self._shown: tuple[str, ...] = ()
        self._settled = False
        self._repaired: tuple[str, ...] = ()
        self._was_cut = False
        self._diagnose_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    # --- intents --------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[State], None]) -> None:
        """Call `listener` with every new state, on the event loop."""
        self._subscribers.append(listener)

    def look_again(self, node: str | None = None) -> None:
        """Read a node (or everything) anew."""
        self._reader.again(node)
        self._wake.set()

    def look_at(self, nodes: Iterable[str]) -> None:
        """These nodes are on the screen: they are read before all others."""
        nodes = tuple(nodes)
        if nodes != self._shown:
            self._shown = nodes
            self._wake.set()

    def give_up(self, why: str) -> State:
        """Judge without what has not been read until now: that is unavailable, for this reason."""
        self._take_over(self._picture.roll.taken())
        self._take_over_the_rest()
        self._reader.look_where_due(self._scene())
        for pod, _ in self._reader.subjects():
            look = self._reader.looks.states.get(pod.node)
            if look is None or look.phase == "asking":
                by_hand = self.shell.by_hand(self._node(pod.node)) if self.shell else None
                missed = unread(pod, why, self.clock.now(), by_hand)
                self._book.take(tuple(r for r in missed if self._book.case.reading(r[0], r[1]) is None))
        self._take_over_the_rest()
        self._judge.judge_all()
        self._show(self._next_state())
        return self.state

    async def accept_host_key(self, node: str, fingerprint: str) -> None:
        """The user trusts this key: keep it, and read the node."""
        status = self.state.node(node)
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
        self._book.take(readings)
        self._wake.set()
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
                tasks.create_task(self._liveness.run())
                tasks.create_task(self._publish())
                tasks.create_task(self._reader.retry_nodes())
                tasks.create_task(self._reader.sweep.run())
        finally:
            await self._reader.close()
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
            await self._work_off()
            self._show(self._next_state())
            self._note_recovery()
            self._reader.look_where_due(self._scene())
            self._note_whether_settled()
            await self.clock.sleep(PUBLISH_EVERY + MORE_PER_ROW * len(self.state.rows))

    async def _work_off(self) -> None:
        """Take over what changed and judge what is due, in slices: thousands of rows may have changed at once."""
        changed = list(self._picture.roll.taken())
        for start in range(0, len(changed), ROWS_AT_ONCE):
            self._take_over(changed[start : start + ROWS_AT_ONCE])
            await asyncio.sleep(0)
        self._take_over_the_rest()
        while self._judge.due:
            self._judge.judge_slice()
            await asyncio.sleep(0)

    def _take_over(self, rows: Collection[str]) -> None:
        self._book.rows(rows, self._picture.roll.row, self.clock.now())
        self._judge.take(self._book.case, rows, self._book.taken())

    def _take_over_the_rest(self) -> None:
        """What is not about one row: the DaemonSet, what could not be had, and what was read meanwhile."""
        picture = self._picture
        self._book.daemonset(daemonset_of(picture.calico_daemonsets, picture.roll.roster().failing), self.clock.now())
        self._book.lack(lacking(picture, () if picture.nodes.listed else self._wanted_nodes()))
        if picture.nodes.known:
            self._judge.know_nodes()
        self._take_over(())

    def _wanted_nodes(self) -> tuple[str, ...]:
        """Nodes whose Node objects somebody would ask about."""
        return self._judge.groups.to_read_first() or tuple(filter(None, (self.state.reference,)))

    def _note_recovery(self) -> None:
        """After the API server was away, what it was asked meanwhile is asked again."""
        cut = self._picture.pods.link.phase == "stale"
        if self._was_cut and not cut:
            self._reader.looks.again(kinds=("endpoints", "pod"))
        self._was_cut = cut

    def _note_whether_settled(self) -> None:
        """Settled: all that was to be read first was read (or refused), and judged."""
        picture = self._picture
        known = picture.pods.listed and picture.nodes.known and picture.daemonsets.known
        settled = known and self._reader.looks.running == 0 and not self._judge.due
        if settled != self._settled:
            self._settled = settled
            self._wake.set()

    def _show(self, state: State) -> None:
        if state != self.state:
            self.state = state
            for listener in self._subscribers:
                listener(state)

    # --- from the picture to a state ------------------------------------------------------------------------------

    def _next_state(self) -> State:
        picture, reader = self._picture, self._reader
        state = replace(
            self.state,
            pods_link=picture.pods.link,
            nodes_link=picture.nodes.link,
            silent_since=self._liveness.silent_since,
            roster=picture.roll.roster(),
            daemonsets=picture.calico_daemonsets,
            looks=tuple(sorted(reader.looks.states.items())),
        )
        self.logs.pods_changed(self._pod)
        diagnosis = self._found()
        if diagnosis is not None and picture.pods.known and picture.nodes.known:  # else who fails is not told yet
            self.repair.judged(self._book.case, diagnosis)
        return replace(
            state,
            reference=self._reference(state),
            install=calico_install_of(state.daemonset) if state.daemonset else None,
            case=self._book.case,
            kept=frozenset(self._judge.read - {""}),
            diagnosis=diagnosis,
            progress=progress_of(diagnosis),
            repair=self.repair.state,
            settled=self._settled,
        )

    def _found(self) -> Diagnosis | None:
        """Before all pods are listed only what fails is told: that the others are well is not known yet."""
        picture = self._picture
        whole = picture.pods.listed and picture.nodes.known
        if not whole and not self._judge.groups.failing:
            return None
        before = self.state.diagnosis
        if before is not None and len(self._judge.failing) > MANY and time.monotonic() < self._diagnose_at:
            self._wake_at(self._diagnose_at)
            return before
        more = MORE_PER_NODE * len(self._judge.failing) if self._settled else 0.0
        self._diagnose_at = time.monotonic() + DIAGNOSE_EVERY + more
        return self._judge.diagnosis()

    def _wake_at(self, moment: float) -> None:
        """Publish again then; one alarm at a time is enough."""
        if self._alarm is None or self._alarm.when() <= asyncio.get_running_loop().time():
            later = max(0.0, moment - time.monotonic())
            self._alarm = asyncio.get_running_loop().call_later(later, self._wake.set)

    def _reference(self, state: State) -> str:
        """Keep the reference while it is healthy: a comparison that changes its base would confuse."""
        row = self._picture.roll.row(state.reference)
        if row is not None and row.healthy:
            return state.reference
        return reference_node(state.pods, state.nodes) if state.roster.ready else ""

    def _pod(self, node: str) -> PodStatus | None:
        row = self._picture.roll.row(node)
        return row.pod if row is not None else None

    def _node(self, name: str) -> NodeStatus:
        row = self._picture.roll.row(name)
        return (row.node if row is not None else None) or NodeStatus(name)

    def _scene(self) -> Scene:
        return Scene(self._picture.roll.row, self.state.reference, self._shown, self._picture.nodes.known)


def progress_of(diagnosis: Diagnosis | None) -> Progress:
    """How far reading the failing nodes is."""
    cohorts = diagnosis.cohorts if diagnosis is not None else ()
    return Progress(
        sum(len(cohort.members) for cohort in cohorts),
        sum(len(cohort.agreeing) for cohort in cohorts),
        sum(len(cohort.unclear) for cohort in cohorts),
    )
