"""The CNI directories file by file: as one node lists them, or two nodes beside each other, aligned by name.

A cell differs when its node says something else than the first one. The time of a file never counts as a difference:
it says when the node got the file, and no two nodes got it at once. Nor does the size of a directory, which is the file
system's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from posixpath import basename, dirname
from typing import Literal

from cnitui.domain.facts import CniDirectories, DirectoryEntry
from cnitui.domain.selinux import Label
from cnitui.late_dataclass import dataclass

MOST_ROWS = 400
"""Rows of one directory; of more those that differ come first, and the rest is counted."""

Attribute = Literal["label", "mode", "owner", "size", "target"]
ATTRIBUTES: tuple[Attribute, ...] = ("label", "mode", "owner", "size", "target")
Presence = Literal["there", "missing", "unlisted", "unread"]
"""`missing` is told by the node; `unlisted`: it was asked and did not tell; `unread`: it was not asked."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One path on one node; `entry` is None unless it is there.

    `default` is what the policy would label it, None when that was not told. `differs` names what is unlike the first
    node; of a path that only one of them has it is everything.
    """

    presence: Presence = "unread"
    entry: DirectoryEntry | None = None
    default: Label | None = None
    differs: frozenset[Attribute] = frozenset()

    @property
    def misplaced(self) -> str:
        """The type that the policy would give it, "" when it has that type or one of the two is not known."""
        label = self.entry.label if self.entry is not None else None
        if label is None or self.default is None or label.type == self.default.type:
            return ""
        return self.default.type


@dataclass(frozen=True, slots=True)
class Row:
    """One path, one cell for each node."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether the nodes do not agree on it."""
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Section:
    """A directory and what is in it, or (without a path) what is above both.

    `more` rows are not in it, of which `more_differing` differ.
    """

    title: str
    rows: tuple[Row, ...]
    more: int = 0
    more_differing: int = 0

    @property
    def differing(self) -> int:
        """Rows on which the nodes do not agree."""
        return sum(row.differs for row in self.rows)


def listed(nodes: Sequence[CniDirectories | None]) -> tuple[Section, ...]:
    """Both directories and their parents as these nodes (None for one not read) have them; () without any."""
    known = [node for node in nodes if node is not None]
    if not known:
        return ()
    return (
        _directory([_Shelf(node, node.bin_dir) if node is not None else None for node in nodes]),
        _directory([_Shelf(node, node.net_dir) if node is not None else None for node in nodes]),
        _parents(known, nodes),
    )


class _Shelf:
    """One of the directories on one node; `files` by name, None when they were not listed."""

    def __init__(self, node: CniDirectories, path: str) -> None:
        self.path, self._node = path, node
        listed = node.files.get(path, () if path in node.missing else None)
        self.files = None if listed is None else {basename(entry.path): entry for entry in listed}
        self.itself = _at(node, path)

    def cell(self, name: str) -> Cell:
        """The file of that name; in a listing that was cut it may stand in the part that is missing."""
        if self.files is None:
            return Cell("unlisted")
        entry = self.files.get(name)
        if entry is not None:
            return Cell("there", entry, self._node.default(entry.path))
        return Cell("unlisted" if self.path in self._node.partial else "missing")


def _directory(shelves: Sequence[_Shelf | None]) -> Section:
    """The directory itself, then its files by name; nodes may have it in different places."""
    files = (shelf.files for shelf in shelves if shelf is not None and shelf.files is not None)
    names = sorted(set[str]().union(*files) - {"", ".", ".."})
    itself = _row(".", [shelf.itself if shelf is not None else Cell() for shelf in shelves])
    rows = [_row(name, [shelf.cell(name) if shelf is not None else Cell() for shelf in shelves]) for name in names]
    kept = _most_telling(rows)
    title = " · ".join(dict.fromkeys(shelf.path for shelf in shelves if shelf is not None))
    left_out = sum(row.differs for row in rows) - sum(row.differs for row in kept)
    return Section(title, (itself, *kept), len(rows) - len(kept), left_out)


def _most_telling(rows: Sequence[Row]) -> list[Row]:
    if len(rows) <= MOST_ROWS:
        return list(rows)
    chosen = {row.name for row in sorted(rows, key=lambda row: not row.differs)[:MOST_ROWS]}
    return [row for row in rows if row.name in chosen]


def _parents(known: Sequence[CniDirectories], nodes: Sequence[CniDirectories | None]) -> Section:
    paths = sorted({path for node in known for path in _above(node.bin_dir, node.net_dir)})
    return Section("", tuple(_row(path, [_at(node, path) for node in nodes]) for path in paths))


def _above(*paths: str) -> Iterator[str]:
    for path in paths:
        while path not in ("", "/"):
            path = dirname(path.rstrip("/"))  # noqa: PLW2901 - walks up
            yield path


def _at(node: CniDirectories | None, path: str) -> Cell:
    if node is None:
        return Cell()
    entry = node.directories.get(path)
    if entry is not None:
        return Cell("there", entry, node.default(path))
    return Cell("missing" if path in node.missing else "unlisted")


def _row(name: str, cells: Sequence[Cell]) -> Row:
    first, *others = cells
    unlike = [(cell, _differing(first, cell)) for cell in others]
    return Row(name, (first, *(replace(cell, differs=differs) if differs else cell for cell, differs in unlike)))


def _differing(first: Cell, cell: Cell) -> frozenset[Attribute]:
    if {first.presence, cell.presence} == {"there", "missing"}:
        return frozenset(ATTRIBUTES)
    one, other = first.entry, cell.entry
    if one is None or other is None:
        return _NOTHING
    return frozenset(name for name, told in _TOLD.items() if told(one) != told(other)) or _NOTHING


_NOTHING: frozenset[Attribute] = frozenset()
_TOLD: dict[Attribute, Callable[[DirectoryEntry], object]] = {
    "label": lambda entry: entry.label,
    "mode": lambda entry: (entry.kind, entry.mode),
    "owner": lambda entry: (entry.owner, entry.group),
    "size": lambda entry: entry.size if entry.kind == "-" else None,
    "target": lambda entry: entry.target,
}
"""What is compared of each attribute."""
