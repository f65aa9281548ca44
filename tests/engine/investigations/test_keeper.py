"""How far an investigation came is on disk when the program is gone, and a later sitting goes on from there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnitui.domain.facts import PodStatus, Run
from cnitui.domain.finding import Diagnosis, Finding, Judgement, Verdict
from cnitui.domain.investigation import Investigation
from cnitui.engine.investigations.earlier import INVESTIGATION, NEWEST, STALE_AFTER, kept_investigation
from cnitui.engine.investigations.keeper import Keeper, Position
from cnitui.engine.ports import Changed, LogRequest
from cnitui.engine.state import State
from cnitui.engine.watching.roster import Roster
from cnitui.gateways.investigations import InvestigationShelf
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import node, pod
from tests.engine.fake_sitting import LONG_ENOUGH, RunningClock, ScriptedCluster, Sitting, sitting

FAILING = pod("worker-01", failing=True)
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SECRET = "Bearer abcdefgh12345678ijklmnop"


def cluster(*pods: PodStatus, server: str = "https://one:6443") -> ScriptedCluster:
    """Nodes with these pods; the log of a failing one holds a secret."""
    made = ScriptedCluster()
    made.connection = replace(made.connection, server=server)
    made.show(*(pods or (pod("master-01"), FAILING)))
    made.node_list = tuple(node(one.node) for one in made.pod_list)
    made.logs = lambda request: f"2026-03-04T12:00:00Z {request.container}: Authorization: {SECRET}\n".encode()
    made.list_all()
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> InvestigationShelf:
    return InvestigationShelf(tmp_path / "state")


def only(shelf: InvestigationShelf) -> Investigation | None:
    """The one that is kept."""
    return next((kept for one in shelf.ids() if (kept := kept_investigation(shelf, one))), None)


async def kept(shelf: InvestigationShelf, at: Sitting, fact: Callable[[Investigation], object]) -> Investigation:
    """Wait until what is on disk has it; each look ends the pause between two writes."""
    async with asyncio.timeout(LONG_ENOUGH):
        while (found := only(shelf)) is None or not fact(found):
            at.clock.ring()
            await asyncio.sleep(0.005)
    return found


async def left(tmp_path: Path, shelf: InvestigationShelf, position: Position, considered: str = "") -> Investigation:
    """What a sitting left that ended in the middle."""
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        await at.settled()
        if considered:
            at.session.repair.consider(considered)
        at.session.at(position)
        return await kept(shelf, at, lambda found: (found.step, found.considered) == (position.step, considered))


async def test_where_it_stands_is_on_disk_and_without_secrets(tmp_path: Path, shelf: InvestigationShelf) -> None:
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        at.session.logs.choose(["worker-01"])
        await at.settled()
        at.session.at(Position(7, (3,)))
        found = await kept(shelf, at, lambda found: found.step == 7)
    assert (found.skipped, found.over, found.found) == ((3,), False, "no cause is proven yet")
    written = {file.name: file.read_text() for file in (tmp_path / "state").rglob("*.json")}
    assert set(written) == {"investigation.json", "logs.json", "diagnosis.json", "report.json"}
    assert SECRET not in "".join(written.values())
    assert json.loads(written["diagnosis.json"])["status"] == "failing"


async def test_healthy_nodes_leave_nothing_behind(tmp_path: Path, shelf: InvestigationShelf) -> None:
    async with sitting(tmp_path, cluster(pod("master-01")), investigations=shelf) as at:
        await at.settled()
    assert shelf.ids() == ()


async def test_a_later_sitting_is_offered_it_and_goes_on(tmp_path: Path, shelf: InvestigationShelf) -> None:
    before = await left(tmp_path, shelf, Position(7), "patch-daemonset")
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        state = await at.until(lambda state: state.earlier)
        assert state.earlier is not None
        assert state.earlier.investigation == before
        await at.session.go_on()
        state = await at.until(lambda state: state.earlier is None)
        assert state.repair.considered == "patch-daemonset"
        at.session.at(Position(8))
        after = await kept(shelf, at, lambda found: found.step == 8)
    assert (after.id, after.began) == (before.id, before.began)


async def test_nobody_is_asked_again_who_began_anew(tmp_path: Path, shelf: InvestigationShelf) -> None:
    before = await left(tmp_path, shelf, Position(2))
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        await at.until(lambda state: state.earlier)
        await at.session.begin_anew()
        await at.until(lambda state: state.earlier is None)
    ended = kept_investigation(shelf, before.id)
    assert ended is not None
    assert ended.over


async def test_what_is_left_for_later_is_offered_again(tmp_path: Path, shelf: InvestigationShelf) -> None:
    await left(tmp_path, shelf, Position(2))
    for _ in range(2):
        async with sitting(tmp_path, cluster(), investigations=shelf) as at:
            await at.until(lambda state: state.earlier)


def age(shelf: InvestigationShelf) -> None:
    """What is on disk is a day old."""
    (kept_id,) = shelf.ids()
    document, found = shelf.load(kept_id, INVESTIGATION), only(shelf)
    assert isinstance(document, dict)
    assert found is not None
    shelf.keep(kept_id, INVESTIGATION, {**document, "at": (found.at - STALE_AFTER).isoformat()})


async def test_another_cluster_is_another_incident(tmp_path: Path, shelf: InvestigationShelf) -> None:
    await left(tmp_path, shelf, Position(2))
    async with sitting(tmp_path, cluster(server="https://two:6443"), investigations=shelf) as at:
        assert (await at.settled()).earlier is None


async def test_another_day_is_another_incident(tmp_path: Path, shelf: InvestigationShelf) -> None:
    await left(tmp_path, shelf, Position(2))
    age(shelf)
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        assert (await at.settled()).earlier is None


def of_many(read: int) -> State:
    """A hundred nodes that fail alike, of which so many were read."""
    nodes = [f"worker-{number:03d}" for number in range(100)]
    judgement = Judgement(Verdict.CONFIRMED, "it was denied")
    finding = Finding("selinux-denial", "SELinux stops it", judgement, tuple(nodes[:read]), alike=tuple(nodes[read:]))
    roster = Roster.of((pod(name, failing=True) for name in nodes), ())
    return State(roster=roster, started_at=NOON, diagnosis=Diagnosis("failing", (finding,)), settled=True)


async def test_one_more_node_of_the_many_that_was_read_alike_is_no_reason_to_write(
    tmp_path: Path, shelf: InvestigationShelf
) -> None:
    clock = RunningClock()
    keeper = Keeper(shelf, FileJournal(tmp_path, clock.now), clock, lambda: ())
    keeper.take(of_many(3))
    work = asyncio.create_task(keeper.run())
    async with asyncio.timeout(LONG_ENOUGH):
        while only(shelf) is None:
            clock.ring()
            await asyncio.sleep(0.005)
    shelf.drop(keeper.id)
    keeper.take(of_many(4))
    work.cancel()  # what is due is written at the end
    await asyncio.gather(work, return_exceptions=True)
    assert only(shelf) is None


async def test_it_is_over_when_all_is_well(tmp_path: Path, shelf: InvestigationShelf) -> None:
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        await at.settled()
        await kept(shelf, at, lambda found: not found.over)
        at.cluster.pod_stream.say(Changed(pod("worker-01")))
        await kept(shelf, at, lambda found: found.over)
        at.cluster.pod_stream.say(Changed(FAILING))
        await kept(shelf, at, lambda found: not found.over)


async def test_a_disk_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with sitting(tmp_path, cluster(), investigations=InvestigationShelf(tmp_path / "file")) as at:
        await at.settled()
        keeper = at.session.investigation
        assert keeper is not None
        async with asyncio.timeout(LONG_ENOUGH):
            while not keeper.trouble:
                at.clock.ring()
                await asyncio.sleep(0.005)
        assert "cannot be written" in keeper.trouble


async def test_the_newest_are_kept(tmp_path: Path, shelf: InvestigationShelf) -> None:
    for number in range(NEWEST + 2):
        shelf.keep(f"20250101T0000{number:02}Z-0000", "investigation", {})
    await left(tmp_path, shelf, Position(2))
    async with asyncio.timeout(LONG_ENOUGH):
        while len(shelf.ids()) > NEWEST:  # the older ones go after the newest was written
            await asyncio.sleep(0.005)
    assert len(shelf.ids()) == NEWEST
    assert only(shelf) is not None


async def test_garbage_on_disk_is_passed_over(tmp_path: Path, shelf: InvestigationShelf) -> None:
    await left(tmp_path, shelf, Position(2))
    shelf.keep("20990101T000000Z-0000", "investigation", ["no", "map"])
    shelf.keep(shelf.ids()[0], "logs", {"logs": 7})
    async with sitting(tmp_path, cluster(), investigations=shelf) as at:
        state = await at.until(lambda state: state.earlier)
        assert state.earlier is not None
        assert state.earlier.logs == ()


# --- logs -----------------------------------------------------------------------------------------------------------


def failed(*runs: str) -> PodStatus:
    """The failing pod whose attempts, the newest two, are these."""
    install = FAILING.containers[0]
    last = Run(runs[-1], NOON, NOON, exit_code=1)
    return replace(FAILING, containers=(replace(install, restart_count=len(runs), current=None, last=last),))


def log_of_attempt(at: Sitting) -> str:
    feed = at.session.logs.feed("worker-01")
    return "\n".join(str(entry) for entry in feed.lines.since(0))


async def test_attempts_that_the_kubelet_forgot_come_back(tmp_path: Path, shelf: InvestigationShelf) -> None:
    def attempts(words: str) -> Callable[[LogRequest], bytes]:
        return lambda _: f"2026-03-04T12:00:00Z {words}\n".encode()

    first = cluster(pod("master-01"), failed("c1"))
    first.logs = attempts("words of the first")
    async with sitting(tmp_path, first, investigations=shelf) as at:
        at.session.logs.choose(["worker-01"])
        await at.settled()
        async with asyncio.timeout(LONG_ENOUGH):
            while "words of the first" not in str(at.session.logs.seen()):
                await asyncio.sleep(0.005)
        at.session.at(Position(3))
        await kept(shelf, at, lambda found: found.step == 3)
    second = cluster(pod("master-01"), failed("c1", "c2"))
    second.logs = attempts("words of the second")
    async with sitting(tmp_path, second, investigations=shelf) as at:
        await at.until(lambda state: state.earlier)
        at.session.logs.choose(["worker-01"])
        async with asyncio.timeout(LONG_ENOUGH):
            while "words of the second" not in log_of_attempt(at):
                await asyncio.sleep(0.005)
        assert log_of_attempt(at).index("words of the first") < log_of_attempt(at).index("words of the second")
        assert b"words of the first" in at.session.logs.feed("worker-01").forgotten()


async def test_attempts_that_the_kubelet_still_serves_are_not_doubled(
    tmp_path: Path, shelf: InvestigationShelf
) -> None:
    for _ in range(2):
        at_work = cluster(pod("master-01"), failed("c1"))
        at_work.logs = lambda _: b"2026-03-04T12:00:00Z the only words\n"
        async with sitting(tmp_path, at_work, investigations=shelf) as at:
            await at.settled()
            at.session.logs.choose(["worker-01"])
            async with asyncio.timeout(LONG_ENOUGH):
                while "the only words" not in log_of_attempt(at):
                    await asyncio.sleep(0.005)
            assert log_of_attempt(at).count("the only words") == 1
            await at.session.go_on()
            at.session.at(Position(4))
            await kept(shelf, at, lambda found: found.step == 4)
