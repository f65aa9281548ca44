"""One container's log, followed across its attempts: what a log pane shows.

A container that crash-loops has one log per attempt and long silences between them. A `LogFeed` reads each attempt
once, as the pod's status announces it, keeps all of it, and puts a rule with the outcome below each. It never raises:
what goes wrong becomes its status, and it goes on by itself. This is the one place where data reaches the screen
beside the frozen state: in blocks, and bounded. It is one state machine, which is why it is one file.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from cnitui.domain.derive import next_attempt_at
from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.domain.investigation import LONGEST_LOG, SeenLog
from cnitui.domain.parsing.container_log import is_kubelets
from cnitui.engine.logs.attempts import (
    Tracked,
    concern_of,
    ending,
    is_of_a_later_attempt,
    mark_of,
    runs_of,
    waiting_for,
)
from cnitui.engine.logs.kept import Entry, KeptLines, LineBuffer, Rule, entry_of, line_of
from cnitui.engine.logs.status import AttemptMark, FeedState, FeedStatus, retry_of
from cnitui.engine.logs.streams import cancelled, either, entries_of
from cnitui.engine.ports import Clock, ClusterApi, LogRequest
from cnitui.errors import ClusterError, Invalid, NotFound

READ_TAIL = 20_000
"""Lines asked for of an attempt that has ended: its end matters."""
GRACE = 2.0
"""Seconds a stream may go on after its attempt's end is known."""
TRIES_FOR_A_REPLACED_LOG = 3


class LogFeed:
    """The log of one container on one node; give it the pod's status as it changes and let `run` run."""

    def __init__(
        self,
        api: ClusterApi,
        clock: Clock,
        *,
        node: str,
        container: str,
        lines: KeptLines | None = None,
        moment: str = "",
    ) -> None:
        self._api, self._clock = api, clock
        self.node, self.container = node, container
        self.moment = moment
        """What is shown when that is not the present: `before`."""
        self.chosen = False
        """Whether a person chose its container; the failing one's goes without saying."""
        self.lines = lines if lines is not None else KeptLines()
        self.status = FeedStatus(FeedState.CONNECTING)
        self._pod: PodStatus | None = None
        self._followed: PodStatus | None = None
        self._tracked: dict[str, Tracked] = {}
        self._past: list[AttemptMark] = []
        self._news = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._failures = 0
        self._recalled = 0

    # --- what a pane or the session asks ---

    @property
    def pod(self) -> PodStatus | None:
        """The pod being followed, as last seen."""
        return self._pod

    @property
    def attempts(self) -> tuple[AttemptMark, ...]:
        """All attempts of which something was seen, oldest first."""
        return *self._past, *(mark_of(t) for t in self._tracked.values() if t.begun)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever lines or status changed (it must be cheap); answers how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def forgotten(self) -> bytes:
        """What was seen of attempts that the kubelet no longer serves; rules as comments."""
        entries = self.lines.between(0, self._forgotten_end)
        return b"".join(line_of(entry) + b"\n" for _, entry in entries)

    def seen(self) -> Iterator[SeenLog]:
        """The ends of all that is kept: what the kubelet no longer serves, then each attempt that it does."""
        begun = [tracked for tracked in self._tracked.values() if tracked.begun]
        told = [(tracked.run.container_id, tracked.start, _after(tracked)) for tracked in begun]
        for run, start, end in (("", 0, self._forgotten_end), *told):
            lines = self.lines.tail(start, end, LONGEST_LOG)
            if lines:
                yield SeenLog(self.node, self.container, run, lines.decode("utf-8", "replace"))

    @property
    def _forgotten_end(self) -> int:
        """The entry after what the kubelet no longer serves."""
        return max((self._recalled, *(mark.end + 1 for mark in self._past if mark.end is not None)))

    # --- what the session tells ---

    def pod_changed(self, pod: PodStatus | None, container: str = "") -> None:
        """The node's pod as it is now (None: there is none); `container` names another one to follow from now on."""
        container = container or self.container
        if container != self.container:
            self._start_over(Rule(f"container {container}", "pod"))
            self.container = container
        elif pod and self._followed and pod.uid != self._followed.uid:
            self._start_over(Rule(f"pod {pod.name} replaced {self._followed.name}", "pod"))
        before, self._pod = self._pod, pod
        self._followed = pod or self._followed
        if concern_of(before, container) != concern_of(pod, container):
            self._news.set()

    def take_lines(self, lines: Sequence[bytes]) -> None:
        """Keep lines that come from elsewhere: a case file, or a measurement."""
        self._add([entry_of(line) for line in lines])

    def recall(self, lines: Sequence[bytes]) -> None:
        """Keep lines of attempts that an earlier sitting saw and the kubelet no longer serves."""
        self.take_lines(lines)
        self._recalled = self.lines.end

    def take_attempt(self, ordinal: int, pod: str, run: Run, entries: list[Entry]) -> None:
        """Keep one attempt that was read elsewhere."""
        start = self.lines.end
        self._add(entries)
        self._past.append(AttemptMark(ordinal, pod, run, start, self.lines.end, self.container))

    def _start_over(self, rule: Rule) -> None:
        for tracked in self._tracked.values():
            self._end(tracked, None)
            tracked.readable, tracked.read, tracked.ruled = False, True, True
        self._past.extend(mark_of(t) for t in self._tracked.values() if t.begun)
        self._tracked.clear()
        if len(self.lines):
            self._add([rule])
        self._failures = 0
        self._news.set()

    # --- the life of a feed ---

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            self._news.clear()
            container = self._observe()
            tracked = next((t for t in self._tracked.values() if not t.read), None)
            if tracked is None:
                self._settle(container)
                await self._news.wait()
            else:
                await self._read(tracked)

    def stopped(self, task: asyncio.Task[None]) -> None:
        """The task that ran this feed is over; a fault of ours is told in the pane and to the loop's handler."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._say(FeedState.ENDED, f"stopped by a fault of cnitui itself ({type(error).__name__}: {error})")
            task.get_loop().call_exception_handler({"message": str(task), "exception": error, "task": task})

    def _container(self) -> ContainerStatus | None:
        return self._pod.container(self.container) if self._pod else None

    def _observe(self) -> ContainerStatus | None:
        """Take over what the pod's status says about the attempts; a rule below each one that is over."""
        container = self._container()
        known = runs_of(container) if container else []
        readable = {run.container_id for run, _, _ in known}
        for run, ordinal, previous in known:
            tracked = self._tracked.get(run.container_id)
            if tracked is None:
                assert self._pod is not None
                tracked = self._tracked[run.container_id] = Tracked(run, ordinal, self._pod.name, self.container)
            tracked.run, tracked.previous = run, previous
        for tracked in self._tracked.values():
            tracked.readable = tracked.run.container_id in readable
            if tracked.read and (not tracked.running or not tracked.readable):
                self._end(tracked, container)
        self._forget()
        return container

    def _forget(self) -> None:
        """Attempts that are over and that the kubelet no longer knows are history; without lines, not even that."""
        for key in [key for key, tracked in self._tracked.items() if tracked.ruled and not tracked.readable]:
            self._past.append(mark_of(self._tracked.pop(key)))
        if self._past and self._past[0].end is not None and self._past[0].end <= self.lines.first:
            self._past = [mark for mark in self._past if mark.end is None or mark.end > self.lines.first]

    def _settle(self, container: ContainerStatus | None) -> None:
        """Nothing to read now: say what is waited for."""
        if self._pod is None:
            gone = FeedState.GONE if self._followed else FeedState.CONNECTING
            self._say(gone, "no calico-node pod on this node" if self._followed else "looking for the pod")
        elif container is None or (not self._tracked and container.state != "waiting"):
            self._say(FeedState.CONNECTING, f"{self.container} has not started yet")
        elif container.succeeded:
            self._say(FeedState.ENDED, "completed")
        else:
            self._say(FeedState.WAITING, waiting_for(container), next_attempt_at(container))

    async def _read(self, tracked: Tracked) -> None:
        if not tracked.begun:
            self._begin(tracked)
        try:
            if not tracked.readable:
                self._add([Rule(f"attempt {tracked.ordinal}: its last lines may be missing", "note")])
                tracked.read = True
            elif tracked.running:
                await self._follow(tracked)
            else:
                await self._load(tracked)
        except ClusterError as error:
            await self._failed(tracked, error)
        else:
            self._failures = 0

    def _begin(self, tracked: Tracked) -> None:
        seen = [t.ordinal for t in self._tracked.values() if t.begun] or [m.ordinal for m in self._past[-1:]]
        if seen and tracked.ordinal > max(seen) + 1:
            gap = f"attempts {max(seen) + 1} to {tracked.ordinal - 1}"
            self._add([Rule(f"{gap} came and went unseen: the kubelet keeps only the newest two", "note")])
        tracked.begun, tracked.start = True, self.lines.end

    def _end(self, tracked: Tracked, container: ContainerStatus | None) -> None:
        if tracked.begun and not tracked.ruled:
            tracked.ruled, tracked.end = True, self.lines.end
            self._add([ending(tracked, container)])

    # --- reading one attempt ---

    async def _load(self, tracked: Tracked) -> None:
        """Read an attempt that has ended (or the rest of it)."""
        tracked.cursor.resume()
        since = tracked.cursor.since
        if since is None:
            self._say(FeedState.CONNECTING, f"reading attempt {tracked.ordinal}")
        request = self._request(tracked, since, tail=None if since else READ_TAIL)
        answer = await self._api.read_log(request)
        buffer = LineBuffer()
        entries = buffer.feed(answer) + buffer.last()
        if is_of_a_later_attempt(tracked, entries):
            await self._look_again(tracked)
            return
        if since is None and len(entries) >= READ_TAIL:
            self._add([Rule(f"attempt {tracked.ordinal}: only its last {READ_TAIL:,} lines were read", "dropped")])
        for at in range(0, len(entries), 1000):
            self._take(tracked, entries[at : at + 1000])
            await asyncio.sleep(0)
        tracked.read = True

    async def _look_again(self, tracked: Tracked) -> None:
        """The pod's status lags behind the kubelet: its next update tells how to ask for this attempt."""
        tracked.tries += 1
        if tracked.tries >= TRIES_FOR_A_REPLACED_LOG:
            self._add([Rule(f"attempt {tracked.ordinal}: its log was already replaced by the next one's", "note")])
            tracked.read = True
        else:
            await either(self._clock.sleep(GRACE), self._news.wait())

    async def _follow(self, tracked: Tracked) -> None:
        """Follow a running attempt until it has ended or the stream ended; raises what the stream raises."""
        self._say(FeedState.CONNECTING if tracked.cursor.since is None else FeedState.RECONNECTING)
        tracked.cursor.resume()
        buffer = LineBuffer()
        reader = asyncio.create_task(self._stream(tracked, buffer))
        try:
            while tracked.running and tracked.readable and not reader.done():
                await either(reader, self._news.wait())
                self._take_notice()
            if not reader.done():
                await either(reader, self._clock.sleep(GRACE))
            ended = reader.done()
        finally:
            await cancelled(reader)
        if ended:
            reader.result()
            await self._after(tracked, buffer)

    async def _after(self, tracked: Tracked, buffer: LineBuffer) -> None:
        """The stream ended by itself: with its attempt, unless the status keeps saying that it runs."""
        if tracked.running and tracked.readable:
            await either(self._clock.sleep(GRACE), self._news.wait())
            self._take_notice()
        if not tracked.running or not tracked.readable:
            self._take(tracked, buffer.last())
            tracked.read = True

    def _take_notice(self) -> None:
        if self._news.is_set():
            self._news.clear()
            self._observe()

    async def _stream(self, tracked: Tracked, buffer: LineBuffer) -> None:
        stream = self._api.follow_log(self._request(tracked, tracked.cursor.since, follow=True))
        async for entries in entries_of(stream, buffer):
            self._failures = 0
            self._say(FeedState.LIVE)
            self._take(tracked, entries)

    def _request(
        self, tracked: Tracked, since: datetime | None, *, follow: bool = False, tail: int | None = None
    ) -> LogRequest:
        assert self._pod is not None
        previous = tracked.previous and not follow
        return LogRequest(self._pod.namespace, tracked.pod, self.container, previous, follow, tail, since)

    def _take(self, tracked: Tracked, entries: list[Entry]) -> None:
        """Keep what was not seen yet; what the kubelet itself says at the start is its note, not the container's."""
        if tracked.ruled:
            return
        lines = [entry for entry in entries if isinstance(entry, bytes)]
        if tracked.cursor.since is None and lines and is_kubelets(lines[0]):
            self._add([Rule(f"attempt {tracked.ordinal}: {lines.pop(0).decode('utf-8', 'replace')}", "note")])
        fresh = tracked.cursor.fresh(lines)
        rules = [entry for entry in entries if isinstance(entry, Rule)]
        self._add(entries if rules and len(fresh) == len(lines) else [*fresh, *rules])

    # --- trouble ---

    async def _failed(self, tracked: Tracked, error: ClusterError) -> None:
        if isinstance(error, (Invalid, NotFound)) and not tracked.running:
            self._add([Rule(f"attempt {tracked.ordinal}: {error.what}", "note")])
            tracked.read = True
            return
        state, delay = retry_of(error, self._failures)
        self._failures += 1
        self._say(state, str(error), self._clock.now() + timedelta(seconds=delay))
        await either(self._clock.sleep(delay), self._news.wait())

    # --- telling ---

    def _say(self, state: FeedState, why: str = "", until: datetime | None = None) -> None:
        newest = max((t.ordinal for t in self._tracked.values()), default=0)
        status = FeedStatus(state, why, until, newest)
        if status != self.status:
            self.status = status
            self._tell()

    def _add(self, entries: list[Entry]) -> None:
        if entries:
            self.lines.add(entries)
            self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _after(tracked: Tracked) -> int:
    """The entry after an attempt and the rule that ends it; of one that goes on, all there is."""
    return tracked.end + 1 if tracked.end is not None else sys.maxsize
