"""A pane that is one page of blocks made of the state, while it is in view."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.engine.state import State, View
from cnitui.tui.copying import CopyRequested
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.wording import moment_words


class PagePane(Pane):
    """Base of such panes: a subclass fills the page in `fill`, which is called only when somebody can see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="page.copy-pane", tooltip="Copy the pane's text"),
    ]
    state: reactive[State] = reactive(State(), repaint=False)
    view: reactive[View] = reactive[View]("now", repaint=False)
    """Which moment is shown, where a plan was applied."""

    def compose(self) -> ComposeResult:
        yield self.rule
        yield BlocksView()

    @property
    def page(self) -> BlocksView:
        """Where the blocks go."""
        return self.query_one(BlocksView)

    def fill(self) -> None:
        """Show the state as it is now."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.fill()

    def watch_state(self) -> None:
        self.renew()

    def watch_view(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Fill the page anew, if somebody can see it."""
        if self.is_mounted and self.display:
            self.rule.title = self.title + moment_words(self.state, self.view)
            self.fill()

    def on_show(self) -> None:
        self.renew()

    def action_copy(self) -> None:
        self.post_message(CopyRequested(self.page.text, f"the pane {self.title}"))

    def focus_content(self) -> None:
        self.page.focus()
