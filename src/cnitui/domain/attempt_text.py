"""What a line of a log says once that is taken out which differs from run to run and from node to node.

Two attempts are alike when their lines say the same; two logs are laid beside each other by lines of one shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cnitui.domain.facts import LogLine
from cnitui.domain.parsing.installer_log import parse_record

_PASSING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d(?:\.\d{1,9})?\b|"
    r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b0x[0-9a-f]+\b|\b[0-9a-f]{12,64}\b|"
    r"(?<=[\d\]]):(?:3[2-9]\d{3}|[4-6]\d{4})\b|"
    r"\b\d+(?:\.\d+)?(?:ns|us|µs|ms|s)\b|\d{6,}"
)
"""Times, ids, addresses in memory, ports that the kernel chose (from 32768 on, Linux ip_local_port_range), durations,
and long numbers: process ids, resource versions, names of temporary files."""
_NUMBER = re.compile(r"\d+")
SIGN = "…"
"""Stands for what was taken out."""


def sense(text: str, names: Iterable[str] = ()) -> str:
    """What a line says in every run; `names` are the node's and the pod's own."""
    record = parse_record(LogLine(text))
    words = " ".join(filter(None, (record.level, record.message, record.error)))
    for name in names:
        words = words.replace(name, SIGN)
    return _PASSING.sub(SIGN, words)


def shape(said: str) -> str:
    """The same without any number: two lines of one shape are one step with other values."""
    return _NUMBER.sub("#", said)


def senses(texts: Sequence[str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """What each line says."""
    own = [name for name in names if name]
    return tuple(sense(text, own) for text in texts)
