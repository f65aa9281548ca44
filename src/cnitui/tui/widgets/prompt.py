"""One line of typing at the foot of a list or a log, drawn by the widget that asks."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from cnitui.tui.text import clean, clip, width_of

LONGEST = 500


class Prompt:
    """Text typed behind a sign; tells every change, and at the end whether it is meant (enter) or not (escape)."""

    def __init__(self, sign: str, text: str, changed: Callable[[str], None], closed: Callable[[bool], None]) -> None:
        self.sign, self.text = sign, text
        self._changed, self._closed = changed, closed

    def key(self, event: events.Key) -> bool:
        """Take the key; False for those that are none of the prompt's."""
        if event.key in ("enter", "escape"):
            self._closed(event.key == "enter")
        elif event.key == "backspace" and not self.text:
            self._closed(False)
        elif event.key in ("backspace", "ctrl+h"):
            self._set(self.text[:-1])
        elif event.key in ("ctrl+u", "ctrl+w"):
            self._set("" if event.key == "ctrl+u" else self.text.rstrip().rpartition(" ")[0])
        elif event.is_printable and event.character:
            self._set(self.text + event.character)
        else:
            return event.key in ("left", "right", "up", "down", "home", "end", "tab")
        return True

    def paste(self, text: str) -> None:
        """Add pasted text, its first line only."""
        self._set(self.text + clean(text.partition("\n")[0]))

    def _set(self, text: str) -> None:
        if text != self.text:
            self.text = text[:LONGEST]
            self._changed(self.text)

    def shown(self, width: int) -> str:
        """Sign, text and a cursor; the end stays in view."""
        line = f"{self.sign}{clean(self.text)}▏"
        return clip(line, max(0, width_of(line) - width), width)
