"""Writes only the cells that differ from what the terminal shows: many users sit behind a slow line and a jump host.

Textual repaints a widget's line from its beginning when one cell in it has changed, and whole screens while it starts.
What was written is remembered cell by cell; an update is compared with it and shrinks to runs of changed cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate  # no public way in Textual 8.2
from textual.strip import Strip

NEAR = 6
"""Unchanged cells between two changed ones that are written along: moving the cursor takes as many bytes."""


class Cell(NamedTuple):
    """One cell of the terminal; the right half of a wide character has the text ""."""

    text: str
    style: Style | None


class Piece(NamedTuple):
    """A part of a line that is to be written: where it begins and its cells."""

    x: int
    y: int
    strip: Strip


class Shown:
    """What the terminal shows, as far as we know."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, Cell]] = {}
        self.written = 0
        """Cells written so far."""

    def forget(self) -> None:
        """Somebody else may have written to the terminal, or its size has changed: nothing is known any more."""
        self._lines.clear()

    def update(self, update: CompositorUpdate) -> CompositorUpdate:
        """The same update without what is there already; kinds that we do not know pass through."""
        if isinstance(update, LayoutUpdate):
            return Difference(self, tuple(_of_layout(update)))
        if isinstance(update, ChopsUpdate):
            return Difference(self, tuple(_of_chops(update)))
        self.forget()
        return update

    def changed(self, piece: Piece) -> Iterator[tuple[int, list[Cell]]]:
        """The runs of cells in a piece that are not there yet, each with its column; they are taken as written."""
        cells = list(_cells(piece.strip))
        if len(cells) != piece.strip.cell_length:  # joined characters: how wide they come out is the terminal's secret
            self._lines.pop(piece.y, None)
            yield piece.x, [Cell(text, style) for text, style, _ in piece.strip]
            return
        line = self._lines.setdefault(piece.y, {})
        start, run, since = 0, list[Cell](), list[Cell]()
        for column, cell in enumerate(cells, piece.x):
            if line.get(column) == cell:
                since.append(cell)
                continue
            line[column] = cell
            if run and len(since) <= NEAR:
                run += [*since, cell]
            else:
                if run:
                    yield start, run
                left = since[-1:] if not cell.text else []  # the right half of a wide character comes with its left
                start, run = column - len(left), [*left, cell]
            since = []
        if run:
            yield start, run


class Difference(CompositorUpdate):
    """An update that writes what differs when it is rendered."""

    def __init__(self, shown: Shown, pieces: tuple[Piece, ...]) -> None:
        self._shown, self._pieces = shown, pieces

    def render_segments(self, console: Console) -> str:
        """The sequences to write."""
        written: list[str] = []
        for piece in self._pieces:
            for column, cells in self._shown.changed(piece):
                self._shown.written += len(cells)
                written.append(Control.move_to(column, piece.y).segment.text)
                written.append(Strip(list(_segments(cells))).render(console))
        return "".join(written)


def _cells(strip: Strip) -> Iterator[Cell]:
    """A strip cell by cell; what takes no cell of its own belongs to the one before."""
    last: Cell | None = None
    half = False
    for text, style, _ in strip:
        for character in text:
            size = 1 if character.isascii() else get_character_cell_size(character)
            if size == 0 and last is not None:
                last = Cell(last.text + character, last.style)
                continue
            if last is not None:
                yield last
                if half:
                    yield Cell("", last.style)
            last, half = Cell(character, style), size > 1
    if last is not None:
        yield last
        if half:
            yield Cell("", last.style)


def _segments(cells: Iterable[Cell]) -> Iterator[Segment]:
    """Cells of one style as one segment."""
    text, style = "", None
    for cell in cells:
        if text and cell.style != style:
            yield Segment(text, style)
            text = ""
        text, style = text + cell.text, cell.style
    if text:
        yield Segment(text, style)


def _of_layout(update: LayoutUpdate) -> Iterator[Piece]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield Piece(x, y, strip)
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[Piece]:
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > right or end <= left:
                continue
            first, last = max(x, left), min(end, right)
            yield Piece(first, y, strip if (first, last) == (x, end) else strip.crop(first - x, last - x))
