"""`lsattr -d`: the attribute letters of ext4, xfs and btrfs (chattr(1))."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cnitui.domain.parsing.lines import numbered

_LINE = re.compile(r"(?:\d{1,20}\s+)?(?P<letters>[A-Za-z-]{8,32}) (?P<path>/.{0,4095})")
_UNSUPPORTED = re.compile(
    r"lsattr: (?:Operation not supported|Inappropriate ioctl for device|Function not implemented)"
    r" While reading flags on (?P<path>/.{0,4095})"
)


def parse_lsattr(stdout: str, stderr: str = "") -> Mapping[str, str]:
    """Path to its letters without the dashes; "" where the filesystem has no attributes at all, so none is set."""
    attributes = {match["path"]: "" for _, line in numbered(stderr) if (match := _UNSUPPORTED.fullmatch(line))}
    for _, line in numbered(stdout):
        match = _LINE.fullmatch(line.rstrip())
        unsupported = _UNSUPPORTED.fullmatch(line)
        if match:
            attributes[match["path"]] = match["letters"].replace("-", "")
        elif unsupported:
            attributes[unsupported["path"]] = ""
    return attributes
