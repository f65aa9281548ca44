"""How far a long piece of work is, in words, for whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TypeVar

T = TypeVar("T")
Told = Callable[[str], None]
"""Hears how far it is: `asking for logs and events of pods: 3 of 12`."""


def untold(words: str) -> None:
    """Nobody wants to know."""


async def counted(told: Told, words: str, parts: Sequence[Coroutine[object, object, T]]) -> list[T]:
    """All of them side by side, in their order; each that ends is told."""
    ended = 0

    async def one(part: Coroutine[object, object, T]) -> T:
        nonlocal ended
        found = await part
        ended += 1
        told(f"{words}: {ended:,} of {len(parts):,}")
        return found

    return await asyncio.gather(*map(one, parts))
