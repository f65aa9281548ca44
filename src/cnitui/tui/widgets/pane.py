"""A pane: one thin line with its title in it, and its content below; focus shows in the title's colour."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.containers import Vertical
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cnitui.tui.text import clean, fit, width_of


class TitleRule(Widget):
    """`── Pods ─────────────── 3 of 11 ──`."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TitleRule {
        height: 1;
        & > .rule--line { color: $foreground 30%; }
        & > .rule--title { color: $foreground; text-style: bold; }
        & > .rule--focused { color: $text-accent; text-style: bold; }
        & > .rule--note { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rule--line", "rule--title", "rule--focused", "rule--note"}
    title: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    lit: reactive[bool] = reactive(False)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = self.get_component_rich_style("rule--line")
        title_style = self.get_component_rich_style("rule--focused" if self.lit else "rule--title")
        title = fit(clean(self.title), max(4, width - 8))
        note = fit(clean(self.note), max(0, width - width_of(title) - 9)) if self.note else ""
        fill = max(1, width - 4 - width_of(title) - (width_of(note) + 4 if note else 0))
        segments = [Segment("─ ", line), Segment(title, title_style), Segment(" " + "─" * fill, line)]
        if note:
            segments += [Segment(f" {note} ", self.get_component_rich_style("rule--note")), Segment("──", line)]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)


class Pane(Vertical):
    """Base of the panes; `pane_id` is the name that keys and commands know it by."""

    DEFAULT_CSS = """
    Pane { height: 1fr; }
    """
    pane_id: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=self.pane_id)
        self.rule = TitleRule()
        self.rule.title = self.title

    def on_descendant_focus(self) -> None:
        self.rule.lit = True

    def on_descendant_blur(self) -> None:
        self.rule.lit = False

    def focus_content(self) -> None:
        """Put the focus on the pane's main widget."""
        for widget in self.query("*"):
            if widget.focusable:
                widget.focus()
                return
