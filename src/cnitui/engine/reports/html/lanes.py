"""The timeline as a drawing: a lane per node, attempts as bars, back-off between them, the rest as marks.

Geometry only, in the units of the SVG's view box; the page draws it. What a mark means is said by its shape and its
tooltip, never by its colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from cnitui.domain.documents import Document, as_mapping
from cnitui.engine.guide.blocks import GLYPHS, Role
from cnitui.engine.reports.html.reading import clock, maps, text, time
from cnitui.engine.timeline import chart as drawn
from cnitui.engine.timeline.chart import MARKED, Chart, Outcome, chart
from cnitui.engine.timeline.lanes import Lane
from cnitui.engine.timeline.scale import Scale
from cnitui.late_dataclass import dataclass

WIDTH, GUTTER, EDGE = 1000, 176, 14
TOP, LANE, AXIS = 44, 40, 26
LEAST_BAR = 5.0
NAME = 24
"""Characters of a lane's name."""
TICK_APART = 70
_ROWS, _APART = 2, 17.0
"""Rows that the actions' numbers stand in, and units that keep two of them apart."""


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
    told = _chart(timeline, actions, applied_at)
    if told is None:
        return None
    start, end = told.story
    tracks = [track.within(start, end) for track in told.tracks]
    scale = Scale(chain(_known(tracks), (act.at for act in told.acts)), start, end)
    floor = TOP + LANE * len(tracks)
    return Picture(
        width=WIDTH,
        height=floor + AXIS,
        left=GUTTER,
        right=WIDTH - EDGE,
        floor=floor,
        tracks=tuple(_track(track, place, scale) for place, track in enumerate(tracks)),
        acts=_acts(told.acts, scale),
        ticks=_ticks(scale),
        applied=_x(scale, told.applied) if told.applied is not None and scale.holds(told.applied) else None,
        told=" ".join(track.words for track in tracks),
    )


def _chart(timeline: Document, actions: Sequence[Document], applied_at: datetime | None) -> Chart | None:
    """What the document tells."""
    lanes = [Lane(text(lane.get("node")), text(lane.get("title"))) for lane in maps(timeline.get("lanes"))]
    bars: dict[str, list[drawn.Bar]] = {}
    marks: dict[str, list[drawn.Mark]] = {}
    for one in maps(timeline.get("attempts")):
        if (bar := _bar_of(one)) is not None:
            bars.setdefault(text(one.get("node")), []).append(bar)
    for one in maps(timeline.get("moments")):
        if (mark := _mark_of(one)) is not None:
            marks.setdefault(text(one.get("node")), []).append(mark)
    acted = ((number, time(one.get("at")), text(one.get("what"))) for number, one in enumerate(actions, 1))
    acts = [drawn.Act(number, at, words) for number, at, words in acted if at is not None]
    return chart(lanes, bars, marks, acts, applied=applied_at)


def _bar_of(one: Document) -> drawn.Bar | None:
    start, end = time(one.get("started")), time(one.get("finished"))
    if start is None:
        return None
    return drawn.Bar(text(one.get("container"), 80), start, end, text(one.get("exit_code"), 12))


def _mark_of(one: Document) -> drawn.Mark | None:
    """Marks of the page are denials, conditions and warnings."""
    at, kind, role = time(one.get("at")), text(one.get("kind")), text(one.get("role"))
    if at is None or (kind == "event" and role != "warn"):
        return None
    return next(
        (drawn.Mark(at, known, text(one.get("words"), 300), _role(role)) for known in MARKED if known == kind), None
    )


def _role(told: str) -> Role:
    return next((role for role in GLYPHS if role == told), "normal")


def _known(tracks: Iterable[drawn.Track]) -> Iterator[datetime]:
    """What is given room: events and conditions stand where they fall."""
    for track in tracks:
        for bar in track.bars:
            yield from (bar.start,) if bar.end is None else (bar.start, bar.end)
        yield from (mark.at for mark in track.marks if mark.kind == "denial")


def _x(scale: Scale, moment: datetime) -> float:
    return round(GUTTER + scale.at(moment) * (WIDTH - EDGE - GUTTER), 1)


def _ticks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """The moments themselves, as far as their times have room beside each other."""
    found: list[tuple[float, str]] = []
    form = "%H:%M:%S" if scale.end - scale.start < timedelta(days=1) else "%m-%d %H:%M"
    for moment in scale.moments[1:-1]:
        x = _x(scale, moment)
        if not found or x - found[-1][0] >= TICK_APART:
            found.append((x, f"{moment:{form}}"))
    return tuple(found)


def _track(track: drawn.Track, place: int, scale: Scale) -> Track:
    title = track.lane.title
    return Track(
        name=title if len(title) <= NAME else f"{title[: NAME - 1]}…",
        whole=title,
        y=TOP + LANE * place + LANE / 2,
        bars=tuple(_bar(bar, scale) for bar in track.bars),
        waits=tuple((_x(scale, wait.start), _x(scale, wait.end)) for wait in track.waits),
        marks=tuple(
            Mark(_x(scale, mark.at), mark.kind, mark.role == "good", f"{clock(mark.at)} {mark.words}")
            for mark in track.marks
        ),
        told=track.words,
    )


def _bar(bar: drawn.Bar, scale: Scale) -> Bar:
    x = _x(scale, bar.start)
    width = max(LEAST_BAR, round(_x(scale, bar.until or scale.end) - x, 1))
    return Bar(x, width, bar.outcome, bar.words)


def _acts(acts: Sequence[drawn.Act], scale: Scale) -> tuple[Act, ...]:
    """The numbers stand in rows so that two close ones can be read; where those are full, the line stands alone."""
    free = [float("-inf")] * _ROWS
    found: list[Act] = []
    for act in acts:
        x = _x(scale, act.at)
        row = next((row for row in range(_ROWS) if x - free[row] >= _APART), None)
        if row is not None:
            free[row] = x
        found.append(Act(act.number, x, 12.0 + 18 * row if row is not None else 0.0, f"{clock(act.at)} {act.words}"))
    return tuple(found)


def timeline_of(document: Document) -> Document:
    """The timeline in a report's document."""
    return as_mapping(document.get("timeline"))
