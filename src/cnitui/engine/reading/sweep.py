"""Reads the nodes that nobody waits for, one after another, within a budget: an odd one may hide among thousands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Container

from cnitui.engine.ports import Clock
from cnitui.engine.reading.turns import Turns, Urgency

PER_SECOND, HURRIED = 5, 20
"""Nodes begun per second, two requests to the API server and one connection to a node each: in the background, and
when somebody waits for all of them."""
SHARE, LONGEST = 0.05, 2.0
"""The part of one processor that the program may use while it reads in the background, and the seconds between two
nodes at most: a screen that nobody touches must not warm a laptop, whatever a connection costs there."""
_LOG = logging.getLogger(__name__)


class Sweep:
    """Calls `read` for each node that `due` names, at most so many per second and no more at once than `turns` gives.

    `due` answers one of the nodes to be read that is not in the given set, None when there is none.
    """

    def __init__(
        self,
        clock: Clock,
        turns: Turns,
        due: Callable[[Container[str]], str | None],
        read: Callable[[str], Awaitable[None]],
        *,
        hurried: bool = False,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._hurried, self._processor = hurried, processor
        self._used = processor()
        self._clock, self._turns, self._due, self._read = clock, turns, due, read
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self.begun = 0
        """How many reads were begun."""

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                while self._due(self._tasks) is not None:
                    async with self._turns.turn(Urgency.REST):
                        pass  # whatever is urgent goes first; the read itself takes its turn again
                    self._begin(self._due(self._tasks))
                    await self._clock.sleep(self._pause())
        finally:
            await self.close()

    def _pause(self) -> float:
        """Seconds until the next: longer where what was done since the last one cost much."""
        used, self._used = self._used, self._processor()
        if self._hurried:
            return 1 / HURRIED
        return max(1 / PER_SECOND, min(LONGEST, (self._used - used) / SHARE))

    def _begin(self, node: str | None) -> None:
        if node is None:
            return
        self.begun += 1
        task = self._tasks[node] = asyncio.create_task(self._one(node), name=f"sweep {node}")
        task.add_done_callback(lambda _: self._ended(node, task))

    async def _one(self, node: str) -> None:
        async with self._turns.turn(Urgency.REST):
            await self._read(node)

    def _ended(self, node: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(node) is task:
            del self._tasks[node]
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("sweep %s", node, exc_info=task.exception())

    async def close(self) -> None:
        """Cancel everything that is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
