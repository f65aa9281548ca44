"""Blocks of the guide laid out as lines of a given width; pure, so that a screen, a test and a report agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import singledispatch
from itertools import zip_longest

from cnitui.domain.comparison import UNKNOWN, Comparison, Row
from cnitui.engine.guide.blocks import (
    GLYPHS,
    Block,
    Columns,
    Command,
    DiffText,
    Grid,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Role,
    Yaml,
)
from cnitui.tui.listing_lines import listing_lines
from cnitui.tui.text import Cut, clean, exactly, fit, pad, width_of, wrap
from cnitui.tui.yaml_lines import yaml_lines

Span = tuple[str, str]
"""Text and its role: one of `Role`, or one of those that `BlocksView` has a style for beside them."""
Line = tuple[Span, ...]

HERE = "here"
"""Role of the sign at the row that is pointed at."""
_KEY = re.compile(r"([+-]\s*(?:- )*)([^\s:#][^:#]{0,200})(:)(?=\s|$)")
"""A YAML key behind the sign of a diff."""
MAX_TEXT = 110
"""Cells after which prose wraps even on a wide screen: longer lines are hard to read."""


def lay_out(blocks: Sequence[Block], width: int, *, whole: bool = False) -> tuple[Line, ...]:
    """All blocks as lines of at most `width` cells, one empty line between different kinds.

    A quote stands right below its item or command, a command right below the step that it is for.

    With `whole` the sources of quotes and the rows of tables are told in full, on as many lines as they take.
    """
    lines: list[Line] = []
    previous: Block | None = None
    for block in blocks:
        if lines and previous is not None and _apart(previous, block):
            lines.append(())
        lines.extend(_told(block, max(20, width), whole=whole))
        previous = block
    return tuple(lines)


def _apart(previous: Block, block: Block) -> bool:
    """Whether an empty line is between them: not below a heading, nor where one belongs to what is above it."""
    if isinstance(previous, Heading):
        return False
    if isinstance(block, Quote) and isinstance(previous, Item | Command):
        return False
    if isinstance(block, Command) and isinstance(previous, Item) and previous.role == "accent":
        return False
    return type(block) is not type(previous) or isinstance(block, Paragraph | Columns | Grid | Listing)


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


def _told(block: Block, width: int, *, whole: bool) -> Iterable[Line]:
    if isinstance(block, Quote):
        return _quote(block, width, whole=whole)
    return _lines(replace(block, wrap=True) if whole and isinstance(block, Grid) else block, width)


@singledispatch
def _lines(block: Block, width: int) -> Iterable[Line]:
    raise TypeError(f"no layout for {type(block).__name__} at {width} cells")


@_lines.register
def _paragraph(block: Paragraph, width: int) -> Iterable[Line]:
    return [((line, block.role),) for line in wrap_words(block.text, min(width, MAX_TEXT))]


@_lines.register
def _heading(block: Heading, width: int) -> Iterable[Line]:
    return [((line, "heading"),) for line in wrap_words(block.text, width)]


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
def _quote(block: Quote, width: int, *, whole: bool = False) -> Iterable[Line]:
    for raw in block.text.splitlines() or [""]:
        for piece in wrap(clean(raw), width - 4):
            yield ("  │ ", "dim"), (piece, "quote")
    if block.source and whole:
        for piece in wrap(clean(block.source), width - 4):
            yield ((f"    {piece}", "dim"),)
    elif block.source:
        cut: Cut = "tail" if block.brief else "middle"
        yield ((fit(f"    {clean(block.brief or block.source)}", width, cut), "dim"),)


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
        if line.startswith(("---", "+++")):
            yield from (((piece, "dim"),) for piece in wrap_words(line, width))
        elif line.startswith("@@"):
            yield ((line, "hunk"),)
        else:
            yield from _changed_lines(line, width)


def _changed_lines(line: str, width: int) -> Iterable[Line]:
    """The sign stays, so that the change reads without colour; a changed line's ground reaches to the edge."""
    role = {"+": "added", "-": "removed"}.get(line[:1], "dim")
    for number, piece in enumerate(wrap(line, width)):
        key = _KEY.match(piece) if number == 0 and role != "dim" else None
        if key is None:
            yield ((pad(piece, width) if role != "dim" else piece, role),)
            continue
        rest = pad(piece[key.end() :], width - width_of(key[0]))
        yield (key[1], role), (key[2], f"{role}-key"), (key[3] + rest, role)


@_lines.register
def _grid(block: Grid, width: int) -> Iterable[Line]:
    shown = [tuple(clean(cell) for cell in row) for row in block.rows]
    wanted = [max(map(width_of, column)) for column in zip(block.headers, *shown, strict=True)]
    kept = _kept(wanted, block.leaves, width)
    widths = _shrink([wanted[column] for column in kept], width - 2 * len(kept))
    if any(block.headers):
        yield (("  " + _cells([block.headers[column] for column in kept], widths), "dim"),)
    for index, row in enumerate(shown):
        role: Role = block.roles[index] if index < len(block.roles) else "normal"
        texts = [row[column] for column in kept]
        first, *more = _wrapped(texts, widths) if block.wrap else [texts]
        sign: Span = ("❯", HERE) if index == block.here else (" ", role)
        yield (GLYPHS[role], role), sign, (_cells(first, widths), "normal")
        for line in more:
            yield (("  " + _cells(line, widths), "normal"),)


def _wrapped(texts: Sequence[str], widths: Sequence[int]) -> list[Sequence[str]]:
    """The lines of one row: each text goes on in its own column."""
    return list(zip_longest(*(wrap_words(text, size) for text, size in zip(texts, widths, strict=True)), fillvalue=""))


def _cells(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Names lose their middle; the last column, where the words are, its tail."""
    last = len(texts) - 1
    cuts: list[Cut] = ["tail" if place == last else "middle" for place in range(len(texts))]
    return "  ".join(exactly(fit(text, size, cut), size) for text, size, cut in zip(texts, widths, cuts, strict=True))


LEAST_CELL = 16
"""Cells below which a cut text says nothing any more."""


def _kept(wanted: Sequence[int], leaves: Sequence[int], width: int) -> list[int]:
    """The columns that are shown: while there is no room for legible ones, the next that may leave leaves.

    When none may leave any more, those at the right end do, so that no line is wider than the page.
    """
    kept = list(range(len(wanted)))
    for column in (*leaves, *reversed(range(1, len(wanted)))):
        least = LEAST_CELL if any(leaving in kept for leaving in leaves) else 1
        if sum(2 + min(wanted[one], least) for one in kept) <= width:
            break
        kept = [one for one in kept if one != column]
    return kept


def _shrink(wanted: list[int], room: int) -> list[int]:
    """Widths that fit: the widest column gives way first."""
    widths = list(wanted)
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


@_lines.register
def _columns(block: Columns, width: int) -> Iterable[Line]:
    return comparison_lines(block.comparison, width)


@_lines.register
def _listing(block: Listing, width: int) -> Iterable[Line]:
    return listing_lines(block.heads, block.sections, width, whole=block.whole)


@_lines.register
def _yaml(block: Yaml, width: int) -> Iterable[Line]:
    return yaml_lines(block.text, width)


LABEL_WIDTH = 24
MARK_WIDTH = 3
"""Cells before each column: the sign of a difference, and air on both sides of it."""
LEAST_COLUMN = 15
LEAST_LABEL = 15
"""Room for `/etc/cni/net.d`."""
_USER_AND_ROLE = re.compile(r"\b\w+_u:(?:object|system)_r:")


def comparison_lines(comparison: Comparison, width: int, *, header: bool = True) -> list[Line]:
    """Reference and workers side by side: what is equal is dim, what differs is bright and carries `≠`."""
    if not comparison.columns:
        return [(("nothing to compare yet", "dim"),)]
    label = min(LABEL_WIDTH, max(LEAST_LABEL, width // 4))
    beside = max(1, (width - label) // (MARK_WIDTH + LEAST_COLUMN))
    lines: list[Line] = []
    for shown in _bands(comparison, beside):
        cell = (width - label) // len(shown) - MARK_WIDTH
        lines.extend([()] if lines else [])
        lines.extend(_column_heads(comparison, shown, label, cell) if header else [])
        for row in comparison.rows:
            lines.extend(_row_lines(row, shown, label, cell, "bad" if comparison.has_reference else "accent"))
    return lines


def _bands(comparison: Comparison, beside: int) -> Iterable[tuple[int, ...]]:
    """Which columns stand side by side: those that do not fit go below, beside the reference again."""
    every = range(len(comparison.columns))
    first = 1 if comparison.has_reference and beside > 1 and len(every) > beside else 0
    step = beside - first
    for start in range(first, len(every), step):
        yield (*every[:first], *every[start : start + step])


def column_title(comparison: Comparison, index: int, most: int = 3) -> str:
    """`reference master-01`, `worker-01 = worker-02 = worker-03 +2`."""
    nodes = comparison.columns[index]
    shown = " = ".join(nodes[:most]) + (f" +{len(nodes) - most}" if len(nodes) > most else "")
    return f"reference {shown}" if index == 0 and comparison.has_reference else shown


def _column_heads(comparison: Comparison, shown: Sequence[int], label: int, cell: int) -> Iterable[Line]:
    titles = [wrap_words(column_title(comparison, index), cell) for index in shown]
    for parts in zip_longest(*titles, fillvalue=""):
        heads: list[Span] = [(" " * MARK_WIDTH + pad(part, cell), "heading") for part in parts]
        yield ((" " * label, "dim"), *heads)


def _compact(text: str, width: int) -> str:
    """A security context that is too wide loses its user and role, which hardly ever matter here."""
    if width_of(text) <= width:
        return text
    return _USER_AND_ROLE.sub("…", text)


def _row_lines(row: Row, shown: Sequence[int], label: int, cell: int, other: str) -> Iterable[Line]:
    """`other` is the role of what differs: from a healthy node that is bad, from an earlier moment only news."""
    pieces = {index: wrap_words(_compact(row.cells[index], cell), cell) for index in shown}
    names = wrap_words(row.label, label - 1)
    for line in range(max(len(names), *map(len, pieces.values()))):
        spans: list[Span] = [(exactly(names[line] if line < len(names) else "", label), "dim")]
        for index, parts in pieces.items():
            text = parts[line] if line < len(parts) else ""
            mark = " ≠ " if row.differs[index] and line == 0 else " " * MARK_WIDTH
            spans.append((mark, other if row.differs[index] else "dim"))
            spans.append((pad(text, cell), _cell_role(row, index, other)))
        yield tuple(spans)


def _cell_role(row: Row, index: int, other: str) -> str:
    """What nobody knows is a warning, what differs is bright, and what is equal everywhere is dim."""
    if row.cells[index].startswith(UNKNOWN):
        return "warn"
    if row.differs[index]:
        return other
    return "normal" if row.any_differs else "dim"
