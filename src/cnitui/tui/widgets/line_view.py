"""What our line-drawn widgets share: inks for roles, a prompt in the last row, and scrolling that never animates.

Roles say what a text means; the theme says how that looks, and a glyph says it again for those who see no colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cnitui.engine.guide.blocks import Role
from cnitui.tui.text import clip, pad, width_of
from cnitui.tui.widgets.prompted import Prompted

SIGNS: dict[Role, str] = {"bad": "✗", "warn": "!", "good": "✓", "accent": "▸", "normal": " ", "dim": " "}
"""The sign beside a coloured cell; what is normal or dim has none."""

Span = tuple[str, Style]
"""A piece of a line: clean text and how it is drawn."""


class LineView(Prompted, can_focus=True):
    """A widget that draws its lines itself, only those in view."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--dim",
        "line--bad",
        "line--warn",
        "line--good",
        "line--accent",
        "line--cursor",
        "line--changed",
        "line--match",
        "line--current-match",
        "line--highlight",
        "line--selected",
        "line--frame",
        "line--prompt",
    }
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        width: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 30%;
        scrollbar-color-hover: $foreground 50%;
        scrollbar-color-active: $accent;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        & > .line--dim { color: $text-muted; }
        & > .line--bad { color: $text-error; }
        & > .line--warn { color: $text-warning; }
        & > .line--good { color: $text-success; }
        & > .line--accent { color: $text-accent; }
        & > .line--cursor { background: $foreground 6%; }
        & > .line--changed { background: $warning 25%; text-style: bold; }
        & > .line--match { background: $warning 35%; text-style: underline; }
        & > .line--current-match { color: $background; background: $warning; text-style: bold; }
        & > .line--highlight { background: $secondary 45%; text-style: bold; }
        & > .line--selected { background: $block-cursor-background; }
        & > .line--frame { color: $foreground 30%; }
        & > .line--prompt { color: $text-accent; background: $surface; }
        &:focus > .line--cursor { background: $primary 30%; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._inks: dict[tuple[str, ...], Style] = {}

    # --- inks ---

    def ink(self, role: str, *over: str) -> Style:
        """The style of a role, with the grounds and emphasis of `over` (cursor, changed, match) laid on it."""
        names = (role, *over)
        style = self._inks.get(names)
        if style is None:
            style = self._inks[names] = self._mixed(role, over)
        return style

    def _mixed(self, role: str, over: Iterable[str]) -> Style:
        style = self.rich_style if role == "normal" else self.get_component_rich_style(f"line--{role}")
        for name in over:
            ground = self.get_component_rich_style(f"line--{name}")
            style += Style(
                bgcolor=ground.bgcolor,
                color=ground.color if name == "current-match" else None,
                bold=ground.bold or None,
                underline=ground.underline or None,
            )
        return style

    def notify_style_update(self) -> None:
        """The theme or the focus changed: mix anew."""
        super().notify_style_update()
        self._inks.clear()
        self.forget_drawn()

    def forget_drawn(self) -> None:
        """Drop what is kept of drawn lines; for those that keep some."""

    # --- drawing ---

    def draw(self, y: int) -> Strip:
        """The line in row `y` of the window; for the widget itself."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Textual's question; the prompt lies over the last row, so that nothing moves for it."""
        if self.prompt is not None and y == self.size.height - 1:
            return self.strip([(self.prompt.shown(self.size.width), self.ink("prompt"))])
        return self.draw(y)

    def strip(self, spans: Sequence[Span], fill: Style | None = None) -> Strip:
        """A line as wide as the window: cut at its right edge, filled up to it."""
        width = self.size.width
        segments: list[Segment] = []
        used = 0
        for text, style in spans:
            size = width_of(text)
            if used + size > width:
                text = pad(clip(text, 0, width - used), width - used)  # noqa: PLW2901 - the last one is cut
                size = width - used
            segments.append(Segment(text, style))
            used += size
            if used >= width:
                break
        if used < width:
            segments.append(Segment(" " * (width - used), fill if fill is not None else self.rich_style))
        return Strip(segments, width)
