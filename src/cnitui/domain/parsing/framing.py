"""Takes off what others put around lines on their way into a paste, so that the lines read as they were printed.

Mail and forums quote, number and escape; browsers copy entities and typographic quotation marks; terminals without
colour leave the codes; runtimes store a log with a prefix of their own. Every line stays in its place: positions count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise

_ENTITIES = {
    "quot": '"',
    "#34": '"',
    "apos": "'",
    "#39": "'",
    "#x27": "'",
    "lt": "<",
    "gt": ">",
    "nbsp": " ",
    "amp": "&",
}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)});", re.IGNORECASE)
_TAG = re.compile(r"</?(?:br|pre|code|p|div|span)(?: [^<>\n]{0,200})?/?>", re.IGNORECASE)
_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3}){0,4}m(?!\])|\[m(?![\w\]])")
"""A colour code that lost its escape character; `[5m]` is a range of Prometheus."""
_TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
_ESCAPED_MARKDOWN = re.compile(r"\\([_*\[\]<>`#|])")
_STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{1,20} std(?:out|err) [FP] ")
"""How CRI runtimes store a container's log: time, stream, and whether the line is whole (kubelet, logs/logs.go)."""
_PREFIXED = re.compile(r"\[pod/[\w.-]{1,253}/[\w.-]{1,63}\] ")
"""What `kubectl logs --prefix` puts before a line."""
_QUOTED = re.compile(r"(?:>[ \t]?)+")
_NUMBER = re.compile(r"\s{0,8}(\d{1,6})(?:[:.)|]\s?|\s{1,4}|$)")
_INDENT = re.compile(r"\t+")
_MARKS = ("**", "`")
_FEWEST_NUMBERED = 4


def unframed(text: str) -> str:
    """The text as it was printed, line for line."""
    for sign, take_off in _SIGNS:
        if sign in text:
            text = take_off(text)
    return _unnumbered(_unlisted("\n".join(map(_line, text.split("\n")))))


def _without_entities(text: str) -> str:
    """Entities of HTML, escaped once or twice."""
    for _ in range(2):
        text = _ENTITY.sub(lambda found: _ENTITIES[found[1].lower()], text)
    return text


def _without_tags(text: str) -> str:
    return _TAG.sub("", text)


def _without_colours(text: str) -> str:
    return _COLOUR.sub("", text)


def _without_backslashes(text: str) -> str:
    return _ESCAPED_MARKDOWN.sub(r"\1", text)


_SIGNS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("&", _without_entities),
    ("<", _without_tags),
    ("m", _without_colours),
    ("\\_", _without_backslashes),
)
"""Tried only where the sign is: most pastes are not framed, and some have ten megabytes."""


def _line(line: str) -> str:
    if not line:
        return line
    if not line.isascii():
        line = line.translate(_TYPOGRAPHIC)
    first = line[0]
    if first == "{":
        return _from_json(line)
    if first == ">":
        line = line[_end(_QUOTED, line) :]
    elif first == "\t":
        line = " " * 8 * _end(_INDENT, line) + line[_end(_INDENT, line) :]
    for mark in _MARKS:
        if line.startswith(mark) and line.endswith(mark) and line.count(mark) == 2:
            line = line[len(mark) : -len(mark)]
    return line[_end(_STORED, line) or _end(_PREFIXED, line) :]


def _end(pattern: re.Pattern[str], line: str) -> int:
    found = pattern.match(line)
    return found.end() if found else 0


def _from_json(line: str) -> str:
    """What a line of Docker's json-file log holds; any other line as it is."""
    if not line.startswith(('{"log":"', '{"log": "')):
        return line
    try:
        return str(json.loads(line)["log"]).rstrip("\n").replace("\n", " ")
    except (ValueError, KeyError, RecursionError):
        return line


def _unlisted(text: str) -> str:
    """Without the bullets of a list, when every line is an item of it."""
    lines = text.split("\n")
    items = [line for line in lines if line.strip()]
    if not text.startswith("* ") or not all(line.startswith("* ") for line in items):
        return text
    return "\n".join(line.removeprefix("* ") for line in lines)


def _unnumbered(text: str) -> str:
    """Without the numbers that an editor or a forum put before the lines: each is one more than the last."""
    lines = text.split("\n")
    found = [_NUMBER.match(line) for line in lines if line.strip()]
    numbers = [int(one[1]) for one in found if one]
    if len(numbers) < max(_FEWEST_NUMBERED, len(found)) or not _counts(numbers):
        return text
    return "\n".join(line[_end(_NUMBER, line) :] if line.strip() else line for line in lines)


def _counts(numbers: list[int]) -> bool:
    return all(0 < after - before <= _FEWEST_NUMBERED for before, after in pairwise(numbers))
