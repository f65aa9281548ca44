"""Rows known by key, thousands of them, that keep their place while their cells change: what is in view is drawn.

Data, cursor and repainting hold each other in place, which is why they are one module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import monotonic

from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from cnitui.engine.guide.blocks import Role
from cnitui.tui.layout import wrap_words
from cnitui.tui.text import clean, width_of
from cnitui.tui.widgets.line_view import SIGNS, LineView
from cnitui.tui.widgets.pattern import pattern_of
from cnitui.tui.widgets.table.bright import Bright
from cnitui.tui.widgets.table.columns import Column, Placed, lay_out
from cnitui.tui.widgets.table.paint import gutter_sign, head_spans, header_spans, row_spans
from cnitui.tui.widgets.table.rows import Cell, Head, TableRows, text_of

FLUSH = 1 / 20
"""Seconds between two repaints at most; changes in between are painted together."""
HEADER = 1
DRAWN = 2000
"""Moving cells whose last text is remembered; more than fit on any screen."""


class RowMessage(Message):
    """Something about one row; not posted itself."""

    def __init__(self, table: TableView, key: str) -> None:
        super().__init__()
        self.table, self.key = table, key

    @property
    def control(self) -> TableView:
        """The table."""
        return self.table


class TableView(LineView):
    """Rows under a header line, with a cursor, marks, an order and a filter; what the owner of a table talks to."""

    ALLOW_SELECT = False

    class RowSelected(RowMessage, namespace="table"):
        """A row was opened: enter or double click."""

    class RowHighlighted(RowMessage, namespace="table"):
        """The cursor is on another row."""

    class MarksChanged(Message, namespace="table"):
        """Other rows are marked; keys in the order shown."""

        def __init__(self, table: TableView, keys: tuple[str, ...]) -> None:
            super().__init__()
            self.table, self.keys = table, keys

        @property
        def control(self) -> TableView:
            """The table."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        sentence: str = "asking …",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.rows = TableRows(columns)
        self.marked: set[str] = set()
        self.only_failing = False
        self.filter_text = ""
        self.sorted_by: tuple[str, bool] | None = None
        self._sentence: tuple[str, Role] = (sentence, "dim")
        self._cursor: str | None = None
        self._cursor_place = 0
        self._placed: tuple[Placed, ...] = ()
        self._layout_of: tuple[int, tuple[int, ...]] | None = None
        self._bright = Bright()
        self._dirty: set[str] = set()
        self._drawn: dict[tuple[str, int], str] = {}
        """What the moving cells in view said when they were drawn."""
        self._timer: Timer | None = None
        self._fader: Timer | None = None

    # --- what the owner tells ---

    def show(self, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
        """All rows there are: known ones change in their place, new ones go to the end, missing ones leave."""
        keys = [self._put(key, cells) for key, cells in rows]
        if len(self.rows) > len(keys):
            self.rows.keep_only(keys)
        self._changed()

    def change(self, rows: Iterable[tuple[str, Sequence[Cell]]], gone: Iterable[str] = ()) -> None:
        """Only what is new, has changed or is gone; the other rows stay as they are."""
        for key, cells in rows:
            self._put(key, cells)
        for key in gone:
            self.rows.drop(key)
        self._changed()

    def group(self, heads: Sequence[Head]) -> None:
        """Put the rows under these heads; without any they stand in one list."""
        self._dirty |= self.rows.put_heads(heads)
        self._changed()

    def tick(self) -> None:
        """Time has passed: repaint the moving cells in view that read otherwise now, and nothing else."""
        moving = [placed for placed in self._placed if placed.index in self.rows.moving]
        regions = [
            Region(placed.start, line, placed.width, 1)
            for line, key in enumerate(self._rows_in_view, HEADER)
            for placed in moving
            if self._moved(key, placed.index)
        ]
        if regions:
            self.refresh(*regions)

    def put(self, key: str, cells: Sequence[Cell]) -> None:
        """Add or change one row."""
        self._put(key, cells)
        self._changed()

    def set_cell(self, key: str, column: str, cell: Cell) -> None:
        """Change one cell of a row that is there."""
        cells = list(self.rows.cells(key))
        cells[self.rows.index[column]] = cell
        self.put(key, cells)

    def drop(self, key: str) -> None:
        """Take a row away."""
        self.rows.drop(key)
        self._changed()

    def say(self, sentence: str, role: Role = "dim") -> None:
        """What to say while there are no rows: asking, none because, refused, failed."""
        self._sentence = (sentence, role)
        if not self.rows.shown:
            self.refresh()

    def _moved(self, key: str, index: int) -> bool:
        """Whether a cell in view says something else than when it was drawn."""
        drawn = self._drawn.get((key, index))
        return drawn is not None and key in self.rows and drawn != text_of(self.rows.cells(key)[index])

    @property
    def cursor_key(self) -> str | None:
        """The row (or head) under the cursor."""
        return self._cursor

    @property
    def cursor_row(self) -> str | None:
        """The row under the cursor; under a head it is the first of its group."""
        head = self.rows.head(self._cursor) if self._cursor is not None else None
        return next(iter(head.members), None) if head is not None else self._cursor

    @property
    def summary(self) -> str:
        """What is hidden on request: `12 of 5,000 · /worker`; "" while everything is shown."""
        if not self.rows.filtered:
            return ""
        parts = [f"{len(self.rows.shown):,} of {len(self.rows):,}"]
        parts += [f"/{clean(self.filter_text, 40)}"] if self.filter_text else []
        return " · ".join([*parts, *(["only failing"] if self.only_failing else [])])

    def move_to(self, key: str) -> None:
        """Put the cursor on a row, if it is shown."""
        self.flush()
        place = self.rows.place(key)
        if place is not None:
            self._go(place)

    def reveal(self, key: str) -> bool:
        """Put the cursor on a row, whatever hides it: a filter goes, a group unfolds. False when there is none."""
        self.flush()
        if key not in self.rows:
            return False
        head = self.rows.head_of(key)
        if head is not None and not self.rows.unfolded(head.key):
            self.rows.fold(head.key, unfolded=True)
            self.flush()
        if self.rows.place(key) is None:
            self.only_failing = False
            self.filter("")
        self.move_to(key)
        self.refresh()
        return True

    def _put(self, key: str, cells: Sequence[Cell]) -> str:
        now = monotonic()
        for index in self.rows.put(key, cells):
            if not self.rows.columns[index].quiet:
                self._bright.light(key, index, now)
        self._dirty.add(key)
        return key

    # --- what is shown, and where the cursor is ---

    def sort(self, column: str, *, reverse: bool = False) -> None:
        """Put the rows in order by a column, now."""
        self.sorted_by = (column, reverse)
        self.rows.sort(column, reverse=reverse)
        self.flush()
        self.refresh()

    def filter(self, typed: str) -> None:
        """Show only rows that match."""
        self.filter_text = typed
        self.rows.choose(pattern_of(typed), only_bad=self.only_failing)
        self.flush()
        self.refresh()
        self._into_view()

    def _go(self, place: int) -> None:
        shown = self.rows.shown
        if not shown:
            return
        place = max(0, min(place, len(shown) - 1))
        before, self._cursor_place = self._cursor_place, place
        if shown[place] != self._cursor:
            self._cursor = shown[place]
            self.post_message(self.RowHighlighted(self, self._cursor))
        for row in (before, place):
            self.refresh_line(row + HEADER)
        self._into_view()

    def _into_view(self) -> None:
        top, place = self.scroll_offset.y, self._cursor_place
        wanted = min(max(top, place - self._page + 1), place)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    # --- painting what changed, together ---

    def _changed(self) -> None:
        if self._timer is None and self.is_running:
            self._timer = self.set_timer(FLUSH, self.flush)

    def flush(self) -> None:
        """Paint what changed since the last time."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        before = self._rows_in_view
        if self.rows.stale:
            self._renew()
        self._keep_cursor()
        size = Size(self.size.width, len(self.rows.shown) + HEADER)
        if size != self.virtual_size or self._lay_out() or self._rows_in_view != before:
            self.virtual_size = size
            self.refresh()
        elif self._dirty:
            self._refresh_dirty()
        self._dirty.clear()
        self._fade()

    @property
    def _rows_in_view(self) -> list[str]:
        """The keys of the lines that can be seen, from the top."""
        first = self.scroll_offset.y
        return self.rows.shown[first : first + self._page]

    def _refresh_dirty(self) -> None:
        in_view = {key: row for row, key in enumerate(self._rows_in_view)}
        rows = [row for key in self._dirty if (row := in_view.get(key)) is not None]
        if rows:
            self.refresh(*(Region(0, row + HEADER, self.size.width, 1) for row in rows))

    def _fade(self) -> None:
        """Changed cells become normal when their second is over."""
        now = monotonic()
        self._dirty |= self._bright.fade(now)
        self._refresh_dirty()
        self._dirty.clear()
        if self._fader is not None:
            self._fader.stop()
            self._fader = None
        over = self._bright.next_over
        if over is not None and self.is_running:
            self._fader = self.set_timer(max(FLUSH, over - now), self._fade)

    def _renew(self) -> None:
        """Choose and order the rows anew; what the eye is on stays where it is on the screen."""
        top = self.scroll_offset.y
        held = self._cursor if top <= self._cursor_place < top + self._page else None
        if held is None and top < len(self.rows.shown):
            held = self.rows.shown[top]
        before = self.rows.place(held)
        self.rows.renew()
        after = self.rows.place(held)
        self.marked &= self.rows.keys()
        if before is not None and after is not None and before != after:
            self.virtual_size = Size(self.size.width, len(self.rows.shown) + HEADER)
            self.scroll_to(y=top + after - before, animate=False, force=True)

    def _keep_cursor(self) -> None:
        shown = self.rows.shown
        place = self.rows.place(self._cursor)
        if place is None and shown:
            place = min(self._cursor_place, len(shown) - 1)
        key = shown[place] if place is not None and shown else None
        self._cursor_place = place or 0
        if key != self._cursor:
            self._cursor = key
            if key is not None:
                self.post_message(self.RowHighlighted(self, key))

    def on_mount(self) -> None:
        """Paint what was told before there was a screen."""
        self.flush()

    def on_resize(self) -> None:
        """Other columns may fit, and the cursor stays in view."""
        self.flush()
        self._into_view()

    # --- drawing ---

    @property
    def _page(self) -> int:
        return max(1, self.size.height - HEADER)

    def _lay_out(self) -> bool:
        """Place the columns when the width or the content's width changed; answers whether it did."""
        key = (self.size.width, tuple(self.rows.widths.values()))
        if key == self._layout_of:
            return False
        self._layout_of = key
        placed = lay_out(self.rows.columns, self.rows.widths, self.size.width)
        moved, self._placed = placed != self._placed, placed
        return moved

    def draw(self, y: int) -> Strip:
        self._lay_out()
        if y == 0:
            return self._draw_header()
        place = self.scroll_offset.y + y - HEADER
        key = self.rows.shown[place] if place < len(self.rows.shown) else None
        if key is not None and self.rows.known(key):  # one that left is blank until the rows move up
            return self._draw_row(key)
        if not self.rows.shown:
            return self._draw_sentence(y - HEADER)
        return Strip.blank(self.size.width, self.ink("normal"))

    def _draw_header(self) -> Strip:
        ink = self.ink("dim")
        header = self.strip(header_spans(self._placed, self.sorted_by, self.ink), ink)
        note = self.summary
        if not note:
            return header
        room = max(0, self.size.width - width_of(note) - 3)
        return self.strip([(header.crop(0, room).text, ink), ("  ", ink), (note, self.ink("accent"))], ink)

    def _draw_sentence(self, line: int) -> Strip:
        sentence, role = self._sentence
        if len(self.rows):
            sentence, role = f"none of {len(self.rows):,} rows matches; escape shows all", "dim"
        glyph = SIGNS[role].strip()
        lines = wrap_words(f"{glyph} {sentence}".strip(), max(1, self.size.width - 2))
        words = lines[line] if line < len(lines) else ""
        return self.strip([(" ", self.ink("normal")), (words, self.ink(role))])

    def _draw_row(self, key: str) -> Strip:
        here, head = key == self._cursor, self.rows.head(key)
        marked = self.marked.issuperset(head.members) if head is not None else key in self.marked
        over = ("cursor",) if here else ()
        sign = gutter_sign(under_cursor=here, marked=marked)
        inked = (sign, self.ink("accent" if marked or self.has_focus else "dim", *over))
        if head is not None:
            unfolded = self.rows.filtered or self.rows.unfolded(key)
            spans = head_spans(head, self.size.width, self.ink, sign=inked, under_cursor=here, unfolded=unfolded)
        else:
            cells, bright = self._cells_now(key), self._bright.of(key)
            spans = row_spans(cells, self._placed, self.ink, sign=inked, under_cursor=here, bright=bright)
        return self.strip(spans, self.ink("normal", *over))

    def _cells_now(self, key: str) -> list[Cell]:
        """A row's cells with what the moving ones say now, which is remembered."""
        cells = list(self.rows.cells(key))
        for index in self.rows.moving:
            cells[index] = self._drawn[key, index] = text_of(cells[index])
        if len(self._drawn) > DRAWN:
            self._drawn = {drawn: text for drawn, text in self._drawn.items() if drawn[0] == key}
        return cells
