"""ASCII for terminals that have nothing else: the one place where signs, lines and foreign text are exchanged.

It works on what is painted, whatever painted it, and cell by cell, so that no layout knows of it. What is saved or
copied stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

SIGNS = {
    "✗": "X", "✓": "+", "≠": "#", "▸": ">", "◌": "o", "●": "*", "■": "=", "◆": "*", "◈": "%", "◇": "O", "▲": "^",
    "·": ".", "–": "-", "…": "~", "›": ">", "❯": ">", "➜": ">", "→": ">", "←": "<", "↑": "^", "↓": "v",
    "▴": "^", "▾": "v", "▼": "v",
    "×": "x", "≈": "~", "µ": "u", "▌": "|", "▏": "|", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ",
    "␛": "?", "␀": "?",
}  # fmt: skip
"""Our signs; those that can stand in the same place stay apart. A cut text ends in `~`."""
_LINES = dict.fromkeys("─━═╌┄", "-") | dict.fromkeys("│┃║├┤┊", "|") | dict.fromkeys("╭╮╰╯┌┐└┘┏┓┗┛┬┴┼", "+")
_BARS = dict.fromkeys("▁▂▃▄▅▆▇▉▊▋▍▎▐▔▕", " ")
"""Ends of scroll bars: their colour is what is seen."""
_TABLE = _LINES | _BARS | SIGNS
_POOR = ("linux", "vt100", "vt102", "vt220", "dumb")
"""Terminals whose fonts lack the signs, whatever the locale says; `linux` is the console of a virtual machine."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to when the locale is C (PEP 538), which is before anybody can ask for it."""


KEY_NAMES = {"⏎": "enter", "←": "left", "→": "right", "↑": "up", "↓": "down"}
"""Keys that would otherwise look like others: `<` is one itself."""


@lru_cache(4096)
def as_ascii(text: str) -> str:
    """The text in as many cells; a character that has no counterpart becomes `?`, in each of its cells."""
    if text.isascii():
        return text
    return "".join(one if one.isascii() else _TABLE.get(one) or "?" * cell_len(one) for one in text)


class AsciiFilter(LineFilter):
    """Exchanges the characters of every line that is painted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(as_ascii(text), style, control) for text, style, control in segments]


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the terminal can show nothing else, as far as the environment says; silence says that it can.

    The first of LC_ALL, LC_CTYPE and LANG that is set decides, as in POSIX (XBD 8.2).
    """
    if environ.get("TERM", "") in _POOR:
        return True
    everything, ctype, language = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if not everything and ctype in _COERCED and language in ("C", "POSIX"):
        return True
    locale = (everything or ctype or language).casefold()
    return bool(locale) and "utf-8" not in locale and "utf8" not in locale
