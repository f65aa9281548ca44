"""Moments to places from 0 to 1 and back, quiet stretches drawn shorter than they were."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate, pairwise


class Scale:
    """A stretch in which nothing happens is as wide as the square root of its seconds.

    Otherwise five minutes of waiting would leave the second in which everything happened no room. `known` are the
    moments at which something happened; `end` must come after `start`.
    """

    def __init__(self, known: Iterable[datetime], start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.moments = sorted({start, end, *(moment for moment in known if start < moment < end)})
        """The moments that stretches begin or end at, in their order."""
        stretches = [(later - earlier).total_seconds() ** 0.5 for earlier, later in pairwise(self.moments)]
        whole = sum(stretches)
        self.places: list[float] = [reached / whole for reached in accumulate(stretches, initial=0.0)]
        """Where each of them is."""

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is on the scale."""
        return self.start <= moment <= self.end

    def at(self, moment: datetime) -> float:
        """The place of a moment; one beyond an end stands at that end."""
        moment = min(max(moment, self.start), self.end)
        after = min(max(1, bisect_left(self.moments, moment)), len(self.moments) - 1)
        earlier, later = self.moments[after - 1], self.moments[after]
        begin, end = self.places[after - 1], self.places[after]
        return begin + (moment - earlier) / (later - earlier) * (end - begin)

    def moment(self, place: float) -> datetime:
        """The moment at a place; one beyond an end is that end."""
        place = min(max(place, 0.0), 1.0)
        after = min(max(1, bisect_left(self.places, place)), len(self.places) - 1)
        earlier, later = self.moments[after - 1], self.moments[after]
        begin, end = self.places[after - 1], self.places[after]
        return earlier + (place - begin) / (end - begin) * (later - earlier)
