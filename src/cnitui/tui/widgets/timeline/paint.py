"""A picture's rows as cells of sign and role: two to a lane, attempts above and marks below, and the axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from cnitui.engine.guide.blocks import Role
from cnitui.engine.timeline.chart import MARKED, Act, Outcome, Track, Wait
from cnitui.tui.widgets.timeline.across import Across
from cnitui.tui.widgets.timeline.things import DUE, ENDS, clock, sign_of
from cnitui.tui.wording import duration

ROWS = 2
"""Rows of a lane."""
Cell = tuple[str, str]
"""A sign and its role: one of `Role`, or another that `LineView` has an ink for."""
BLANK: Cell = (" ", "normal")
_DOT: Cell = ("·", "dim")
LEGEND: tuple[tuple[str, str, str], ...] = (
    ("━✗", "bad", "failed"),
    ("━✓", "good", "done"),
    ("━▸", "accent", "running"),
    ("··", "dim", "back-off"),
    ("▲", "bad", "denial"),
    ("◆", "warn", "node unwell"),
    ("!", "warn", "warning"),
    ("■", "accent", "change"),
    (DUE, "dim", "next due"),
    ("◇", "good", "node well"),
    ("·", "dim", "event"),
    ("1", "accent", "our action"),
)
"""What the signs mean, the more needed first: a narrow legend ends sooner."""
_OUTCOMES: tuple[Outcome, ...] = ("done", "running", "failed")
_ROLES: tuple[Role, ...] = ("dim", "normal", "accent", "good", "warn", "bad")
"""What is drawn later is seen where two share a cell."""
_FINE, _DAY = timedelta(seconds=20), timedelta(days=1)


def rows_of(track: Track, across: Across, latest: datetime, lines: Iterable[int] = ()) -> tuple[list[Cell], list[Cell]]:
    """Attempts with their back-off, and the marks; `lines` are the cells in which our actions go through both."""
    track = track.within(across.start, across.end)
    rows = _attempts(track, across, latest), _marks(track, across)
    for cell in lines:
        for row in rows:
            _put_behind(row, cell, ("│", "accent"))
    return rows


def _attempts(track: Track, across: Across, latest: datetime) -> list[Cell]:
    row = [BLANK] * across.cells
    for wait in track.waits:
        _draw_wait(row, wait, across)
    bars = sorted(track.bars, key=lambda bar: _OUTCOMES.index(bar.outcome))
    for bar in bars:
        _fill(row, across.cell(bar.start), across.cell(bar.until or latest), ("━", ENDS[bar.outcome][1]))
    for bar in bars:  # an end is seen where the next attempt has begun already
        _put(row, across.cell(bar.until or latest), ENDS[bar.outcome])
    for wait in track.waits:
        _tell_wait(row, wait, across)
    return row


def _marks(track: Track, across: Across) -> list[Cell]:
    row = [BLANK] * across.cells
    for mark in sorted(track.marks, key=lambda mark: (-MARKED.index(mark.kind), _ROLES.index(mark.role))):
        _put(row, across.cell(mark.at), (sign_of(mark), mark.role))
    return row


def rows_of_ours(acts: Sequence[Act], across: Across) -> tuple[list[Cell], list[Cell]]:
    """The numbers of our actions; those that have no room behind one are a `+`."""
    upper, lower = ([BLANK] * across.cells for _ in range(ROWS))
    free = 0
    for act in acts:
        if not across.start <= act.at <= across.end:
            continue
        cell, number = across.cell(act.at), str(act.number)
        _put_behind(lower, cell, ("│", "accent"))
        if cell < free:
            _put_behind(upper, free - 1, ("+", "accent"))
            continue
        _write(upper, cell, number, "accent")
        free = max(free, cell + len(number) + 1)
    return upper, lower


def _draw_wait(row: list[Cell], wait: Wait, across: Across) -> None:
    """Dots; what is due has its sign at the end."""
    start, end = across.cell(wait.start), across.cell(wait.end)
    _fill(row, start, end, _DOT)
    if wait.due:
        _put(row, end, (DUE, "dim"))


def _tell_wait(row: list[Cell], wait: Wait, across: Across) -> None:
    """How long it lasted, among its dots, where there is room for that."""
    start, end = across.cell(wait.start), across.cell(wait.end)
    first, last = max(start + 1, 0), min(end - 1, across.cells - 1)
    words = f" {duration((wait.end - wait.start).total_seconds())} "
    if last - first + 1 >= len(words) + 2:
        begin = first + (last - first + 1 - len(words)) // 2
        if all(cell == _DOT for cell in row[begin - 1 : begin + len(words) + 1]):
            _write(row, begin, words, "dim")


def _fill(row: list[Cell], start: int, end: int, cell: Cell) -> None:
    for place in range(max(0, start), min(end + 1, len(row))):
        row[place] = cell


def _put(row: list[Cell], place: int, cell: Cell) -> None:
    if 0 <= place < len(row):
        row[place] = cell


def _put_behind(row: list[Cell], place: int, cell: Cell) -> None:
    if 0 <= place < len(row) and row[place] == BLANK:
        row[place] = cell


Tick = tuple[int, str]
"""A cell of the axis, and the time that stands from there on."""


def ticks(moments: Iterable[datetime], across: Across) -> tuple[Tick, ...]:
    """The times of moments, as far as they have room beside each other."""
    found: list[Tick] = []
    free = 0
    for moment in moments:
        cell = across.cell(moment)
        if free <= cell < across.cells:
            words = spelled(moment, across)
            told = bool(found) and found[-1][1] == words
            if cell + len(words) < across.cells and not told:
                found.append((cell, words))
                free = cell + len(words) + 3
    return tuple(found)


def axis(marked: Iterable[Tick], cursor: datetime, across: Across) -> list[Cell]:
    """The ticks, and the cursor's time above its cell: on the left of it where there is no room on the right."""
    row = [BLANK] * across.cells
    here, words = across.cell(cursor), clock(cursor)
    right = here + len(words) < across.cells
    start = here if right else here - len(words)
    for cell, told in marked:
        if cell + len(told) < start - 1 or cell > start + len(words) + 1 or not 0 <= here < across.cells:
            _write(row, cell, "┊", "frame")
            _write(row, cell + 1, told, "dim")
    if 0 <= here < across.cells:
        _write(row, start, f"▾{words}" if right else f"{words}▾", "accent")
    return row


def _write(row: list[Cell], start: int, text: str, role: str) -> None:
    for place, letter in enumerate(text, start):
        _put(row, place, (letter, role))


def spelled(moment: datetime, across: Across) -> str:
    """As exactly as what is shown asks for."""
    shown = across.end - across.start
    if shown >= _DAY:
        return f"{moment:%m-%d %H:%M}"
    return clock(moment, fine=True) if shown < _FINE else f"{moment:%H:%M:%S}"


def spans(cells: Sequence[Cell]) -> Iterable[tuple[str, str]]:
    """The same with neighbours of one role as one text."""
    for role, same in groupby(cells, key=itemgetter(1)):
        yield "".join(sign for sign, _ in same), role
