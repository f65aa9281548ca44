"""Among many: a few of each group first, whoever is looked at before all others, and the odd ones found in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.facts import AttemptLogs, PodStatus, Run, SelinuxMode
from cnitui.engine.judging.groups import READ_FIRST
from cnitui.engine.ports import Changed, LogRequest
from cnitui.engine.reading import sweep as sweeping
from cnitui.engine.reading.reader import EVERYBODY
from cnitui.engine.state import State
from cnitui.errors import NodeUnreachable
from tests.engine.fake_cluster import node, pod
from tests.engine.fake_sitting import FakeShell, ScriptedCluster, Sitting, sitting

MANY = 120
WORKERS = tuple(f"worker-{number:03d}" for number in range(1, MANY + 1))
ODD = ("worker-017", "worker-063", "worker-101")
ORDINARY = (
    b"2026-11-23T11:59:00.000000000Z [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory, exiting\n"
)
FULL = (
    b"2026-11-23T11:59:00.000000000Z [ERROR][1] cni-installer/<nil> <nil>: failed to copy file: "
    b"write /host/opt/cni/bin/calico.tmp: no space left on device\n"
)


def cluster() -> ScriptedCluster:
    """A hundred and twenty workers that look alike; three of them say something else when they are read."""
    made = ScriptedCluster()
    made.show(pod("master-01"), *(_failing(name) for name in WORKERS))
    made.node_list = tuple(node(name) for name in ("master-01", *WORKERS))
    made.logs = _said
    return made


def _failing(name: str) -> PodStatus:
    found = pod(name, failing=True)
    run = Run(f"c-{name}", exit_code=1)
    return replace(found, containers=(replace(found.containers[0], last=run),))


def _said(request: LogRequest) -> bytes:
    return FULL if any(name in request.pod for name in ODD) else ORDINARY


@asynccontextmanager
async def many(folder: Path, shell: FakeShell | None = None) -> AsyncIterator[Sitting]:
    async with sitting(folder, cluster(), shell) as at:
        at.cluster.list_all()
        yield at


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep's budget is another test's matter."""
    monkeypatch.setattr(sweeping, "PER_SECOND", 1000)
    monkeypatch.setattr(sweeping, "LONGEST", 0.001)


@pytest.fixture
def not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget so small that nothing of the rest is read."""
    monkeypatch.setattr(sweeping, "PER_SECOND", 1 / 3600)


def blamed(state: State, cause: str) -> tuple[str, ...]:
    assert state.diagnosis is not None
    return tuple(node for f in state.diagnosis.confident if f.cause == cause for node in f.nodes)


@pytest.mark.usefixtures("not_at_all")
async def test_a_few_are_read_and_nobody_else(tmp_path: Path) -> None:
    async with many(tmp_path, FakeShell()) as at:
        state = await at.settled()
        visited = set(at.shell.visits)
        assert len(visited - {"master-01"}) <= READ_FIRST + 1, "three that decide, and the sweep's first"
        assert len({name for name in at.cluster.read if "worker" in name}) <= READ_FIRST + 1
        (only,) = state.cohorts
        assert (len(only.members), len(only.agreeing)) == (MANY, len(visited & set(only.agreeing)))


@pytest.mark.usefixtures("at_once")
async def test_the_odd_ones_are_found_named_and_never_swept_under_their_group(tmp_path: Path) -> None:
    async with many(tmp_path) as at:
        state = await at.until(lambda state: state.progress.nodes == MANY and not state.progress.left)
        assert set(blamed(state, "disk-full")) == set(ODD)
        apart = [cohort for cohort in state.cohorts if cohort.apart_from]
        assert {name for cohort in apart for name in cohort.members} == set(ODD)
        assert set(state.cohorts[0].members) == set(WORKERS) - set(ODD)


@pytest.mark.usefixtures("at_once")
async def test_of_many_the_evidence_of_a_few_of_each_kind_is_kept(tmp_path: Path) -> None:
    async with many(tmp_path) as at:
        state = await at.until(lambda state: state.progress.nodes == MANY and not state.progress.left)
        kept = set(state.case.subjects(AttemptLogs)) - {"master-01"}
        assert set(ODD) & kept
        assert len(kept) <= len(ODD) + 2 * READ_FIRST


@pytest.mark.usefixtures("at_once")
async def test_each_is_read_once_though_the_watch_goes_on(tmp_path: Path) -> None:
    async with many(tmp_path) as at:
        await at.until(lambda state: state.progress.nodes == MANY and not state.progress.left)
        read = len(at.cluster.read)
        for name in WORKERS:
            at.cluster.pod_stream.say(Changed(replace(_failing(name), status="Init:Error", restarts=6)))
        await at.until(lambda state: all(found.status == "Init:Error" for found in state.failing))
        await at.settled()
        assert len(at.cluster.read) == read


@pytest.mark.usefixtures("not_at_all")
async def test_whoever_is_looked_at_is_read_now(tmp_path: Path) -> None:
    async with many(tmp_path, FakeShell()) as at:
        await at.settled()
        wanted = next(name for name in ODD if name not in at.shell.visits)
        at.session.look_at((wanted,))
        state = await at.until(lambda state: state.case.value(SelinuxMode, wanted) is not None)
        state = await at.until(lambda state: wanted in blamed(state, "disk-full"))
        assert state.cohort_of(wanted) is not state.cohorts[0]


@pytest.mark.usefixtures("not_at_all")
async def test_looking_away_keeps_what_was_found(tmp_path: Path) -> None:
    async with many(tmp_path) as at:
        await at.settled()
        at.session.look_at((ODD[0],))
        await at.until(lambda state: ODD[0] in blamed(state, "disk-full"))
        at.session.look_at(())
        at.session.look_at(("worker-050",))
        state = await at.until(lambda state: state.case.value(AttemptLogs, "worker-050") is not None)
        assert ODD[0] in blamed(state, "disk-full")


@pytest.mark.usefixtures("at_once")
async def test_up_to_fifty_are_all_read_and_kept(tmp_path: Path) -> None:
    few = ScriptedCluster()
    few.show(pod("master-01"), *(_failing(name) for name in WORKERS[:EVERYBODY]))
    few.node_list = tuple(node(name) for name in ("master-01", *WORKERS[:EVERYBODY]))
    few.logs = _said
    async with sitting(tmp_path, few) as at:
        at.cluster.list_all()
        state = await at.settled()
        assert set(WORKERS[:EVERYBODY]) <= set(state.case.subjects(AttemptLogs))
        assert blamed(state, "disk-full") == (ODD[0],)


@pytest.mark.usefixtures("at_once")
async def test_nodes_that_cannot_be_read_are_counted_and_do_not_hold_the_others_up(tmp_path: Path) -> None:
    shell = FakeShell(trouble={name: NodeUnreachable("no answer", node=name) for name in WORKERS[::4]})
    async with many(tmp_path, shell) as at:
        state = await at.until(lambda state: state.progress.nodes == MANY and not state.progress.left)
        assert state.progress.read + state.progress.unreadable == MANY
        assert set(blamed(state, "disk-full")) == set(ODD)


async def test_the_end_comes_at_once_while_the_rest_is_read(tmp_path: Path) -> None:
    async with many(tmp_path, FakeShell(hanging=set(WORKERS))) as at:
        await at.until(lambda state: state.diagnosis is not None)
        async with asyncio.timeout(30):
            pass  # leaving the block cancels the session; a node that hangs must not keep it
