"""What is painted first: the two lines at the top and the keys that work already."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from cnitui.tui.text import clean
from cnitui.tui.widgets.footer_line import FooterLine


class OpeningScreen(Screen[None]):
    """Shown for the fraction of a second that loading takes, and between two sittings."""

    DEFAULT_CSS = """
    OpeningScreen .name { color: $text-primary; text-style: bold; height: 1; padding: 0 1; }
    OpeningScreen .words { color: $text-muted; height: 1; padding: 0 1; }
    """

    def __init__(self, words: str = "opening") -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content("cnitui"), classes="name")
            yield Static(Content(f"◌ {clean(self._words)}"), classes="words")
        yield FooterLine()
