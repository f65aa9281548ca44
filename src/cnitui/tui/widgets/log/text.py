"""How one kept log entry reads on the screen: time, level and text; and how to cut styled text to a window.

The loggers of install-cni put some 70 characters before each message. On the screen they are folded into the time
and, where it says something, the level; with full timestamps (and in all that is saved or copied) lines are as they
came. Formats: projectcalico/calico cni-plugin/pkg/install/install.go, logrus text at v3.16-v3.22, libcalico-go's
formatter from v3.23 on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from enum import Enum

from rich.style import Style

from cnitui.engine.logs.stamps import split, time_of
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean, clip, decode, width_of

_CALICO = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[([A-Z]{4,8})\]\[\d{1,9}\] \S{1,80} \S{1,20}: ")
_LOGRUS = re.compile(r'time="[^"]{1,40}" level=([a-z]{4,8}) msg="((?:[^"\\]|\\.)*)" ?')
_LEVELS = {"WARNING": "WARN", "WARN": "WARN", "ERROR": "ERROR", "FATAL": "FATAL", "PANIC": "PANIC"}
TIME_CELLS = 9


class Stamps(Enum):
    """How much of the server's timestamp is shown."""

    SHORT = "short"
    FULL = "full"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LogText:
    """One line, clean: the time's column (may be ""), a level worth saying (or ""), and the text."""

    time: str
    level: str
    text: str


def log_text(line: bytes, stamps: Stamps) -> LogText:
    """Read a kept line for display."""
    stamp, raw = split(line)
    text = decode(raw)
    if stamps is Stamps.FULL:
        return LogText(f"{clean(stamp.decode('ascii', 'replace'))} " if stamp else "", "", text)
    level, text = fold(text)
    return LogText(_clock(line, stamp) if stamps is Stamps.SHORT else "", level, text)


def raw_text(line: bytes) -> str:
    """The line as the container wrote it."""
    return split(line)[1].decode("utf-8", "replace")


def fold(text: str) -> tuple[str, str]:
    """Level and message of a line in one of the installer's formats; other lines stay whole."""
    if found := _CALICO.match(text):
        return _LEVELS.get(found[1], ""), text[found.end() :]
    if found := _LOGRUS.match(text):
        return _LEVELS.get(found[1].upper(), ""), f"{found[2]} {text[found.end() :]}".rstrip()
    return "", text


def _clock(line: bytes, stamp: bytes) -> str:
    if stamp.endswith(b"Z"):
        return clean(stamp[11:19].decode("ascii", "replace")) + " "
    time = time_of(line)
    return f"{time.astimezone(UTC):%H:%M:%S} " if time else " " * TIME_CELLS


# --- styled text ----------------------------------------------------------------------------------------------------

Span = tuple[str, Style]


def marked(text: str, ink: Style, found: Sequence[tuple[int, int]], mark: Style) -> list[Span]:
    """The text in its ink, with the found ranges of characters in another."""
    spans: list[Span] = []
    at = 0
    for start, end in found:
        if start > at:
            spans.append((text[at:start], ink))
        spans.append((text[max(at, start) : end], mark))
        at = max(at, end)
    if at < len(text) or not spans:
        spans.append((text[at:], ink))
    return spans


def highlighted(spans: Sequence[Span], ink: Style, found: Sequence[tuple[int, int]], mark: Style) -> list[Span]:
    """The spans with found ranges of characters in another ink, where they are in that ink: a search's marks stay."""
    shown: list[Span] = []
    at = 0
    for text, style in spans:
        own = [(max(0, start - at), min(len(text), end - at)) for start, end in found]
        inside = [(start, end) for start, end in own if start < end]
        shown += marked(text, style, inside, mark) if style == ink and inside else [(text, style)]
        at += len(text)
    return shown


def window(spans: Sequence[Span], start: int, width: int) -> list[Span]:
    """The spans from cell `start` on, at most `width` cells."""
    shown: list[Span] = []
    for text, ink in spans:
        size = width_of(text)
        if start < size and width > 0:
            piece = clip(text, start, width)
            shown.append((piece, ink))
            width -= width_of(piece)
        start = max(0, start - size)
        if width <= 0:
            break
    return shown


def piece_of(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """The spans of the characters from `start` up to `end`."""
    shown: list[Span] = []
    for text, ink in spans:
        if end <= 0:
            break
        if start < len(text):
            shown.append((text[max(0, start) : end], ink))
        start -= len(text)
        end -= len(text)
    return shown
