"""One sitting with one cluster: intents in, frozen state out.

The session lets the watches, the reader and the judge work on what changed, and publishes a new `State` of it at most
twenty a second. Nothing here writes to a cluster or node; that is `repair`'s business, with a plan the user confirmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from cnitui.domain.facts import DaemonSetStatus, NodeStatus, PodStatus
from cnitui.domain.investigation import Investigation
from cnitui.domain.node_job import place_of, sealed
from cnitui.engine.applying import Applying, Place
from cnitui.engine.investigations.keeper import Keeper, Position
from cnitui.engine.jobs.laboratory import Laboratory
from cnitui.engine.jobs.preview import JobsPreview, preview_jobs
from cnitui.engine.judging.book import Book, lacking
from cnitui.engine.judging.judge import Judge
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.pace import Pace
from cnitui.engine.reading.reader import STOPPED, Reader, Scene
from cnitui.engine.reading.subjects import unread
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.foresight import Foresight
from cnitui.engine.services import Services
from cnitui.engine.state import Before, State, daemonset_of
from cnitui.engine.telling import Teller
from cnitui.engine.watching.liveness import Liveness
from cnitui.engine.watching.picture import Picture
from cnitui.engine.watching.revisions import Revisions
from cnitui.errors import ClusterError, ReadingStopped

MOST_WAITING = 10
"""Pods that have still to start whose events are read: in a rollout many do, and mostly they can."""
MOST_OPENED = 50
"""Nodes that somebody opened whose readings are kept up."""
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
        self.jobs = services.jobs
        self.settings = settings = services.settings
        cluster, clock = self.cluster, self.clock
        self.state = State(
            started_at=clock.now(),
            readonly=settings.readonly,
            node_access=settings.node_access,
            recorded=services.recorded,
        )
        self._subscribers: list[Callable[[State], None]] = []
        self._pace = Pace(clock)
        wake, hurry = self._pace.wake, self._pace.hurry
        self._picture = Picture(cluster, clock, settings.namespace, wake)
        self._liveness = Liveness(cluster, clock, wake)
        self._revisions = Revisions(cluster, wake)
        self._book = Book()
        self._judge = Judge()
        self._teller = Teller(self._picture, self._book, self._judge, wake)
        self._reader = Reader(
            cluster, self.shell, clock, self._book, self._judge, self._was_read, settings.node_fan_out,
            sweeping=sweeping and self.jobs is None, hurried=hurried, rereading=self.jobs is None,
            recorded=services.recorded.nodes if services.recorded else None,
        )  # fmt: skip
        bench = services.bench
        self.repair = Repair(bench, hurry, settings.test_pod_image)
        self._foresight = Foresight(cluster, wake)
        self._applying = Applying(services, self.repair, self._book, hurry, self._place, self._now)
        trials = services.recorded.trials if services.recorded else ()
        self.laboratory = Laboratory(bench, hurry, self._book.take, trials)
        self.logs = LogBoard(cluster, clock)
        self.logs.remember(services.recorded.kept if services.recorded else ())
        shelf = services.investigations
        self.investigation = Keeper(shelf, services.journal, clock, self.logs.seen, wake) if shelf is not None else None
        self._shown: tuple[str, ...] = ()
        self._opened: tuple[str, ...] = ()
        self._settled = False
        self._was_cut = False

    # --- intents --------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[State], None]) -> None:
        """Call `listener` with every new state, on the event loop."""
        self._subscribers.append(listener)

    def look_again(self, node: str | None = None) -> None:
        """Read a node (or everything) anew."""
        self._reader.again(node)
        self._pace.hurry()

    def look_at(self, nodes: Iterable[str], opened: Collection[str] = ()) -> None:
        """These nodes are on the screen: they are read before all others.

        Those that somebody opened stay read, healthy ones too, until newer ones take their place.
        """
        nodes = tuple(nodes)
        if nodes != self._shown or not set(opened) <= set(self._opened):
            self._shown = nodes
            kept = [node for node in self._opened if node not in opened]
            self._opened = (*kept, *opened)[-MOST_OPENED:]
            self._pace.hurry()

    def give_up(self, why: str) -> State:
        """Judge without what has not been read until now: that is unavailable, for this reason."""
        self._take_over(self._picture.roll.taken())
        self._take_over_the_rest()
        self._reader.look_where_due(self._scene())
        self._miss_the_unread(why)
        self._take_over_the_rest()
        self._judge.judge_all()
        self._show(self._next_state())
        return self.state

    def _miss_the_unread(self, why: str) -> None:
        """What was to be read and was not is unavailable, for this reason."""
        for pod, _ in self._reader.subjects():
            look = self._reader.looks.states.get(pod.node)
            if look is None or look.phase == "asking" or isinstance(look.error, ReadingStopped):
                by_hand = self.shell.by_hand(self._node(pod.node)) if self.shell else None
                missed = unread(pod, why, self.clock.now(), by_hand)
                self._book.take(tuple(r for r in missed if self._book.case.reading(r[0], r[1]) is None))

    async def stop_reading(self) -> None:
        """Read nothing more until `look_again`; what was read stays, and what was not is told as such."""
        await self._reader.stop()
        self._miss_the_unread(STOPPED)
        self._pace.hurry()

    async def accept_host_key(self, node: str, fingerprint: str) -> None:
        """The user trusts this key: keep it, and read the node."""
        status = self.state.node(node)
        if self.shell is not None and status is not None:
            await self.shell.accept_host_key(status, fingerprint)
            self.look_again(node)

    async def preview_jobs(self) -> JobsPreview | None:
        """What reading by Jobs the nodes that are due, and were not confirmed, would create.

        None when none is left, or when nothing fails and nobody opened a node. Raises the ClusterErrors of asking.
        """
        jobs = self.jobs
        if jobs is None or not (self.state.failing or self._opened):
            return None
        due = [(pod, self._node(pod.node)) for pod, _ in self._reader.subjects() if not jobs.allows(pod.node)]
        places = [place_of(pod, node) for pod, node in due if not sealed(node)]
        return await preview_jobs(jobs.bench, places) if places else None

    async def confirm_jobs(self, seen: JobsPreview, confirmation: Confirmation) -> None:
        """Read the previewed nodes by Jobs; raises UsageError and StateError."""
        if self.jobs is not None:
            await self.jobs.confirm(seen, confirmation)
            for place in seen.places:
                self.look_again(place.node)

    async def go_on(self, position: Position | None = None) -> None:
        """Go on with the earlier investigation: what was considered and done, and the plan that was applied in it.

        `position` is where the user is, None for where the earlier sitting was.
        """
        kept = self.take_over(position)
        if kept is not None:
            await self.follow(kept)

    def take_over(self, position: Position | None = None) -> Investigation | None:
        """The first part of `go_on`: the earlier investigation is this session's from here on; None without one."""
        return self.investigation.go_on(position) if self.investigation is not None else None

    async def follow(self, kept: Investigation) -> None:
        """The second one, which lasts as long as the rollout that is under way."""
        await self._applying.go_on(kept)
        self._pace.hurry()

    def leave_earlier(self) -> None:
        """Decide about the earlier investigation at another time."""
        if self.investigation is not None:
            self.investigation.leave_earlier()
            self._pace.hurry()

    def at(self, position: Position) -> None:
        """Where the user is in the guide."""
        if self.investigation is not None:
            self.investigation.at(position, self.state)

    async def begin_anew(self) -> None:
        """Leave the earlier investigation; nobody is asked about it again."""
        if self.investigation is not None:
            await self.investigation.begin_anew()
            self._pace.hurry()

    async def choose_remedy(self, name: str) -> None:
        """Plan and preview a remedy on the objects as they are now."""
        if self.state.diagnosis is not None:
            await self.repair.choose(name, self.state.case, self.state.diagnosis)

    async def apply(self, confirmation: Confirmation) -> None:
        """Apply what is previewed, then look at everything anew and verify."""
        await self._applying.apply(confirmation, self.logs.forgotten(), self.look_again)

    async def verify(self) -> None:
        """The guide's four checks, on the nodes that were repaired."""
        await self._applying.verify()

    def remember(self, before: Before) -> None:
        """How things were before the plan of an earlier sitting."""
        self._applying.remember(before)

    # --- the loop -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, watch and investigate until cancelled; raises KubeconfigError when there is no way to begin."""
        try:
            await self._connect()
            if self.state.recorded is None:
                self.laboratory.remember()
            keeper = self.investigation
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._picture.watch_pods())
                tasks.create_task(self._picture.watch_nodes())
                tasks.create_task(self._picture.watch_daemonsets())
                tasks.create_task(self._liveness.run())
                if keeper is not None:  # before a state is published, and while the lists are on their way
                    await keeper.look_for_earlier(self.cluster.connection)
                    tasks.create_task(keeper.run())
                tasks.create_task(self._publish())
                tasks.create_task(self._foresight.run())
                tasks.create_task(self._reader.retry_nodes())
                tasks.create_task(self._reader.ask_again_of_waiting())
                tasks.create_task(self._reader.sweep.run())
        finally:
            await self._reader.close()
            await self._revisions.close()
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
                connection = self.cluster.connection
                state = replace(self.state, fatal=None, connection=connection, server_version=version)
                self._show(replace(state, readonly=state.readonly or connection.readonly))
                return

    async def _publish(self) -> None:
        while True:
            await self._pace.due()
            await self._work_off()
            self._look()  # before it is told: a state that shows a new failure must not call itself settled
            self._show(self._next_state())
            self._note_recovery()
            self._look()
            await self._pace.rest(len(self.state.rows))

    def _was_read(self) -> None:
        """Until all that was to be read first was read somebody waits for the verdict."""
        (self._pace.wake if self._settled else self._pace.hurry)()

    def _look(self) -> None:
        self._reader.look_where_due(self._scene())
        self._note_whether_settled()

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
        if picture.nodes.known:
            self._judge.know_nodes()  # first: whose Node objects are wanted depends on it
        self._book.lack(lacking(picture, () if picture.nodes.listed else self._wanted_nodes()))
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

    @property
    def _asking(self) -> bool:
        """Whether an answer is still to come that a state begins to ask for."""
        return self._foresight.looking or self._revisions.reading

    def _note_whether_settled(self) -> None:
        """Settled: all that was to be read first was read (or refused), and judged."""
        picture = self._picture
        known = picture.pods.listed and picture.nodes.known and picture.daemonsets.known
        busy = self._reader.looks.running > 0 or self._judge.due or self._asking
        settled = known and not busy
        if settled and not self._settled and (self._book.untaken or picture.roll.untaken):
            return  # it came while others were judged, and has woken the loop again
        if settled != self._settled:
            self._settled = settled
            self._pace.wake()

    def _show(self, state: State) -> None:
        if state != self.state:
            self.state = state
            if self.investigation is not None:
                self.investigation.take(state)
            for listener in self._subscribers:
                listener(state)

    # --- from the picture to a state ------------------------------------------------------------------------------

    def _next_state(self) -> State:
        if self.investigation is not None and self._picture.pods.listed:
            self.investigation.recall(self.logs, self._pod)
        self.logs.pods_changed(self._pod)
        state = self._teller.next(self.state, settled=self._settled)
        if state.diagnosis is not None and self._teller.whole:
            if state.recorded is None:
                self._foresight.judged(state.case, state.diagnosis)
            self.repair.judged(state.case, state.diagnosis, self._foresight.refused)
        self._revisions.follow(state.daemonset)
        looks = tuple(sorted(self._reader.looks.states.items()))
        return replace(
            state,
            settled=state.settled and not self._asking,  # what was begun just now
            silent_since=self._liveness.silent_since,
            newest_revision=self._revisions.newest,
            templates=self._revisions.made,
            looks=looks,
            reading_stopped=self._reader.stopped,
            repair=self.repair.state,
            trials=self.laboratory.trials,
            earlier=self.investigation.offered(state) if self.investigation is not None else None,
            before=self._applying.before,
            unkept=self.investigation.trouble if self.investigation is not None else "",
        )

    def _pod(self, node: str) -> PodStatus | None:
        row = self._picture.roll.row(node)
        return row.pod if row is not None else None

    def _node(self, name: str) -> NodeStatus:
        row = self._picture.roll.row(name)
        return (row.node if row is not None else None) or NodeStatus(name)

    def _now(self) -> State:
        """The state with what came since it was published, as far as a repair is concerned."""
        roster, case = self._picture.roll.roster(), self._book.case
        return replace(self.state, roster=roster, case=case, repair=self.repair.state, before=self._applying.before)

    def _place(self, name: str) -> Place | None:
        pod = self._pod(name)
        return Place(self._node(name), pod) if pod is not None else None

    def _scene(self) -> Scene:
        known, waiting = self._picture.nodes.known, tuple(sorted(self._judge.waiting)[:MOST_WAITING])
        daemonset = self._book.case.value(DaemonSetStatus)
        return Scene(
            self._picture.roll.row, self.state.reference, self._shown, known, waiting, self._opened, daemonset,
            self._all_nodes,
        )  # fmt: skip

    def _all_nodes(self) -> tuple[NodeStatus, ...]:
        return self._picture.roll.roster().nodes
