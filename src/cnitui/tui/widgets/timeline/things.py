"""What stands in a picture's lanes, thing by thing, in the order of time: what a cursor goes to, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cnitui.engine.guide.blocks import Role
from cnitui.engine.timeline.chart import Bar, Chart, Mark, Outcome, Track, Wait
from cnitui.engine.timeline.lanes import Lane
from cnitui.late_dataclass import dataclass
from cnitui.tui.widgets.timeline.across import Across
from cnitui.tui.wording import duration

OURS = "cnitui"
ENDS: dict[Outcome, tuple[str, Role]] = {"failed": ("✗", "bad"), "done": ("✓", "good"), "running": ("▸", "accent")}
"""What stands at the end of an attempt."""
DUE = "◌"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a time: from `at`, to `until` when it took some; `stop` when a cursor goes there by itself."""

    at: datetime
    until: datetime
    sign: str
    role: Role
    words: str
    stop: bool = True


def sign_of(mark: Mark) -> str:
    """Shapes tell marks apart, not colours."""
    if mark.kind == "denial":
        return "▲"
    if mark.kind == "change":
        return "■"
    if mark.kind == "node":
        return "◇" if mark.role == "good" else "◆"
    return "!" if mark.role == "warn" else "·"


def lanes_in(chart: Chart) -> tuple[Lane, ...]:
    """The lanes of a picture from the top: our own, when we did something, and those of the chart."""
    ours = (Lane("", OURS, "our actions"),) if chart.acts else ()
    return (*ours, *(track.lane for track in chart.tracks))


def things_in(chart: Chart) -> tuple[tuple[Thing, ...], ...]:
    """What is in each of these lanes."""
    acts = tuple(Thing(act.at, act.at, str(act.number), "accent", act.words) for act in chart.acts)
    ours = (acts,) if acts else ()
    return (*ours, *(tuple(_things(track, chart.latest)) for track in chart.tracks))


def _things(track: Track, latest: datetime) -> Iterator[Thing]:
    found = [_attempt(bar, latest) for bar in track.bars]
    found += [Thing(mark.at, mark.at, sign_of(mark), mark.role, mark.words) for mark in track.marks]
    found += [_wait(wait) for wait in track.waits]
    yield from sorted(found, key=lambda thing: thing.at)


def _attempt(bar: Bar, latest: datetime) -> Thing:
    sign, role = ENDS[bar.outcome]
    end = bar.end
    if end is None:
        return Thing(bar.start, latest, sign, role, f"{bar.container} started, still running")
    took = duration((end - bar.start).total_seconds()) if end > bar.start else "under a second"
    reason = f" {bar.reason}" if bar.reason not in ("", "Error", "Completed") else ""
    return Thing(bar.start, bar.until or end, sign, role, f"{bar.container}: exit {bar.exit_code}{reason} after {took}")


def _wait(wait: Wait) -> Thing:
    lasts = duration((wait.end - wait.start).total_seconds())
    if wait.due:
        words = f"back-off of {lasts}: the next attempt is due at {wait.end:%H:%M:%S}"
        return Thing(wait.start, wait.end, DUE, "dim", words, stop=False)
    return Thing(wait.start, wait.end, "·", "dim", f"waited {lasts} for the next attempt", stop=False)


def at_cell(things: Sequence[Thing], across: Across, cell: int) -> tuple[Thing, ...]:
    """What stands in a cell, or goes on there."""
    start, end = across.moment(cell - 1), across.moment(cell + 1)
    near = (thing for thing in things if thing.at <= end and thing.until >= start)
    return tuple(thing for thing in near if across.cell(thing.at) <= cell <= across.cell(thing.until))


def clock(moment: datetime, *, fine: bool = False) -> str:
    """`22:33:47`, to the millisecond when it is known so exactly (or that is asked for)."""
    return f"{moment:%H:%M:%S.%f}"[:-3] if moment.microsecond or fine else f"{moment:%H:%M:%S}"
