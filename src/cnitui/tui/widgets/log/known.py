"""The next line whose message is known: looked for in slices, for comparing a line with the catalogue takes a while.

A log says few things many times, so what a line says is compared once, without its times and ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter

from cnitui.domain.attempt_text import sense
from cnitui.engine.logs.kept import KeptLines
from cnitui.tui.widgets.log.paint import Classify
from cnitui.tui.widgets.log.text import raw_text
from cnitui.tui.widgets.log.view import LogView

SLICE = 0.008
"""Seconds of looking before keys and screen get their turn."""
REMEMBERED = 4096
"""Things said that are remembered as known or not."""
LOOKED_AT = 4000
"""Characters of a line that are compared."""


class KnownLines:
    """Finds lines of known failures."""

    def __init__(self, kept: KeptLines, view: LogView, classify: Classify) -> None:
        self._kept, self._view = kept, view
        self._classify = classify
        self._known: dict[str, bool] = {}

    async def next(self, at: int, by: int) -> int | None:
        """The next one behind entry `at` (before it, where `by` is -1), over the end from the start again.

        What is folded away is passed over: it says the same as what is shown.
        """
        until = perf_counter() + SLICE
        for number in _around(self._kept.first, self._kept.end, at, by):
            if self._is_known(number):
                return number
            if perf_counter() > until:
                await asyncio.sleep(0)
                until = perf_counter() + SLICE
        return None

    def _is_known(self, number: int) -> bool:
        """Entries may have been dropped meanwhile."""
        if number < self._kept.first or self._view.fold_of(number) is not None:
            return False
        entry = self._kept[number]
        return isinstance(entry, bytes) and self._says_known(raw_text(entry)[:LOOKED_AT])

    def _says_known(self, text: str) -> bool:
        said = sense(text)
        known = self._known.get(said)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[said] = self._classify(text) == "known"
        return known


def _around(first: int, end: int, at: int, by: int) -> Iterator[int]:
    """All numbers once, the one at which one stands last."""
    if by > 0:
        at = max(at, first - 1)
        yield from range(at + 1, end)
        yield from range(first, min(at + 1, end))
    else:
        at = min(at, end)
        yield from range(at - 1, first - 1, -1)
        yield from range(end - 1, max(at, first) - 1, -1)
