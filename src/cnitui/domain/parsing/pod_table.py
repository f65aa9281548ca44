"""`kubectl get pods` as a table, with or without -o wide, --all-namespaces and header."""

from __future__ import annotations

import re

from cnitui.domain.facts import PodRow
from cnitui.domain.parsing.lines import numbered

_ROW = re.compile(
    r"\s*(?:(?P<namespace>[a-z0-9][\w-]{0,62})\s+)?(?P<name>[a-z0-9][\w.-]{0,252})\s+(?P<ready>\d{1,3}/\d{1,3})\s+"
    r"(?P<status>[A-Z][\w:/.-]{1,60})\s+(?P<restarts>\d{1,9})(?:\s\([^)]{1,40}\))?(?:\s+(?P<age>[\w<>]{1,20})(?P<rest>.*))?"
)


def parse_pod_table(text: str) -> tuple[PodRow, ...]:
    """Every row; the node is the word after the pod's address (`<none>` counts as none)."""
    rows = (_ROW.fullmatch(line.rstrip()) for _, line in numbered(text) if "/" in line)
    return tuple(_row(match) for match in rows if match)


def _row(match: re.Match[str]) -> PodRow:
    words = (match["rest"] or "").split()
    node = words[1] if len(words) > 1 else ""
    return PodRow(
        match["name"],
        match["ready"],
        match["status"],
        int(match["restarts"]),
        "" if node == "<none>" else node,
        match["namespace"] or "",
    )
