"""The rest is read one after another within a budget, each node once, and all of it ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager

import pytest

from cnitui.engine.reading.sweep import LONGEST, PER_SECOND, SHARE, Sweep
from cnitui.engine.reading.turns import Turns, Urgency
from tests.engine.fake_cluster import FakeClock


class Rest:
    """Nodes to be swept, and what became of them."""

    def __init__(self, *nodes: str) -> None:
        self.clock = FakeClock()
        self.turns = Turns(8, 4)
        self.unread = list(nodes)
        self.read: list[str] = []
        self.at_once = self.most_at_once = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.broken: set[str] = set()
        self.used = self.cost = 0.0
        self.sweep = Sweep(self.clock, self.turns, self._due, self._read, processor=lambda: self.used)

    def _due(self, under_way: Container[str]) -> str | None:
        return next((node for node in self.unread if node not in under_way), None)

    async def _read(self, node: str) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.hold.wait()
            self.unread.remove(node)
            self.read.append(node)
            self.used += self.cost
            if node in self.broken:
                raise RuntimeError(node)
        finally:
            self.at_once -= 1

    async def until(self, fact: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not fact():
                await asyncio.sleep(0)


@asynccontextmanager
async def sweeping(rest: Rest) -> AsyncIterator[Rest]:
    task = asyncio.create_task(rest.sweep.run())
    rest.sweep.wake()
    try:
        yield rest
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


NODES = [f"worker-{number:03d}" for number in range(50)]


async def test_every_node_is_read_once_and_not_faster_than_the_budget() -> None:
    async with sweeping(Rest(*NODES)) as rest:
        begun = rest.clock.now()
        await rest.until(lambda: not rest.unread)
        assert sorted(rest.read) == NODES
        assert rest.sweep.begun == len(NODES)
        assert (rest.clock.now() - begun).total_seconds() >= (len(NODES) - 1) / PER_SECOND


@pytest.mark.parametrize(("cost", "pause"), [(SHARE / 10, 1 / PER_SECOND), (SHARE / 2, 0.5), (SHARE * 60, LONGEST)])
async def test_nodes_that_cost_much_are_read_more_rarely_but_read(cost: float, pause: float) -> None:
    rest = Rest(*NODES)
    rest.cost = cost
    async with sweeping(rest):
        begun = rest.clock.now()
        await rest.until(lambda: not rest.unread)
        assert (rest.clock.now() - begun).total_seconds() == pytest.approx((len(NODES) - 1) * pause, rel=0.1)


async def test_no_more_at_once_than_the_rest_has_turns() -> None:
    async with sweeping(Rest(*NODES)) as rest:
        rest.hold.clear()
        await rest.until(lambda: rest.at_once == 4)
        async with rest.turns.turn(Urgency.SHOWN):
            assert rest.most_at_once == 4
        rest.hold.set()
        await rest.until(lambda: not rest.unread)
        assert rest.most_at_once == 4


async def test_one_that_goes_wrong_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    async with sweeping(Rest(*NODES)) as rest:
        rest.broken = {NODES[3]}
        await rest.until(lambda: not rest.unread)
        await rest.until(lambda: NODES[3] in caplog.text)
        assert len(rest.read) == len(NODES)


async def test_it_goes_on_when_more_come_due() -> None:
    async with sweeping(Rest("worker-001")) as rest:
        await rest.until(lambda: not rest.unread)
        rest.unread.append("worker-777")
        rest.sweep.wake()
        await rest.until(lambda: not rest.unread)
        assert rest.read == ["worker-001", "worker-777"]


async def test_the_end_cancels_what_is_under_way() -> None:
    async with sweeping(Rest(*NODES)) as rest:
        rest.hold.clear()
        await rest.until(lambda: rest.at_once == 4)
    assert rest.at_once == 0
