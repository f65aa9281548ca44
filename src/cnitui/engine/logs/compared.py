"""One attempt of each node beside the reference's: which attempts are meant, and the rows of the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnitui.domain.alignment import LONGEST, Alignment, Log, Step, align
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import Rule
from cnitui.engine.logs.segments import Segment, Segments, text_of
from cnitui.late_dataclass import dataclass

FEW = 3
"""Lines of the reference alone that are shown; of more, how many there are."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One attempt; `rule` is the one below it, None while it runs; not `whole` when lines are known to be missing."""

    label: str
    lines: tuple[bytes, ...]
    names: tuple[str, ...]
    rule: Rule | None
    whole: bool = True

    @property
    def log(self) -> Log:
        """What is aligned."""
        return Log(tuple(map(text_of, self.lines)), self.names)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The reference's attempt, those of the others, and how their lines stand to its."""

    reference: Compared
    others: tuple[Compared, ...]
    alignment: Alignment


def compare(reference: Compared, others: Sequence[Compared]) -> Comparison:
    """Lay the others beside the reference."""
    return Comparison(reference, tuple(others), align(reference.log, [other.log for other in others]))


class Attempts:
    """The attempts kept of one feed, to pick one from."""

    def __init__(self, feed: LogFeed) -> None:
        self.feed = feed
        self._segments = Segments(feed.lines)
        self._ended: list[Segment] = []

    def pick(self, back: int = 0) -> Segment | None:
        """The newest attempt that has ended, or `back` before it (the oldest at most); else the one that runs.

        One of which lines are missing is taken only where there is no other.
        """
        first = self.feed.lines.first
        self._ended = [one for one in (*self._ended, *self._segments.extend()) if one.start >= first]
        if self._ended:
            self._ended = [one for one in self._ended if one.whole] or self._ended
            return self._ended[max(0, len(self._ended) - 1 - back)]
        rest = self._segments.rest()
        return rest if rest.end > rest.start else None

    @property
    def count(self) -> int:
        """How many have ended, as of the last `pick`."""
        return len(self._ended)

    def compared(self, segment: Segment) -> Compared:
        """An attempt with its lines."""
        feed = self.feed
        entries = [entry for _, entry in feed.lines.between(segment.start, segment.end)]
        last = entries[-1] if segment.ended and entries else None
        names = (feed.pod.name, feed.node) if feed.pod is not None else (feed.node,)
        lines = tuple(entry for entry in entries if isinstance(entry, bytes))
        return Compared(label_of(feed), lines, names, last if isinstance(last, Rule) else None, segment.whole)


def label_of(feed: LogFeed) -> str:
    """Whose log it is: the node, the moment when that is not now, and a container that was chosen."""
    return " ".join(filter(None, (feed.node, feed.moment.upper(), feed.container if feed.chosen else "")))


def rows_of(comparison: Comparison, *, folded: bool = True) -> Iterator[Step | Rule]:
    """Steps, and rules between them: where a log first differs, where it ends, and how far the reference goes on."""
    alone: list[Step] = []
    endings = _endings(comparison)
    yield from endings.get(-1, ())
    for row, step in enumerate(comparison.alignment.steps):
        differing = [
            one.label for one, at in zip(comparison.others, comparison.alignment.first, strict=True) if at == row
        ]
        behind = all(cell is None or cell.line is None for cell in step.cells)
        if differing or not behind:
            yield from _gone_on(comparison, alone, folded=folded)
            alone = []
        if differing:
            yield Rule(f"{', '.join(differing)}: first difference", "difference")
        if behind:
            alone.append(step)
        else:
            yield step
        yield from endings.get(row, ())
    yield from _gone_on(comparison, alone, folded=folded)
    yield from _ending(comparison.reference)


def _gone_on(comparison: Comparison, alone: Sequence[Step], *, folded: bool) -> Iterator[Step | Rule]:
    if folded and len(alone) > FEW:
        ended = all(cell is None or cell.kind == "unreached" for step in alone for cell in step.cells)
        words = f"goes on for {len(alone)} lines" if ended else f"alone has {len(alone)} lines here"
        yield Rule(f"{comparison.reference.label} {words} · z unfolds", "fold")
    else:
        yield from alone


def _endings(comparison: Comparison) -> dict[int, list[Rule]]:
    """What to say below the rows in which logs have their last lines; below row -1 of those that have none."""
    last = dict.fromkeys(range(len(comparison.others)), -1)
    for row, step in enumerate(comparison.alignment.steps):
        last.update((place, row) for place, cell in enumerate(step.cells) if cell is not None and cell.line is not None)
    endings: dict[int, list[Rule]] = {}
    for place, row in last.items():
        endings.setdefault(row, []).extend(_ending(comparison.others[place]))
    return endings


def _ending(one: Compared) -> Iterator[Rule]:
    if len(one.lines) > LONGEST:
        yield Rule(f"{one.label}: only its first {LONGEST} of {len(one.lines):,} lines are compared", "note")
    if not one.whole:
        yield Rule(f"{one.label}: lines of this attempt are missing", "note")
    if one.rule is not None:
        yield Rule(f"{one.label}: {one.rule.text}", "attempt", one.rule.failed, one.rule.time)
