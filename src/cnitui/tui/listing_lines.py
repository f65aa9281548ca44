"""A listing as lines: name, label, mode, owner, size and time of each file, of one node or of two beside each other.

Nothing is cut: where the window is narrow a file takes several lines, or says in brief what matters, which is its label
and whatever else differs. `≠` stands before what is unlike the first node, `!` before what the policy would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cnitui.domain.directories import ATTRIBUTES, Attribute, Cell, Row, Section
from cnitui.domain.facts import DirectoryEntry
from cnitui.domain.selinux import Label
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean, exactly, fit, pad, width_of, wrap

Line = tuple[tuple[str, str], ...]
NAME_WIDTH = (8, 32)
"""Cells of the column of names, at least and at most; longer names go on below."""
BETWEEN, GAP = 2, 1
"""Empty cells between two columns, and between two pieces of one."""
SIGN = 2
"""Cells for the sign before what differs, and air."""
LONG_PIECE = 60
"""Cells beyond which a label or a link does not widen its column and goes on below: both can be endless."""

_ABSENT = {"missing": "not there", "unlisted": "? not listed", "unread": "? not read"}
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
    chosen = _choose(_rows(sections), cell, whole=whole)
    lines: list[Line] = []
    for section in sections:
        lines += [*([()] if lines else []), _head(_title(section), heads, name, cell)]
        for row in section.rows:
            lines.extend(_row_lines(wrap(clean(row.name), name), chosen.form(row), name, cell, differs=row.differs))
        if section.more:
            lines.append(((fit(_more(section, len(heads)), width), "dim"),))
    return [*lines, (), ((fit(SHORT, width), "dim"),)] if chosen.short else lines


def in_brief(heads: Sequence[str], sections: Sequence[Section], width: int) -> bool:
    """Whether there is more to tell than fits beside each other."""
    _, cell = _widths(heads, sections, width)
    return _choose(_rows(sections), cell, whole=False).brief


def _rows(sections: Iterable[Section]) -> list[Row]:
    return [row for section in sections for row in section.rows]


def _more(section: Section, nodes: int) -> str:
    """How many rows are left out, and whether there is anything in them."""
    if nodes == 1:
        return f"and {section.more:,} more"
    return f"and {section.more:,} more, {f'{section.more_differing:,}' if section.more_differing else 'none'} unlike"


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
Shape = tuple[tuple[str, ...], ...]
"""Which attributes stand on which line."""
_ONE_LINE: Shape = (("label", "note", "mode", "owner", "size", "time", "target"),)
_TWO_LINES: Shape = (("label", "note"), ("mode", "owner", "size", "time", "target"))
_MORE_LINES: Shape = (("label",), ("note",), ("mode", "owner"), ("size", "time"), ("target",))
_BRIEF: tuple[Shape, ...] = (
    (("label", "hint", "mode", "owner", "size"),),
    (("label", "hint", "mode"),),
    (("label", "hint"),),
)
"""Shapes in which the rest is told only where it differs."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The form of all rows; `brief` when there is more to tell, `short` when labels are told by their types."""

    form: Form
    brief: bool = False
    short: bool = False


def _choose(rows: Sequence[Row], cell: int, *, whole: bool) -> _Chosen:
    """On one line if every file fits on one, else in brief or on several lines."""
    room = cell - BETWEEN
    for told in (whole_label, type_alone):
        if _fits(rows, form := _aligned(rows, _ONE_LINE, told), room):
            return _Chosen(form, short=told is type_alone)
    if not whole:
        forms = [_with_others(_aligned(rows, shape, type_alone), shape[0]) for shape in _BRIEF]
        return _Chosen(next((form for form in forms if _fits(rows, form, room)), forms[-1]), brief=True, short=True)
    for told in (whole_label, type_alone):
        if _fits(rows, form := _aligned(rows, _TWO_LINES, told), room):
            return _Chosen(form, short=told is type_alone)
    return _Chosen(_aligned(rows, _MORE_LINES, type_alone), short=True)


def _fits(rows: Iterable[Row], form: Form, room: int) -> bool:
    return all(_width(pieces) <= room for row in rows for lines in form(row) for pieces in lines)


def _width(pieces: Pieces) -> int:
    return sum(piece.width for piece in pieces) + GAP * (len(pieces) - 1)


def _aligned(rows: Sequence[Row], shape: Shape, told: Told) -> Form:
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
                yield fit(_piece(cell, cell.entry, part, told).text, LONG_PIECE)


def _padded(piece: Piece, width: int, part: str) -> Piece:
    if width_of(piece.text) >= width:
        return piece
    return Piece(pad(piece.text, width, right=part == "size"), piece.role, piece.sign)


def _with_others(form: Form, parts: Sequence[str]) -> Form:
    """The form, and below it on both nodes what it leaves out and is not the same on both."""

    def lines_of(row: Row) -> list[list[Pieces]]:
        lines = form(row)
        if any(cell.entry is None for cell in row.cells):
            return lines
        unlike = frozenset[Attribute]().union(*(cell.differs for cell in row.cells))
        others = [part for part in ATTRIBUTES if part in unlike and part not in parts]
        return [[*told, *_others(cell, others)] for told, cell in zip(lines, row.cells, strict=True)]

    return lines_of


def _others(cell: Cell, parts: Sequence[Attribute]) -> list[Pieces]:
    if not parts or cell.entry is None:
        return []
    return [tuple(_piece(cell, cell.entry, part, type_alone) for part in parts)]


def _absent(cell: Cell) -> Piece:
    words = _ABSENT[cell.presence]
    if cell.presence == "missing":
        return Piece(words, "bad" if cell.differs else "dim", "≠" if cell.differs else " ")
    return Piece(words, "warn")


def _piece(cell: Cell, entry: DirectoryEntry, part: str, told: Told) -> Piece:
    if part in ("note", "hint"):
        words = f"policy {cell.misplaced}" if part == "note" else cell.misplaced
        return Piece(clean(words), "warn", "!") if cell.misplaced else Piece("")
    differs = part in cell.differs
    text = "no link" if part == "target" and differs and not entry.target else _TEXT[part](entry, told)
    return Piece(clean(text), "bad" if differs else "normal", "≠" if differs else " ")


_TEXT: dict[str, Callable[[DirectoryEntry, Told], str]] = {
    "label": lambda entry, told: told(entry.label),
    "mode": lambda entry, _: f"{entry.kind}{entry.mode}",
    "owner": lambda entry, _: f"{entry.owner}:{entry.group}".strip(":"),
    "size": lambda entry, _: "" if entry.size is None else str(entry.size),
    "time": lambda entry, _: entry.modified,
    "target": lambda entry, _: f"→ {entry.target}" if entry.target else "",
}
"""What is told of each attribute."""


# --- lines ----------------------------------------------------------------------------------------------------------


def _row_lines(
    name: Sequence[str], cells: Sequence[list[Pieces]], width: int, cell: int, *, differs: bool
) -> Iterator[Line]:
    """One row: its name at the left, its cells beside each other; what is longer than its column goes on below.

    What two nodes agree on is dim.
    """
    ink = "normal" if differs or len(cells) == 1 else "dim"
    told = [[line for pieces in one for line in _cell_lines(pieces, cell - BETWEEN)] for one in cells]
    for number in range(max(len(name), *map(len, told))):
        spans = [(exactly(name[number] if number < len(name) else "", width), ink)]
        for lines in told:
            spans.append((" " * BETWEEN, "dim"))
            line = lines[number] if number < len(lines) else ((" " * (cell - BETWEEN), "dim"),)
            spans.extend((text, ink if role == "normal" else role) for text, role in line)
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
