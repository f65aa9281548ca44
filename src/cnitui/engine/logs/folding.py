"""Attempts that say the same as the one after them, folded: a crash loop has hundreds, and the newest tells it all."""

from __future__ import annotations

from dataclasses import replace

from cnitui.engine.logs.kept import KeptLines, Rule
from cnitui.engine.logs.segments import Segment, Segments, print_of
from cnitui.late_dataclass import dataclass

AT_ONCE = 2000
"""Entries that are compared before the screen gets its turn."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Attempts `first` to `last`, all like the one after them; `start` and `end` are entry numbers, `end` excluded."""

    start: int
    end: int
    first: int
    last: int

    @property
    def hidden(self) -> int:
        """Entries that are not shown: one row stands for all."""
        return self.end - self.start - 1

    def within(self, first: int) -> Fold | None:
        """What is left of it when entries before `first` are gone; a row for fewer than two entries is no gain."""
        left = replace(self, start=max(self.start, first))
        return left if left.hidden > 0 else None

    @property
    def rule(self) -> Rule:
        """The row that stands for it."""
        span = f"attempts {self.first}-{self.last}" if self.first != self.last else f"attempt {self.last}"
        return Rule(f"{span} like the next · z unfolds", "fold")


class Folding:
    """The folds of a growing log."""

    def __init__(self, kept: KeptLines) -> None:
        self._kept = kept
        self._segments = Segments(kept)
        self._done: list[Fold] = []
        self._run: list[Segment] = []
        self._print: int | None = None

    @property
    def folds(self) -> tuple[Fold, ...]:
        """All of them, oldest first."""
        growing = _fold(self._run)
        return (*self._done, growing) if growing is not None else tuple(self._done)

    def extend(self) -> bool:
        """Take over what has ended since; answers whether there is more to look at."""
        looked = 0
        for segment in self._segments.extend():
            self._take(segment)
            looked += segment.end - segment.start
            if looked >= AT_ONCE:
                return True
        if self._done and self._done[0].end <= self._kept.first:
            self._done = [fold for fold in self._done if fold.end > self._kept.first]
        return False

    def _take(self, segment: Segment) -> None:
        found = print_of(self._kept, segment)
        if found is None or found != self._print or not segment.follows:
            self._end_run()
        self._print = found
        self._run = [*self._run[:1], *self._run[1:][-1:], segment] if found is not None else []

    def _end_run(self) -> None:
        fold = _fold(self._run)
        if fold is not None:
            self._done.append(fold)
        self._run = []


def _fold(run: list[Segment]) -> Fold | None:
    """All but the newest: the first one, the last but one and the newest are what has to be known of a run."""
    if len(run) < 2:
        return None
    newest = run[-2]
    return Fold(run[0].start, newest.end, run[0].ordinal, newest.ordinal)
