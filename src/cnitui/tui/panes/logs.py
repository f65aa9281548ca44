"""Logs of the failing container side by side, the reference node first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.reactive import reactive

from cnitui.engine.logs_board import LogBoard
from cnitui.engine.state import State
from cnitui.tui.widgets.pane import Pane


class LogsPane(Pane):
    """One log pane per chosen node."""

    pane_id = "logs"
    title = "Logs"
    state: reactive[State] = reactive(State())

    def compose(self) -> ComposeResult:
        yield self.rule

    def bring_board(self, board: LogBoard) -> None:
        """The feeds, once there is a session."""

    def set_zoomed(self, zoomed: bool) -> None:
        """Full screen or not."""
