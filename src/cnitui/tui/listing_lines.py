"""A listing as lines: name, label, mode, owner, size and time of each file, of one node or of two beside each other.

Nothing is cut: where the window is narrow a file takes several lines, or says in brief what matters, which is its label
and whatever else differs. `≠` stands before what is unlike the first node, `!` before what the policy would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cnitui.domain.directories import Attribute, Cell, Row, Section
from cnitui.domain.facts import DirectoryEntry
from cnitui.domain.selinux import Label
from cnitui.tui.text import clean, exactly, fit, pad, width_of, wrap

Line = tuple[tuple[str, str], ...]
NAME_WIDTH = (8, 32)
"""Cells of the column of names, at least and at most; longer names go on below."""
BETWEEN, GAP = 2, 1
"""Empty cells between two columns, and between two pieces of one."""
SIGN = 2
"""Cells for the sign before what differs, and air."""
LONG_LABEL = 60
"""Cells of a label (categories can be endless) beyond which it does not widen its column and goes on below."""

_ABSENT = {"missing": "not there", "unlisted": "? not listed", "unread": "? not read"}
_BRIEF: tuple[Attribute, ...] = ("mode", "owner", "size", "target")
ORDINARY = ("system_u", "object_r")
SHORT = "A type alone is short for system_u:object_r:TYPE:s0."


@dataclass(frozen=True, slots=True)
class Piece:
    """One attribute of one file: what it says, and the role and sign that go with it."""

    text: str
    role: str = "normal"
    sign: str = " "

    @property
    def width(self) -> int:
        """Cells it takes with its sign."""
        return SIGN + width_of(self.text)


Pieces = tuple[Piece, ...]
"""The attributes of one cell that stand on one line."""


def type_alone(label: Label | None) -> str:
    """The type by itself when all else is as on every file, else the whole label."""
    if label is None:
        return "no label"
    plain = (label.user, label.role) == ORDINARY and label.level in ("", "s0")
    return label.type if plain else str(label)


def whole_label(label: Label | None) -> str:
    """The label as `ls -Z` prints it."""
    return str(label) if label is not None else "no label"


def listing_lines(heads: Sequence[str], sections: Sequence[Section], width: int, *, whole: bool = True) -> list[Line]:
    """All rows of these sections, at most `width` cells wide; not `whole` they are told in brief where it is narrow."""
    name, cell = _widths(heads, sections, width)
    form, told = _form(_rows(sections), cell, whole=whole)
    lines: list[Line] = []
    for section in sections:
        lines += [*([()] if lines else []), _head(_title(section), heads, name, cell)]
        for row in section.rows:
            lines.extend(_row_lines(wrap(clean(row.name), name), form(row), name, cell, differs=row.differs))
        if section.more:
            lines.append(((f"and {section.more:,} more, all of them in the transcript", "dim"),))
    return lines if told is whole_label else [*lines, (), ((fit(SHORT, width), "dim"),)]


def in_brief(heads: Sequence[str], sections: Sequence[Section], width: int) -> bool:
    """Whether there is more to tell than fits beside each other."""
    _, cell = _widths(heads, sections, width)
    return _form(_rows(sections), cell, whole=False)[0] is _brief


def _rows(sections: Iterable[Section]) -> list[Row]:
    return [row for section in sections for row in section.rows]


def _title(section: Section) -> str:
    return clean(section.title or "above them")


def _widths(heads: Sequence[str], sections: Sequence[Section], width: int) -> tuple[int, int]:
    """Cells of the column of names, and of each of the others."""
    names = (*map(_title, sections), *(clean(row.name) for row in _rows(sections)))
    name = max(NAME_WIDTH[0], min(NAME_WIDTH[1], width // 4, max(map(width_of, names), default=0)))
    return name, (width - name) // len(heads)


def _head(title: str, heads: Sequence[str], name: int, cell: int) -> Line:
    """The path of the directory, and above each column whose it is when there are two."""
    if len(heads) == 1:
        return ((fit(title, name + cell, "middle"), "heading"),)
    room = cell - BETWEEN - SIGN
    above = [" " * (BETWEEN + SIGN) + exactly(fit(clean(head), room, "middle"), room) for head in heads]
    return ((exactly(fit(title, name, "middle"), name), "heading"), *((head, "heading") for head in above))


# --- in which form a cell is told: the first that fits --------------------------------------------------------------

Form = Callable[[Row], list[list[Pieces]]]
"""For each cell of a row its lines."""
Told = Callable[[Label | None], str]
"""How a label is told."""
_ONE_LINE = (("label", "note", "mode", "owner", "size", "time"),)
_TWO_LINES = (("label", "note"), ("mode", "owner", "size", "time"))
_MORE_LINES = (("label",), ("note",), ("mode", "owner"), ("size", "time"))


def _form(rows: Sequence[Row], cell: int, *, whole: bool) -> tuple[Form, Told]:
    """On one line if every file fits on one, else in brief or on several lines; and how labels are told."""
    room = cell - BETWEEN
    for shape in (_ONE_LINE, _TWO_LINES):
        if shape is _TWO_LINES and not whole:
            return _brief, type_alone
        for told in (whole_label, type_alone):
            form = _aligned(rows, shape, told)
            if all(_width(pieces) <= room for row in rows for lines in form(row) for pieces in lines):
                return form, told
    return _aligned(rows, _MORE_LINES, type_alone), type_alone


def _width(pieces: Pieces) -> int:
    return sum(piece.width for piece in pieces) + GAP * (len(pieces) - 1)


def _aligned(rows: Sequence[Row], shape: Sequence[Sequence[str]], told: Told) -> Form:
    """A form in which what is of one kind stands below each other."""
    columns = {part: max(map(width_of, _texts(rows, part, told)), default=0) for line in shape for part in line}

    def lines_of(cell: Cell) -> list[Pieces]:
        entry = cell.entry
        if entry is None:
            return [(_absent(cell),)]
        lines = [
            tuple(_padded(_piece(cell, entry, part, told), columns[part], part) for part in line if columns[part])
            for line in shape
        ]
        return [line for line in lines if any(piece.text.strip() for piece in line)]

    return lambda row: [lines_of(cell) for cell in row.cells]


def _texts(rows: Iterable[Row], part: str, told: Told) -> Iterator[str]:
    for row in rows:
        for cell in row.cells:
            if cell.entry is not None:
                yield fit(_piece(cell, cell.entry, part, told).text, LONG_LABEL)


def _padded(piece: Piece, width: int, part: str) -> Piece:
    if width_of(piece.text) >= width:
        return piece
    return Piece(pad(piece.text, width, right=part == "size"), piece.role, piece.sign)


def _brief(row: Row) -> list[list[Pieces]]:
    """The label and what the policy would say; below it what else is not the same on both nodes."""
    unlike = frozenset[Attribute]().union(*(cell.differs for cell in row.cells if cell.entry is not None))
    others = [part for part in _BRIEF if part in unlike] if all(cell.entry is not None for cell in row.cells) else []
    return [_brief_lines(cell, others) for cell in row.cells]


def _brief_lines(cell: Cell, others: Sequence[Attribute]) -> list[Pieces]:
    entry = cell.entry
    if entry is None:
        return [(_absent(cell),)]
    note = (Piece(clean(cell.misplaced), "warn", "!"),) if cell.misplaced else ()
    first = (_piece(cell, entry, "label", type_alone), *note)
    second = tuple(_piece(cell, entry, part, type_alone) for part in others)
    return [first, second] if second else [first]


def _absent(cell: Cell) -> Piece:
    words = _ABSENT[cell.presence]
    if cell.presence == "missing":
        return Piece(words, "bad" if cell.differs else "dim", "≠" if cell.differs else " ")
    return Piece(words, "warn")


def _piece(cell: Cell, entry: DirectoryEntry, part: str, told: Told) -> Piece:
    if part == "note":
        return Piece(f"policy {clean(cell.misplaced)}", "warn", "!") if cell.misplaced else Piece("")
    text = {
        "label": told(entry.label),
        "mode": f"{entry.kind}{entry.mode}",
        "owner": f"{entry.owner}:{entry.group}".strip(":"),
        "size": "" if entry.size is None else str(entry.size),
        "time": entry.modified,
        "target": f"→ {entry.target}" if entry.target else "no link",
    }[part]
    differs = part in cell.differs
    return Piece(clean(text), "bad" if differs else "normal", "≠" if differs else " ")


# --- lines ----------------------------------------------------------------------------------------------------------


def _row_lines(
    name: Sequence[str], cells: Sequence[list[Pieces]], width: int, cell: int, *, differs: bool
) -> Iterator[Line]:
    """One row: its name at the left, its cells beside each other; what is longer than its column goes on below."""
    told = [[line for pieces in one for line in _cell_lines(pieces, cell - BETWEEN)] for one in cells]
    for number in range(max(len(name), *map(len, told))):
        spans = [(exactly(name[number] if number < len(name) else "", width), "normal" if differs else "dim")]
        for lines in told:
            spans.append((" " * BETWEEN, "dim"))
            spans.extend(lines[number] if number < len(lines) else ((" " * (cell - BETWEEN), "dim"),))
        yield tuple(spans)


def _cell_lines(pieces: Pieces, room: int) -> Iterator[Line]:
    """The pieces of one line of a cell, exactly `room` cells wide; those that do not fit wrap by themselves."""
    spans: list[tuple[str, str]] = []
    used = 0
    for piece in pieces:
        gap = GAP if spans else 0
        if spans and used + gap + piece.width > room:
            yield _filled(spans, used, room)
            spans, used, gap = [], 0, 0
        first, *more = wrap(piece.text, room - SIGN)
        spans += [(" " * gap, "dim"), (f"{piece.sign} ", piece.role), (first, piece.role)]
        used += gap + SIGN + width_of(first)
        for part in more:
            yield _filled(spans, used, room)
            spans, used = [(" " * SIGN, "dim"), (part, piece.role)], SIGN + width_of(part)
    yield _filled(spans, used, room)


def _filled(spans: Iterable[tuple[str, str]], used: int, room: int) -> Line:
    return (*spans, (" " * max(0, room - used), "dim"))
