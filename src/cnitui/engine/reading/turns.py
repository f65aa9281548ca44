"""Whose turn it is to be read: what is on the screen, then those who decide what a cohort is, then the rest."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count


class Urgency(IntEnum):
    """How soon a look is wanted; the lower one goes first."""

    SHOWN = 0
    FIRST = 1
    REST = 2


class Turns:
    """A bounded number of turns at once, given by urgency and then by who came first.

    The rest never takes more than `for_rest` of them, so that whatever is urgent finds a free one.
    """

    def __init__(self, at_once: int, for_rest: int) -> None:
        self._at_once, self._for_rest = at_once, for_rest
        self._taken = self._taken_by_rest = 0
        self._numbers = count()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for a turn and keep it until the block ends."""
        await self._taking(urgency)
        try:
            yield
        finally:
            self._give_back(urgency)

    async def _taking(self, urgency: Urgency) -> None:
        if not self._waiting and self._free(urgency):
            self._take(urgency)
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._numbers), place))
        self._hand_out()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give_back(urgency)
            raise

    def _free(self, urgency: Urgency) -> bool:
        return self._taken < self._at_once and (urgency < Urgency.REST or self._taken_by_rest < self._for_rest)

    def _take(self, urgency: Urgency) -> None:
        self._taken += 1
        self._taken_by_rest += urgency is Urgency.REST

    def _give_back(self, urgency: Urgency) -> None:
        self._taken -= 1
        self._taken_by_rest -= urgency is Urgency.REST
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting:
            urgency, _, place = self._waiting[0]
            if not place.done() and not self._free(urgency):
                return
            heapq.heappop(self._waiting)
            if not place.done():
                self._take(urgency)
                place.set_result(None)
