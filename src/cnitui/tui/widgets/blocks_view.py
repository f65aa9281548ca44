"""Shows blocks of the guide: laid out for its width, scrollable, text kept literal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cnitui.engine.guide.blocks import Block
from cnitui.tui.layout import Line, lay_out

MARGIN = 1
"""Empty cells at the left, so that text stands under the tables' text."""
ROLES = (
    "normal",
    "dim",
    "good",
    "bad",
    "warn",
    "accent",
    "heading",
    "command",
    "quote",
    "added",
    "added-key",
    "removed",
    "removed-key",
    "hunk",
)


class BlocksView(ScrollView, can_focus=True, inherit_bindings=False):
    """A read-only page of blocks; `show` replaces them and keeps the scroll position when little has changed."""

    DEFAULT_CSS = """
    BlocksView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .blocks--dim { color: $text-muted; }
        & > .blocks--good { color: $text-success; }
        & > .blocks--bad { color: $text-error; }
        & > .blocks--warn { color: $text-warning; }
        & > .blocks--accent { color: $text-accent; }
        & > .blocks--heading { color: $text-primary; text-style: bold; }
        & > .blocks--command { color: $text-accent; }
        & > .blocks--quote { color: $foreground; }
        & > .blocks--added { color: $foreground; background: $success 14%; }
        & > .blocks--added-key { color: $text-accent; background: $success 14%; }
        & > .blocks--removed { color: $foreground; background: $error 14%; }
        & > .blocks--removed-key { color: $text-accent; background: $error 14%; }
        & > .blocks--hunk { color: $text-accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"blocks--{role}" for role in ROLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "rows(1)", "Down", show=False, id="blocks.down", tooltip="One line down"),
        Binding("k,up", "rows(-1)", "Up", show=False, id="blocks.up", tooltip="One line up"),
        Binding(
            "pagedown,ctrl+d,space", "pages(1)", "Page", show=False, id="blocks.page-down", tooltip="One page down"
        ),
        Binding("pageup,ctrl+u", "pages(-1)", "Page", show=False, id="blocks.page-up", tooltip="One page up"),
        Binding("g,home", "edge(False)", "Top", show=False, id="blocks.top", tooltip="To the top"),
        Binding("G,end", "edge(True)", "End", show=False, id="blocks.end", tooltip="To the end"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._blocks: tuple[Block, ...] = ()
        self._lines: tuple[Line, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is shown."""
        return self._blocks

    def show(self, blocks: Sequence[Block], *, from_top: bool = False) -> None:
        """Replace the page; `from_top` when it is another page, not a newer state of the same."""
        if tuple(blocks) != self._blocks:
            self._blocks = tuple(blocks)
            self._arrange()
        if from_top:
            self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        """The page as it is laid out now, as plain text for the clipboard."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self._lines)

    def action_rows(self, by: int) -> None:
        """At once, as everywhere here: a key held down must not lag behind an animation."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_pages(self, by: int) -> None:
        """A line of the old page stays in view."""
        self.action_rows(by * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, end: bool) -> None:
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False)

    def on_resize(self) -> None:
        self._arrange()

    @property
    def text_width(self) -> int:
        """Cells that a line of text may take."""
        return (self.scrollable_content_region.width or self.size.width) - MARGIN - 1

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width or self.size.width
        if not width:
            return
        self._lines = self.lines_of(self.text_width)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def lines_of(self, width: int) -> tuple[Line, ...]:
        """The lines for a width; a subclass may arrange its blocks otherwise."""
        return lay_out(self._blocks, width)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = y + self.scroll_offset.y
        base = self.rich_style
        if index >= len(self._lines):
            return Strip.blank(width, base)
        segments = [Segment(" " * MARGIN, base)]
        segments += [Segment(text, self._style(role, base)) for text, role in self._lines[index]]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, role: str, base: Style) -> Style:
        if role == "normal":
            return base
        has_ground = role.startswith(("added", "removed"))  # a tint needs what lies below it to be mixed with
        return base + self.get_component_rich_style(f"blocks--{role}", partial=not has_ground)
