"""Which columns of a table fit, and how wide they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from cnitui.late_dataclass import dataclass
from cnitui.tui.text import Cut, width_of

GAP, GLYPH_GAP = 2, 3
"""Cells before a column; a glyph lies in the gap."""
GUTTER = 1
"""Cells before the first column: the cursor and the marks."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: widths in cells; `leaves` says in which order columns go when it gets narrow (0 stays, 9 goes first).

    `cut` names the end that is cheap to lose. `glyph` draws the sign of the cell's role before its text. A `quiet`
    column (a countdown, an age) changes all the time and is not lit up for it.
    """

    key: str
    title: str
    min: int = 4
    max: int = 60
    align: Literal["left", "right"] = "left"
    cut: Cut = "tail"
    leaves: int = 0
    glyph: bool = False
    quiet: bool = False

    @property
    def least(self) -> int:
        """The width it may be cut down to."""
        return max(self.min, 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """A column in the window: its index among the table's columns, where its text starts, and its width."""

    column: Column
    index: int
    start: int
    width: int


def lay_out(columns: Sequence[Column], content: Mapping[str, int], width: int) -> tuple[Placed, ...]:
    """Columns that fit, each as wide as its content where there is room; `content` is the widest text by key.

    A column that stays is cut only when none is left that could leave.
    """
    staying = list(enumerate(columns))
    wanted = {c.key: max(c.least, min(c.max, max(content.get(c.key, 0), width_of(c.title)))) for c in columns}
    least = {c.key: wanted[c.key] if c.leaves == 0 else min(c.least, wanted[c.key]) for c in columns}
    while _needed(staying, least) > width and any(c.leaves for _, c in staying):
        staying.remove(max(staying, key=lambda entry: (entry[1].leaves, entry[0])))
    widths = _share_out([c for _, c in staying], least, wanted, width)
    placed: list[Placed] = []
    start = GUTTER
    for index, column in staying:
        start += _gap(column, first=not placed)
        placed.append(Placed(column, index, start, widths[column.key]))
        start += widths[column.key]
    return tuple(placed)


def _gap(column: Column, *, first: bool) -> int:
    return GLYPH_GAP if column.glyph else 0 if first else GAP


def _needed(columns: Sequence[tuple[int, Column]], widths: Mapping[str, int]) -> int:
    gaps = sum(_gap(column, first=place == 0) for place, (_, column) in enumerate(columns))
    return GUTTER + gaps + sum(widths[column.key] for _, column in columns)


def _share_out(
    columns: Sequence[Column], least: Mapping[str, int], wanted: Mapping[str, int], width: int
) -> dict[str, int]:
    """Room beyond the least widths goes to the columns that stay longest, from left to right."""
    widths = {column.key: least[column.key] for column in columns}
    room = width - _needed(list(enumerate(columns)), widths)
    for column in sorted(columns, key=lambda c: c.leaves):
        more = min(max(0, room), wanted[column.key] - widths[column.key])
        widths[column.key] += more
        room -= more
    while room < 0 and any(size > 1 for size in widths.values()):
        widest = max(widths, key=lambda key: widths[key])
        widths[widest] -= 1
        room += 1
    return widths
