"""Whether a node's clock is in step with the API server's: that decides what came first, and whether x509 trusts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeClock
from cnitui.domain.listing import listed

IN_STEP = timedelta(seconds=6)
"""Clocks that are less apart are in step: an answer may take five of them (`curl --max-time 5`), and dates are cut."""
_UNITS = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "m"), (0, 1, "s"))
"""From how many seconds on it is told in which unit: one unit is enough to see how bad it is."""


def compared(began: datetime, ended: datetime, server: datetime | None) -> NodeClock:
    """What the node's clock said when a look began and when it ended, against the server's within that time.

    The server's is the Date of an answer (RFC 9110, 6.6.1: whole seconds).
    """
    if server is None:
        return NodeClock()
    if began - server > IN_STEP:
        return NodeClock(began - server)
    return NodeClock(ended - server if server - ended > IN_STEP else timedelta())


def astray(case: CaseFile, node: str) -> str:
    """`30h behind`; "" where the clock is in step, or nobody knows."""
    clock = case.value(NodeClock, node)
    ahead = clock.ahead if clock is not None else None
    return f"{_length(ahead)} {'ahead' if ahead > timedelta() else 'behind'}" if ahead else ""


def clocks_astray(case: CaseFile, nodes: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each skew that was seen, with whose clocks have it."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        if words := astray(case, node):
            found.setdefault(words, []).append(node)
    return tuple(_sentence(names, words) for words, names in found.items())


def _sentence(names: list[str], words: str) -> str:
    are = "are" if len(names) > 1 else "is"
    return (
        f"By the API server's clock, {listed(names)} {are} {words}. What happened there is told by the node's own "
        "clock, and not moved: do not read from it what came first on different nodes."
    )


def _length(ahead: timedelta) -> str:
    seconds = abs(int(ahead.total_seconds()))
    return next(f"{seconds // size}{unit}" for least, size, unit in _UNITS if seconds >= least)
