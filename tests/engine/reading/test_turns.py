"""Turns are given by urgency, bounded, and the rest never takes them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cnitui.engine.reading.turns import Turns, Urgency


class Queue:
    """Turns, who has one, and who had one in which order."""

    def __init__(self, at_once: int, for_rest: int) -> None:
        self.turns = Turns(at_once, for_rest)
        self.working: set[str] = set()
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    def ask(self, name: str, urgency: Urgency) -> None:
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._work(name, urgency))

    async def _work(self, name: str, urgency: Urgency) -> None:
        async with self.turns.turn(urgency):
            self.working.add(name)
            self.order.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.working.discard(name)

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()

    async def until(self, fact: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not fact():
                await asyncio.sleep(0)

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_what_is_on_the_screen_goes_before_what_decides_and_both_before_the_rest() -> None:
    queue = Queue(1, 1)
    queue.ask("first comer", Urgency.REST)
    await queue.until(lambda: queue.working)
    for name, urgency in (("rest", Urgency.REST), ("decides", Urgency.FIRST), ("shown", Urgency.SHOWN)):
        queue.ask(name, urgency)
    await queue.until(lambda: len(queue.turns._waiting) == 3)
    for name in ("first comer", "shown", "decides", "rest"):
        await queue.until(lambda name=name: queue.working == {name})  # type: ignore[misc]
        queue.end(name)
    await queue.until(lambda: not queue.working)
    assert queue.order == ["first comer", "shown", "decides", "rest"]


async def test_the_rest_leaves_turns_for_whoever_is_urgent() -> None:
    queue = Queue(4, 2)
    for number in range(10):
        queue.ask(f"rest {number}", Urgency.REST)
    await queue.until(lambda: len(queue.working) == 2)
    queue.ask("shown", Urgency.SHOWN)
    await queue.until(lambda: "shown" in queue.working)
    assert len(queue.working) == 3
    await queue.close()


async def test_a_turn_comes_back_however_its_holder_ends() -> None:
    queue = Queue(1, 1)
    queue.ask("cancelled at work", Urgency.FIRST)
    await queue.until(lambda: queue.working)
    for name in ("cancelled while waiting", "last"):
        queue.ask(name, Urgency.FIRST)
    await queue.until(lambda: len(queue.turns._waiting) == 2)
    queue.tasks["cancelled while waiting"].cancel()
    queue.tasks["cancelled at work"].cancel()
    await queue.until(lambda: queue.working == {"last"})
    queue.end("last")
    await queue.until(lambda: not queue.working)
    assert queue.order == ["cancelled at work", "last"]
