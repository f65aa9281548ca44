"""A window on a growing log: what is in view, following the end or staying put, and painting when told to.

The window keeps no lines of its own; it shows what a `LogFeed` keeps, and of that only the rows in view are read,
cleaned and styled. Rows are counted by us and not by Textual's virtual size, so that a new line costs no layout;
places and drawing lean on each other, which is why they are one module.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from cnitui.engine.logs.kept import Entry
from cnitui.engine.logs.status import LogSource
from cnitui.tui.text import clean, fit
from cnitui.tui.widgets.line_view import LineView
from cnitui.tui.widgets.log.copy import literal, selected_text
from cnitui.tui.widgets.log.paint import Classify, LogPainter, Look, unclassified
from cnitui.tui.widgets.log.text import Span
from cnitui.tui.widgets.log.view import LogView
from cnitui.tui.widgets.log.words import sentence, title_words, utc_now
from cnitui.tui.widgets.selectable import Selectable

FLUSH = 1 / 20
"""Seconds between two paints of a window that nobody else paints."""
TITLE = 1
DRAWN = 500
"""Rows kept as drawn."""


class LogWindow(LineView, Selectable):
    """A title line and, below it, rows of one node's log."""

    DEFAULT_CSS = """
    LogWindow { overflow-y: hidden; }
    """

    class Scrolled(Message):
        """A person scrolled; `at` is the time of the top line, None at the end, where new lines are followed."""

        def __init__(self, pane: LogWindow, at: datetime | None) -> None:
            super().__init__()
            self.pane, self.at = pane, at

        @property
        def control(self) -> LogWindow:
            """The pane."""
            return self.pane

    def __init__(
        self,
        feed: LogSource,
        *,
        classify: Classify = unclassified,
        now: Callable[[], datetime] = utc_now,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.feed = feed
        self.view = LogView(feed.lines)
        self.look = Look(0)
        self.autoscroll = True
        self.following = True
        """Whether the window moves with new lines: scrolling up ends it, the last line in view starts it again."""
        self.unseen = 0
        """Entries that came while not following."""
        self.current = -1
        """Number of the entry that the search stands on."""
        self.on_wake: Callable[[LogWindow], None] | None = None
        """Told that there is something to paint; without it the window paints itself."""
        self._now = now
        self._painter = LogPainter(self.ink, classify)
        self._drawn: dict[tuple[int, int], Strip] = {}
        self._placing = False
        self._timer: Timer | None = None
        self._unlisten: Callable[[], None] = lambda: None

    # --- painting ---

    def on_mount(self) -> None:
        """Listen, and show what is there."""
        self._unlisten = self.feed.listen(self._wake)
        self.paint()

    def on_unmount(self) -> None:
        """Listen no more."""
        self._unlisten()

    def _wake(self) -> None:
        if self.on_wake is not None:
            self.on_wake(self)
        elif self._timer is None and self.is_running:
            self._timer = self.set_timer(FLUSH, self.paint)

    def paint(self) -> None:
        """Take over what the feed got, and show it unless the eye is elsewhere."""
        self._timer = None
        came, gone = self.view.extend()
        if gone:
            self._drawn.clear()
        if self.following:
            self._place(self.max_scroll_y)
            self.refresh()
            return
        self.unseen += came
        before = self.scroll_offset.y
        self._place(before - gone)
        if gone or self._ends_in_view(came):
            self.refresh()
        else:
            self.paint_title()

    def _ends_in_view(self, came: int) -> bool:
        return self.scroll_offset.y + self.page >= self.view.rows - came - 1

    def paint_title(self) -> None:
        """Only the title: a countdown moved on, or lines came that are out of view."""
        self.refresh(Region(0, 0, self.size.width, TITLE))

    def tick(self) -> None:
        """A second has passed: repaint countdowns, if there are any."""
        if self.feed.status.until is not None:
            self.paint_title()
            if self.scroll_offset.y + self.page >= self._rows:
                self.refresh_row(self.view.rows)

    def refresh_row(self, row: int) -> None:
        """Repaint one row of the log, if it is in view."""
        y = row - self.scroll_offset.y + TITLE
        if TITLE <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def forget_drawn(self) -> None:
        """What was drawn is not valid any more."""
        self._drawn.clear()

    # --- where we are ---

    @property
    def page(self) -> int:
        """Rows in view."""
        return max(1, self.size.height - TITLE)

    @property
    def _rows(self) -> int:
        """Rows that can be scrolled over: those of the log, and the sentence below them."""
        return self.view.rows + (1 if self._sentence() else 0)

    @property
    def allow_vertical_scroll(self) -> bool:
        """The wheel scrolls although there is no bar."""
        return True

    @property
    def max_scroll_y(self) -> int:
        """The top row when the last one is in view."""
        return max(0, self._rows - self.page)

    @property
    def top(self) -> int:
        """Number of the entry in the top row; that of the next one when there is none."""
        found = self.view.at(self.scroll_offset.y)
        return found[0] if found else self.feed.lines.end

    def _place(self, row: int) -> None:
        """Scroll without it being a person's doing."""
        self._placing = True
        try:
            self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, force=True)
        finally:
            self._placing = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A person scrolled: stay there, or follow again at the end."""
        super().watch_scroll_y(old_value, new_value)
        if not self._placing:
            self.settle()
            self.post_message(self.Scrolled(self, None if self.following else self.top_time))

    def settle(self) -> None:
        """Follow if the end is in view."""
        self.following = self.autoscroll and self.scroll_offset.y >= self.max_scroll_y
        if self.scroll_offset.y >= self.max_scroll_y:
            self.unseen = 0

    @property
    def top_time(self) -> datetime | None:
        """The server's time of the top line."""
        return self.view.time_from(self.top, self.feed.lines.end)

    def scroll_to_time(self, time: datetime | None) -> None:
        """Show the first line that is not older, in the top row; None: the end."""
        if time is None:
            self.follow()
        else:
            self.go_to(self.view.number_at(time))

    def go_to(self, number: int) -> None:
        """Show an entry in the top row."""
        self._place(self.view.row_of(number))
        self.settle()
        self.refresh()

    def reveal(self, number: int) -> None:
        """Bring an entry into view, in the middle if it was not."""
        row = self.view.row_of(number)
        if not self.scroll_offset.y <= row < self.scroll_offset.y + self.page:
            self._place(row - self.page // 2)
        self.settle()
        self.refresh()

    def follow(self) -> None:
        """To the end, and on with it."""
        self._place(self.max_scroll_y)
        self.settle()
        self.refresh()

    def on_resize(self) -> None:
        """Another width wraps differently; the end or the top line stays in view."""
        if self.look.width != self.size.width:
            self.look = self._look()
            if self.look.wrapped:
                self.choose()
        self._drawn.clear()
        if self.following:
            self._place(self.max_scroll_y)

    def _look(self) -> Look:
        return self.look

    def choose(self) -> None:
        """Decide anew which rows there are."""

    # --- drawing ---

    def draw(self, y: int) -> Strip:
        if y < TITLE:
            return self.strip(self._painter.title(self.headings(), self.notes(), self.size.width))
        if self.look.width != self.size.width:  # painted before the resize event came through
            self.on_resize()
        row = self.scroll_offset.y + y - TITLE
        found = self.view.at(row)
        if found is None:
            return self.selectable(self._draw_below(row), row)
        strip = self._drawn.get(found)
        if strip is None:
            if len(self._drawn) > DRAWN:
                self._drawn.clear()
            strip = self._drawn[found] = self._draw_entry(*found)
        return self.selectable(strip, row)

    def _draw_entry(self, number: int, part: int) -> Strip:
        entry, label = self.entry(number), self.label(number)
        return self.strip(self._painter.line(entry, part, self.look, current=number == self.current, label=label))

    def label(self, number: int) -> str:
        """What stands before an entry's text."""
        return ""

    def entry(self, number: int) -> Entry:
        """What stands in an entry's row: itself, or the fold that it begins."""
        fold = self.view.fold_at(number)
        return self.feed.lines[number] if fold is None else fold.rule

    def _draw_below(self, row: int) -> Strip:
        told = self._sentence() if row == self.view.rows else None
        if told is None:
            return self.strip([])
        return self.strip([(" ", self.ink("normal")), (fit(clean(told[0]), self.size.width - 2), self.ink(told[1]))])

    def _sentence(self) -> tuple[str, str] | None:
        if self.feed.moment:
            return self.feed.status.why, "dim"
        return sentence(self.feed.status, self.feed.container, self._now(), empty=not self.view.rows)

    def headings(self) -> list[list[Span]]:
        """Left part of the title, the longest first."""
        node = fit(clean(self.feed.node, 300), max(12, self.size.width // 2), "middle")
        told = [(node, self.ink("accent" if self.has_focus else "normal"))]
        told += [(f" {self.feed.moment.upper()}", self.ink("warn"))] if self.feed.moment else []
        told += [(f" {clean(self.feed.container, 63)}", self.ink("normal"))] if self.feed.chosen else []
        words = title_words(self.feed.status, self._now())
        return [[*told, *((text, self.ink(role)) for text, role in variant)] for variant in words]

    def notes(self) -> str:
        """Right part of the title."""
        return f"▼ {self.unseen:,} new" if self.unseen else ""

    # --- what is selected and copied ---

    def row_at(self, y: int) -> int:
        """Below the title."""
        return round(self.scroll_offset.y) + y - TITLE if y >= TITLE else -1

    @property
    def row_count(self) -> int:
        return self.view.rows

    def row_text(self, row: int) -> str:
        """The row as it is drawn."""
        found = self.view.at(row)
        return self._draw_entry(*found).text.rstrip() if found is not None else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text: whole lines as the container wrote them, parts of lines as they are shown."""
        return selected_text(self.view, selection, lambda *row: self._draw_entry(*row).text, self.literal), "\n"

    def literal(self, number: int) -> str:
        """An entry as it came."""
        return literal(self.entry(number), self.look.stamps)

    def in_view(self) -> str:
        """The lines in view, as they came."""
        rows = range(self.scroll_offset.y, self.scroll_offset.y + self.page)
        numbers = dict.fromkeys(found[0] for row in rows if (found := self.view.at(row)))
        return "\n".join(map(self.literal, numbers))
