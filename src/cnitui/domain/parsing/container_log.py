"""A container's log as the kubelet serves it with `timestamps=true`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cnitui.domain.facts import LogLine

_LONGEST_STAMP = 36


def parse_stamp(text: str) -> datetime | None:
    """An RFC 3339 time with up to nanoseconds; None for anything else. Microseconds are kept, the rest is cut."""
    if not text[:4].isdigit() or len(text) > _LONGEST_STAMP or "T" not in text:
        return None
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
    try:
        stamp = datetime.fromisoformat(text)
        return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter from a year that UTC would not have
        return None


def parse_line(line: str, number: int = 0) -> LogLine:
    """One line; a line without a timestamp keeps its text whole."""
    stamp, space, text = line.partition(" ")
    time = parse_stamp(stamp)
    if time is None:
        return LogLine(line, number)
    return LogLine(text if space else "", number, time)


def is_kubelets(raw: bytes) -> bool:
    """Whether it is what the kubelet answers with status 200 instead of a log (seen on v1.35: a real node)."""
    return raw.startswith((b"unable to retrieve container logs for ", b"failed to try resolving symlinks in path "))


def parse_log(raw: bytes) -> tuple[LogLine, ...]:
    """All lines of a log, numbered from 1; broken UTF-8 becomes replacement characters."""
    return tuple(_lines(raw))


def _lines(raw: bytes) -> Iterator[LogLine]:
    for number, line in enumerate(raw.decode("utf-8", "replace").split("\n"), 1):
        if line:
            yield parse_line(line.removesuffix("\r"), number)
