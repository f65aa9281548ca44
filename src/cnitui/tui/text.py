"""Text from clusters and nodes, made fit for one terminal line.

What a cluster or node sends may hold escape sequences, control and bidirectional characters, broken UTF-8 or a
megabyte without a line break. `clean` turns any of it into text whose cells can be counted and which no terminal acts
on; the functions below it cut clean text to a width. Only what is displayed goes through here: what is saved or copied
stays as it came.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size

LIMIT = 4000
"""Characters of one line that are ever displayed; `clean` says how many more there were."""

ELLIPSIS = "…"
TAB = 8
MARKS_PER_CHARACTER = 2
"""Combining marks drawn on one character; a taller stack would run into the lines above and below."""

_CSI = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]")
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_WIDTH_CHANGING = frozenset((*range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400)))
"""Regional indicators and skin tones: terminals disagree about the width of what they are part of."""
_VARIATION_SELECTORS = frozenset(range(0xFE00, 0xFE10))


def clean(text: str, limit: int = LIMIT) -> str:
    """One display line: nothing in it moves the cursor, changes colours, hides or reorders other text.

    Colour and cursor sequences (CSI) are dropped, every other control character is shown as its picture (␛, ␀) or as
    <U+202E>; tabs become spaces; at most `limit` characters of the text are looked at.
    """
    head = text[:limit]
    if not (head.isascii() and head.isprintable()):
        head = _visible(head)
    return head if len(text) <= limit else f"{head}{ELLIPSIS} {len(text) - limit:,} more characters"


def decode(line: bytes, limit: int = LIMIT) -> str:
    """The same for the bytes of one log line: broken UTF-8 becomes U+FFFD, and the rest of a huge line is counted."""
    if len(line) <= limit:
        return clean(line.decode("utf-8", "replace"), limit)
    head = clean(line[:limit].decode("utf-8", "replace"), limit)
    return f"{head}{ELLIPSIS} {len(line) - limit:,} more bytes"


def _visible(text: str) -> str:
    text = _CSI.sub("", text.rstrip("\r\n"))
    if "\t" in text:
        text = text.expandtabs(TAB)
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        display, is_mark = _display_of(character)
        marks = marks + 1 if is_mark else 0
        shown.append(display if marks <= MARKS_PER_CHARACTER and (marks == 0 or shown) else _named(character))
    return "".join(shown)


@lru_cache(8192)
def _display_of(character: str) -> tuple[str, bool]:
    """What is shown for one character, and whether that is drawn on the character before it."""
    display = _replacement(character)
    return display, display == character and cell_len(character) == 0


def _replacement(character: str) -> str:
    code = ord(character)
    if picture := _PICTURES.get(code):
        return picture
    if code in _VARIATION_SELECTORS:
        return ""
    if character.isprintable() and code not in _WIDTH_CHANGING:
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " " * cell_len(character)
    return "�" if category in ("Cs", "Cn") else _named(character)


def _named(character: str) -> str:
    return f"<U+{ord(character):04X}>"


# --- cutting clean text to a width, in cells ------------------------------------------------------------------------

Cut = Literal["tail", "middle"]


def width_of(text: str) -> int:
    """Cells the clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, cut: Cut = "tail") -> str:
    """The text if it fits, else its cheap end replaced by an ellipsis: a message's tail, a name's or path's middle."""
    if width_of(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[: max(0, width)]
    if cut == "middle":
        right = (width - 1) // 2
        return clip(text, 0, width - 1 - right) + ELLIPSIS + clip(text, width_of(text) - right, right)
    return clip(text, 0, width - 1) + ELLIPSIS


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Spaces up to the width, on the left when the text is to stand at the right edge."""
    missing = " " * (width - width_of(text))
    return missing + text if right else text + missing


def clip(text: str, start: int, width: int) -> str:
    """Exactly `width` cells from cell `start`, fewer at the text's end; half of a wide character becomes a space."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[start : start + width]
    end = start + width
    cells: list[str] = []
    at = 0
    for character in text:
        size = cell_len(character)
        if at >= end and size:
            break
        cells.append(_part(character, at, size, start, end))
        at += size
    return "".join(cells)


def _part(character: str, at: int, size: int, start: int, end: int) -> str:
    if at >= start and at + size <= end:
        return character if size or at > start else ""
    return " " * max(0, min(at + size, end) - max(at, start))


def wrap(text: str, width: int) -> list[str]:
    """The text in pieces of at most `width` cells, cut anywhere: logs are read by column, not by word."""
    if width <= 0 or width_of(text) <= width:
        return [text]
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)]
    pieces: list[str] = []
    piece: list[str] = []
    used = 0
    for character in text:
        size = cell_len(character)
        if used + size > width and piece:
            pieces.append("".join(piece))
            piece, used = [], 0
        piece.append(character)
        used += size
    pieces.append("".join(piece))
    return pieces


def exactly(text: str, width: int) -> str:
    """Cut or padded to the width; for text that is clean already."""
    return set_cell_size(text, max(0, width))
