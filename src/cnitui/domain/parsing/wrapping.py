"""Lines that a terminal of fixed width broke, whole again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_NARROWEST, _WIDEST, _WRAPPED_LINES = 60, 400, 3
_USUAL_WIDTHS = frozenset({80, 100, 120, 132, 140, 160, 180, 200, 240})
"""Columns that terminals have; where the longest line of all is just as long, it was broken there."""
_COLUMNS = re.compile(r"\S\s{2,}\S.*\S\s{2,}\S")
"""A row of a table: it ends where it ends."""
_POD_ROW = re.compile(r"\S{1,253}\s+(?:\S{1,253}\s+)?\d{1,3}/\d{1,3}\s")
"""A row of pods: what follows a broken one is the rest of it, unless it is a row itself."""
_ROW_ENDS = re.compile(r"\s(?:\d{1,6}[smhdy](?:\d{1,3}[smhd])?|<none>)\s{0,4}$")
"""The end of a whole row: its age, or a column that is empty."""
_RECORD = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:|\[[A-Z]{4,7}\]\[\d|time=\"|type=[A-Z_]{3,20} |[IWEF]\d{4} \d\d:|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:|\[ {0,8}\d{1,8}\.\d{3,6}\]|\s{0,4}(?:Normal|Warning)\s|audit: |\{\"level\"|"
    r"avc: |[A-Z]{4}: \d{4}/|[\w.-]{1,64}@[\w.-]{1,253}[:~ ]|\$ |# "
)


def unwrapped(text: str, is_prompt: Callable[[str], bool]) -> str:
    """Join what a terminal of fixed width broke: records whose line is as long as the longest line of all.

    Lines with columns are not continued, so that the rows of a table stay rows, unless they begin like a record of a
    log. The joined line is followed by empty ones, so that numbers of lines stay those of the paste.
    Where little was broken, a command (`is_prompt`) is not continued either: what follows it is its output.
    """
    lines = text.split("\n")
    width = max(map(len, lines), default=0)
    if not _NARROWEST <= width <= _WIDEST:
        return text
    often = sum(len(line) == width for line in lines) >= _WRAPPED_LINES
    if width not in _USUAL_WIDTHS and not often:
        return text
    return "\n".join(_joined(lines, width, _never if often else is_prompt))


def _joined(lines: list[str], width: int, ends: Callable[[str], bool]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        parts = [lines[place]]
        while len(parts[-1]) == width and _continues(parts[0], ends) and place + len(parts) < len(lines):
            following = lines[place + len(parts)]
            if not following or _RECORD.match(following) or _POD_ROW.match(following):
                break
            parts.append(following)
        yield "".join(parts)
        yield from ("" for _ in parts[1:])
        place += len(parts)


def _never(_line: str) -> bool:
    return False


def _continues(line: str, ends: Callable[[str], bool]) -> bool:
    if ends(line):
        return False
    if _POD_ROW.match(line):
        return _ROW_ENDS.search(line) is None
    if _RECORD.match(line):
        return True
    return " " in line and _COLUMNS.search(line) is None
