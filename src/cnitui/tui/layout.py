"""Blocks of the guide laid out as lines of a given width; pure, so that a screen, a test and a report agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import singledispatch

from cnitui.domain.comparison import Comparison
from cnitui.engine.blocks import (
    GLYPHS,
    Block,
    Columns,
    Command,
    DiffText,
    Grid,
    Heading,
    Item,
    Paragraph,
    Quote,
    Role,
)
from cnitui.tui.text import clean, exactly, fit, pad, width_of, wrap

Span = tuple[str, str]
"""Text and its role: one of `Role`, or `heading`, `command`, `quote`, `added`, `removed`, `hunk`."""
Line = tuple[Span, ...]

MAX_TEXT = 110
"""Cells after which prose wraps even on a wide screen: longer lines are hard to read."""


def lay_out(blocks: Sequence[Block], width: int) -> tuple[Line, ...]:
    """All blocks as lines of at most `width` cells, one empty line between different kinds."""
    lines: list[Line] = []
    previous: type[object] | None = None
    for block in blocks:
        kind = type(block)
        apart = kind is not previous or kind in (Paragraph, Columns, Grid)
        if lines and apart and previous is not Heading and not (previous is Item and kind is Quote):
            lines.append(())
        lines.extend(_lines(block, max(20, width)))
        previous = kind
    return tuple(lines)


def wrap_words(text: str, width: int) -> list[str]:
    """Text broken between words where it can be, anywhere where it must."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        current = ""
        for word in clean(paragraph).split(" "):
            candidate = f"{current} {word}" if current else word
            if width_of(candidate) <= width:
                current = candidate
                continue
            if current:
                lines.append(current)
            *whole, current = wrap(word, width)
            lines.extend(whole)
        lines.append(current)
    return lines


@singledispatch
def _lines(block: Block, width: int) -> Iterable[Line]:
    raise TypeError(f"no layout for {type(block).__name__} at {width} cells")


@_lines.register
def _paragraph(block: Paragraph, width: int) -> Iterable[Line]:
    return [((line, block.role),) for line in wrap_words(block.text, min(width, MAX_TEXT))]


@_lines.register
def _heading(block: Heading, width: int) -> Iterable[Line]:
    return [((fit(clean(block.text), width), "heading"),)]


@_lines.register
def _item(block: Item, width: int) -> Iterable[Line]:
    room = min(width - 2, MAX_TEXT)
    first, *more = wrap_words(block.text, room)
    yield (f"{GLYPHS[block.role]} ", block.role), (first, "normal" if block.role != "dim" else "dim")
    for line in more:
        yield ((f"  {line}", "normal" if block.role != "dim" else "dim"),)
    if block.detail:
        for line in wrap_words(block.detail, room):
            yield ((f"  {line}", "dim"),)


@_lines.register
def _quote(block: Quote, width: int) -> Iterable[Line]:
    for raw in block.text.splitlines() or [""]:
        for piece in wrap(clean(raw), width - 4):
            yield ("  │ ", "dim"), (piece, "quote")
    if block.source:
        yield ((fit(f"    {clean(block.source)}", width, "middle"), "dim"),)


@_lines.register
def _command(block: Command, width: int) -> Iterable[Line]:
    first, *more = wrap(clean(block.line), width - 2)
    yield ("$ ", "dim"), (first, "command")
    for piece in more:
        yield ("  ", "dim"), (piece, "command")
    if block.why:
        for line in wrap_words(block.why, min(width - 2, MAX_TEXT)):
            yield ((f"  {line}", "dim"),)


@_lines.register
def _diff(block: DiffText, width: int) -> Iterable[Line]:
    for raw in block.lines:
        line = clean(raw)
        role = {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "normal")
        for piece in wrap(line, width):
            yield ((piece, role),)


@_lines.register
def _grid(block: Grid, width: int) -> Iterable[Line]:
    columns = list(zip(block.headers, *block.rows, strict=True))
    wanted = [max(width_of(clean(cell)) for cell in column) for column in columns]
    widths = _shrink(wanted, width - 2 * (len(wanted) - 1) - 2)
    yield (("  " + "  ".join(exactly(fit(h, w), w) for h, w in zip(block.headers, widths, strict=True)), "dim"),)
    for index, row in enumerate(block.rows):
        role: Role = block.roles[index] if index < len(block.roles) else "normal"
        cells = [exactly(fit(clean(cell), w, "middle"), w) for cell, w in zip(row, widths, strict=True)]
        yield (f"{GLYPHS[role]} ", role), ("  ".join(cells), "normal")


def _shrink(wanted: list[int], room: int) -> list[int]:
    """Widths that fit: the widest column gives way first, none below six cells."""
    widths = list(wanted)
    while sum(widths) > room and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    return widths


@_lines.register
def _columns(block: Columns, width: int) -> Iterable[Line]:
    return comparison_lines(block.comparison, width)


LABEL_WIDTH = 24
_USER_AND_ROLE = re.compile(r"\b\w+_u:(?:object|system)_r:")


def comparison_lines(comparison: Comparison, width: int, *, header: bool = True) -> list[Line]:
    """Reference and workers side by side: what is equal is dim, what differs is bright and carries `≠`."""
    if not comparison.columns:
        return [(("nothing to compare yet", "dim"),)]
    label = min(LABEL_WIDTH, max(12, width // 4))
    cell = max(12, (width - label - 2) // len(comparison.columns) - 2)
    lines: list[Line] = []
    if header:
        lines.append(_column_heads(comparison, label, cell))
    for row in comparison.rows:
        lines.extend(_row_lines(row.label, row.cells, row.differs, label, cell))
    return lines


def column_title(comparison: Comparison, index: int, most: int = 3) -> str:
    """`reference master-01`, `worker-01 = worker-02 = worker-03 +2`."""
    nodes = comparison.columns[index]
    shown = " = ".join(nodes[:most]) + (f" +{len(nodes) - most}" if len(nodes) > most else "")
    return f"reference {shown}" if index == 0 and comparison.has_reference else shown


def _column_heads(comparison: Comparison, label: int, cell: int) -> Line:
    spans: list[Span] = [(" " * label, "dim")]
    for index in range(len(comparison.columns)):
        title = fit(clean(column_title(comparison, index)), cell)
        spans.append((f"  {exactly(title, cell)}", "heading"))
    return tuple(spans)


def _compact(text: str, width: int) -> str:
    """A security context that is too wide loses its user and role, which hardly ever matter here."""
    if width_of(text) <= width:
        return text
    return _USER_AND_ROLE.sub("…", text)


def _row_lines(name: str, cells: tuple[str, ...], differs: tuple[bool, ...], label: int, cell: int) -> Iterable[Line]:
    pieces = [wrap_words(_compact(text, cell), cell) for text in cells]
    for line in range(max(map(len, pieces))):
        spans: list[Span] = [(exactly(fit(clean(name), label - 1, "middle") if line == 0 else "", label), "dim")]
        for index, parts in enumerate(pieces):
            text = parts[line] if line < len(parts) else ""
            mark = "≠ " if differs[index] and line == 0 else "  "
            unknown = cells[index].startswith("?")
            role = "warn" if unknown else "bad" if differs[index] else "dim" if not any(differs) else "normal"
            spans.append((mark, "bad" if differs[index] else "dim"))
            spans.append((pad(text, cell), role))
        yield tuple(spans)
