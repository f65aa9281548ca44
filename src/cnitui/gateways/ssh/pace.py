"""How much is started at once, without the slow ever holding up the quick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Pace:
    """At most `limit` in the first `patience` seconds of their work; one that takes longer no longer counts.

    A plain semaphore would let fifty hosts that hang stop the fifty-first, which answers at once.
    """

    def __init__(self, limit: int, patience: float) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._patience = patience

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot while working, but not for longer than the patience."""
        await self._slots.acquire()
        held = _Held(self._slots)
        timer = asyncio.get_running_loop().call_later(self._patience, held.release)
        try:
            yield
        finally:
            timer.cancel()
            held.release()


class _Held:
    """One slot, given back once."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots: asyncio.Semaphore | None = slots

    def release(self) -> None:
        if self._slots is not None:
            self._slots.release()
            self._slots = None
