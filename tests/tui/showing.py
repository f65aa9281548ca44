"""The screens on states made by hand: no cluster, no lab, no clock but the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

import cnitui.tui.app
from cnitui.engine.services import Services
from cnitui.engine.state import State
from cnitui.tui.app import CnituiApp
from cnitui.tui.messages import StateChanged
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens.listings import ListingsScreen


async def _no_services() -> Services:
    raise AssertionError("these screens have no services")


class Showing(CnituiApp):
    """The app with a main screen that only shows."""

    CSS_PATH = str(Path(cnitui.tui.app.__file__).with_name("cnitui.tcss"))

    def __init__(self, **options: Any) -> None:
        super().__init__(_no_services, **options)
        self.main = ListingsScreen()
        self.copied: list[str] = []

    def _load(self) -> None:  # type: ignore[override]  # the app's own is a worker, for it imports
        self.switch_screen(self.main)

    def copy_to_clipboard(self, text: str) -> None:
        """Keep what would go to the clipboard."""
        self.copied.append(text)

    @property
    def text(self) -> str:
        """What the screen shows, as plain text."""
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)

    @property
    def guide(self) -> GuidePane:
        """The guide."""
        return self.main.query_one(GuidePane)

    def pane_of_focus(self) -> str:
        """The id of the pane that has the focus."""
        return self.main.focused_pane

    def shows(self, selector: str) -> bool:
        """Whether the widget is in view."""
        widget = self.main.query_one(selector, Widget)
        return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


@asynccontextmanager
async def showing(
    state: State, size: tuple[int, int] = (160, 45), **options: Any
) -> AsyncIterator[tuple[Showing, Pilot[int]]]:
    """The screens with this state."""
    app = Showing(**options)
    async with app.run_test(size=size) as pilot:
        while not app.main.is_mounted or app.screen is not app.main:
            await pilot.pause()
        app.main.post_message(StateChanged(state))
        await _painted(app, pilot, state)
        yield app, pilot


async def _painted(app: Showing, pilot: Pilot[int], state: State) -> None:
    """Wait until every pane has the state and the screen stands still: on a busy machine a pane may come late."""
    while app.main.state is not state or any(pane.state is not state for pane in app.main.query(PodsPane)):
        await pilot.pause()
    while state.rows and not state.unlisted and "asking for the calico-node pods …" in app.text:
        await pilot.pause(0.02)  # what an empty table says until its rows are painted
    before = ""
    while before != app.text:
        before = app.text
        await pilot.pause(0.02)
