"""An object's YAML as lines: keys, literals and signs told apart, what is too long wrapped below its own beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnitui.tui.text import clean, width_of, wrap

Span = tuple[str, str]
_KEY = r'"(?:[^"\\]|\\.){0,300}"|\'[^\']{0,300}\'|[^\s:#"\'][^:#]{0,300}'
_ENTRY = re.compile(rf"(\s*(?:- )*)({_KEY})(:)(?=\s|$)")
"""Indentation with the dashes of a list, a key, and its colon."""
_LITERAL = re.compile(r"\s*(?:true|false|null|~|\{\}|\[\]|[-+]?[0-9][0-9_.eE+-]*)\s*")
_TEXT_BEGINS = re.compile(r"(?:^|.*\s)[|>][-+0-9]{0,2}\s*")
"""A value that is a text on the lines below."""
LEAST = 8
"""Cells below which a value does not begin beside its key."""
_DASHES = re.compile(r"\s*(?:- )*")


def yaml_lines(text: str, width: int) -> Iterator[tuple[Span, ...]]:
    """The lines, each at most `width` cells wide; a text that is a value is left as it is, whatever it looks like."""
    inside = -1
    for raw in text.splitlines():
        line = clean(raw)
        depth = len(line) - len(line.lstrip(" "))
        if inside >= 0 and (depth > inside or not line.strip()):
            yield from _wrapped(((line, "normal"),), depth, width)
            continue
        spans = _spans(line)
        inside = depth if _TEXT_BEGINS.fullmatch(spans[-1][0]) and spans[-1][0].strip() else -1
        yield from _wrapped(spans, depth, width)


def _spans(line: str) -> tuple[Span, ...]:
    entry = _ENTRY.match(line)
    if entry is None:
        signs = _DASHES.match(line)
        start = signs.end() if signs else 0
        return (line[:start], "dim"), (line[start:], _role(line[start:]))
    value = line[entry.end() :]
    return (entry[1], "dim"), (entry[2], "key"), (entry[3], "dim"), (value, _role(value))


def _role(value: str) -> str:
    """Numbers, truth values and what is empty are no texts."""
    return "literal" if _LITERAL.fullmatch(value) else "normal"


def _wrapped(spans: tuple[Span, ...], depth: int, width: int) -> Iterator[tuple[Span, ...]]:
    """One line if it fits, else its last part goes on below, further in than it began."""
    head, (value, role) = spans[:-1], spans[-1]
    used = sum(width_of(text) for text, _ in head)
    if used + width_of(value) <= width:
        yield spans
        return
    if width - used < LEAST:
        yield from (((piece, "normal"),) for piece in wrap("".join(text for text, _ in spans), width))
        return
    indent = min(depth + 4, width // 2)
    first = wrap(value, width - used)[0]
    yield (*head, (first, role))
    for piece in wrap(value[len(first) :], width - indent):
        yield (" " * indent, "dim"), (piece, role)
