"""Many nodes and long sittings, on the lab over real HTTP and SSH: the odd ones are found, and no verdict rots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cnitui.domain.finding import Verdict
from cnitui.domain.report import as_data
from cnitui.engine.reading import reader, sweep
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.lab import Lab
from tests.engine.fake_sitting import running
from tests.engine.lab_case import connected
from tests.schemas import objections

LONG_ENOUGH = 60.0


class Watched:
    """A session at work on a lab, and every state that it published."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen: list[State] = []
        self._changed = asyncio.Event()
        session.subscribe(self._take)

    def _take(self, state: State) -> None:
        self.seen.append(state)
        self._changed.set()

    async def until(self, fact: Callable[[State], object]) -> State:
        async with asyncio.timeout(LONG_ENOUGH):
            while not fact(self.session.state):
                self._changed.clear()
                await self._changed.wait()
        return self.session.state


@asynccontextmanager
async def watching(lab: Lab, folder: Path) -> AsyncIterator[Watched]:
    async with connected(lab, folder) as (services, _):
        watched = Watched(Session(services))
        async with running(watched.session):
            yield watched


def causes(state: State) -> dict[str, set[str]]:
    """What each node that was read is said to suffer from."""
    said: dict[str, set[str]] = {}
    for finding in state.diagnosis.confident if state.diagnosis else ():
        for node in finding.nodes:
            said.setdefault(node, set()).add(finding.cause)
    return said


def leading(state: State) -> tuple[str, Verdict] | None:
    found = state.diagnosis.leading if state.diagnosis else None
    return (found.cause, found.verdict) if found is not None else None


async def test_two_pools_of_different_causes_and_odd_nodes_among_them_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "EVERYBODY", 5)
    monkeypatch.setattr(sweep, "PER_SECOND", 1000)
    monkeypatch.setattr(sweep, "LONGEST", 0.001)
    mixture = "selinux-denial+apiserver-unreachable+disk-full:2+healthy:1"
    async with Lab.start(mixture, speed=20, seed=11, nodes=17) as lab, watching(lab, tmp_path) as at:
        lab.world.stop()
        state = await at.until(lambda state: state.settled and state.progress.nodes and not state.progress.left)
        sick = {name: {truth} for name, truth in lab.truth.items() if truth != "healthy" and name != "master-01"}
        assert causes(state) == sick
        odd = {name for name, truth in lab.truth.items() if truth == "disk-full"}
        assert {name for cohort in state.cohorts if cohort.apart_from for name in cohort.members} == odd
        assert {cohort.likeness.pool for cohort in state.cohorts} == {"blue", "green"}
        assert state.diagnosis is not None
        assert objections(as_data(state.diagnosis)) == []
        assert lab.audit == [], "reading writes nothing"


async def test_a_verdict_does_not_rot_however_long_it_is_looked_at(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=1000, seed=3, nodes=2) as lab, watching(lab, tmp_path) as at:
        state = await at.until(lambda state: state.settled and leading(state) == ("selinux-denial", Verdict.CONFIRMED))
        first, restarts = len(at.seen) - 1, sum(pod.restarts for pod in state.failing)
        await at.until(lambda state: sum(pod.restarts for pod in state.failing) >= restarts + 15)
        told = {leading(state) for state in at.seen[first:]}
        assert told == {("selinux-denial", Verdict.CONFIRMED)}, "an hour of attempts changes no verdict"


async def test_nor_does_it_in_an_outage_of_the_server(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=400, seed=3) as lab, watching(lab, tmp_path) as at:
        state = await at.until(lambda state: state.settled and leading(state) == ("selinux-denial", Verdict.CONFIRMED))
        first, restarts = len(at.seen) - 1, sum(pod.restarts for pod in state.failing)
        await lab.stop_api()
        await at.until(lambda state: state.pods_link.phase == "stale")
        await lab.until(lambda: _restarts(lab) >= restarts + 4)
        await lab.start_api()
        await at.until(
            lambda state: state.pods_link.phase == "live" and sum(pod.restarts for pod in state.failing) >= restarts + 6
        )
        assert {leading(state) for state in at.seen[first:]} == {("selinux-denial", Verdict.CONFIRMED)}


def _restarts(lab: Lab) -> int:
    return sum(container.restarts for worker in lab.world.workers.values() for container in worker.containers)
