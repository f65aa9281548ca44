"""What changed on a node: `btime` of /proc/stat, `systemctl show`, `rpm -q`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cnitui.domain.parsing.clock import moment

_BOOTED = re.compile(r"^btime (\d{1,12})\s*$", re.ASCII | re.MULTILINE)
_UNIT = re.compile(r"Id=(?P<unit>[\w@.-]{1,80})\.service\s*$", re.ASCII | re.MULTILINE)
_ENTERED = re.compile(
    r"^ActiveEnterTimestamp=\w{3} (?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\s*$", re.ASCII | re.MULTILINE
)
_INSTALLED = re.compile(r"^(?P<at>\d{1,12}) (?P<package>[\w.+~-]{1,120})\s*$", re.ASCII | re.MULTILINE)
Change = tuple[datetime, str]


def parse_boot(text: str) -> tuple[Change, ...]:
    """When the kernel started (proc(5): seconds since the epoch)."""
    found = _BOOTED.search(text)
    return tuple(_at_epoch(found[1], "the machine booted")) if found else ()


def parse_units(text: str) -> tuple[Change, ...]:
    """When each unit became active, from blocks of `Id=` and `ActiveEnterTimestamp=`; one that never did has none."""
    return tuple(change for block in text.split("\n\n") for change in _unit(block))


def _unit(block: str) -> Iterator[Change]:
    unit, entered = _UNIT.search(block), _ENTERED.search(block)
    at = moment(entered["at"], "%Y-%m-%d %H:%M:%S") if entered else None
    if unit and at is not None:
        yield at, f"{unit['unit']} started"


def parse_packages(text: str) -> tuple[Change, ...]:
    """When packages were installed or updated, from lines of `INSTALLTIME NAME-VERSION-RELEASE`."""
    return tuple(
        change for one in _INSTALLED.finditer(text) for change in _at_epoch(one["at"], f"installed {one['package']}")
    )


def _at_epoch(seconds: str, words: str) -> Iterator[Change]:
    try:
        yield datetime.fromtimestamp(int(seconds), UTC), words
    except (ValueError, OverflowError, OSError):
        return
