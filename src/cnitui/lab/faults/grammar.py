"""The words of a fault: `SIDE WHAT[=VALUE] [WHERE]`, one a line.

`api` faults meet requests; WHERE is a regular expression that their path and query are searched for. `ssh` faults meet
nodes; WHERE is a shell pattern of their names. Without WHERE they meet all. `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

CERTIFICATES = ("expired", "not-yet-valid", "foreign", "other-name")
LIES = ("empty", "garbage", "nologin", "other")


@dataclass(frozen=True)
class Kind:
    """One fault there is: `takes` names its value in the help, `words` are the only values when there are some."""

    side: str
    name: str
    says: str
    takes: str = ""
    words: tuple[str, ...] = ()
    somewhere: bool = True
    """Whether a WHERE may follow."""

    @property
    def form(self) -> str:
        """How it is written."""
        value = f"={'|'.join(self.words) or self.takes}" if self.words or self.takes else ""
        where = {"api": " [PATH]", "ssh": " [NODE]"}[self.side] if self.somewhere else ""
        return f"{self.side} {self.name}{value}{where}"


KINDS = (
    Kind("api", "latency", "each request waits first", "SECONDS"),
    Kind("api", "status", "each request gets this status: 429, 500, 503, 401 …", "CODE"),
    Kind("api", "stall", "requests are taken, and nothing is said"),
    Kind("api", "drip", "answers trickle, so many bytes a second", "BYTES"),
    Kind("api", "cut", "connections are dropped after so many bytes of an answer", "BYTES"),
    Kind("api", "down", "the port refuses", somewhere=False),
    Kind("api", "half-open", "connections that exist go dead without a word; new ones work", somewhere=False),
    Kind("api", "certificate", "the server shows another certificate", words=CERTIFICATES, somewhere=False),
    Kind("api", "new-tokens", "401 until a client fetches its token anew", somewhere=False),
    Kind("ssh", "latency", "each command waits first", "SECONDS"),
    Kind("ssh", "down", "the port refuses"),
    Kind("ssh", "silent", "connections are taken, and nobody greets"),
    Kind("ssh", "stall", "commands are taken and never answered"),
    Kind("ssh", "drip", "output trickles, so many bytes a second", "BYTES"),
    Kind("ssh", "cut", "connections are dropped after so many bytes of output", "BYTES"),
    Kind("ssh", "half-open", "connections that exist go dead without a word; new ones work"),
    Kind("ssh", "new-key", "the node shows another host key"),
    Kind("ssh", "lie", "exit 0 and no output, or garbage, or no shell, or another node's answers", words=LIES),
)
_BY_NAME = {(kind.side, kind.name): kind for kind in KINDS}
_NUMBER = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,3})?")
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_STATUS = re.compile(r"[1-5][0-9]{2}")
_SHAPES = {"SECONDS": _NUMBER, "BYTES": _WHOLE, "CODE": _STATUS}


@dataclass(frozen=True)
class Fault:
    """One line understood. `value` is "" for kinds that take none, `where` is "" for everywhere."""

    kind: Kind
    value: str = ""
    where: str = ""

    @property
    def number(self) -> float:
        """The value of a kind that takes one."""
        return float(self.value)

    @property
    def pattern(self) -> re.Pattern[str]:
        """WHERE of an `api` fault."""
        return re.compile(self.where)


def fault(line: str) -> Fault:
    """What a line says; ValueError, for people, when that is nothing."""
    words = line.split()
    side, what = [*words, "", ""][:2]
    name, equals, value = what.partition("=")
    kind = _BY_NAME.get((side, name))
    if kind is None:
        raise ValueError(f"{line.strip()[:80]!r} is no fault; known: {', '.join(known.form for known in KINDS)}")
    where = " ".join(words[2:])
    if bool(equals) != bool(kind.takes or kind.words) or not _fits(kind, value) or (where and not kind.somewhere):
        raise ValueError(f"{line.strip()[:80]!r}: it is written `{kind.form}`")
    if side == "api":
        try:
            re.compile(where)
        except re.error as error:
            raise ValueError(f"{line.strip()[:80]!r}: PATH is no regular expression: {error}") from None
    return Fault(kind, value, where)


def _fits(kind: Kind, value: str) -> bool:
    if kind.words:
        return value in kind.words
    return not kind.takes or _SHAPES[kind.takes].fullmatch(value) is not None


def understood(text: str) -> tuple[tuple[Fault, ...], tuple[str, ...]]:
    """The faults of a control file, and what is wrong with its other lines: those that make sense hold all the same."""
    faults: dict[Fault, None] = {}
    complaints: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        try:
            faults.update({fault(said): None} if said else {})
        except ValueError as error:
            complaints.append(f"line {number}: {error}")
    return tuple(faults), tuple(complaints)


def manual(kinds: Iterable[Kind] = KINDS) -> str:
    """All faults as comment lines: what a new control file says."""
    listed = list(kinds)
    width = max(len(kind.form) for kind in listed)
    lines = [
        "What is wrong with this lab, one fault a line. It holds from the moment the file is saved",
        "until its line is gone. PATH is a regular expression, NODE a pattern such as worker-*.",
        "",
        *(f"{kind.form:<{width}}  {kind.says}" for kind in listed),
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)
