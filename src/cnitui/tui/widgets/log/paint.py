"""Drawing the rows of a log pane: lines with gutter, time, level and marks; rules; the title and the last sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from rich.style import Style

from cnitui.engine.guide.blocks import Role
from cnitui.engine.logs.kept import Entry, Rule
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import ELLIPSIS, clean, fit, pad, width_of, wrap
from cnitui.tui.widgets.log.text import Span, Stamps, highlighted, log_text, marked, piece_of, raw_text, window
from cnitui.tui.widgets.pattern import Pattern

Known = Literal["known", "benign", ""]
"""A line that matches a known failure, one that is known to be normal, or neither."""
Classify = Callable[[str], Known]
Ink = Callable[..., Style]


def unclassified(line: str) -> Known:  # noqa: ARG001 - it knows no line
    """No line is known, unless the owner knows some."""
    return ""


Meaning = Callable[[str], str]
"""What a line is known to mean, "" for a line that is not known."""


def meaningless(line: str) -> str:  # noqa: ARG001 - as above
    """Nothing, unless the owner knows more."""
    return ""


GUTTER = "▌"
"""Beside lines that match a known failure."""


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are to be drawn: width in cells, timestamps, wrapping, first column, and what is marked in them."""

    width: int
    stamps: Stamps = Stamps.SHORT
    wrapped: bool = False
    column: int = 0
    label_cells: int = 0
    """Cells of the column that tells whose line it is."""
    found: Pattern | None = None
    filtered: Pattern | None = None
    highlight: Pattern | None = None


class LogPainter:
    """Turns entries into styled text."""

    def __init__(self, ink: Ink, classify: Classify) -> None:
        self._ink = ink
        self._classify = lru_cache(2048)(classify)

    def rows(self, entry: Entry, look: Look) -> int:
        """Rows an entry takes when wrapped."""
        if isinstance(entry, Rule):
            return 1
        shown = log_text(entry, look.stamps)
        room = _room(look, shown.time)
        size = width_of(shown.text) + (len(shown.level) + 1 if shown.level else 0)
        if size <= room:
            return 1
        return len(wrap(f"{shown.level} {shown.text}" if shown.level else shown.text, room))

    def line(self, entry: Entry, part: int, look: Look, *, current: bool = False, label: str = "") -> list[Span]:
        """One row of an entry; `current` is the line that the search stands on, `label` tells whose it is."""
        if isinstance(entry, Rule):
            return self.rule(entry, look.width) if part == 0 else []
        shown = log_text(entry, look.stamps)
        known = self._classify(raw_text(entry)[:4000])
        gutter = (GUTTER if known == "known" else " ", self._ink("bad"))
        time = (shown.time if part == 0 else " " * width_of(shown.time), self._ink("dim"))
        head: list[Span] = [gutter, time]
        if look.label_cells:
            whose = fit(clean(label, 300), look.label_cells - 1, "middle") if part == 0 else ""
            head.append((pad(whose, look.label_cells), self._ink("accent")))
        body = self._body(shown.level, shown.text, look, dim=known == "benign", current=current)
        room = _room(look, shown.time)
        if not look.wrapped:
            return [*head, *self._cut(body, look.column, room)]
        pieces = wrap("".join(text for text, _ in body), room)
        if part >= len(pieces):
            return [gutter]
        start = sum(map(len, pieces[:part]))
        return [*head, *piece_of(body, start, start + len(pieces[part]))]

    def _cut(self, body: list[Span], column: int, room: int) -> list[Span]:
        """What fits, and a sign where there is more."""
        if _size(body) - column <= room:
            return window(body, column, room)
        return [*window(body, column, room - 1), (ELLIPSIS, self._ink("dim"))]

    def _body(self, level: str, text: str, look: Look, *, dim: bool, current: bool) -> list[Span]:
        role = "dim" if dim else "normal"
        ink = self._ink(role)
        spans: list[Span] = []
        if level:
            spans.append((f"{level} ", self._ink("dim" if dim else "warn" if level == "WARN" else "bad")))
        pattern = look.found or look.filtered
        if pattern is not None:
            mark = self._ink(role, "current-match" if current and look.found else "match")
            body = marked(text, ink, pattern.spans(text), mark)
        else:
            ink = self._ink(role, "cursor") if current else ink
            body = [(text, ink)]
        if look.highlight is not None:
            body = highlighted(body, ink, look.highlight.spans(text), self._ink(role, "highlight"))
        return spans + body

    def rule(self, rule: Rule, width: int) -> list[Span]:
        """`─ ✗ attempt 192 · exit 1 · 0.4s · back-off 5m ───`; where that is too long, `#192`."""
        sign, role = _sign(rule)
        room = max(8, width - 4 - len(sign))
        text = clean(rule.text, 1000)
        if rule.kind in ("attempt", "fold") and width_of(text) > room:
            text = text.replace("attempts ", "#", 1).replace("attempt ", "#", 1)
        text = fit(text, room)
        frame = self._ink("frame")
        tail = "─" * max(1, width - 3 - len(sign) - width_of(text))
        return [
            ("─ ", frame),
            (sign, self._ink(role)),
            (text, self._ink("accent" if rule.kind == "difference" else "dim")),
            (f" {tail}", frame),
        ]

    def title(self, headings: Sequence[list[Span]], notes: str, width: int) -> list[Span]:
        """`─ ✗ worker-01 · attempt 192 · next 02:13 ─────── ▼ 12 new ─`; the first heading that fits is taken."""
        frame = self._ink("frame")
        notes = fit(notes, max(0, width - 12))
        room = max(4, width - 4 - (width_of(notes) + 3 if notes else 0))
        heading = next((spans for spans in headings if _size(spans) <= room), headings[-1])
        shown = window(heading, 0, room)
        line: list[Span] = [("─ ", frame), *shown, (f" {'─' * max(0, room - _size(shown))}─", frame)]
        return [*line, (f" {notes} ", self._ink("accent")), ("─", frame)] if notes else line


def _sign(rule: Rule) -> tuple[str, Role]:
    if rule.kind in ("fold", "difference"):
        return "▸ ", "accent"
    if rule.failed:
        return "✗ ", "bad"
    return ("! ", "warn") if rule.kind in ("note", "dropped") else ("", "normal")


def _size(spans: list[Span]) -> int:
    return sum(width_of(text) for text, _ in spans)


def _room(look: Look, time: str) -> int:
    """Cells for the text: a gutter on the left and a blank on the right part a pane from its neighbours."""
    return max(1, look.width - 2 - width_of(time) - look.label_cells)
