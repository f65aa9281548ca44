"""A table of thousands of rows that are known by key and keep their place while their cells change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from cnitui.engine.blocks import Role
from cnitui.tui.text import clean, fit, pad, width_of
from cnitui.tui.widgets.line_view import SIGNS, LineView, Span
from cnitui.tui.widgets.pattern import pattern_of
from cnitui.tui.widgets.table_layout import Column, Placed, lay_out
from cnitui.tui.widgets.table_rows import CELL_LIMIT, Cell, TableRows, role_of, text_of

FLUSH = 1 / 20
"""Seconds between two repaints at most; changes in between are painted together."""
BRIGHT = 1.0
"""Seconds a changed cell stays bright."""
HEADER = 1
CURSOR, MARK, MARKED_CURSOR = "▸", "◆", "◈"


class Table(LineView):
    """Rows under a header line; the owner tells what there is, the person where to look."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "details", id="table.select", tooltip="Open the row under the cursor"),
        Binding("slash", "filter", "filter", key_display="/", id="table.filter", tooltip="Show only rows that match"),
        Binding("x", "only_failing", "only failing", id="table.only-failing", tooltip="Show only rows with a fault"),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        Binding("O", "reverse", "reverse", id="table.reverse", show=False, tooltip="Sort the other way round"),
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark the row"),
        Binding("escape", "clear", "all rows", id="table.clear", tooltip="Drop the filter"),
        Binding("down,j", "move(1)", "down", show=False, id="table.down", tooltip="Next row"),
        Binding("up,k", "move(-1)", "up", show=False, id="table.up", tooltip="Previous row"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="table.page-down", tooltip="One page down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="table.page-up", tooltip="One page up"),
        Binding("g,home", "first", "first", show=False, id="table.first", tooltip="First row"),
        Binding("G,end", "last", "last", show=False, id="table.last", tooltip="Last row"),
    ]

    class RowSelected(Message):
        """A row was opened: enter or double click."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table, self.key = table, key

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

    class RowHighlighted(RowSelected):
        """The cursor is on another row."""

    class MarksChanged(Message):
        """Other rows are marked; keys in the order shown."""

        def __init__(self, table: Table, keys: tuple[str, ...]) -> None:
            super().__init__()
            self.table, self.keys = table, keys

        @property
        def control(self) -> Table:
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
        self._bright: dict[tuple[str, int], float] = {}
        self._dirty: set[str] = set()
        self._timer: Timer | None = None

    # --- what the owner tells ---

    def show(self, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
        """All rows there are: known ones change in their place, new ones go to the end, missing ones leave."""
        keys = [self._put(key, cells) for key, cells in rows]
        if len(self.rows) > len(keys):
            self.rows.keep_only(keys)
        self._changed()

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

    @property
    def cursor_key(self) -> str | None:
        """The row under the cursor."""
        return self._cursor

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

    def _put(self, key: str, cells: Sequence[Cell]) -> str:
        until = monotonic() + BRIGHT
        for index in self.rows.put(key, cells):
            if not self.rows.columns[index].quiet:
                self._bright[key, index] = until
        self._dirty.add(key)
        return key

    # --- painting what changed, together ---

    def _changed(self) -> None:
        if self._timer is None and self.is_running:
            self._timer = self.set_timer(FLUSH, self.flush)

    def flush(self) -> None:
        """Paint what changed since the last time."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.rows.stale:
            self._renew()
        self._keep_cursor()
        size = Size(self.size.width, len(self.rows.shown) + HEADER)
        if size != self.virtual_size or self._lay_out():
            self.virtual_size = size
            self.refresh()
        elif self._dirty:
            self._refresh_dirty()
        self._dirty.clear()
        self._fade()

    def _refresh_dirty(self) -> None:
        first = self.scroll_offset.y
        in_view = {key: row for row, key in enumerate(self.rows.shown[first : first + self._page])}
        rows = [row for key in self._dirty if (row := in_view.get(key)) is not None]
        if rows:
            self.refresh(*(Region(0, row + HEADER, self.size.width, 1) for row in rows))

    def _fade(self) -> None:
        """Changed cells become normal when their second is over."""
        now = monotonic()
        over = [cell for cell, until in self._bright.items() if until <= now]
        for cell in over:
            del self._bright[cell]
            self._dirty.add(cell[0])
        if over:
            self._refresh_dirty()
            self._dirty.clear()
        if self._bright and self._timer is None and self.is_running:
            self._timer = self.set_timer(max(FLUSH, min(self._bright.values()) - now), self.flush)

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
        if place < len(self.rows.shown):
            return self._draw_row(self.rows.shown[place])
        if y == HEADER and not self.rows.shown:
            return self._draw_sentence()
        return Strip.blank(self.size.width, self.ink("normal"))

    def _draw_header(self) -> Strip:
        ink = self.ink("dim")
        spans: list[Span] = []
        at = 0
        for placed in self._placed:
            title = placed.column.title
            if self.sorted_by and self.sorted_by[0] == placed.column.key:
                title = fit(title, placed.width - 1) + ("▾" if self.sorted_by[1] else "▴")
            text = pad(fit(title, placed.width), placed.width, right=placed.column.align == "right")
            spans.append((" " * (placed.start - at) + text, ink))
            at = placed.start + placed.width
        header = self.strip(spans, ink)
        note = self.summary
        if not note:
            return header
        room = max(0, self.size.width - width_of(note) - 3)
        return Strip.join([header.crop(0, room), self.strip([("  ", ink), (note, self.ink("accent"))], ink)]).crop(
            0, self.size.width
        )

    def _draw_sentence(self) -> Strip:
        sentence, role = self._sentence
        if len(self.rows):
            sentence, role = f"none of {len(self.rows):,} rows matches; escape shows all", "dim"
        glyph = SIGNS[role].strip()
        return self.strip([(" ", self.ink("normal")), (f"{glyph} {clean(sentence)}".strip(), self.ink(role))])

    def _draw_row(self, key: str) -> Strip:
        here = key == self._cursor
        over = ("cursor",) if here else ()
        marked = key in self.marked
        sign = (MARKED_CURSOR if marked else CURSOR) if here else MARK if marked else " "
        spans: list[Span] = [(sign, self.ink("accent" if marked or self.has_focus else "dim", *over))]
        blank = self.ink("normal", *over)
        cells = self.rows.cells(key)
        at = 1
        for placed in self._placed:
            spans += self._draw_cell(key, cells[placed.index], placed, placed.start - at, over)
            at = placed.start + placed.width
        return self.strip(spans, blank)

    def _draw_cell(self, key: str, cell: Cell, placed: Placed, gap: int, over: tuple[str, ...]) -> list[Span]:
        role = role_of(cell)
        blank = self.ink("normal", *over)
        if (key, placed.index) in self._bright:
            over = (*over, "changed")
        ink: Style = self.ink(role, *over)
        text = fit(clean(text_of(cell), CELL_LIMIT), placed.width, placed.column.cut)
        padding = " " * (placed.width - width_of(text))
        before = f"{SIGNS[role]} ".rjust(gap) if placed.column.glyph else " " * gap
        left, right = (padding, "") if placed.column.align == "right" else ("", padding)
        return [
            (before, self.ink(role, *over[:1]) if role != "normal" else blank),
            (left, blank),
            (text, ink),
            (right, blank),
        ]

    # --- keys and mouse ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the table's only while something is filtered; enter and space need a row."""
        if action == "clear":
            return self.rows.filtered
        if action in ("select", "mark"):
            return self._cursor is not None
        return True

    def action_move(self, by: int) -> None:
        self._go(self._cursor_place + by)

    def action_page(self, by: int) -> None:
        self._go(self._cursor_place + by * max(1, self._page - 1))

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self.rows.shown) - 1)

    def action_select(self) -> None:
        if self._cursor is not None:
            self.post_message(self.RowSelected(self, self._cursor))

    def action_mark(self) -> None:
        """Mark the row and go on to the next, so that a run of rows is a run of presses."""
        if self._cursor is None:
            return
        self.marked ^= {self._cursor}
        self.post_message(self.MarksChanged(self, tuple(key for key in self.rows.shown if key in self.marked)))
        self.refresh()
        self._go(self._cursor_place + 1)

    def action_sort(self) -> None:
        """By the next column."""
        keys = [placed.column.key for placed in self._placed]
        at = keys.index(self.sorted_by[0]) + 1 if self.sorted_by and self.sorted_by[0] in keys else 0
        self.sort(keys[at % len(keys)])

    def action_reverse(self) -> None:
        if self.sorted_by:
            self.sort(self.sorted_by[0], reverse=not self.sorted_by[1])

    def sort(self, column: str, *, reverse: bool = False) -> None:
        """Put the rows in order by a column, now."""
        self.sorted_by = (column, reverse)
        self.rows.sort(column, reverse=reverse)
        self.flush()
        self.refresh()

    def action_filter(self) -> None:
        before = self.filter_text

        def closed(meant: bool) -> None:
            if not meant:
                self.filter(before)

        self.ask("/", self.filter_text, self.filter, closed)

    def action_only_failing(self) -> None:
        self.only_failing = not self.only_failing
        self.filter(self.filter_text)

    def action_clear(self) -> None:
        self.only_failing = False
        self.filter("")

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

    def on_click(self, event: events.Click) -> None:
        """A row: cursor, twice: open; a column's title: sort."""
        if event.y == 0:
            self._click_header(event.x)
            return
        place = self.scroll_offset.y + event.y - HEADER
        if place < len(self.rows.shown):
            self._go(place)
            if event.chain == 2:
                self.action_select()

    def _click_header(self, x: int) -> None:
        for placed in self._placed:
            if placed.start <= x < placed.start + placed.width:
                again = self.sorted_by is not None and self.sorted_by[0] == placed.column.key
                self.sort(placed.column.key, reverse=again and not (self.sorted_by or ("", True))[1])
                return

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
