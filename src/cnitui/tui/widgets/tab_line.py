"""The panes as tabs, for terminals too small to show several."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cnitui.tui.messages import PaneRequested
from cnitui.tui.text import width_of

Tab = tuple[str, str, str]
"""Pane, title, key."""


class TabLine(Widget):
    """`f1 Pods │ f2 Logs │ f3 SELinux │ f4 Guide 3/11`; without the keys where there is no room for them."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TabLine {
        height: 1;
        & > .tabs--active { color: $text-accent; text-style: bold reverse; }
        & > .tabs--other { color: $foreground; }
        & > .tabs--line { color: $foreground 30%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--active", "tabs--other", "tabs--line"}
    active: reactive[str] = reactive("")
    tabs: reactive[tuple[Tab, ...]] = reactive(())

    def __init__(self, *, id: str = "tabs") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._spots: list[tuple[int, int, str]] = []

    def render_line(self, y: int) -> Strip:
        segments: list[Segment] = [Segment(" ")]
        self._spots = []
        at = 1
        line = self.get_component_rich_style("tabs--line")
        keys = sum(width_of(f" {key} {title} ") + 1 for _, title, key in self.tabs) <= self.size.width
        for index, (pane, title, key) in enumerate(self.tabs):
            if index:
                segments.append(Segment("│", line))
                at += 1
            style = self.get_component_rich_style("tabs--active" if pane == self.active else "tabs--other")
            text = f" {key} {title} " if keys else f" {title} "
            segments.append(Segment(text, style))
            self._spots.append((at, at + width_of(text), pane))
            at += width_of(text)
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        for start, end, pane in self._spots:
            if start <= event.x < end:
                self.post_message(PaneRequested(pane))
