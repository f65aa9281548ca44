"""Shows blocks of the guide: laid out for its width, scrollable, searchable, text kept literal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from cnitui.engine.guide.blocks import Block, Grid, Quote
from cnitui.tui.layout import HERE, Line, lay_out
from cnitui.tui.text import width_of
from cnitui.tui.widgets.pattern import Pattern, pattern_of
from cnitui.tui.widgets.selectable import Selectable

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
    "key",
    "literal",
    HERE,
)


class BlocksView(Selectable, can_focus=True, inherit_bindings=False):
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
        & > .blocks--key { color: $text-accent; }
        & > .blocks--here { color: $text-accent; text-style: bold; }
        & > .blocks--literal { color: $text-primary; text-style: bold; }
        & > .blocks--match { background: $warning 35%; text-style: underline; }
        & > .blocks--selected { background: $block-cursor-background; }
        & > .blocks--prompt { color: $text-accent; background: $surface; }
    }
    """
    SELECTED = "blocks--selected"
    MARGIN = MARGIN
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"blocks--{role}" for role in (*ROLES, "match", "selected", "prompt")}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "rows(1)", "Down", show=False, id="blocks.down", tooltip="One line down"),
        Binding("k,up", "rows(-1)", "Up", show=False, id="blocks.up", tooltip="One line up"),
        Binding(
            "w",
            "whole",
            "Whole lines",
            id="blocks.whole",
            tooltip="Sources of quotes and rows of tables in full, or in short",
        ),
        Binding(
            "pagedown,ctrl+d,space", "pages(1)", "Page", show=False, id="blocks.page-down", tooltip="One page down"
        ),
        Binding("pageup,ctrl+u", "pages(-1)", "Page", show=False, id="blocks.page-up", tooltip="One page up"),
        Binding("slash", "search", "Search", key_display="/", id="blocks.search", tooltip="Search this page"),
        Binding("n", "found(1)", "Next", show=False, id="blocks.next", tooltip="Next line that was found"),
        Binding("N", "found(-1)", "Previous", show=False, id="blocks.previous", tooltip="Previous line found"),
        Binding("g,home", "edge(False)", "Top", show=False, id="blocks.top", tooltip="To the top"),
        Binding("G,end", "edge(True)", "End", show=False, id="blocks.end", tooltip="To the end"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._blocks: tuple[Block, ...] = ()
        self._lines: tuple[Line, ...] = ()
        self._pattern: Pattern | None = None
        self._found: list[int] = []
        self._at = 0
        self._to_here = False
        self._centred: float | None = None
        """Scrolled to here for the row that is pointed at: it stays in the middle until a person scrolls."""
        self._cut = False
        self.whole = False
        """Whether sources, and rows of tables, are told in full."""

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

    def go_here(self) -> None:
        """To the row that is pointed at, in the middle of the page; as soon as the page has its size."""
        self._to_here = True
        if self._lines and self.scrollable_content_region.width:
            self._arrange()

    @property
    def text(self) -> str:
        """The page as it is laid out now, as plain text for the clipboard."""
        return "\n".join(_text_of(line).rstrip() for line in self._lines)

    def action_rows(self, by: int) -> None:
        """At once, as everywhere here: a key held down must not lag behind an animation."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_pages(self, by: int) -> None:
        """A line of the old page stays in view."""
        self.action_rows(by * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, end: bool) -> None:
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False)

    # --- search ---

    def action_search(self) -> None:
        """Mark what matches while it is typed, and go to the first line found from here on; escape takes that back."""
        top, before = self.scroll_offset.y, self._pattern

        def changed(typed: str) -> None:
            self._search(pattern_of(typed, may_invert=False), top)

        def closed(meant: bool) -> None:
            if not meant:
                self._search(before, top)
                self.scroll_to(y=top, animate=False)

        self.ask("/", "", changed, closed)

    def action_found(self, by: int) -> None:
        """To the next line found, and on from the other end."""
        if self._found:
            self._go((self._at + by) % len(self._found))

    def _search(self, pattern: Pattern | None, top: int) -> None:
        self._pattern = pattern
        self._find()
        self._go(next((place for place, line in enumerate(self._found) if line >= top), 0))
        self.refresh()

    def _find(self) -> None:
        wanted = self._pattern
        texts = map(_text_of, self._lines) if wanted is not None else ()
        self._found = [number for number, text in enumerate(texts) if wanted is not None and wanted.matches(text)]
        self._at = min(self._at, max(0, len(self._found) - 1))

    def _go(self, place: int) -> None:
        """Bring a line found into view, one line of what stands before it with it."""
        if place < len(self._found):
            self._at = place
            self.scroll_to(y=max(0, self._found[place] - 1), animate=False)

    @property
    def _asked(self) -> str:
        """The prompt's line, and how much it finds."""
        assert self.prompt is not None
        count = f"  {len(self._found):,} found" if self.prompt.text else ""
        return f"{self.prompt.shown(max(1, self.size.width - len(count)))}{count}"

    # --- drawing ---

    def on_resize(self) -> None:
        self._to_here = self._to_here or self.scroll_offset.y == self._centred
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
        cut = any("…" in text for line in self._lines for text, _ in line)
        if cut != self._cut:
            self._cut = cut
            self.refresh_bindings()
        self._find()
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()
        here = next((y for y, line in enumerate(self._lines) if any(role == HERE for _, role in line)), None)
        if self._to_here and here is not None:
            self._middle(here)
        self._to_here = False

    def _middle(self, line: int) -> None:
        self.scroll_to(y=max(0, line - self.size.height // 2), animate=False, force=True)
        self._centred = self.scroll_offset.y

    def lines_of(self, width: int) -> tuple[Line, ...]:
        """The lines for a width; a subclass may arrange its blocks otherwise."""
        return lay_out(self._blocks, width, whole=self.whole)

    @property
    def shortened(self) -> bool:
        """Whether a source or a row of a table on this page is told in short."""
        if any(isinstance(block, Quote) and block.brief for block in self._blocks):
            return True
        return (self._cut or self.whole) and any(isinstance(block, Quote | Grid) for block in self._blocks)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whole sources are asked for only where some are short."""
        return self.shortened if action == "whole" else True

    def action_whole(self) -> None:
        """Sources and rows in full, or in short again."""
        self.whole = not self.whole
        self._arrange()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = y + self.scroll_offset.y
        base = self.rich_style
        if self.prompt is not None and y == self.size.height - 1:
            asked = self.get_component_rich_style("blocks--prompt")
            return Strip([Segment(self._asked, asked)]).adjust_cell_length(width, asked)
        if index >= len(self._lines):
            return Strip.blank(width, base).apply_offsets(0, index)
        segments = [Segment(" " * MARGIN, base)]
        segments += [Segment(text, self._style(role, base)) for text, role in self._lines[index]]
        strip = Strip(segments).adjust_cell_length(width, base)
        return self.selectable(strip if self._pattern is None else self._marked(strip, index, self._pattern), index)

    @property
    def row_count(self) -> int:
        return len(self._lines)

    def row_text(self, row: int) -> str:
        return " " * MARGIN + _text_of(self._lines[row]) if row < len(self._lines) else ""

    def _marked(self, strip: Strip, index: int, pattern: Pattern) -> Strip:
        """The line with what matches on another ground."""
        text = _text_of(self._lines[index])
        mark = self.get_component_rich_style("blocks--match")
        for start, end in pattern.spans(text):
            left, right = (MARGIN + width_of(text[:place]) for place in (start, end))
            inside = Strip(Segment.apply_style(strip.crop(left, right), post_style=mark))
            strip = Strip.join([strip.crop(0, left), inside, strip.crop(right)])
        return strip

    def _style(self, role: str, base: Style) -> Style:
        if role == "normal":
            return base
        has_ground = role.startswith(("added", "removed"))  # a tint needs what lies below it to be mixed with
        return base + self.get_component_rich_style(f"blocks--{role}", partial=not has_ground)


def _text_of(line: Line) -> str:
    return "".join(text for text, _ in line)
