"""Attempts, events, denials, node conditions and our own actions, merged by time; the newest at the bottom."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.engine.blocks import Grid, Paragraph
from cnitui.engine.state import State
from cnitui.engine.timeline import timeline
from cnitui.tui.copying import CopyRequested
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane

SHOWN = 1000


class TimelinePane(Pane):
    """What happened, in order."""

    pane_id = "timeline"
    title = "Timeline"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="page.copy-pane", tooltip="Copy the pane's text"),
    ]
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
        found = timeline(self.state)
        moments = found[-SHOWN:]
        self.rule.note = (
            f"the last {SHOWN:,} of {len(found):,} moments" if len(found) > SHOWN else f"{len(found)} moments"
        )
        if not moments:
            self.query_one(BlocksView).show((Paragraph("Nothing with a time is known yet.", "dim"),))
            return
        rows = tuple((f"{m.at:%m-%d %H:%M:%S}", m.node or "–", m.kind, m.words) for m in moments)
        grid = Grid(("TIME (UTC)", "NODE", "KIND", "WHAT"), rows, tuple(m.role for m in moments), leaves=(2,))
        self.query_one(BlocksView).show((grid,))

    def on_show(self) -> None:
        self._show()
        self.query_one(BlocksView).scroll_end(animate=False)

    def action_copy(self) -> None:
        self.post_message(CopyRequested(self.query_one(BlocksView).text, f"the pane {self.title}"))

    def focus_content(self) -> None:
        self.query_one(BlocksView).focus()
