"""Whether an address answers from a node, and whether its packet filter knows a Service address."""

from __future__ import annotations

import re
from typing import Literal

from cnitui.domain.facts import Reach, ServiceRules
from cnitui.domain.parsing.lines import numbered

Outcome = Literal["answered", "refused", "timeout", "unreachable", "unknown"]
_SIGNS: tuple[tuple[Outcome, re.Pattern[str]], ...] = (
    ("refused", re.compile(r"connection refused", re.IGNORECASE)),
    ("unreachable", re.compile(r"no route to host|network is unreachable|host is unreachable", re.IGNORECASE)),
    ("timeout", re.compile(r"timed out|timeout was reached|i/o timeout", re.IGNORECASE)),
)
_ANSWERED = re.compile(r"succeeded!|\bConnected to\b|^< HTTP/|^HTTP/|^ok$")
_TIMEOUT_STATUSES = frozenset({28, 124, 137, 143})
"""curl's own (28), timeout(1)'s, and those of a shell for a killed command."""
_RAW_LIMIT = 400


def parse_reach(address: str, text: str, status: int | None = None) -> Reach:
    """One attempt to connect, from what curl, bash's /dev/tcp or nc said on both outputs, and its status if known.

    Messages come before statuses: curl's 7 is any failure to connect, and timeout(1) may end what already failed. A
    server that accepts the connection has answered, whatever becomes of TLS; one that then falls silent has not.
    """
    if status == 0:
        return Reach(address, "answered", _line(text, _ANSWERED) or "connected")
    sign = next(((outcome, line) for outcome, pattern in _SIGNS if (line := _line(text, pattern))), None)
    if sign:
        return Reach(address, *sign)
    raw = text.strip()[:_RAW_LIMIT] or f"exit status {status}"
    if status in _TIMEOUT_STATUSES:
        return Reach(address, "timeout", raw)
    answered = _line(text, _ANSWERED)
    return Reach(address, "answered", answered) if answered else Reach(address, "unknown", raw)


def _line(text: str, pattern: re.Pattern[str]) -> str:
    """The first line that says so, "" when none does."""
    return next((line.strip()[:_RAW_LIMIT] for _, line in numbered(text) if pattern.search(line)), "")


def parse_service_rules(address: str, text: str, *, readable: bool) -> ServiceRules:
    """Whether some rule of iptables, nftables or IPVS is for this Service address (`host` or `host:port`).

    `readable` says whether a packet filter could be read at all; without it, no rule found means nothing.
    """
    host = address.rpartition(":")[0].strip("[]") or address
    whole = re.compile(rf"(?<![\w.:]){re.escape(host)}(?!\w|\.\d|:\w*:)")
    rules = [line.strip() for _, line in numbered(text) if whole.search(line)]
    if rules:
        return ServiceRules(address, True, "\n".join(rules)[:_RAW_LIMIT])
    return ServiceRules(address, False if readable else None, text.strip()[:_RAW_LIMIT])
