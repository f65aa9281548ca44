"""Where moments stand in a row of cells, and what zooming and panning make of that."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from math import floor

from cnitui.engine.timeline.scale import Scale
from cnitui.late_dataclass import dataclass

Window = tuple[datetime, datetime]
"""From when to when is shown."""
LEAST_CELL = timedelta(milliseconds=1)
"""What a cell may not be shorter than: runtimes tell no more than that apart."""


@dataclass(frozen=True)
class Across:
    """The part of a scale from `start` to `end`, drawn in so many cells."""

    scale: Scale
    start: datetime
    end: datetime
    cells: int

    def cell(self, moment: datetime) -> int:
        """The cell of a moment; below 0 when it is earlier than what is shown, from `cells` on when it is later."""
        found = self._found.get(moment)
        if found is None:
            begin, end = self._places
            share = (self.scale.at(moment) - begin) / (end - begin)
            found = self._found[moment] = self.cells - 1 if moment == self.end else floor(share * self.cells)
        return found

    def moment(self, cell: int) -> datetime:
        """The moment in the middle of a cell."""
        begin, end = self._places
        return self.scale.moment(begin + (cell + 0.5) / self.cells * (end - begin))

    def zoomed(self, factor: float, about: datetime) -> Window:
        """So many times what is shown now, below 1 for a closer look; the cell of `about` stays where it is."""
        begin, end = self._places
        place = min(max(self.scale.at(about), begin), end)
        return self._window(place - (place - begin) * factor, place + (end - place) * factor)

    def panned(self, share: float) -> Window:
        """As much as is shown now, so many times its width later; as far as the scale goes."""
        begin, end = self._places
        by = min(max(share * (end - begin), -begin), 1.0 - end)
        return self._window(begin + by, end + by)

    def holding(self, moment: datetime) -> Window:
        """What is shown now, or as much around a moment that is not in it."""
        if 0 <= self.cell(moment) < self.cells:
            return self.start, self.end
        begin, end = self._places
        return self.panned((self.scale.at(moment) - (begin + end) / 2) / (end - begin))

    @cached_property
    def _found(self) -> dict[datetime, int]:
        """Cells that were asked for: those of an action are, for every lane."""
        return {}

    @cached_property
    def _places(self) -> tuple[float, float]:
        return self.scale.at(self.start), self.scale.at(self.end)

    def _window(self, begin: float, end: float) -> Window:
        start, stop = self.scale.moment(begin), self.scale.moment(end)
        return (start, stop) if stop - start >= LEAST_CELL * self.cells else (self.start, self.end)
