"""What time it is: as `date -u +%FT%TZ` prints it, and as an HTTP answer's Date says."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DATE = re.compile(
    r"^(?:< )?date: (?P<date>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d) GMT\s*$", re.IGNORECASE | re.MULTILINE
)
_IMF_FIXDATE = "%a, %d %b %Y %H:%M:%S"
"""RFC 9110, 5.6.7; the only form that Go's net/http writes."""


def parse_stamp(text: str) -> datetime | None:
    """`2026-12-01T04:00:56Z`."""
    return moment(text.strip(), "%Y-%m-%dT%H:%M:%SZ") if _STAMP.fullmatch(text.strip()) else None


def parse_http_date(text: str) -> datetime | None:
    """The first Date among the headers that `curl -v` shows, HTTP/1.1 or HTTP/2 (lower case)."""
    found = _DATE.search(text)
    return moment(found["date"], _IMF_FIXDATE) if found else None


def moment(text: str, form: str) -> datetime | None:
    """A time in UTC of that form (`strptime`); None for one that there is not, as the 31st of a short month."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
