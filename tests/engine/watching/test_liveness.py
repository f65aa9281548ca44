"""Silence is told only when the server was asked and did not answer, and no longer than it lasts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from cnitui.engine.watching.liveness import PATIENCE, QUIET, Liveness
from cnitui.errors import ClusterUnreachable
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fake_sitting import RunningClock


class Quiet(FakeCluster):
    """A cluster that was not heard for so many seconds; `pings` counts the questions."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet, self.answers, self.pings = 0.0, True, 0

    @property
    def silence(self) -> float:
        return self.quiet

    async def ping(self) -> None:
        self.pings += 1
        if not self.answers:
            raise ClusterUnreachable("nothing came")
        self.quiet = 0.0


class Watch:
    """A liveness at work; `second` lets one second pass."""

    def __init__(self) -> None:
        self.cluster, self.clock, self.changes = Quiet(), RunningClock(), 0
        self.liveness = Liveness(self.cluster, self.clock, self._changed)
        self.task = asyncio.create_task(self.liveness.run())

    def _changed(self) -> None:
        self.changes += 1

    async def second(self) -> None:
        async with asyncio.timeout(5):
            while not self.clock.long_waits:
                await asyncio.sleep(0)
        self.clock.ring()
        async with asyncio.timeout(5):
            while not self.clock.long_waits:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_server_that_speaks_is_not_asked() -> None:
    watch = Watch()
    watch.cluster.quiet = QUIET - 1
    await watch.second()
    assert (watch.cluster.pings, watch.changes) == (0, 0)
    await watch.end()


async def test_a_quiet_server_is_asked_and_its_answer_is_enough() -> None:
    watch = Watch()
    watch.cluster.quiet = QUIET
    await watch.second()
    assert (watch.cluster.pings, watch.liveness.silent_since) == (1, None)
    await watch.end()


async def test_silence_is_told_since_the_server_was_last_heard_and_ends_with_its_first_word() -> None:
    watch = Watch()
    watch.cluster.answers = False
    watch.cluster.quiet = QUIET + PATIENCE + 4
    await watch.second()
    since = watch.liveness.silent_since
    assert since is not None
    assert timedelta(seconds=QUIET + PATIENCE + 3) < watch.clock.now() - since < timedelta(seconds=60)
    await watch.second()
    assert watch.liveness.silent_since == since, "it counts from the same moment"
    watch.cluster.quiet = 0.0
    await watch.second()
    assert not watch.liveness.silent_since
    assert watch.changes == 2
    await watch.end()
