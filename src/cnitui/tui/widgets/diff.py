"""A unified diff of YAML: signs in the first column, tinted grounds, keys apart from values; scrolls both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from cnitui.tui.messages import CopyRequested
from cnitui.tui.text import clean
from cnitui.tui.widgets.line_view import LineView, Span
from cnitui.tui.widgets.log_text import window

SIDEWAYS = 8
_KEY = re.compile(r"(\s*(?:- )*)([^\s:#][^:#]{0,200})(:)(?=\s|$)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")

Ink = Callable[..., Style]
"""Role and what is laid on it, as in `LineView.ink`."""


def diff_spans(line: str, ink: Ink) -> list[Span]:
    """One line of a unified diff, styled; its sign stays, so that it reads without colour."""
    line = clean(line)
    if line.startswith(("---", "+++")):
        return [(line, ink("dim"))]
    if line.startswith("@@"):
        return [(line, ink("accent"))]
    sign, rest = line[:1], line[1:]
    if sign == "+":
        return [("+", ink("good", "added")), *_yaml(rest, ink, "added")]
    if sign == "-":
        return [("-", ink("bad", "removed")), *_yaml(rest, ink, "removed")]
    return [(line, ink("dim"))]


def _yaml(text: str, ink: Ink, over: str) -> list[Span]:
    comment = _COMMENT.search(text)
    end = comment.start() if comment else len(text)
    spans: list[Span] = []
    key = _KEY.match(text[:end])
    if key:
        spans += [(key[1], ink("normal", over)), (key[2], ink("accent", over)), (key[3], ink("dim", over))]
    spans.append((text[key.end() if key else 0 : end], ink("normal", over)))
    return [*spans, (text[end:], ink("dim", over))]


class DiffView(LineView):
    """Lines of a unified diff."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--added", "line--removed"}
    DEFAULT_CSS = """
    DiffView {
        & > .line--added { background: $success 14%; }
        & > .line--removed { background: $error 14%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "copy", id="diff.copy", tooltip="Copy the diff"),
        Binding("n", "hunk(1)", "next change", id="diff.next", tooltip="To the next change"),
        Binding("N", "hunk(-1)", "previous change", show=False, id="diff.previous", tooltip="To the change before"),
        Binding("down,j", "rows(1)", "down", show=False, id="diff.down", tooltip="One line down"),
        Binding("up,k", "rows(-1)", "up", show=False, id="diff.up", tooltip="One line up"),
        Binding("pagedown,ctrl+d", "pages(1)", "page down", show=False, id="diff.page-down", tooltip="One page down"),
        Binding("pageup,ctrl+u", "pages(-1)", "page up", show=False, id="diff.page-up", tooltip="One page up"),
        Binding("g,home", "edge(False)", "first", show=False, id="diff.first", tooltip="First line"),
        Binding("G,end", "edge(True)", "last", show=False, id="diff.last", tooltip="Last line"),
        Binding("right", "sideways(1)", "right", show=False, id="diff.right", tooltip="What is further right"),
        Binding("left", "sideways(-1)", "left", show=False, id="diff.left", tooltip="Back to the left"),
    ]

    def __init__(
        self,
        lines: Sequence[str] = (),
        *,
        sentence: str = "no difference",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[str, ...] = tuple(lines)
        self._sentence = sentence
        self._column = 0

    def show(self, lines: Sequence[str]) -> None:
        """Another diff, from its start; lines without line ends."""
        self.lines = tuple(lines)
        self._column = 0
        self.virtual_size = Size(self.size.width, len(self.lines))
        self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    @property
    def counts(self) -> tuple[int, int]:
        """Lines added and removed."""
        signs = [line[:1] for line in self.lines if not line.startswith(("---", "+++"))]
        return signs.count("+"), signs.count("-")

    def on_mount(self) -> None:
        """The lines given at the start."""
        self.virtual_size = Size(self.size.width, len(self.lines))

    def draw(self, y: int) -> Strip:
        """One line, or the sentence when there is none."""
        if not self.lines and y == 0:
            return self.strip([(f" {clean(self._sentence)}", self.ink("dim"))])
        row = self.scroll_offset.y + y
        if row >= len(self.lines):
            return self.strip([])
        spans = diff_spans(self.lines[row], self.ink)
        return self.strip(window(spans, self._column, self.size.width), spans[-1][1])

    def action_rows(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False, force=True)

    def action_pages(self, by: int) -> None:
        """Scroll by pages, one line of the old page staying in view."""
        self.action_rows(by * max(1, self.size.height - 1))

    def action_edge(self, last: bool) -> None:
        """To the first or the last line."""
        self.scroll_to(y=len(self.lines) if last else 0, animate=False, force=True)

    def action_sideways(self, by: int) -> None:
        """Scroll by columns."""
        self._column = max(0, self._column + by * SIDEWAYS)
        self.refresh()

    def action_hunk(self, by: int) -> None:
        """To the next run of changed lines, or the one before."""
        starts = [row for row in range(len(self.lines)) if self._changed(row) and not self._changed(row - 1)]
        here = self.scroll_offset.y
        others = [row - 1 for row in starts if (row - 1 > here if by > 0 else row - 1 < here)]
        if others:
            self.scroll_to(y=min(others) if by > 0 else max(others), animate=False, force=True)

    def _changed(self, row: int) -> bool:
        return row >= 0 and self.lines[row][:1] in "+-" and not self.lines[row].startswith(("---", "+++"))

    def action_copy(self) -> None:
        """Hand the diff to whoever owns the clipboard."""
        self.post_message(CopyRequested("\n".join(self.lines), "the diff"))
