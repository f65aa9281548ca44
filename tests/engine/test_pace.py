"""The rest between two states: longer with many rows, and cut short by what the user did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from cnitui.engine.pace import Pace

MANY = 100_000
"""Rows of which changes gather for as long as they ever do; the test's clock never lets that pass."""


class StandingClock:
    """Short waits pass at once, long ones never."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        if seconds >= 1:
            await asyncio.Event().wait()


async def all_turns() -> None:
    """Everybody has got as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def resting(pace: Pace) -> asyncio.Task[None]:
    rest = asyncio.create_task(pace.rest(MANY))
    await all_turns()
    return rest


async def test_a_change_does_not_end_the_rest_and_is_not_lost() -> None:
    pace = Pace(StandingClock())
    rest = await resting(pace)
    pace.wake()
    await all_turns()
    assert not rest.done()
    rest.cancel()
    await pace.due()


async def test_what_the_user_did_ends_the_rest_once() -> None:
    pace = Pace(StandingClock())
    rest = await resting(pace)
    pace.hurry()
    await rest
    await pace.due()
    rest = await resting(pace)
    assert not rest.done()
    rest.cancel()


async def test_what_the_user_did_while_a_state_was_made_is_not_made_to_wait() -> None:
    pace = Pace(StandingClock())
    pace.wake()
    await pace.due()
    pace.hurry()
    await pace.rest(MANY)


async def test_few_rows_rest_for_a_moment() -> None:
    await Pace(StandingClock()).rest(3)
