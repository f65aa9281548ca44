"""What a drawing of the timeline shows, in moments: a lane per node, attempts, the waits between them, marks.

Where these stand, and what they look like, is the business of whoever draws: the HTML report and the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import Literal

from cnitui.engine.guide.blocks import Role
from cnitui.engine.timeline.lanes import Lane
from cnitui.engine.timeline.moments import Kind
from cnitui.late_dataclass import dataclass

Outcome = Literal["failed", "done", "running"]
MARKED: tuple[Kind, ...] = ("denial", "change", "node", "event")
"""What is a mark, the more telling kind first."""
MOST_BARS, MOST_MARKS = 300, 150
"""Attempts and marks of one lane, the newest; the list has them all."""
SHORTLY = timedelta(hours=1)
"""How long before a failure a change is looked at as what may have brought it."""
_SECOND = timedelta(seconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""A report may come from anywhere, and name any year."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An attempt: one run of a container, running while `end` is None; `exit_code` as text, `reason` the kubelet's."""

    container: str
    start: datetime
    end: datetime | None = None
    exit_code: str = ""
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """How it came out, as far as it has."""
        if self.end is None:
            return "running"
        return "done" if self.exit_code == "0" else "failed"

    @property
    def until(self) -> datetime | None:
        """When it was over for sure: the kubelet tells the second in which it ended, and that may have been its last.

        What happened within that second, a denial say, would else be seen behind the attempt that it belongs to.
        """
        if self.end is None or self.end.microsecond or self.end > _LAST - _SECOND:
            return self.end
        return self.end + _SECOND

    @property
    def words(self) -> str:
        """`install-cni: exit 1, 20:13:05 to 20:13:06`."""
        ended = "still running" if self.end is None else f"exit {self.exit_code}"
        times = " to ".join(f"{moment:%H:%M:%S}" for moment in (self.start, self.end) if moment is not None)
        return f"{self.container}: {ended}, {times}"


@dataclass(frozen=True, slots=True)
class Wait:
    """From the end of a failed attempt to the next one; `due` when that one has still to come."""

    start: datetime
    end: datetime
    due: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment."""

    at: datetime
    kind: Kind
    words: str
    role: Role = "normal"


@dataclass(frozen=True, slots=True)
class Act:
    """One of our actions, by its number in the list of them."""

    number: int
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Track:
    """One lane and what is in it, each in the order of time."""

    lane: Lane
    bars: tuple[Bar, ...] = ()
    waits: tuple[Wait, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def moments(self) -> Iterator[datetime]:
        """When something happened in it."""
        for bar in self.bars:
            yield bar.start
            yield from () if bar.until is None else (bar.until,)
        yield from (mark.at for mark in self.marks)

    def within(self, start: datetime, end: datetime) -> Track:
        """The same with only what is seen from `start` to `end`."""
        return replace(
            self,
            bars=tuple(bar for bar in self.bars if bar.start <= end and (bar.end is None or bar.end >= start)),
            waits=tuple(wait for wait in self.waits if wait.start <= end and wait.end >= start),
            marks=tuple(mark for mark in self.marks if start <= mark.at <= end),
        )

    @property
    def words(self) -> str:
        """The lane in a sentence, for who cannot see it."""
        failed = [bar for bar in self.bars if bar.outcome == "failed"]
        done = [bar for bar in self.bars if bar.outcome == "done"]
        denials = sum(mark.kind == "denial" for mark in self.marks)
        parts = [f"{_count(len(failed), 'attempt')} failed, the last at {_clock(failed[-1].end)}"] if failed else []
        parts += [f"{_count(len(done), 'attempt')} completed, the last at {_clock(done[-1].end)}"] if done else []
        parts += [_count(denials, "denial")] if denials else []
        return f"{self.lane.title}: {', '.join(parts) or 'nothing happened'}."


@dataclass(frozen=True, slots=True)
class Chart:
    """The lanes with all that is in them; `applied` is when a plan was applied."""

    tracks: tuple[Track, ...]
    acts: tuple[Act, ...] = ()
    applied: datetime | None = None
    story: tuple[datetime, datetime] = field(init=False, compare=False)
    """From the first failure to the last thing that happened, with a little room; what was long before is outside."""
    whole: tuple[datetime, datetime] = field(init=False, compare=False)
    """From the first thing known to the last one."""
    latest: datetime = field(init=False, compare=False)
    """The last thing that happened: so far a running attempt goes on, as far as we know."""

    def __post_init__(self) -> None:
        due = [wait.end for track in self.tracks for wait in track.waits if wait.due]
        moments = [*chain.from_iterable(track.moments for track in self.tracks), *(act.at for act in self.acts)]
        whole = _roomy(min(moments), max((*moments, *due)))
        object.__setattr__(self, "latest", max(moments))
        object.__setattr__(self, "whole", whole)
        object.__setattr__(self, "story", self._story() or whole)

    def _story(self) -> tuple[datetime, datetime] | None:
        bars = [bar for track in self.tracks for bar in track.bars]
        failed = [bar.start for bar in bars if bar.outcome == "failed"]
        denied = [mark.at for track in self.tracks for mark in track.marks if mark.kind == "denial"]
        acts = [act.at for act in self.acts]
        begins = [*failed, *denied, *acts] or [bar.start for bar in bars]
        if not begins:
            return None
        start = self._with_changes(min(begins))
        ends = [bar.end or bar.start for bar in bars if bar.start >= start]
        due = [wait.end for track in self.tracks for wait in track.waits]
        return _roomy(start, max([*begins, *ends, *due]))

    def _with_changes(self, began: datetime) -> datetime:
        """What changed shortly before it began is part of the story."""
        changed = (mark.at for track in self.tracks for mark in track.marks if mark.kind == "change")
        return min((at for at in changed if timedelta() <= began - at <= SHORTLY), default=began)


def chart(
    lanes: Iterable[Lane],
    bars: Mapping[str, Sequence[Bar]],
    marks: Mapping[str, Sequence[Mark]],
    acts: Sequence[Act] = (),
    *,
    applied: datetime | None = None,
    due: Mapping[str, datetime] | None = None,
) -> Chart | None:
    """The chart of these lanes; `bars` and `marks` by node, `due` when a node's next attempt is. None without any."""
    tracks = tuple(
        _track(lane, bars.get(lane.node, ()), marks.get(lane.node, ()), (due or {}).get(lane.node)) for lane in lanes
    )
    known = bool(acts) or any(track.bars or track.marks for track in tracks)
    return Chart(tracks, tuple(acts), applied) if tracks and known else None


def _track(lane: Lane, bars: Sequence[Bar], marks: Sequence[Mark], due: datetime | None) -> Track:
    bars = sorted(bars, key=lambda bar: bar.start)[-MOST_BARS:]
    marked = sorted((mark for mark in marks if mark.kind in MARKED), key=lambda mark: mark.at)[-MOST_MARKS:]
    return Track(lane, tuple(bars), tuple(_waits(bars, due)), tuple(marked))


def _waits(bars: Sequence[Bar], due: datetime | None) -> Iterator[Wait]:
    for name in dict.fromkeys(bar.container for bar in bars):
        own = [bar for bar in bars if bar.container == name]
        for earlier, later in pairwise(own):
            if earlier.outcome == "failed" and earlier.end is not None and earlier.end < later.start:
                yield Wait(earlier.end, later.start)
    last = max((bar for bar in bars if bar.outcome == "failed"), key=lambda bar: bar.start, default=None)
    if due is not None and last is not None and last.end is not None and last.end < due:
        yield Wait(last.end, due, due=True)


def _roomy(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    room = max(_SECOND, (end - start) * 0.02)
    return start - min(room, start - _FIRST), end + min(room, _LAST - end)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S}" if moment is not None else ""
