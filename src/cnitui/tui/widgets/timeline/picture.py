"""The picture as a person handles it: keys and mouse over the lanes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from cnitui.tui.widgets.timeline.across import Across
from cnitui.tui.widgets.timeline.keys import TIMELINE_KEYS
from cnitui.tui.widgets.timeline.paint import ROWS
from cnitui.tui.widgets.timeline.view import AXIS, Drawn, LaneView

NEAR = 1
"""Cells beside a thing that a click still means it."""


class TimelinePicture(LaneView):
    """Walks from thing to thing; says where the cursor is, so that the logs come along."""

    BINDINGS: ClassVar[list[BindingType]] = TIMELINE_KEYS

    class Pointed(Message):
        """A person put the cursor on this moment, in the lane of `node` ("" is our own lane)."""

        def __init__(self, node: str, at: datetime) -> None:
            super().__init__()
            self.node, self.at = node, at

    class LogsWanted(Pointed):
        """The log of that node is to be read at that moment."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without anything drawn there is nothing to walk; nor is there in the list."""
        mine = ("logs", "next", "zoom", "fit", "pan", "along", "lane", "edge")
        return action not in mine or (self.drawn is not None and self.display)

    def _go(self, at: datetime, lane: int) -> None:
        self.point(at, lane)
        self.post_message(self.Pointed(self.node, at))

    def action_along(self, by: int) -> None:
        """To the next thing of this lane that is not in this cell, or the one before."""
        drawn, across, cursor = self.drawn, self.across, self.cursor
        if drawn is None or across is None or cursor is None:
            return
        here = across.cell(cursor[0])
        told = [thing.at for thing in drawn.things[cursor[1]] if thing.stop]
        further = [at for at in told if (across.cell(at) > here if by > 0 else across.cell(at) < here)]
        if further:
            self._go(min(further) if by > 0 else max(further), cursor[1])

    def action_next(self, by: int) -> None:
        """To what happened next, or before, in whichever lane."""
        if self.drawn is None or self.cursor is None:
            return
        stops, here = self.drawn.stops, self.cursor
        place = bisect_right(stops, here) if by > 0 else bisect_left(stops, here) - 1
        if 0 <= place < len(stops):
            self._go(*stops[place])

    def action_edge(self, place: int) -> None:
        """To what came first, or last, of all."""
        if self.drawn is not None:
            self._go(*(self.drawn.stops[0] if place == 0 else self.drawn.newest))

    def action_lane(self, by: int) -> None:
        """Another lane, at the same moment."""
        if self.drawn is not None and self.cursor is not None:
            at, lane = self.cursor
            self._go(at, min(max(0, lane + by), len(self.drawn.lanes) - 1))

    def action_zoom(self, factor: float) -> None:
        self._zoom(factor, None)

    def _zoom(self, factor: float, cell: int | None) -> None:
        """About a cell, else about the cursor."""
        across, cursor = self.across, self.cursor
        if across is not None and cursor is not None:
            self.look(across.zoomed(factor, cursor[0] if cell is None else across.moment(cell)))

    def action_pan(self, share: float) -> None:
        across = self.across
        if across is not None:
            self.look(across.panned(share))

    def action_fit(self) -> None:
        """From the first failure on; when that is shown, everything."""
        if self.drawn is not None:
            self.look(None if self.window is not None else self.drawn.chart.whole)

    def action_logs(self) -> None:
        if self.cursor is not None:
            self.post_message(self.LogsWanted(self.node, self.cursor[0]))

    # --- mouse ---

    def on_click(self, event: events.Click) -> None:
        """The thing that was meant, else the moment; twice: its log."""
        across, drawn, cursor = self.across, self.drawn, self.cursor
        if across is None or drawn is None or cursor is None:
            return
        lane = (self.scroll_offset.y + event.y - AXIS) // ROWS if event.y >= AXIS else cursor[1]
        if lane >= len(drawn.lanes):
            return
        cell = event.x - self.left
        if cell < 0:
            self._go(cursor[0], lane)
        elif cell < across.cells:
            near = [
                thing.at for thing in drawn.things[lane] if thing.stop and abs(across.cell(thing.at) - cell) <= NEAR
            ]
            self._go(min(near, key=lambda at: abs(across.cell(at) - cell), default=across.moment(cell)), lane)
        if event.chain == 2:
            self.action_logs()

    def _meant(self, drawn: Drawn, across: Across, lane: int, cell: int) -> datetime:
        """The moment of the thing nearest to a cell, else that of the cell."""
        apart = {thing.at: abs(across.cell(thing.at) - cell) for thing in drawn.things[lane] if thing.stop}
        near = min(apart, key=apart.__getitem__, default=None)
        return near if near is not None and apart[near] <= NEAR else across.moment(cell)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 0.5)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 2.0)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        """Lanes out of view are scrolled to; where all are in view, or with control, it is the zoom."""
        if self.max_scroll_y and not event.ctrl:
            self.scroll_to(y=self.scroll_offset.y + (-ROWS if factor < 1 else ROWS), animate=False)
        else:
            self._zoom(factor, event.x - self.left)
        event.stop()
        event.prevent_default()
