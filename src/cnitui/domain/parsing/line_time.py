"""The time that a line of a log gives itself, whatever its program's format."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cnitui.domain.parsing.container_log import parse_stamp
from cnitui.late_dataclass import dataclass

_STAMP = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_WITHIN = 120
_OWN_LOGGER = re.compile(r"\[(?:DEBUG|INFO|WARNING|ERROR|FATAL|PANIC)\]\[\d")
"""Calico's logger; its images have no time zones, so it writes UTC."""
_AUDIT = re.compile(r"\bavc:|audit\(")


@dataclass(frozen=True, slots=True)
class LoggedTime:
    """A moment in UTC; not `exact` when the line does not tell its zone, which containers usually have as UTC."""

    moment: datetime
    exact: bool = False


def logged_time(line: str) -> LoggedTime | None:
    """The first time near the line's beginning; None for a line without one and for records of the audit system."""
    found = _STAMP.search(line[:_WITHIN])
    if found is None or _AUDIT.search(line):
        return None
    zone = found[3] or ""
    if zone and zone != "Z" and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    moment = parse_stamp(f"{found[1]}T{found[2]}{zone}")
    return (
        LoggedTime(moment.astimezone(UTC), exact=bool(zone) or _OWN_LOGGER.search(line) is not None)
        if moment is not None
        else None
    )
