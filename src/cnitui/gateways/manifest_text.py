"""Where and how `privileged: true` goes into the text of a container, in the style the text has.

Each function offers splices, best first; whether one is right is not decided here but proven by its caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnitui.gateways.documents import Node
from cnitui.late_dataclass import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_SEPARATOR = re.compile(r",[ \t\r\n]+|,")


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace the characters from `start` to `end` by `text`; an insertion when both are the same."""

    start: int
    end: int
    text: str


def splices(body: str, container: Node) -> Iterator[Splice]:
    """Ways to make the container privileged, the most natural first."""
    security = next(iter(container.values("securityContext")), None)
    if security is None:
        yield from _new_entry(body, container, "securityContext", "privileged")
    elif security.kind != "mapping":
        yield from _instead_of(body, container, security, "privileged")
    elif privileged := next(iter(security.values("privileged")), None):
        yield Splice(privileged.start, privileged.end, _after_colon(body, privileged.start, "true"))
    else:
        yield from _new_entry(body, security, "privileged")


def _new_entry(body: str, mapping: Node, *keys: str) -> Iterator[Splice]:
    """A further entry of a mapping: `keys` nested into one another, the last one true."""
    if mapping.flow:
        yield from _new_flow_entry(body, mapping, keys)
        return
    column = mapping.entries[0][0].column
    step = _step(mapping)
    lines = [f"{' ' * (column + depth * step)}{key}:" for depth, key in enumerate(keys)]
    lines[-1] += " true"
    ends = [_true_end(mapping), *(value.end for name, value in mapping.entries if name.text == "name")]
    for end in ends:
        if end is not None:
            yield _lines_after(body, end, lines)


def _new_flow_entry(body: str, mapping: Node, keys: tuple[str, ...]) -> Iterator[Splice]:
    quoted = (bool(mapping.entries) and mapping.entries[0][0].quoted) or _json_like(body, mapping)
    value = "true"
    for key in reversed(keys):
        name = f'"{key}"' if quoted else key
        value = f"{name}: {value}" if key == keys[0] else f"{{{name}: {value}}}"
    if not mapping.entries:
        yield Splice(mapping.start + 1, mapping.end - 1, value)
        yield Splice(mapping.start + 1, mapping.start + 1, value)
        return
    last = mapping.entries[-1][1].end
    yield Splice(last, last, _separator(body, mapping) + value)


def _json_like(body: str, mapping: Node) -> bool:
    """Whether keys around an empty mapping are quoted."""
    return body[: mapping.start].rstrip().endswith('":')


def _separator(body: str, mapping: Node) -> str:
    """What stands between two entries of this mapping: a comma, and the line end and indentation that follow it."""
    if len(mapping.entries) < 2:
        return ", "
    between = body[mapping.entries[-2][1].end : mapping.entries[-1][0].start]
    return between if _SEPARATOR.fullmatch(between) else ", "


def _instead_of(body: str, container: Node, security: Node, key: str) -> Iterator[Splice]:
    """In place of an empty value: `securityContext:`, `securityContext: null` or `~`."""
    name = next(name for name, value in container.entries if value is security)
    quoted = f'"{key}"' if name.quoted else key
    if security.start == security.end and not container.flow:
        column = name.column + _step(container)
        yield _lines_after(body, security.end, [f"{' ' * column}{key}: true"])
    yield Splice(security.start, security.end, _after_colon(body, security.start, f"{{{quoted}: true}}"))


def _after_colon(body: str, start: int, text: str) -> str:
    return f" {text}" if body[:start].endswith(":") else text


def _lines_after(body: str, end: int, lines: list[str]) -> Splice:
    """The lines as lines of their own after the line in which `end` is; comments behind it stay where they are."""
    if end and body[end - 1] in "\r\n":
        position, before, newline = end, "", _newline_before(body, end)
    else:
        found = _LINE_END.search(body, end)
        newline = found.group() if found else _newline_before(body, len(body))
        position, before = (found.end(), "") if found else (len(body), newline)
    after = "" if before else newline
    return Splice(position, position, before + newline.join(lines) + after)


def _newline_before(body: str, end: int) -> str:
    """The line end the text uses, taken from the last one before a position."""
    found = [match.group() for match in _LINE_END.finditer(body, max(0, end - 4096), end)]
    return found[-1] if found else "\n"


def _true_end(node: Node) -> int | None:
    """Where the last thing in a node ends: a block's own end mark lies behind the comments after it.

    None when that is an alias, whose position is not known.
    """
    while not node.flow and node.kind != "scalar":
        last = node.entries[-1][1] if node.entries else node.items[-1] if node.items else None
        if last is None:
            break
        node = last
        if node.shared:
            return None
    return node.end


def _step(mapping: Node) -> int:
    """By how many columns the text indents: as the first block mapping within this one does, else two."""
    for name, value in mapping.entries:
        inner = value.entries[0][0] if value.kind == "mapping" and value.entries and not value.flow else None
        if inner is not None and not value.shared and inner.column > name.column:
            return inner.column - name.column
    for _, value in mapping.entries:
        for item in value.items:
            if item.kind == "mapping" and not item.flow and not item.shared:
                found = _step_within(item)
                if found:
                    return found
    return 2


def _step_within(mapping: Node) -> int:
    for name, value in mapping.entries:
        if value.kind == "mapping" and value.entries and not value.flow and not value.shared:
            return max(0, value.entries[0][0].column - name.column)
    return 0
