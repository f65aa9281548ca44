"""LogFeed against an API that answers as a kubelet does, on a clock the test owns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Self, cast

import pytest

from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import KeptLines, Rule
from cnitui.engine.logs.others import MAX_FEEDS
from cnitui.engine.logs.status import FeedState
from cnitui.engine.ports import ClusterApi, LogRequest
from cnitui.errors import ClusterError, ClusterUnreachable, Forbidden, Invalid, NotFound

START = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def line(seconds: float, text: str) -> bytes:
    return f"{at(seconds):%Y-%m-%dT%H:%M:%S.%f}000Z {text}\n".encode()


class TestClock:
    """Sleeps end when the test advances."""

    __test__ = False

    def __init__(self) -> None:
        self.time = START
        self.sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleeper = (self.time + timedelta(seconds=seconds), future)
        self.sleepers.append(sleeper)
        try:
            await future
        finally:
            self.sleepers.remove(sleeper)

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        for due, future in self.sleepers:
            if due <= self.time and not future.done():
                future.set_result(None)


Step = bytes | ClusterError


class Stream:
    """One answer to a follow: the test feeds it."""

    def __init__(self, request: LogRequest) -> None:
        self.request = request
        self.steps: asyncio.Queue[Step | None] = asyncio.Queue()
        self.closed = False

    async def read(self) -> AsyncIterator[bytes]:
        try:
            while (step := await self.steps.get()) is not None:
                if isinstance(step, ClusterError):
                    raise step
                yield step
        finally:
            self.closed = True


class KubeletLogs:
    """`read_log` from a table, `follow_log` from streams that the test feeds."""

    def __init__(self) -> None:
        self.reads: list[LogRequest] = []
        self.answers: dict[bool, bytes | ClusterError] = {}
        self.streams: list[Stream] = []

    async def read_log(self, request: LogRequest) -> bytes:
        self.reads.append(request)
        answer = self.answers.get(request.previous, b"")
        if isinstance(answer, ClusterError):
            raise answer
        return answer

    def follow_log(self, request: LogRequest) -> AsyncIterator[bytes]:
        self.streams.append(Stream(request))
        return self.streams[-1].read()


def run(number: int, *, started: float, finished: float | None = None, exit_code: int = 1) -> Run:
    done = finished is not None
    return Run(
        f"containerd://{number}",
        at(started),
        at(finished) if finished is not None else None,
        exit_code if done else None,
        reason=("Error" if exit_code else "Completed") if done else "",
    )


def pod(
    *,
    current: Run | None = None,
    last: Run | None = None,
    restarts: int = 0,
    uid: str = "1",
    name: str = "calico-node-x7k2p",
    node: str = "worker-01",
    message: str = "",
    container: str = "install-cni",
) -> PodStatus:
    state: Literal["waiting", "running", "terminated"] = (
        "waiting" if current is None else "terminated" if current.finished_at else "running"
    )
    status = ContainerStatus(
        container,
        init=True,
        restart_count=restarts,
        state=state,
        waiting_reason="CrashLoopBackOff" if current is None else "",
        waiting_message=message,
        current=current,
        last=last,
    )
    return PodStatus("kube-system", name, uid, node, "Init:CrashLoopBackOff", containers=(status,))


class Scene:
    """A feed that is running, and everything around it."""

    def __init__(self) -> None:
        self.api = KubeletLogs()
        self.clock = TestClock()
        self.feed = LogFeed(cast(ClusterApi, self.api), self.clock, node="worker-01", container="install-cni")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.feed.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def until(self, fact: Callable[[], bool]) -> None:
        """Let the loop turn until the fact holds; a thousand turns without it are a failure."""
        for _ in range(1000):
            if fact():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"never happened; {self.feed.status}, {self.shown}")

    async def settled(self, state: FeedState) -> None:
        await self.until(lambda: self.feed.status.state is state)

    @property
    def shown(self) -> list[str]:
        """What a pane would show: texts of the lines, rules in dashes."""
        return [
            f"-- {entry.text}" if isinstance(entry, Rule) else entry.partition(b" ")[2].decode()
            for entry in self.feed.lines.since(0)
        ]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene() as running:
        yield running


async def test_a_waiting_container_shows_its_last_attempt_and_when_the_next_is_due(scene: Scene) -> None:
    scene.api.answers[False] = line(0, "Running as a Kubernetes pod") + line(0.4, "found no writeable directory")
    scene.feed.pod_changed(pod(last=run(7, started=0, finished=0.4), restarts=6))
    await scene.settled(FeedState.WAITING)
    assert scene.shown == [
        "Running as a Kubernetes pod",
        "found no writeable directory",
        "-- attempt 7 · exit 1 · <1s · back-off 5m",
    ]
    assert scene.feed.status.until == at(0.4 + 300)
    assert scene.feed.status.attempt == 7


async def test_the_previous_attempt_comes_first_and_the_running_one_is_followed(scene: Scene) -> None:
    scene.api.answers[True] = line(0, "old")
    scene.feed.pod_changed(pod(current=run(2, started=20), last=run(1, started=0, finished=5), restarts=1))
    await scene.until(lambda: bool(scene.api.streams))
    stream = scene.api.streams[0]
    stream.steps.put_nowait(line(20, "new")[:30])
    stream.steps.put_nowait(line(20, "new")[30:])
    await scene.until(lambda: "new" in scene.shown)
    assert scene.shown == ["old", "-- attempt 1 · exit 1 · 5s", "new"]
    assert scene.feed.status.state is FeedState.LIVE
    assert [(r.previous, r.follow) for r in scene.api.reads] == [(True, False)]


async def test_a_previous_log_that_is_gone_is_said_and_the_rest_goes_on(scene: Scene) -> None:
    scene.api.answers[True] = Invalid('previous terminated container "install-cni" not found')
    scene.feed.pod_changed(pod(current=run(2, started=20), last=run(1, started=0, finished=5), restarts=1))
    await scene.until(lambda: bool(scene.api.streams))
    assert scene.shown[0] == '-- attempt 1: previous terminated container "install-cni" not found'


async def test_the_kubelets_excuse_is_a_note_and_not_a_line_of_the_container(scene: Scene) -> None:
    scene.api.answers[False] = b"unable to retrieve container logs for containerd://7"
    scene.feed.pod_changed(pod(last=run(7, started=0, finished=0.4), restarts=6))
    await scene.settled(FeedState.WAITING)
    assert scene.shown[0] == "-- attempt 7: unable to retrieve container logs for containerd://7"


async def test_a_new_container_id_ends_one_attempt_and_starts_the_next(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    first = scene.api.streams[0]
    first.steps.put_nowait(line(0, "one") + line(1, "last words without a line break")[:-1])
    first.steps.put_nowait(None)
    scene.feed.pod_changed(pod(last=run(1, started=0, finished=2), restarts=0))
    await scene.settled(FeedState.WAITING)
    scene.feed.pod_changed(pod(current=run(2, started=3), last=run(1, started=0, finished=2), restarts=1))
    await scene.until(lambda: len(scene.api.streams) == 2)
    scene.api.streams[1].steps.put_nowait(line(3, "two"))
    await scene.until(lambda: "two" in scene.shown)
    assert scene.shown == [
        "one",
        "last words without a line break",
        "-- attempt 1 · exit 1 · 2s · restarts at once",
        "two",
    ]
    assert [mark.ordinal for mark in scene.feed.attempts] == [1, 2]
    assert scene.api.reads == []


async def test_a_cut_stream_resumes_without_losing_or_repeating_a_line(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    twins = line(1.5, "twin") * 2
    scene.api.streams[0].steps.put_nowait(line(1.1, "early") + twins + b"2026-11-23T10:00:01.5000")
    scene.api.streams[0].steps.put_nowait(ClusterUnreachable("connection reset by peer"))
    await scene.settled(FeedState.RECONNECTING)
    await scene.until(lambda: scene.feed.status.until is not None)
    assert "connection reset" in scene.feed.status.why
    await scene.until(lambda: bool(scene.clock.sleepers))
    scene.clock.advance(1)
    await scene.until(lambda: len(scene.api.streams) == 2)
    assert scene.api.streams[1].request.since == at(1)
    scene.api.streams[1].steps.put_nowait(line(1.1, "early") + twins + line(1.5, "triplet") + line(2, "late"))
    await scene.until(lambda: "late" in scene.shown)
    assert scene.shown == ["early", "twin", "twin", "triplet", "late"]
    assert scene.feed.status.state is FeedState.LIVE


async def test_what_a_cut_stream_missed_of_an_ended_attempt_is_read_afterwards(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    scene.api.streams[0].steps.put_nowait(line(0, "one"))
    scene.api.streams[0].steps.put_nowait(ClusterUnreachable("reset"))
    await scene.until(lambda: scene.feed.status.until is not None)
    scene.api.answers[False] = line(0, "one") + line(1, "two")
    scene.feed.pod_changed(pod(current=run(1, started=0, finished=2)))
    await scene.settled(FeedState.WAITING)
    assert scene.shown == ["one", "two", "-- attempt 1 · exit 1 · 2s · restarts at once"]


async def test_retries_wait_longer_each_time_and_start_over_after_a_success(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    waits: list[float] = []
    for _ in range(4):
        await scene.until(lambda: len(scene.api.streams) == len(waits) + 1)
        scene.api.streams[-1].steps.put_nowait(ClusterUnreachable("refused"))
        await scene.until(lambda: bool(scene.clock.sleepers))
        due = scene.clock.sleepers[-1][0]
        waits.append((due - scene.clock.time).total_seconds())
        scene.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8]


async def test_forbidden_is_its_own_state_and_is_tried_again_slowly(scene: Scene) -> None:
    scene.api.answers[False] = Forbidden("may not get pods/log in kube-system")
    scene.feed.pod_changed(pod(last=run(7, started=0, finished=0.4), restarts=6))
    await scene.settled(FeedState.FORBIDDEN)
    assert "pods/log" in scene.feed.status.why
    scene.api.answers[False] = line(0, "now allowed")
    await scene.until(lambda: bool(scene.clock.sleepers))
    scene.clock.advance(30)
    await scene.until(lambda: "now allowed" in scene.shown)


async def test_a_replaced_pod_is_followed_after_a_rule(scene: Scene) -> None:
    scene.api.answers[False] = line(0, "first pod")
    scene.feed.pod_changed(pod(last=run(1, started=0, finished=1)))
    await scene.settled(FeedState.WAITING)
    scene.feed.pod_changed(None)
    await scene.settled(FeedState.GONE)
    scene.feed.pod_changed(pod(current=run(9, started=60), uid="2", name="calico-node-q9zzz"))
    await scene.until(lambda: bool(scene.api.streams))
    assert scene.api.streams[0].request.pod == "calico-node-q9zzz"
    assert scene.shown[-1] == "-- pod calico-node-q9zzz replaced calico-node-x7k2p"


async def test_a_pod_replaced_in_the_middle_of_a_stream_lets_the_stream_go(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    scene.api.streams[0].steps.put_nowait(line(0, "one"))
    await scene.until(lambda: scene.shown == ["one"])
    scene.feed.pod_changed(pod(current=run(9, started=60), uid="2", name="calico-node-q9zzz"))
    await scene.until(lambda: bool(scene.clock.sleepers))
    scene.clock.advance(2)
    await scene.until(lambda: len(scene.api.streams) == 2)
    assert scene.api.streams[0].closed
    assert scene.shown == ["one", "-- attempt 1 · ended", "-- pod calico-node-q9zzz replaced calico-node-x7k2p"]


async def test_a_success_ends_the_feed_and_says_so(scene: Scene) -> None:
    scene.api.answers[False] = line(0, "Done configuring CNI")
    scene.feed.pod_changed(pod(current=run(3, started=0, finished=2, exit_code=0), restarts=2))
    await scene.settled(FeedState.ENDED)
    assert scene.shown == ["Done configuring CNI", "-- attempt 3 · completed · 2s"]


async def test_attempts_that_nobody_saw_are_named(scene: Scene) -> None:
    scene.api.answers[False] = line(0, "one")
    scene.feed.pod_changed(pod(last=run(1, started=0, finished=1)))
    await scene.settled(FeedState.WAITING)
    scene.api.answers[False] = line(100, "five")
    scene.feed.pod_changed(pod(last=run(5, started=100, finished=101), restarts=4))
    await scene.until(lambda: scene.feed.status.attempt == 5 and scene.feed.status.state is FeedState.WAITING)
    assert any("attempts 2 to 4 came and went unseen" in text for text in scene.shown)


async def test_the_log_of_a_later_attempt_is_not_taken_for_an_earlier_ones(scene: Scene) -> None:
    scene.api.answers[False] = line(60, "attempt two speaks")
    scene.feed.pod_changed(pod(last=run(1, started=0, finished=1)))
    await scene.until(lambda: bool(scene.clock.sleepers))
    assert scene.shown == []
    scene.api.answers[True] = line(0, "attempt one spoke")
    scene.feed.pod_changed(pod(current=run(2, started=60), last=run(1, started=0, finished=1), restarts=1))
    await scene.until(lambda: bool(scene.api.streams))
    assert scene.shown[0] == "attempt one spoke"


async def test_a_stated_back_off_is_believed(scene: Scene) -> None:
    scene.feed.pod_changed(
        pod(
            last=run(3, started=0, finished=1),
            restarts=2,
            message="back-off 1m20s restarting failed container=install-cni",
        )
    )
    await scene.settled(FeedState.WAITING)
    assert scene.feed.status.until == at(1 + 80)


async def test_a_pod_that_does_not_exist_any_more_is_gone(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    scene.api.streams[0].steps.put_nowait(NotFound('pods "calico-node-x7k2p" not found'))
    await scene.settled(FeedState.GONE)


async def test_a_fast_stream_leaves_the_loop_to_others(scene: Scene) -> None:
    scene.feed.pod_changed(pod(current=run(1, started=0)))
    await scene.until(lambda: bool(scene.api.streams))
    scene.api.streams[0].steps.put_nowait(line(0, "x" * 1000) * 5000)
    turns = 0
    while len(scene.feed.lines) < 5000:
        turns += 1
        await asyncio.sleep(0)
    assert turns > 20


async def test_the_board_follows_the_chosen_nodes_up_to_its_bound() -> None:
    api = KubeletLogs()
    board = LogBoard(cast(ClusterApi, api), TestClock(), max_streams=2)
    nodes = ["master-01", "worker-01", "worker-02"]
    board.pods_changed(lambda node: pod(current=run(1, started=0), node=node, uid=node))
    feeds = board.choose(nodes)
    assert [feed.node for feed in feeds] == nodes
    assert board.followed == {"master-01", "worker-01"}
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(api.streams) == 2
    board.choose(["worker-02"])
    assert board.followed == {"worker-02"}
    assert board.feed("worker-01") is feeds[1]
    await board.close()
    assert board.followed == frozenset()
    assert all(stream.closed for stream in api.streams)


async def test_a_fault_of_ours_is_told_in_the_pane_and_to_the_loop() -> None:
    api = KubeletLogs()
    api.answers[False] = cast(bytes, None)
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    board = LogBoard(cast(ClusterApi, api), TestClock())
    board.pods_changed(lambda _: pod(last=run(1, started=0, finished=1)))
    (feed,) = board.choose(["worker-01"])
    for _ in range(20):
        await asyncio.sleep(0)
    assert feed.status.state is FeedState.ENDED
    assert "fault of cnitui itself" in feed.status.why
    assert isinstance(told[0], AttributeError)
    await board.close()


async def test_the_board_turns_to_the_container_that_fails() -> None:
    board = LogBoard(cast(ClusterApi, KubeletLogs()), TestClock())
    board.pods_changed(lambda _: pod(last=run(1, started=0, finished=1), container="upgrade-ipam"))
    assert board.feed("worker-01").container == "upgrade-ipam"
    board.pods_changed(lambda _: pod(last=run(2, started=5, finished=6), container="install-cni"))
    assert board.feed("worker-01").container == "install-cni"
    await board.close()


async def test_the_board_tells_the_attempts_that_the_kubelet_has_forgotten_with_their_container() -> None:
    api = KubeletLogs()
    board = LogBoard(cast(ClusterApi, api), TestClock())
    assert board.runs("worker-01") == ()
    for number, container in enumerate(("upgrade-ipam", "install-cni", "install-cni", "install-cni"), 1):
        now = pod(last=run(number, started=number, finished=number + 0.5), restarts=number, container=container)
        api.answers[False] = line(number, "its words")
        board.pods_changed(lambda _, now=now: now)  # type: ignore[misc]
        board.choose(["worker-01"])
        for _ in range(20):
            await asyncio.sleep(0)
    told = [(one.node, one.container, one.run.container_id) for one in board.runs("worker-01")]
    assert told == [
        ("worker-01", "upgrade-ipam", "containerd://1"),
        ("worker-01", "install-cni", "containerd://2"),
        ("worker-01", "install-cni", "containerd://3"),
        ("worker-01", "install-cni", "containerd://4"),
    ]
    await board.close()


def two_containers(node: str) -> PodStatus:
    failing = pod(current=run(1, started=0), node=node, uid=node)
    main = pod(current=run(2, started=0), node=node, container="calico-node").containers
    return replace(failing, containers=(*failing.containers, *main))


async def test_another_container_is_shown_on_a_node_or_on_all_while_the_failing_ones_log_goes_on() -> None:
    api = KubeletLogs()
    board = LogBoard(cast(ClusterApi, api), TestClock(), max_streams=3)
    nodes = ["worker-01", "worker-02"]
    board.pods_changed(two_containers)
    own = board.choose(nodes)
    board.others.choose("calico-node", "worker-01")
    shown = board.choose(nodes)
    assert [feed.container for feed in shown] == ["calico-node", "install-cni"]
    assert (shown[0].chosen, shown[1]) == (True, own[1])
    for _ in range(20):
        await asyncio.sleep(0)
    asked = [(stream.request.container, stream.closed) for stream in api.streams]
    assert asked == [("install-cni", False), ("install-cni", False), ("calico-node", False)]

    board.others.choose("calico-node")
    assert [feed.container for feed in board.choose(nodes)] == ["calico-node"] * 2
    board.others.choose("no-such")
    assert board.choose(nodes) == own
    board.others.choose("calico-node", "worker-01")
    assert board.choose(nodes)[0] is shown[0]
    board.others.choose("")
    assert board.choose(nodes) == own
    await board.close()
    assert all(stream.closed for stream in api.streams)
    assert board.seen() == ()


async def test_feeds_of_chosen_containers_are_bounded() -> None:
    board = LogBoard(cast(ClusterApi, KubeletLogs()), TestClock())
    board.pods_changed(two_containers)
    board.others.choose("calico-node")
    first = board.choose(["worker-0"])[0]
    for number in range(MAX_FEEDS):
        board.choose([f"worker-{number}"])
    assert board.choose(["worker-0"])[0] is first
    for number in range(1, MAX_FEEDS + 2):
        board.choose([f"worker-{number}"])
    assert board.choose(["worker-0"])[0] is not first
    await board.close()


def test_dropped_lines_are_counted_and_numbers_stay() -> None:
    kept = KeptLines(max_lines=800)
    kept.add([b"%d" % number for number in range(1000)])
    assert kept.end == 1000
    rule = kept[kept.first]
    assert isinstance(rule, Rule)
    assert f"{kept.dropped_lines:,} older lines" in rule.text
    assert kept[999] == b"999"
    assert len(kept) == 1000 - kept.dropped_lines + 1
