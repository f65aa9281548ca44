"""How often a state is published: changes gather for a moment, and what the user did does not wait for them."""

from __future__ import annotations

import asyncio

from cnitui.engine.ports import Clock

PUBLISH_EVERY = 0.05
"""Seconds between two states at least: a burst of watch events becomes one repaint."""
MORE_PER_ROW, AT_MOST = 1 / 600, 1.0
"""Seconds more for each row there is. A state costs a little for each of them, some of hundreds of failing pods change
every second, and the more there are the less does anybody follow each."""


class Pace:
    """Wakes who publishes when something has changed, and lets it rest between two states."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = asyncio.Event()
        self._hurried = asyncio.Event()

    def wake(self) -> None:
        """Something has changed."""
        self._changed.set()

    def hurry(self) -> None:
        """Somebody waits for what has changed: of hundreds of rows changes gather for longer than a person likes to."""
        self._hurried.set()
        self._changed.set()

    async def due(self) -> None:
        """Wait until something has changed."""
        await self._changed.wait()
        self._changed.clear()
        self._hurried.clear()

    async def rest(self, rows: int) -> None:
        """Let changes gather; of so many rows for so long, unless somebody is in a hurry."""
        await self._clock.sleep(PUBLISH_EVERY)
        longer = asyncio.ensure_future(self._clock.sleep(min(AT_MOST, MORE_PER_ROW * rows)))
        hurried = asyncio.ensure_future(self._hurried.wait())
        try:
            await asyncio.wait({longer, hurried}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            longer.cancel()
            hurried.cancel()
