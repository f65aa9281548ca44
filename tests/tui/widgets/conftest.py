"""Widgets alone in an app, and their lines as plain text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from cnitui.tui.theme import DARK


class Alone(App[None]):
    """Nothing but the widgets under test; keeps the messages they post."""

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.widgets = widgets
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def hear(self, message: Message) -> None:
        """A message hook for `run_test`; a message passes it once for everyone it bubbles to."""
        if not any(heard is message for heard in self.heard):
            self.heard.append(message)


def lines_of(widget: Widget) -> list[str]:
    """What the widget draws, line by line, without colours."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def styled(widget: Widget, y: int) -> Sequence[tuple[str, str]]:
    """One line as (text, style) pieces."""
    return [(text, str(style)) for text, style, _ in widget.render_line(y)]


class PlainText(SingleFileSnapshotExtension):
    """Screens as text files, so that a change of a screen reads as a diff."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    def serialize(self, data: object, **_: object) -> str:
        assert isinstance(data, list)
        return "\n".join(data) + "\n"


@pytest.fixture
def screen_text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare with the kept text of a screen."""
    return snapshot.use_extension(PlainText)
