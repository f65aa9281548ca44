"""Attempts, events, denials, node conditions and our own actions, merged by time; the newest at the bottom."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.reactive import reactive

from cnitui.engine.blocks import Grid
from cnitui.engine.state import State
from cnitui.engine.timeline import timeline
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane

SHOWN = 1000


class TimelinePane(Pane):
    """What happened, in order."""

    pane_id = "timeline"
    title = "Timeline"
    state: reactive[State] = reactive(State())

    def compose(self) -> ComposeResult:
        yield self.rule
        yield BlocksView()

    def on_mount(self) -> None:
        self._show()

    def watch_state(self) -> None:
        if self.is_mounted and self.display:
            self._show()

    def _show(self) -> None:
        moments = timeline(self.state)[-SHOWN:]
        self.rule.note = f"{len(moments)} moments"
        rows = tuple((f"{m.at:%m-%d %H:%M:%S}", m.node or "–", m.kind, m.words) for m in moments)
        grid = Grid(("TIME (UTC)", "NODE", "KIND", "WHAT"), rows, tuple(m.role for m in moments), leaves=(2,))
        self.query_one(BlocksView).show((grid,))

    def on_show(self) -> None:
        self._show()
        self.query_one(BlocksView).scroll_end(animate=False)

    def focus_content(self) -> None:
        self.query_one(BlocksView).focus()
