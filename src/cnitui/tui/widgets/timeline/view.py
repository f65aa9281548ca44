"""Lanes over time with a cursor in them: zoomed, panned and walked by keys and mouse.

Two rows to a lane are drawn from the chart and kept; the cursor is laid over them, so that moving it costs a column,
and a chart in which one lane is another costs that lane.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain

from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from cnitui.engine.timeline.chart import Chart
from cnitui.engine.timeline.scale import Scale
from cnitui.tui.text import clean, exactly, fit, width_of
from cnitui.tui.widgets.line_view import LineView, Span
from cnitui.tui.widgets.timeline.across import Across, Window
from cnitui.tui.widgets.timeline.paint import ROWS, Cell, Tick, axis, rows_of, rows_of_ours, spans, ticks
from cnitui.tui.widgets.timeline.things import Thing, at_cell, lanes_in, things_in

AXIS = 1
"""Rows above the lanes."""
UNSEEN = 80
"""Cells that are reckoned with while nobody can see the picture."""
MOST_NAME, EDGE = 26, 2
"""Cells of the longest name, and those before it for the cursor's sign."""


class Drawn:
    """A chart with what follows from it alone."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.lanes = lanes_in(chart)

    @cached_property
    def things(self) -> tuple[tuple[Thing, ...], ...]:
        """What is in each lane."""
        return things_in(self.chart)

    @cached_property
    def scale(self) -> Scale:
        """All that is known has its room."""
        tracks = chain.from_iterable(track.moments for track in self.chart.tracks)
        return Scale(chain(tracks, (act.at for act in self.chart.acts)), *self.chart.whole)

    @cached_property
    def stops(self) -> tuple[tuple[datetime, int], ...]:
        """Where a cursor goes: moment and lane, in the order of time."""
        told = ((thing.at, lane) for lane, things in enumerate(self.things) for thing in things if thing.stop)
        return tuple(sorted(set(told)))

    def place(self, node: str, otherwise: int) -> int:
        """The lane of a node; where it has none any more, another member of its group stands there."""
        found = (place for place, lane in enumerate(self.lanes) if lane.node == node)
        return next(found, min(otherwise, len(self.lanes) - 1))

    @cached_property
    def newest(self) -> tuple[datetime, int]:
        """The last thing that happened, in the first of the lanes that it happened in."""
        return self.stops[bisect_left(self.stops, (self.stops[-1][0], -1))]


class LaneView(LineView):
    """The picture as its owner handles it: what is shown, where the cursor is, and what is painted of it."""

    DEFAULT_CSS = """
    LaneView { overflow-y: auto; }
    """

    class Shown(Message):
        """Something else is shown: other things under the cursor, another stretch of time."""

        def __init__(self, view: LaneView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LaneView:
            """The view."""
            return self.view

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.drawn: Drawn | None = None
        self.window: Window | None = None
        """What is shown where somebody chose; else it is from the first failure to the last thing that happened."""
        self.at: datetime | None = None
        """The cursor's moment, None while nobody moved it: then it is on what came last."""
        self._node, self._lane = "", 0
        self._across: tuple[object, Across | None] = (None, None)
        self._rows: dict[int, tuple[list[Cell], list[Cell]]] = {}
        self._ticks: tuple[Tick, ...] | None = None

    # --- what the owner tells ---

    def show(self, chart: Chart | None) -> None:
        """Draw this; only what is different is painted."""
        before = self.drawn
        if before is not None and before.chart == chart:
            return
        self.drawn = Drawn(chart) if chart is not None else None
        if before is not None and self.drawn is not None and self._alike(before, self.drawn):
            self._change_lanes(before.chart, self.drawn.chart)
        else:
            self._arrange()

    def _alike(self, before: Drawn, now: Drawn) -> bool:
        """Whether lanes and scale are the same, so that a lane can be painted for itself."""
        return (before.lanes, before.chart.story, before.chart.latest, before.chart.acts, before.scale.moments) == (
            now.lanes, now.chart.story, now.chart.latest, now.chart.acts, now.scale.moments
        )  # fmt: skip

    def _change_lanes(self, before: Chart, now: Chart) -> None:
        first = len(lanes_in(now)) - len(now.tracks)
        for place, (old, new) in enumerate(zip(before.tracks, now.tracks, strict=True), first):
            if old != new:
                self._rows.pop(place, None)
                self._refresh_lane(place)
        self.post_message(self.Shown(self))

    def _arrange(self) -> None:
        """Everything anew."""
        self.forget_drawn()
        lanes = len(self.drawn.lanes) if self.drawn is not None else 0
        self.virtual_size = Size(self.size.width, AXIS + ROWS * lanes)
        self.refresh()
        self.post_message(self.Shown(self))

    def on_resize(self) -> None:
        """Other cells."""
        self._arrange()
        self._into_view()

    def forget_drawn(self) -> None:
        """What was drawn is not valid any more."""
        self._rows.clear()
        self._ticks = None

    # --- where things are ---

    @property
    def needed(self) -> int:
        """Rows that show all of it."""
        return AXIS + ROWS * (len(self.drawn.lanes) if self.drawn is not None else 1)

    @property
    def left(self) -> int:
        """Cells before the picture: the cursor's sign, names, and a line."""
        lanes = self.drawn.lanes if self.drawn is not None else ()
        longest = max((max(width_of(clean(lane.node or lane.title, 300)), len(lane.note)) for lane in lanes), default=0)
        return EDGE + min(longest, MOST_NAME, max(8, self.size.width // 4)) + 2

    @property
    def across(self) -> Across | None:
        """The picture's cells; None when there is nothing to draw. A command may come before there is any room."""
        wanted = (self.drawn, self.window, self.size.width)
        if wanted != self._across[0]:
            self._across = wanted, self._cells()
        return self._across[1]

    def _cells(self) -> Across | None:
        if self.drawn is None:
            return None
        cells = max(1, self.size.width - self.left - 1) if self.size.width else UNSEEN
        scale = self.drawn.scale
        start, end = self.window or self.drawn.chart.story
        start, end = max(start, scale.start), min(end, scale.end)
        return Across(scale, start, end, cells) if start < end else Across(scale, *self.drawn.chart.story, cells)

    @property
    def cursor(self) -> tuple[datetime, int] | None:
        """Moment and lane."""
        if self.drawn is None:
            return None
        if self.at is None:
            return self.drawn.newest
        return self.at, self.drawn.place(self._node, self._lane)

    @property
    def node(self) -> str:
        """The node of the cursor's lane; "" for our own lane, or without any."""
        cursor = self.cursor
        return self.drawn.lanes[cursor[1]].node if self.drawn is not None and cursor is not None else ""

    @property
    def under_cursor(self) -> tuple[Thing, ...]:
        """What is there, in the order of time."""
        cursor, across = self.cursor, self.across
        if self.drawn is None or cursor is None or across is None:
            return ()
        return at_cell(self.drawn.things[cursor[1]], across, across.cell(cursor[0]))

    def outside(self) -> tuple[int, int]:
        """How many things are earlier, and how many later, than what is shown."""
        across = self.across
        if self.drawn is None or across is None:
            return 0, 0
        stops = self.drawn.stops
        first, behind = bisect_left(stops, (across.start, -1)), bisect_right(stops, (across.end, len(self.drawn.lanes)))
        return first, len(stops) - behind

    # --- the cursor ---

    def point(self, at: datetime, lane: int) -> None:
        """Put the cursor there; the picture comes along."""
        before, across = self.cursor, self.across
        if self.drawn is None or before is None or across is None:
            return
        self.at, self._node, self._lane = at, self.drawn.lanes[lane].node, lane
        window = across.holding(at)
        if window != (across.start, across.end):
            self.look(window)
        else:
            self._refresh_cursor(across, before, (at, lane))
            self.post_message(self.Shown(self))
        self._into_view()

    def look(self, window: Window | None) -> None:
        """Show from when to when; None: from the first failure on."""
        self.window = window
        self._arrange()

    def _refresh_cursor(self, across: Across, *cursors: tuple[datetime, int]) -> None:
        regions = [Region(0, 0, self.size.width, AXIS)]
        for at, lane in cursors:
            regions.append(Region(self.left + across.cell(at), AXIS, 1, max(1, self.size.height - AXIS)))
            regions.append(Region(0, self._line_of(lane), self.left, ROWS))
        screen = Region(0, 0, self.size.width, self.size.height)
        self.refresh(*(region.intersection(screen) for region in regions if region.overlaps(screen)))

    def _refresh_lane(self, lane: int) -> None:
        region = Region(0, self._line_of(lane), self.size.width, ROWS)
        screen = Region(0, AXIS, self.size.width, max(0, self.size.height - AXIS))
        if region.overlaps(screen):
            self.refresh(region.intersection(screen))

    def _line_of(self, lane: int) -> int:
        return AXIS + ROWS * lane - self.scroll_offset.y

    def _into_view(self) -> None:
        """The cursor's lane, whole."""
        cursor = self.cursor
        if cursor is None:
            return
        top, room = self.scroll_offset.y, max(ROWS, self.size.height - AXIS)
        first = ROWS * cursor[1]
        wanted = min(max(top, first + ROWS - room), first)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    # --- drawing ---

    def draw(self, y: int) -> Strip:
        across, drawn, cursor = self.across, self.drawn, self.cursor
        if across is None or drawn is None or cursor is None:
            return self.strip([])
        if y < AXIS:
            return self._draw_axis(drawn, across, cursor)
        place, row = divmod(self.scroll_offset.y + y - AXIS, ROWS)
        if place >= len(drawn.lanes):
            return self.strip([])
        return self.strip(self._lane_spans(drawn, across, cursor, place, row))

    def _draw_axis(self, drawn: Drawn, across: Across, cursor: tuple[datetime, int]) -> Strip:
        if self._ticks is None:
            shown = (at for at, _ in drawn.stops if across.start <= at <= across.end)
            self._ticks = ticks(shown, across)
        row = axis(self._ticks, cursor[0], across)
        head = exactly(f"  UTC {cursor[0]:%m-%d}", self.left)
        return self.strip([(head, self.ink("dim")), *self._inked(row, None)])

    def _lane_spans(
        self, drawn: Drawn, across: Across, cursor: tuple[datetime, int], place: int, row: int
    ) -> list[Span]:
        if place not in self._rows:
            self._rows[place] = self._draw_lane(drawn, across, place)
        here = place == cursor[1]
        lane, room = drawn.lanes[place], self.left - EDGE - 2
        name = lane.note if row else fit(clean(lane.node or lane.title, 300), room, "middle")
        sign = ("▸ " if here and not row else "  ", self.ink("accent"))
        role = "dim" if row or not lane.node else "accent" if here and self.has_focus else "normal"
        head = [sign, (exactly(fit(name, room), room), self.ink(role)), (" │", self.ink("frame"))]
        return [*head, *self._inked(self._rows[place][row], across.cell(cursor[0]))]

    def _draw_lane(self, drawn: Drawn, across: Across, place: int) -> tuple[list[Cell], list[Cell]]:
        ours = len(drawn.lanes) - len(drawn.chart.tracks)
        if place < ours:
            return rows_of_ours(drawn.chart.acts, across)
        lines = [across.cell(act.at) for act in drawn.chart.acts if across.start <= act.at <= across.end]
        return rows_of(drawn.chart.tracks[place - ours], across, drawn.chart.latest, lines)

    def _inked(self, cells: Sequence[Cell], cursor: int | None) -> list[Span]:
        if cursor is None or not 0 <= cursor < len(cells):
            return [(text, self.ink(role)) for text, role in spans(cells)]
        sign, role = cells[cursor]
        left, right = (self._inked(part, None) for part in (cells[:cursor], cells[cursor + 1 :]))
        return [*left, (sign, self.ink(role, "cursor")), *right]

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
