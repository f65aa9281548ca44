"""What a known message is: how it is recognised, what it means and which causes it speaks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Literal

Kind = Literal["fatal", "cause", "warning", "benign", "milestone", "consequence", "probe"]
"""What a line is: what ended the attempt (fatal), what names a mechanism (cause), a warning, a line of every good run
(benign, milestone), what follows from a failure elsewhere (consequence) or what a health probe said (probe)."""


class Weight(IntEnum):
    """How strongly one line speaks for one cause.

    CONCLUSIVE: the line alone establishes it. SPECIFIC: it speaks for this cause, a rival could say the same. SUGGESTS:
    the usual reason among several. FITS: it does not contradict.
    """

    FITS = 0
    SUGGESTS = 1
    SPECIFIC = 2
    CONCLUSIVE = 3


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """One known message.

    `anchors` are lower-case words of which at least one stands in every line that `pattern` matches: they are looked
    for first, because finding a word is some hundred times cheaper than a search. `topic` groups messages that exclude
    each other on one line; a line may say one thing of each topic. `example` is a line it recognises, constructed or
    from the named source; `reports` are public threads that had it, as `owner/repo#number`.
    """

    id: str
    topic: str
    kind: Kind
    pattern: str
    anchors: tuple[str, ...]
    meaning: str
    example: str
    causes: Mapping[str, Weight]
    reports: tuple[str, ...] = ()
    unless: str = ""
    """What must not stand in the line: words that make it another matter."""
    spoken: bool = False
    """Whether it is looked for only where a person speaks."""

    @property
    def normal(self) -> bool:
        """Whether the line is part of every good run."""
        return self.kind in ("benign", "milestone")

    def matches(self, line: str) -> re.Match[str] | None:
        """The match in one line that holds an anchor."""
        if self.unless and _compiled(self.unless).search(line):
            return None
        return _compiled(self.pattern).search(line)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is first needed: compiling all of them would delay the first frame."""
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """Writes the messages of one topic, so that each entry says only what is its own."""

    name: str
    spoken: bool = False

    def message(
        self,
        name: str,
        kind: Kind,
        pattern: str,
        anchors: str,
        meaning: str,
        example: str,
        reports: tuple[str, ...] = (),
        unless: str = "",
        **causes: Weight,
    ) -> KnownMessage:
        """One entry; `anchors` are separated by `|`, keyword arguments are cause ids with `_` for `-`."""
        weights = {cause.replace("_", "-"): weight for cause, weight in causes.items()}
        return KnownMessage(
            name,
            self.name,
            kind,
            pattern,
            tuple(anchors.split("|")),
            meaning,
            example,
            weights,
            reports,
            unless,
            self.spoken or name.startswith("stated-"),
        )
