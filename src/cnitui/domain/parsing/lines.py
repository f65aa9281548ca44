"""Lines of hostile text: bounded in number and length, so that no parser can be kept busy by one node."""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINES = 200_000
MAX_LINE = 8_192


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their number from 1, as an editor counts them; carriage returns and what is beyond the bounds cut.

    Only newlines separate: `str.splitlines` also splits at characters that may stand inside a file name.
    """
    start = 0
    for number in range(1, MAX_LINES + 1):
        end = text.find("\n", start)
        stop = len(text) if end < 0 else end
        yield number, text[start : min(stop, start + MAX_LINE)].rstrip("\r")
        if end < 0:
            return
        start = end + 1


def position(number: int) -> str:
    """The place of a quote, as evidence names it."""
    return f"line {number}"
