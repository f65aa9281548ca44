"""Which cells have just changed, and for how long they stay bright."""

from __future__ import annotations

from collections.abc import Collection

BRIGHT = 1.0
"""Seconds a changed cell stays bright."""


class Bright:
    """Cells by row key and column index, each with the time its brightness ends; times as `time.monotonic` has them."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[int, float]] = {}

    def light(self, key: str, index: int, now: float) -> None:
        """A cell changed."""
        self._cells.setdefault(key, {})[index] = now + BRIGHT

    def of(self, key: str) -> Collection[int]:
        """The bright cells of a row."""
        return self._cells.get(key, {}).keys()

    def fade(self, now: float) -> set[str]:
        """Let go what has been bright long enough; answers the rows that look different now."""
        faded: set[str] = set()
        for key, cells in list(self._cells.items()):
            lit = {index: until for index, until in cells.items() if until > now}
            if len(lit) < len(cells):
                faded.add(key)
            if lit:
                self._cells[key] = lit
            else:
                del self._cells[key]
        return faded

    @property
    def next_over(self) -> float | None:
        """When the next cell fades; None while none is bright."""
        return min((until for cells in self._cells.values() for until in cells.values()), default=None)
