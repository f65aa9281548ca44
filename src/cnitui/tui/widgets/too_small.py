"""What a terminal too small for anything shows, instead of pieces of everything."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

LEAST_WIDTH, LEAST_HEIGHT = 40, 10


def too_small(size: Size) -> bool:
    """Whether nothing legible fits."""
    return size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT


class TooSmall(Widget):
    """Lies over the screen, which keeps its focus and its state below it."""

    DEFAULT_CSS = """
    TooSmall {
        layer: notice;
        width: 100%;
        height: 100%;
        display: none;
        content-align: center middle;
        background: $background;
        color: $text-warning;
    }
    """

    def render(self) -> Content:
        size = self.screen.size
        text = f"! {size.width}x{size.height} is too small, {LEAST_WIDTH}x{LEAST_HEIGHT} is the least; q quits"
        return Content(text)
