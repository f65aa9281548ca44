"""A scrolling widget that can ask for a line of typing in its last row; until that ends, the keys are its text."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.scroll_view import ScrollView

from cnitui.tui.widgets.prompt import Prompt


class Prompted(ScrollView):
    """Keeps the prompt; the subclass draws it over its last row, so that nothing moves for it."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.prompt: Prompt | None = None

    def ask(self, sign: str, text: str, changed: Callable[[str], None], closed: Callable[[bool], None]) -> None:
        """Open the prompt; it takes the keys until enter or escape."""

        def close(meant: bool) -> None:
            self.prompt = None
            closed(meant)
            self.refresh()

        self.prompt = Prompt(sign, text, changed, close)
        self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While typing, printable keys are text."""
        return self.prompt is not None and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Typing."""
        if self.prompt is not None and self.prompt.key(event):
            event.stop()
            event.prevent_default()
            self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Pasting into the prompt."""
        if self.prompt is not None:
            event.stop()
            self.prompt.paste(event.text)
            self.refresh()
