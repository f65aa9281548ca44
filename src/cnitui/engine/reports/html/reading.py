"""Reads a report's document, which may come from disk, from another release, or from somebody: nothing is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.listing import listed
from cnitui.domain.report import literal

LONGEST = 2_000
"""Characters of one text."""
MOST = 1_000
"""Entries of one list."""
MOST_NAMED = 12
"""Names up to which all are told."""


def text(value: object, most: int = LONGEST) -> str:
    """On one line, without what steers a screen or turns the reading direction; a cut is told."""
    whole = literal("" if value is None else str(value))
    return whole if len(whole) <= most else f"{whole[:most]}… ({len(whole) - most:,} more characters)"


def items(value: object, most: int = MOST) -> list[object]:
    """The list's entries, or none."""
    return value[:most] if isinstance(value, list) else []


def maps(value: object, most: int = MOST) -> list[Document]:
    """The mappings in a list."""
    return [as_mapping(one) for one in items(value, most) if isinstance(one, Mapping)]


def texts(value: object, most: int = MOST) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(text(one) for one in items(value, most))


def time(value: object) -> datetime | None:
    """A stamp in UTC; None when it is none."""
    try:
        found = datetime.fromisoformat(str(value))
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def clock(moment: datetime | None) -> str:
    """`20:13:05`."""
    return f"{moment:%H:%M:%S}" if moment is not None else ""


def day(moment: datetime | None) -> str:
    """`2026-11-30 20:13:05 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else ""


def kept_indent(line: str) -> str:
    """`text` strips; the blanks in front of a line of YAML are its meaning."""
    return line[: len(line) - len(line.lstrip(" "))] + text(line)


def named(nodes: Sequence[str]) -> str:
    """All of a few names, a few of many."""
    return (
        listed(tuple(nodes), MOST_NAMED) if len(nodes) <= MOST_NAMED else f"{len(nodes):,} nodes ({listed(nodes, 3)})"
    )
