"""Drawing the lines of a table: titles, and rows of cells with their signs."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from rich.style import Style

from cnitui.tui.text import clean, clip, fit, pad, width_of
from cnitui.tui.widgets.line_view import SIGNS, Span
from cnitui.tui.widgets.table.columns import Placed
from cnitui.tui.widgets.table.rows import CELL_LIMIT, Cell, Head, role_of, text_of

CURSOR, MARK, MARKED_CURSOR = "▸", "◆", "◈"

Ink = Callable[..., Style]
"""Role and what is laid on it, as in `LineView.ink`."""


def header_spans(columns: Sequence[Placed], sorted_by: tuple[str, bool] | None, ink: Ink) -> list[Span]:
    """The titles; the column the rows were last sorted by carries the direction."""
    spans: list[Span] = []
    at = 0
    for placed in columns:
        title = placed.column.title
        if sorted_by and sorted_by[0] == placed.column.key:
            title = clip(title, 0, placed.width - 1) + ("▾" if sorted_by[1] else "▴")
        text = pad(fit(title, placed.width), placed.width, right=placed.column.align == "right")
        spans.append((" " * (placed.start - at) + text, ink("dim")))
        at = placed.start + placed.width
    return spans


def row_spans(
    cells: Sequence[Cell],
    columns: Sequence[Placed],
    ink: Ink,
    *,
    sign: Span,
    under_cursor: bool,
    bright: Container[int],
) -> list[Span]:
    """A row: cursor or mark in the gutter, then the cells; `bright` are the indices of cells that just changed."""
    over = ("cursor",) if under_cursor else ()
    spans: list[Span] = [sign]
    at = width_of(sign[0])
    for placed in columns:
        lit = (*over, "changed") if placed.index in bright else over
        spans += _cell(cells[placed.index], placed, placed.start - at, ink, over, lit)
        at = placed.start + placed.width
    return spans


def _cell(cell: Cell, placed: Placed, gap: int, ink: Ink, over: tuple[str, ...], lit: tuple[str, ...]) -> list[Span]:
    role, blank = role_of(cell), ink("normal", *over)
    text = fit(clean(text_of(cell), CELL_LIMIT), placed.width, placed.column.cut)
    padding = " " * (placed.width - width_of(text))
    before = f"{SIGNS[role]} ".rjust(gap) if placed.column.glyph else " " * gap
    left, right = (padding, "") if placed.column.align == "right" else ("", padding)
    return [(before, ink(role, *over)), (left, blank), (text, ink(role, *lit)), (right, blank)]


FOLDED, UNFOLDED = "▸", "▾"


def head_spans(head: Head, width: int, ink: Ink, *, sign: Span, under_cursor: bool, unfolded: bool) -> list[Span]:
    """The line of a group, `width` cells wide: whether it is folded, its sign, its words."""
    over = ("cursor",) if under_cursor else ()
    fold = (f"{UNFOLDED if unfolded else FOLDED} ", ink("dim", *over))
    role = head.role
    before = [sign, fold, (f"{SIGNS[role]} ", ink(role, *over))]
    room = width - sum(width_of(text) for text, _ in before)
    return [*before, (fit(clean(head.text, CELL_LIMIT), max(1, room)), ink("normal", *over))]


def gutter_sign(*, under_cursor: bool, marked: bool) -> str:
    """What stands before a row."""
    if under_cursor:
        return MARKED_CURSOR if marked else CURSOR
    return MARK if marked else " "
