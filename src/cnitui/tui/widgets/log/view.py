"""Which kept entries a log pane shows, and in which rows: filter, start, wrapping, folds; found lines.

Without filter and wrapping there is nothing to compute per line, which is what lets a pane keep up with any stream;
folds cost by their number.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate

from cnitui.engine.logs.folding import Fold
from cnitui.engine.logs.kept import Entry, KeptLines, Rule
from cnitui.engine.logs.stamps import time_of
from cnitui.tui.widgets.pattern import Pattern

Measure = Callable[[Entry], int]
"""How many rows an entry takes when lines are wrapped."""


class Folded:
    """Closed folds, and what that makes of entry numbers and of their places among the entries shown."""

    def __init__(self, folds: Sequence[Fold] = (), first: int = 0) -> None:
        self.folds = tuple(left for fold in folds if (left := fold.within(first)) is not None)
        self._starts = [fold.start for fold in self.folds]
        self._before = [0, *accumulate(fold.hidden for fold in self.folds)]
        """Entries hidden before each fold, and at last by all."""
        self._places = [start - hidden for start, hidden in zip(self._starts, self._before, strict=False)]

    @property
    def hidden(self) -> int:
        """Entries that are not shown."""
        return self._before[-1]

    def of(self, number: int) -> Fold | None:
        """The fold that an entry is in."""
        place = bisect_right(self._starts, number)
        return self.folds[place - 1] if place and number < self.folds[place - 1].end else None

    def at(self, number: int) -> Fold | None:
        """The fold whose row is that of this entry."""
        fold = self.of(number) if self.folds else None
        return fold if fold is not None and fold.start == number else None

    def hides(self, number: int) -> bool:
        """Whether an entry has no row."""
        fold = self.of(number) if self.folds else None
        return fold is not None and fold.start != number

    def begin_before(self, number: int) -> bool:
        """Whether the first fold begins before an entry."""
        return bool(self._starts) and self._starts[0] < number

    def place(self, number: int) -> int:
        """What the number of an entry, or of the fold it is in, would be if nothing hidden were counted."""
        count = bisect_right(self._starts, number)
        if count and number < self.folds[count - 1].end:
            return self._places[count - 1]
        return number - self._before[count]

    def number(self, place: int) -> int:
        """The number of the entry shown there."""
        return place + self._before[bisect_left(self._places, place)]


class LogView:
    """Rows of a growing log, counted from the first one shown; entries keep the numbers they are kept under."""

    def __init__(self, kept: KeptLines) -> None:
        self._kept = kept
        self._filter: Pattern | None = None
        self._from = 0
        self._measure: Measure | None = None
        self._folds = Folded()
        self._revision = kept.revision
        self._first = kept.first
        self._end = kept.first
        self._numbers: array[int] | None = None
        self._row_ends: array[int] | None = None
        self._gone_rows = 0

    # --- what is shown ---

    def show(
        self, *, filtered: Pattern | None, start: int, measure: Measure | None, folds: Sequence[Fold] = ()
    ) -> None:
        """Decide anew what is shown: a filter, the first number, wrapping, and folds; a filter looks into folds."""
        self._filter, self._from, self._measure = filtered, start, measure
        self._first, self._end = max(start, self._kept.first), self._kept.end
        self._folds = Folded(() if filtered else folds, self._oldest(self._first))
        self._rebuild()

    def _rebuild(self) -> None:
        self._numbers = array("Q") if self._filter else None
        self._row_ends = array("Q") if self._measure else None
        self._gone_rows = 0
        self._take_all(self._first, self._end)

    def extend(self) -> tuple[int, int]:
        """Take over what came and what was dropped; answers how many entries came and how many rows left at the top."""
        if self._revision != self._kept.revision:
            return self._begin_anew()
        rows = self.rows
        self._forget(max(self._kept.first, self._from))
        gone = rows - self.rows
        if self._end < self._kept.first:
            self._end = self._kept.first
        before = len(self)
        self._take_all(self._end, self._kept.end)
        self._end = self._kept.end
        return len(self) - before, gone

    def _begin_anew(self) -> tuple[int, int]:
        """Entries have other places than before."""
        before, self._revision = len(self), self._kept.revision
        self.show(filtered=self._filter, start=self._from, measure=self._measure, folds=self._folds.folds)
        return max(0, len(self) - before), 0

    def _take_all(self, start: int, end: int) -> None:
        if self._filter is not None or self._measure is not None:
            for number, entry in self._kept.between(start, end):
                self._take(number, entry)

    def _take(self, number: int, entry: Entry) -> None:
        if self._folds.hides(number):
            return
        if self._filter is not None and self._numbers is not None:
            if isinstance(entry, bytes) and not self._filter.matches_raw(entry, _text_start(entry)):
                return
            self._numbers.append(number)
        if self._measure is not None and self._row_ends is not None:
            last = self._row_ends[-1] if self._row_ends else self._gone_rows
            self._row_ends.append(last + (1 if self._folds.at(number) else self._measure(entry)))

    def _oldest(self, first: int) -> int:
        """The first entry that may be folded: the rule about what was dropped stays in view."""
        return max(first, self._kept.first + (1 if self._kept.dropped_lines else 0))

    def _forget(self, first: int) -> None:
        if first <= self._first:
            return
        if self._folds.begin_before(self._oldest(first)):
            self._first, self._folds = first, Folded(self._folds.folds, self._oldest(first))
            self._rebuild()
            return
        count = self._index_of(first)
        rows = self._row_at(count)
        if self._numbers is not None:
            del self._numbers[:count]
        if self._row_ends is not None:
            del self._row_ends[:count]
            self._gone_rows += rows
        self._first = first

    # --- places ---

    def __len__(self) -> int:
        if self._numbers is not None:
            return len(self._numbers)
        return max(0, self._end - self._first - self._folds.hidden)

    @property
    def rows(self) -> int:
        """Rows in all."""
        return self._row_at(len(self))

    def at(self, row: int) -> tuple[int, int] | None:
        """Entry number and row within the entry, None beyond the ends."""
        if row < 0:
            return None
        index, part = row, 0
        if self._row_ends is not None:
            index = bisect_right(self._row_ends, row + self._gone_rows)
            part = row - self._row_at(index)
        if index >= len(self):
            return None
        if self._numbers is not None:
            return self._numbers[index], part
        return self._folds.number(self._first + index), part

    def fold_at(self, number: int) -> Fold | None:
        """The fold that stands in this entry's row."""
        return self._folds.at(number)

    def fold_of(self, number: int) -> Fold | None:
        """The fold that this entry is in."""
        return self._folds.of(number)

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Those that are closed now."""
        return self._folds.folds

    def row_of(self, number: int) -> int:
        """The first row of that entry, or of the next one shown."""
        return self._row_at(self._index_of(number))

    def _index_of(self, number: int) -> int:
        if self._numbers is not None:
            return bisect_left(self._numbers, number)
        return max(0, min(self._folds.place(number) - self._first, len(self)))

    def _row_at(self, index: int) -> int:
        if self._row_ends is None or index == 0:
            return index
        return self._row_ends[index - 1] - self._gone_rows

    def number_at(self, time: datetime) -> int:
        """The first kept entry that is not older than a time, by the lines' timestamps."""
        low, high = self._kept.first, self._kept.end
        while low < high:
            middle = (low + high) // 2
            found = self.time_from(middle, high)
            if found is None or found >= time:
                high = middle
            else:
                low = middle + 1
        return low

    def time_from(self, number: int, end: int) -> datetime | None:
        """The time of the first entry in a range that has one."""
        for _, entry in self._kept.between(number, end):
            time = entry.time if isinstance(entry, Rule) else time_of(entry)
            if time is not None:
                return time
        return None


def _text_start(line: bytes) -> int:
    """Where the container's own text starts: behind the server's timestamp, which is not searched."""
    return line.find(b" ", 19, 40) + 1 if line[10:11] == b"T" else 0


class Hits:
    """Numbers of the lines that a search finds, kept up while the log grows."""

    def __init__(self, kept: KeptLines, pattern: Pattern) -> None:
        self.pattern = pattern
        self._kept = kept
        self._numbers: array[int] = array("Q")
        self._end = kept.first
        self._revision = kept.revision
        self.extend()

    def __len__(self) -> int:
        return len(self._numbers)

    def extend(self) -> None:
        """Search what came since; where places have changed, everything."""
        if self._revision != self._kept.revision:
            self._revision, self._end = self._kept.revision, self._kept.first
            del self._numbers[:]
        for number, entry in self._kept.between(self._end, self._kept.end):
            if isinstance(entry, bytes) and self.pattern.matches_raw(entry, _text_start(entry)):
                self._numbers.append(number)
        self._end = self._kept.end
        oldest = self._kept.first + (1 if self._kept.dropped_lines else 0)
        if self._numbers and self._numbers[0] < oldest:
            del self._numbers[: bisect_left(self._numbers, oldest)]

    def place(self, number: int) -> int:
        """1 for the first line found, and so on; 0 when it is not one of them."""
        index = bisect_left(self._numbers, number)
        return index + 1 if index < len(self) and self._numbers[index] == number else 0

    def after(self, number: int) -> int | None:
        """The next line found behind that one, from the start again at the end."""
        if not self._numbers:
            return None
        return self._numbers[bisect_right(self._numbers, number) % len(self)]

    def before(self, number: int) -> int | None:
        """The one before it, from the end again at the start."""
        if not self._numbers:
            return None
        return self._numbers[bisect_left(self._numbers, number) - 1]
