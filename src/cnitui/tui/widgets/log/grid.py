"""Log panes side by side, the reference first: as many as fit, the rest on further pages.

Repainting is what costs, not lines: the grid repaints at most `PER_TICK` panes every `TICK` seconds, in turn, so that
sixteen busy panes cost no more than four.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from cnitui.engine.logs.feed import LogFeed
from cnitui.tui.text import clean
from cnitui.tui.widgets.log.paint import Classify, Meaning, meaningless, unclassified
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.log.window import LogWindow
from cnitui.tui.widgets.log.words import utc_now
from cnitui.tui.widgets.pattern import pattern_of

TICK = 1 / 25
PER_TICK = 4
LEAST_WIDTH = 40
LEAST_HEIGHT = 9


class LogGrid(Container):
    """Panes for the chosen nodes' feeds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "lock", "lock", id="logs.lock", tooltip="Scroll all panes to the same time"),
        Binding(
            "right_square_bracket",
            "page(1)",
            "next page",
            key_display="]",
            id="logs.next-page",
            tooltip="Further nodes",
        ),
        Binding(
            "left_square_bracket",
            "page(-1)",
            "previous page",
            key_display="[",
            show=False,
            id="logs.previous-page",
            tooltip="The nodes before",
        ),
    ]
    DEFAULT_CSS = """
    LogGrid { layout: grid; grid-size: 1 1; height: 1fr; width: 1fr; }
    """

    class PageChanged(Message):
        """Other nodes are in view; `nodes` in the order shown."""

        def __init__(self, grid: LogGrid, nodes: tuple[str, ...]) -> None:
            super().__init__()
            self.grid, self.nodes = grid, nodes

        @property
        def control(self) -> LogGrid:
            """The grid."""
            return self.grid

    def __init__(
        self,
        *,
        lead: str = "",
        classify: Classify = unclassified,
        meaning: Meaning = meaningless,
        now: Callable[[], datetime] = utc_now,
        sentence: str = "no node chosen",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.lead = lead
        self.locked = False
        self.page = 0
        self._classify, self._meaning, self._now = classify, meaning, now
        self._sentence = sentence
        self._feeds: tuple[LogFeed, ...] = ()
        self._reference = ""
        self._failing: frozenset[str] = frozenset()
        self._panes: dict[tuple[str, str], LogPane] = {}
        self._paired = False
        self._highlight = ""
        self._in_view: tuple[LogPane, ...] = ()
        self._dirty: dict[LogWindow, None] = {}
        self._ticker: Timer | None = None
        self._wanted: tuple[datetime, str] | None = None
        """Moment and node to show, while there are no panes."""

    # --- what the owner tells ---

    def show(
        self, feeds: Sequence[LogFeed], *, reference: str = "", failing: Collection[str] = (), paired: bool = False
    ) -> None:
        """The chosen nodes' feeds; the reference node's comes first and stays on every page.

        Feeds that come in pairs stand side by side, where there is room for two.
        """
        self._feeds = tuple(sorted(feeds, key=lambda feed: feed.node != reference))
        self._paired = paired
        self._reference, self._failing = reference, frozenset(failing)
        for key in [key for key, pane in self._panes.items() if pane.feed not in self._feeds]:
            self._panes.pop(key).remove()
        self._in_view = tuple(pane for pane in self._in_view if pane in self._panes.values())
        self._arrange()

    def highlight(self, typed: str) -> None:
        """Mark what matches in all panes, also in those to come; "" marks nothing."""
        self._highlight = typed
        for pane in self._panes.values():
            pane.highlight(typed)

    def say(self, sentence: str) -> None:
        """What to say while no node is chosen."""
        self._sentence = sentence
        self.refresh()

    def render(self) -> Content:
        """The sentence, where panes would be."""
        return Content("" if self._feeds else f" {clean(self._sentence)}").stylize("$text-muted")

    @property
    def active(self) -> LogPane | None:
        """The focused pane, else the first."""
        focused = next((pane for pane in self._in_view if pane.has_focus), None)
        return focused or next(iter(self._in_view), None)

    def focus_node(self, node: str) -> None:
        """Focus the pane of a node, if it is in view."""
        pane = next((pane for pane in self._in_view if pane.feed.node == node), None)
        if pane is not None:
            pane.focus()

    def show_moment(self, at: datetime, node: str = "") -> None:
        """All panes at this moment, on the page that the node's log is on; as soon as there are some."""
        self._wanted = (at, node) if not self._in_view else None
        pinned, per_page = self._per_page()
        place = next((place for place, feed in enumerate(self._feeds) if feed.node == node), 0)
        if self._in_view and place >= pinned and (place - pinned) // per_page != self.page:
            self.page = (place - pinned) // per_page
            self._arrange()
        for pane in self._in_view:
            pane.show_moment(at)

    @property
    def pages(self) -> int:
        """Pages it takes to see every node."""
        pinned, per_page = self._per_page()
        return max(1, -(-(len(self._feeds) - pinned) // per_page))

    # --- arrangement ---

    def _shape(self) -> tuple[int, int]:
        """Columns and rows for as many panes as fit."""
        count = max(1, len(self._feeds))
        columns = max(1, min(count, self.size.width // LEAST_WIDTH))
        columns -= columns % 2 if self._paired and columns > 1 else 0
        rows = max(1, min(-(-count // columns), self.size.height // LEAST_HEIGHT))
        return columns, rows

    def _per_page(self) -> tuple[int, int]:
        """How many panes are pinned (the reference, if there is room beside it), and how many others a page has."""
        columns, rows = self._shape()
        room = columns * rows
        pinned = 1 if self._feeds and self._feeds[0].node == self._reference and room > 1 else 0
        return pinned, max(1, room - pinned)

    def _arrange(self) -> None:
        """Mount, show and order the panes of the page."""
        if not self.is_mounted or not self.size:
            return
        pinned, per_page = self._per_page()
        self.page = max(0, min(self.page, self.pages - 1))
        start = pinned + self.page * per_page
        chosen = [*self._feeds[:pinned], *self._feeds[start : start + per_page]]
        panes = tuple(self._pane(feed) for feed in chosen)
        columns, rows = self._shape()
        columns = min(columns, max(1, len(panes)))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = min(rows, max(1, -(-len(panes) // columns)))
        for pane in self._panes.values():
            pane.display = pane in panes
        order = {pane: place for place, pane in enumerate(panes)}
        self.sort_children(key=lambda pane: order.get(pane, len(order)) if isinstance(pane, LogPane) else 0)
        before = tuple(pane.feed.node for pane in self._in_view)
        self._in_view = panes
        self._annotate()
        nodes = tuple(feed.node for feed in chosen)
        if nodes != before:
            self.post_message(self.PageChanged(self, nodes))
        if self._wanted is not None and panes:
            self.show_moment(*self._wanted)

    def _pane(self, feed: LogFeed) -> LogPane:
        key = (feed.node, feed.moment)
        pane = self._panes.get(key)
        if pane is None or pane.feed is not feed:
            pane = self._panes[key] = LogPane(feed, classify=self._classify, meaning=self._meaning, now=self._now)
            pane.on_wake = self._wake
            pane.highlighted = pattern_of(self._highlight, may_invert=False)
            self.mount(pane)
        return pane

    def _annotate(self) -> None:
        """Titles: what the first begins with, the page on the last, the lock on all."""
        for place, pane in enumerate(self._in_view):
            pane.lead = self.lead if place == 0 else ""
            last = place == len(self._in_view) - 1
            page = f"page {self.page + 1}/{self.pages} [ ]" if last and self.pages > 1 else ""
            pane.note = " · ".join(filter(None, ["locked" if self.locked else "", page]))
            pane.reference = pane.feed.node == self._reference
            pane.failing = bool(pane.feed.moment) or pane.feed.node in self._failing
            self._wake(pane)

    def on_mount(self) -> None:
        """Start the clock of repainting, at rest unless there is something to paint."""
        self._ticker = self.set_interval(TICK, self.tick, pause=True)
        self._arrange()

    def on_resize(self) -> None:
        """More or fewer panes may fit."""
        self._arrange()

    # --- painting in turn ---

    def _wake(self, pane: LogWindow) -> None:
        self._dirty[pane] = None
        if self._ticker is not None:
            self._ticker.resume()

    def tick(self) -> None:
        """Paint the panes that have waited longest, a few of them."""
        for pane in list(self._dirty)[:PER_TICK]:
            del self._dirty[pane]
            if pane in self._in_view and pane.is_mounted:
                pane.paint()
        if not self._dirty and self._ticker is not None:
            self._ticker.pause()

    def count_down(self) -> None:
        """A second has passed."""
        for pane in self._in_view:
            pane.tick()

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pages and the lock only where there are several."""
        if action == "page":
            return self.pages > 1
        if action == "lock":
            return len(self._in_view) > 1
        return True

    def action_page(self, by: int) -> None:
        """Further pages start over behind the last."""
        focused = next((place for place, pane in enumerate(self._in_view) if pane.has_focus), None)
        self.page = (self.page + by) % self.pages
        self._arrange()
        if focused is not None and self._in_view:
            self._in_view[min(focused, len(self._in_view) - 1)].focus()

    def action_lock(self) -> None:
        """All panes go where the active one is, and with it from now on."""
        self.locked = not self.locked
        self._annotate()
        if self.locked and self.active is not None:
            self._follow_along(self.active, None if self.active.following else self.active.top_time)

    def on_log_window_scrolled(self, event: LogWindow.Scrolled) -> None:
        """A pane was scrolled: the others go along when they are locked."""
        event.stop()
        if self.locked:
            self._follow_along(event.pane, event.at)

    def _follow_along(self, leader: LogWindow, time: datetime | None) -> None:
        for pane in self._in_view:
            if pane is not leader:
                pane.scroll_to_time(time)
