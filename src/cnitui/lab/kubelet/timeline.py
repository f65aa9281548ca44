"""Timers that can replay the past.

A pod that has been crash-looping for hours when the lab starts goes through the same code as a live one: its timers
first run on a heap of past moments, and what is still due is handed to the event loop.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from cnitui.lab.clock import Clock


@dataclass(order=True, slots=True)
class Timer:
    """One thing due; cancelled timers stay in the heap and do nothing."""

    due: datetime
    order: int
    callback: Callable[[], None] = field(compare=False)
    handle: asyncio.TimerHandle | None = field(default=None, compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Never calls back."""
        self.cancelled = True
        self.callback = _nothing
        if self.handle is not None:
            self.handle.cancel()


def _nothing() -> None:
    """What a timer comes to that was cancelled, or has run."""


class Timeline:
    """`now` and `later`: of the past while replaying, of the clock afterwards."""

    def __init__(self, clock: Clock, start: datetime | None = None) -> None:
        self.clock = clock
        self._past = start
        self._heap: list[Timer] = []
        self._order = itertools.count()

    @property
    def replaying(self) -> bool:
        """Whether this is still the past."""
        return self._past is not None

    def now(self) -> datetime:
        """The moment that things happen at."""
        return self._past or self.clock.now()

    def later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Calls back `seconds` simulated seconds from now."""
        timer = Timer(self.now() + timedelta(seconds=seconds), next(self._order), callback)
        if self._past is not None:
            heapq.heappush(self._heap, timer)
        else:
            timer.handle = self.clock.later(seconds, callback)
        return timer

    def replay(self, until: datetime) -> None:
        """Runs everything due up to `until`."""
        while self._heap and self._heap[0].due <= until:
            timer = heapq.heappop(self._heap)
            if not timer.cancelled:
                self._past = max(self._past or timer.due, timer.due)
                callback, timer.callback = timer.callback, _nothing  # which may refer to the timer: no cycle is left
                callback()
        self._past = until

    def jump(self, to: datetime) -> None:
        """Moves the past on without running anything; what is due meanwhile runs at that later moment."""
        self._past = to

    def join(self) -> None:
        """Ends the past: what is still due runs on the event loop."""
        now, self._past = self.clock.now(), None
        for timer in self._heap:
            if not timer.cancelled:
                rest = max(0.0, (timer.due - now).total_seconds())
                timer.handle = self.clock.later(rest, timer.callback)
        self._heap.clear()
