"""`df` in blocks and in inodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cnitui.domain.facts import Filesystem
from cnitui.domain.parsing.lines import numbered

_NUMBER = r"-|\d{1,18}(?:\.\d{1,3})?[KMGTPE]?i?B?"
_ROW = re.compile(
    rf"(?P<device>\S.{{0,1023}}?)\s+(?P<total>{_NUMBER})\s+(?P<used>{_NUMBER})\s+(?P<free>-?(?:{_NUMBER}))"
    r"\s+(?:\d{1,9}%|-)\s+(?P<mounted>/.{0,4095})"
)
_HEADER = re.compile(r"Filesystem\s+(?:(?P<block>\d{1,9}[KMG]?)-blocks|(?P<human>Size)|(?P<inodes>Inodes))\s.*")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50, "E": 2**60}


def parse_df(text: str, paths: Sequence[str] = ()) -> tuple[Filesystem, ...]:
    """One filesystem per row, its `path` the argument of the same place (`paths`), else where it is mounted.

    Under a header of `df -i` the numbers are inodes, else blocks; sizes are None for both where df prints `-`.
    """
    rows: list[Filesystem] = []
    inodes, unit, wrapped = False, 1024, ""
    for _, line in numbered(text):
        header = _HEADER.match(line)
        if header:
            inodes, unit, wrapped = bool(header["inodes"]), _block(header["block"] or ""), ""
            continue
        match = _ROW.fullmatch(f"{wrapped} {line.strip()}".strip())
        wrapped = "" if match else line.strip()
        if match:
            path = paths[len(rows)] if len(rows) < len(paths) else match["mounted"]
            rows.append(_in_inodes(match, path, line) if inodes else _in_blocks(match, path, line, unit))
    return tuple(rows)


def _block(text: str) -> int:
    """Bytes of one block: `1024`, `1K`, `512`; plain bytes for `df -h`, whose numbers carry units."""
    return _scaled(text, 1) or 1


def _in_blocks(match: re.Match[str], path: str, line: str, unit: int) -> Filesystem:
    size, free = (_scaled(match[key], unit) for key in ("total", "free"))
    return Filesystem(
        path,
        match["device"],
        match["mounted"],
        size_kib=None if size is None else size // 1024,
        available_kib=None if free is None else free // 1024,
        raw=line.strip(),
    )


def _in_inodes(match: re.Match[str], path: str, line: str) -> Filesystem:
    """btrfs and others count no inodes and print 0 of 0."""
    total, free = (_scaled(match[key], 1) for key in ("total", "free"))
    return Filesystem(
        path,
        match["device"],
        match["mounted"],
        inodes=total or None,
        inodes_free=free if total else None,
        raw=line.strip(),
    )


_USED = re.compile(r"(\d{1,18})\s+(/.{0,1023})")


def parse_du(text: str) -> tuple[tuple[str, int], ...]:
    """The directories of `du -k`, with their KiB, in the order of the lines."""
    found = (_USED.fullmatch(line.strip()) for _, line in numbered(text))
    return tuple((match[2], int(match[1])) for match in found if match)


def _scaled(number: str, unit: int) -> int | None:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)([KMGTPE]?)i?B?", number)
    if not match:
        return None
    return int(float(match[1]) * (_UNITS[match[2]] if match[2] else unit))


def merged(blocks: Sequence[Filesystem], inodes: Sequence[Filesystem]) -> tuple[Filesystem, ...]:
    """Rows of `df` and of `df -i` for the same paths as one; a path that only one of them knows keeps what it has."""
    counted = {row.path: row for row in inodes}
    joined = [
        replace(row, inodes=other.inodes, inodes_free=other.inodes_free, raw=f"{row.raw}\n{other.raw}")
        if (other := counted.pop(row.path, None))
        else row
        for row in blocks
    ]
    return (*joined, *counted.values())
