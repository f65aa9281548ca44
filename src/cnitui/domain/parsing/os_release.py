"""/etc/os-release and `uname -r`, one after the other or alone."""

from __future__ import annotations

import re
import shlex

from cnitui.domain.facts import Platform
from cnitui.domain.parsing.lines import numbered

_FIELD = re.compile(r"(?P<key>[A-Z][A-Z0-9_]{0,40})=(?P<value>.{0,400})")
_RELEASE = re.compile(r"(?:Linux \S{1,80} )?(?P<release>\d{1,3}\.\d{1,4}[\w.+~-]{0,80})(?: #.*)?")


def parse_os_release(text: str) -> Platform | None:
    """Distribution and version by name, the kernel's release if a line of uname is there; None when neither is."""
    fields: dict[str, str] = {}
    kernel = ""
    for _, line in numbered(text):
        field, release = _FIELD.fullmatch(line), _RELEASE.fullmatch(line)
        if field:
            fields[field["key"]] = _unquoted(field["value"])
        elif release and not kernel:
            kernel = release["release"]
    distribution = fields.get("NAME") or fields.get("PRETTY_NAME") or fields.get("ID", "")
    if not distribution and not kernel:
        return None
    return Platform(distribution, fields.get("VERSION_ID", ""), kernel)


def _unquoted(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError:
        return value
    return " ".join(words)
