"""The timeline as a drawing: a lane per node, attempts as bars, back-off between them, the rest as marks.

Geometry only, in the units of the SVG's view box; the page draws it. What a mark means is said by its shape and its
tooltip, never by its colour alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Literal

from cnitui.domain.documents import Document, as_mapping
from cnitui.engine.reports.html.reading import clock, maps, text, time

WIDTH, GUTTER, EDGE = 1000, 176, 14
TOP, LANE, AXIS = 44, 40, 26
LEAST_BAR = 5.0
NAME = 24
"""Characters of a lane's name."""
MOST_MARKS = 150
"""Marks of one lane; the list below the drawing has them all."""
TICK_APART = 70
_ROWS, _APART = 2, 17.0
"""Rows that the actions' numbers stand in, and units that keep two of them apart."""

Outcome = Literal["failed", "done", "running"]


@dataclass(frozen=True, slots=True)
class Bar:
    """An attempt."""

    x: float
    width: float
    outcome: Outcome
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment: `denial`, `event` or `node`."""

    x: float
    kind: str
    good: bool
    label: str


@dataclass(frozen=True, slots=True)
class Track:
    """One lane: its name (short and whole), the middle of its height, and what is in it."""

    name: str
    whole: str
    y: float
    bars: tuple[Bar, ...]
    waits: tuple[tuple[float, float], ...]
    marks: tuple[Mark, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Act:
    """One of our actions: its number in the list of actions, where it stands, and when the line goes through all."""

    number: int
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing; `applied` is where the plan was applied, None where none was."""

    width: int
    height: float
    left: int
    right: float
    floor: float
    tracks: tuple[Track, ...]
    acts: tuple[Act, ...]
    ticks: tuple[tuple[float, str], ...]
    applied: float | None
    told: str


def picture(timeline: Document, actions: Sequence[Document], applied_at: datetime | None) -> Picture | None:
    """The drawing of a timeline; None when there is nothing to draw."""
    lanes = [(text(lane.get("node")), text(lane.get("title"))) for lane in maps(timeline.get("lanes"))]
    names = {node for node, _ in lanes}
    runs = [run for one in maps(timeline.get("attempts")) if (run := _run(one)) is not None and run.node in names]
    moments = [one for one in maps(timeline.get("moments")) if text(one.get("node")) in names]
    acted = [
        (number, at, text(one.get("what"))) for number, one in enumerate(actions, 1) if (at := time(one.get("at")))
    ]
    span = _span(runs, moments, [at for _, at, _ in acted])
    if not lanes or span is None:
        return None
    scale = _Scale(_known(runs, moments, [at for _, at, _ in acted]), *span)
    tracks = tuple(
        _track(node, title, place, [run for run in runs if run.node == node], moments, scale)
        for place, (node, title) in enumerate(lanes)
    )
    floor = TOP + LANE * len(tracks)
    return Picture(
        width=WIDTH,
        height=floor + AXIS,
        left=GUTTER,
        right=WIDTH - EDGE,
        floor=floor,
        tracks=tracks,
        acts=_acts(acted, scale),
        ticks=scale.ticks(),
        applied=scale.at(applied_at) if applied_at is not None and scale.holds(applied_at) else None,
        told=" ".join(track.told for track in tracks),
    )


def _known(runs: Sequence[_Run], moments: Sequence[Document], acts: Sequence[datetime]) -> Iterator[datetime]:
    """All that is drawn."""
    for run in runs:
        yield run.start
        yield from (run.end,) if run.end is not None else ()
    yield from (at for one in moments if one.get("kind") == "denial" and (at := time(one.get("at"))) is not None)
    yield from acts


@dataclass(frozen=True, slots=True)
class _Run:
    node: str
    container: str
    start: datetime
    end: datetime | None
    exit_code: str

    @property
    def outcome(self) -> Outcome:
        if self.end is None:
            return "running"
        return "done" if self.exit_code == "0" else "failed"


def _run(one: Document) -> _Run | None:
    start = time(one.get("started"))
    if start is None:
        return None
    end = time(one.get("finished"))
    return _Run(text(one.get("node")), text(one.get("container"), 80), start, end, text(one.get("exit_code"), 12))


def _span(
    runs: Sequence[_Run], moments: Sequence[Document], acts: Sequence[datetime]
) -> tuple[datetime, datetime] | None:
    """From the first failure to the last thing that happened; what was there long before is not drawn."""
    failed = [run for run in runs if run.outcome == "failed"]
    denied = [at for one in moments if one.get("kind") == "denial" and (at := time(one.get("at")))]
    begins = [*(run.start for run in failed), *denied, *acts] or [run.start for run in runs]
    if not begins:
        return None
    start = min(begins)
    ends = [run.end or run.start for run in runs if run.start >= start]
    end = max([*begins, *ends])
    room = max(timedelta(seconds=1), (end - start) * 0.02)
    return start - room, end + room


class _Scale:
    """Moments to places: a quiet stretch is drawn shorter than it was, or five minutes of waiting would leave the
    second in which everything happened no room. A stretch is as wide as the square root of its seconds."""

    def __init__(self, known: Iterable[datetime], start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self._moments = sorted({start, end, *(moment for moment in known if start < moment < end)})
        stretches = [(later - earlier).total_seconds() ** 0.5 for earlier, later in pairwise(self._moments)]
        unit = (WIDTH - EDGE - GUTTER) / sum(stretches)
        self._places: list[float] = [GUTTER + unit * reached for reached in accumulate(stretches, initial=0.0)]

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end

    def at(self, moment: datetime) -> float:
        moment = min(max(moment, self.start), self.end)
        after = min(max(1, bisect_left(self._moments, moment)), len(self._moments) - 1)
        earlier, later = self._moments[after - 1], self._moments[after]
        share = (moment - earlier) / (later - earlier)
        begin, width = self._places[after - 1], self._places[after] - self._places[after - 1]
        return round(begin + share * width, 1)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """The moments themselves, as far as their times have room beside each other."""
        found: list[tuple[float, str]] = []
        form = "%H:%M:%S" if self.end - self.start < timedelta(days=1) else "%m-%d %H:%M"
        for place, moment in zip(self._places[1:-1], self._moments[1:-1], strict=True):
            if not found or place - found[-1][0] >= TICK_APART:
                found.append((round(place, 1), f"{moment:{form}}"))
        return tuple(found)


def _track(
    node: str, title: str, place: int, runs: Sequence[_Run], moments: Sequence[Document], scale: _Scale
) -> Track:
    seen = [run for run in runs if (run.end or scale.end) >= scale.start]
    marks = [one for one in moments if text(one.get("node")) == node and one.get("kind") in ("denial", "event", "node")]
    return Track(
        name=title if len(title) <= NAME else f"{title[: NAME - 1]}…",
        whole=title,
        y=TOP + LANE * place + LANE / 2,
        bars=tuple(_bar(run, scale) for run in seen),
        waits=tuple(_waits(seen, scale)),
        marks=tuple(_marks(marks, scale))[-MOST_MARKS:],
        told=_told(title, seen, marks),
    )


def _bar(run: _Run, scale: _Scale) -> Bar:
    x = scale.at(run.start)
    width = max(LEAST_BAR, round(scale.at(run.end or scale.end) - x, 1))
    ended = "still running" if run.end is None else f"exit {run.exit_code}"
    times = " to ".join(filter(None, (clock(run.start), clock(run.end))))
    return Bar(x, width, run.outcome, f"{run.container}: {ended}, {times}")


def _waits(runs: Sequence[_Run], scale: _Scale) -> Iterable[tuple[float, float]]:
    """From the end of a failed attempt to the next one of the same container."""
    for name in dict.fromkeys(run.container for run in runs):
        own = sorted((run for run in runs if run.container == name), key=lambda run: run.start)
        for earlier, later in pairwise(own):
            if earlier.outcome == "failed" and earlier.end is not None:
                yield scale.at(earlier.end), scale.at(later.start)


def _marks(moments: Sequence[Document], scale: _Scale) -> Iterable[Mark]:
    for one in moments:
        at, kind, role = time(one.get("at")), text(one.get("kind")), one.get("role")
        if at is None or not scale.holds(at) or (kind == "event" and role != "warn"):
            continue
        yield Mark(scale.at(at), kind, role == "good", f"{clock(at)} {text(one.get('words'), 300)}")


def _told(title: str, runs: Sequence[_Run], marks: Sequence[Document]) -> str:
    """The lane in a sentence, for who cannot see it."""
    failed = [run for run in runs if run.outcome == "failed"]
    done = [run for run in runs if run.outcome == "done"]
    denials = sum(one.get("kind") == "denial" for one in marks)
    parts = [f"{_count(len(failed), 'attempt')} failed, the last at {clock(failed[-1].end)}"] if failed else []
    parts += [f"{_count(len(done), 'attempt')} completed, the last at {clock(done[-1].end)}"] if done else []
    parts += [_count(denials, "denial")] if denials else []
    return f"{title}: {', '.join(parts) or 'nothing happened'}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"


def _acts(acted: Sequence[tuple[int, datetime, str]], scale: _Scale) -> tuple[Act, ...]:
    """The numbers stand in rows so that two close ones can be read; where those are full, the line stands alone."""
    free = [float("-inf")] * _ROWS
    found: list[Act] = []
    for number, at, words in acted:
        if not scale.holds(at):
            continue
        x = scale.at(at)
        row = next((row for row in range(_ROWS) if x - free[row] >= _APART), None)
        if row is not None:
            free[row] = x
        found.append(Act(number, x, 12.0 + 18 * row if row is not None else 0.0, f"{clock(at)} {words}"))
    return tuple(found)


def timeline_of(document: Document) -> Document:
    """The timeline in a report's document."""
    return as_mapping(document.get("timeline"))
