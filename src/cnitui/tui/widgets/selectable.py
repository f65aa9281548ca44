"""Text that can be selected with the mouse: by dragging, a word by a double click, a line by a third one.

Textual counts a selection in characters of rows; a widget that draws its own lines tells what stands in a row.
"""

from __future__ import annotations

import re
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from cnitui.tui.text import width_of
from cnitui.tui.widgets.prompted import Prompted

_WORD = re.compile(r"[^\s\"'`,;()\[\]{}<>│▌]+")
"""What a double click takes: a path, a label, a name; neither quotes nor brackets around it."""


class Selectable(Prompted):
    """A line-drawn widget whose rows can be selected; the subclass says what stands in a row."""

    ALLOW_SELECT: ClassVar[bool] = True
    SELECTED: ClassVar[str] = "line--selected"
    """The component whose ground selected text stands on."""
    MARGIN: ClassVar[int] = 0
    """Cells at the left of each row that belong to no text."""

    @property
    def row_count(self) -> int:
        """Rows of the whole content. For the widget itself, as the next."""
        raise NotImplementedError

    def row_text(self, row: int) -> str:
        """A row of the whole content as it is drawn, its margin included; "" where there is none."""
        raise NotImplementedError

    def row_at(self, y: int) -> int:
        """Which row of the content is in line `y` of the window; negative for a line that is none of its own."""
        return round(self.scroll_offset.y) + y

    def selectable(self, strip: Strip, row: int) -> Strip:
        """The drawn row as the mouse finds it, with what is selected of it on another ground."""
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is not None:
            ground = Style(bgcolor=self.get_component_rich_style(self.SELECTED).bgcolor)
            strip = on_ground(strip, *span, ground)
        return strip.apply_offsets(0, row)

    @property
    def dragged(self) -> bool:
        """Whether a click is the end of a drag: then it is no click on what lies there."""
        return self.text_selection is not None

    def on_click(self, event: events.Click) -> None:
        """Twice: the word under the pointer; three times: the row."""
        if event.chain not in (2, 3) or event.widget is not self:
            return
        event.prevent_default()  # Textual's own takes everything there is
        row = self.row_at(event.y)
        text = self.row_text(row) if row >= 0 else ""
        start, end = word_at(text, event.x) if event.chain == 2 else (0, len(text))
        if start < end:
            self.screen.selections = {self: Selection(Offset(start, row), Offset(end, row))}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it is shown, without the margin; None where there is none."""
        first = selection.start.y if selection.start else 0
        last = min(selection.end.y if selection.end else self.row_count, self.row_count - 1)
        texts: list[str] = []
        for row in range(first, last + 1):
            start, end = selection.get_span(row) or (0, 0)
            texts.append(self.row_text(row)[max(start, self.MARGIN) : None if end == -1 else end].rstrip())
        return ("\n".join(texts), "\n") if any(texts) else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Only the ground of the rows is another."""
        self.refresh()


def on_ground(strip: Strip, start: int, end: int, ground: Style) -> Strip:
    """The strip with its characters from `start` up to `end` (-1: the last) on another ground, in their own colours."""
    text = strip.text
    left = width_of(text[:start])
    right = width_of(text if end == -1 else text[:end])
    if left >= right:
        return strip
    inside = Strip(Segment.apply_style(strip.crop(left, right), post_style=ground))
    return Strip.join([strip.crop(0, left), inside, strip.crop(right)])


def word_at(text: str, x: int) -> tuple[int, int]:
    """First and last-but-one character of the word in cell `x`; an empty range between words."""
    found = (match.span() for match in _WORD.finditer(text))
    return next((span for span in found if width_of(text[: span[0]]) <= x < width_of(text[: span[1]])), (0, 0))
