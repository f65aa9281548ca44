"""What a person types behind `/` or `&`: a regular expression, and plain text when it is none."""

from __future__ import annotations

import re

from cnitui.late_dataclass import dataclass

SEARCHED = 64 << 10
"""How much of a line is searched: a pattern that backtracks must not meet a megabyte."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A search; lower case finds both cases (as in less -i), a leading `!` inverts."""

    typed: str
    inverted: bool
    text: re.Pattern[str]
    raw: re.Pattern[bytes]

    def matches(self, line: str) -> bool:
        """Whether a line is wanted."""
        return (self.text.search(line, 0, SEARCHED) is None) == self.inverted

    def matches_raw(self, line: bytes, start: int = 0) -> bool:
        """The same for a line as it came, from byte `start` on."""
        return (self.raw.search(line, start, start + SEARCHED) is None) == self.inverted

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Where to highlight: nowhere when inverted."""
        if self.inverted:
            return []
        return [found.span() for found in self.text.finditer(line, 0, SEARCHED) if found.end() > found.start()]


def pattern_of(typed: str, *, may_invert: bool = True) -> Pattern | None:
    """The pattern for what was typed so far; None while that is nothing."""
    inverted = may_invert and typed.startswith("!")
    wanted = typed[1:] if inverted else typed
    if not wanted:
        return None
    flags = re.IGNORECASE if wanted == wanted.lower() else re.NOFLAG
    try:
        text = re.compile(wanted, flags)
        raw = re.compile(wanted.encode("utf-8", "replace"), flags)
    except (re.error, OverflowError, RecursionError):
        text = re.compile(re.escape(wanted), flags)
        raw = re.compile(re.escape(wanted.encode("utf-8", "replace")), flags)
    return Pattern(typed, inverted, text, raw)
