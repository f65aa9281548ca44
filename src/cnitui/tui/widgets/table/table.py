"""A table as a person handles it: keys and mouse over the rows of a `TableView`."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from cnitui.tui.widgets.table.view import HEADER, TableView


class Table(TableView):
    """Rows under a header line; the owner tells what there is, the person where to look."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "details", id="table.select", tooltip="Open the row under the cursor"),
        Binding("slash", "filter", "filter", key_display="/", id="table.filter", tooltip="Show only rows that match"),
        Binding("x", "only_failing", "only failing", id="table.only-failing", tooltip="Show only rows with a fault"),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        Binding("O", "reverse", "reverse", id="table.reverse", show=False, tooltip="Sort the other way round"),
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark the row"),
        Binding("right", "fold(True)", "unfold", show=False, id="table.unfold", tooltip="Show the rows of the group"),
        Binding("left", "fold(False)", "fold", show=False, id="table.fold", tooltip="Show only the group's line"),
        Binding("escape", "clear", "all rows", id="table.clear", tooltip="Drop the filter"),
        Binding("down,j", "move(1)", "down", show=False, id="table.down", tooltip="Next row"),
        Binding("up,k", "move(-1)", "up", show=False, id="table.up", tooltip="Previous row"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="table.page-down", tooltip="One page down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="table.page-up", tooltip="One page up"),
        Binding("g,home", "first", "first", show=False, id="table.first", tooltip="First row"),
        Binding("G,end", "last", "last", show=False, id="table.last", tooltip="Last row"),
    ]

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
        """Open the row; a head is unfolded or folded."""
        if self._cursor is None:
            return
        if self.rows.head(self._cursor) is not None:
            self._fold(self._cursor, unfolded=not self.rows.unfolded(self._cursor))
        else:
            self.post_message(self.RowSelected(self, self._cursor))

    def action_fold(self, unfolded: bool) -> None:
        """Unfold the group under the cursor, or fold the one that the row belongs to."""
        if self._cursor is None:
            return
        head = self.rows.head(self._cursor) or self.rows.head_of(self._cursor)
        if head is not None:
            self._fold(head.key, unfolded=unfolded)

    def _fold(self, key: str, *, unfolded: bool) -> None:
        self.rows.fold(key, unfolded=unfolded)
        self._cursor = key
        self.flush()
        self.refresh()
        self._into_view()

    def action_mark(self) -> None:
        """Mark the row and go on to the next, so that a run of rows is a run of presses; a head marks all its rows."""
        if self._cursor is None:
            return
        head = self.rows.head(self._cursor)
        if head is not None and self.marked.issuperset(head.members):
            self.marked -= set(head.members)
        else:
            self.marked ^= {self._cursor} if head is None else set(head.members) - self.marked
        self.post_message(self.MarksChanged(self, tuple(key for key in self.rows.order if key in self.marked)))
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
