"""The rows of a table: kept by key, in places that only a person's request changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, KeysView, Sequence
from datetime import datetime
from typing import TypeGuard

from cnitui.engine.guide.blocks import Role
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean, width_of
from cnitui.tui.widgets.pattern import Pattern
from cnitui.tui.widgets.table.columns import Column


@dataclass(frozen=True, slots=True)
class Moving:
    """A text that changes with time alone, such as a countdown; it is worked out when it is drawn.

    `tell` gets `at` and what `clock` says. Sorted by `at`, the earliest first, or the latest for an age.
    """

    at: datetime | None
    tell: Callable[[datetime | None, datetime], str]
    clock: Callable[[], datetime]
    age: bool = False

    @property
    def text(self) -> str:
        """What it says now."""
        return self.tell(self.at, self.clock())


Cell = str | tuple[str, Role] | Moving
"""A text, a text and its role, or one that moves with time."""


@dataclass(frozen=True, slots=True)
class Head:
    """A line above the rows of a group: it folds them away. `members` are keys of rows."""

    key: str
    text: str
    role: Role
    members: tuple[str, ...]


CELL_LIMIT = 400
_DURATION = re.compile(r"(?:\d+(?:y|d|h|m|s))+")
_UNITS = {"y": 31_536_000, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
SortKey = tuple[int, float, tuple[tuple[int, int, str], ...]]


def text_of(cell: Cell) -> str:
    """A cell's text as it came."""
    if isinstance(cell, str):
        return cell
    return cell.text if isinstance(cell, Moving) else cell[0]


def role_of(cell: Cell) -> Role:
    """A cell's role."""
    return cell[1] if isinstance(cell, tuple) else "normal"


def cell_key(cell: Cell) -> SortKey:
    """What a cell is sorted by."""
    if not isinstance(cell, Moving):
        return sort_key(text_of(cell))
    if cell.at is None:
        return -1, 0.0, ()
    return 0, -cell.at.timestamp() if cell.age else cell.at.timestamp(), ()


def sort_key(text: str) -> SortKey:
    """Durations (`17h`, `2d3h`) and numbers by size, then names with numbers in them by those (worker-2, worker-10)."""
    text = text.strip()
    if _DURATION.fullmatch(text):
        return 0, float(sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)(\w)", text))), ()
    clock = text.split(":")
    if all(part.isdecimal() for part in clock) and len(text) < 20:
        return 0, float(sum(int(part) * 60**place for place, part in enumerate(reversed(clock)))), ()
    if not text or text in ("-", "–", "?"):
        return -1, 0.0, ()
    pieces = re.split(r"(\d+)", text.casefold()[:CELL_LIMIT])
    return 1, 0.0, tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces)


class TableRows:
    """Cells by row key, and which rows are shown in which order."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.index = {column.key: index for index, column in enumerate(columns)}
        self.widths = {column.key: 0 for column in columns}
        """The widest text seen in each column, up to the column's bound; it only grows, so that columns stay."""
        self.shown: list[str] = []
        self._cells: dict[str, list[Cell]] = {}
        self._places: dict[str, int] = {}
        self._order: list[str] = []
        self._heads: dict[str, Head] = {}
        self._head_of: dict[str, str] = {}
        self._unfolded: set[str] = set()
        self._pattern: Pattern | None = None
        self._only_bad = False
        self._moving: dict[int, None] = {}
        self.stale = False
        """Whether `shown` must be made anew: rows left, or a filter may have to decide again."""

    def __len__(self) -> int:
        return len(self._cells)

    def __contains__(self, key: str) -> bool:
        return key in self._cells

    @property
    def order(self) -> Sequence[str]:
        """Keys of all rows, shown or not, in their order."""
        return self._order

    def keys(self) -> KeysView[str]:
        """Keys of all rows."""
        return self._cells.keys()

    def known(self, key: str) -> bool:
        """Whether there is such a row or head still."""
        return key in self._cells or key in self._heads

    def cells(self, key: str) -> Sequence[Cell]:
        """The cells of a row."""
        return self._cells[key]

    def place(self, key: str | None) -> int | None:
        """Where a row is shown, None when it is not."""
        return None if key is None else self._places.get(key)

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden on request."""
        return self._pattern is not None or self._only_bad

    @property
    def moving(self) -> tuple[int, ...]:
        """The columns that have cells which move with time."""
        return tuple(self._moving)

    # --- groups ---

    def head(self, key: str) -> Head | None:
        """The head of that key; None for a row."""
        return self._heads.get(key)

    def head_of(self, key: str) -> Head | None:
        """The head that a row stands under."""
        return self._heads.get(self._head_of.get(key, ""))

    def unfolded(self, key: str) -> bool:
        """Whether a group's rows are shown."""
        return key in self._unfolded

    def put_heads(self, heads: Sequence[Head]) -> set[str]:
        """Group the rows under these heads, in this order; answers the keys of heads that read otherwise now."""
        before = self._heads
        if list(before.values()) == list(heads):
            return set()
        self._heads = {head.key: head for head in heads}
        if list(before) != list(self._heads) or any(before[one.key].members != one.members for one in heads):
            self._head_of = {member: head.key for head in heads for member in head.members}
            self._unfolded &= self._heads.keys()
            self.stale = True
        return {head.key for head in heads if before.get(head.key) != head}

    def fold(self, key: str, *, unfolded: bool) -> None:
        """Show a group's rows, or its head alone."""
        (self._unfolded.add if unfolded else self._unfolded.discard)(key)
        self.stale = True

    # --- data ---

    def put(self, key: str, cells: Sequence[Cell]) -> list[int]:
        """Add a row at the end or change it in its place; answers the columns that changed."""
        before = self._cells.get(key)
        if before is None:
            self._add(key, cells)
            return []
        changed = [index for index, cell in enumerate(cells) if before[index] != cell]
        for index in changed:
            before[index] = cells[index]
            self._widen(index, cells[index])
        self.stale = self.stale or (bool(changed) and self.filtered)
        return changed

    def _add(self, key: str, cells: Sequence[Cell]) -> None:
        self._cells[key] = list(cells)
        self._order.append(key)
        for index, cell in enumerate(cells):
            self._widen(index, cell)
        if self._heads:
            self.stale = True
        elif not self.stale and self._wanted(key):
            self._places[key] = len(self.shown)
            self.shown.append(key)

    def _widen(self, index: int, cell: Cell) -> None:
        if isinstance(cell, Moving):
            self._moving[index] = None
        text = text_of(cell)
        column = self.columns[index]
        if len(text) <= self.widths[column.key] and text.isascii():
            return
        size = min(column.max, len(text) if text.isascii() else width_of(clean(text, CELL_LIMIT)))
        self.widths[column.key] = max(size, self.widths[column.key])

    def drop(self, key: str) -> None:
        """Forget a row."""
        if self._cells.pop(key, None) is not None:
            self.stale = True

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget all other rows."""
        for key in self._cells.keys() - set(keys):
            self.drop(key)

    # --- order and choice ---

    def sort(self, column: str, *, reverse: bool = False) -> None:
        """Put the rows in order now; later changes leave them where they are."""
        index = self.index[column]
        known = [key for key in dict.fromkeys(self._order) if key in self._cells]
        known.sort(key=lambda key: cell_key(self._cells[key][index]), reverse=reverse)
        self._order = known
        self.stale = True

    def choose(self, pattern: Pattern | None, *, only_bad: bool) -> None:
        """Show only rows that match, or only those with something wrong in them."""
        self._pattern, self._only_bad = pattern, only_bad
        self.stale = True

    def _wanted(self, key: str) -> bool:
        cells = self._cells[key]
        if self._only_bad and not any(_is_trouble(cell) for cell in cells):
            return False
        return self._pattern is None or self._pattern.matches(" ".join(map(text_of, cells)))

    def renew(self) -> None:
        """Make `shown` anew."""
        self.stale = False
        self._order = [key for key in dict.fromkeys(self._order) if key in self._cells]
        rows = [key for key in self._order if self._wanted(key)] if self.filtered else self._order
        self.shown = self._under_heads(rows) if self._heads else list(rows)
        self._places = {key: place for place, key in enumerate(self.shown)}

    def _under_heads(self, rows: Iterable[str]) -> list[str]:
        """The heads with their rows; what is looked for is shown though its group is folded."""
        grouped: dict[str, list[str]] = {key: [] for key in self._heads}
        alone: list[str] = []
        for key in rows:
            grouped.get(self._head_of.get(key, ""), alone).append(key)
        shown: list[str] = []
        for key, members in grouped.items():
            if members:
                shown.append(key)
                shown.extend(members if self.filtered or key in self._unfolded else ())
        return [*shown, *alone]


def _is_trouble(cell: Cell) -> TypeGuard[tuple[str, Role]]:
    return isinstance(cell, tuple) and cell[1] in ("bad", "warn")
