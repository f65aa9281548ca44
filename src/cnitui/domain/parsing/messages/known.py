"""What a known message is: how it is recognised, what it means and which causes it speaks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import cache, cached_property
from typing import Literal

from cnitui.domain.parsing.messages.phrases import needed_words, regex
from cnitui.late_dataclass import dataclass

Level = Literal["fatal", "cause", "warning", "benign", "milestone", "consequence", "probe", "observed"]
"""What a line is: what ended the attempt (fatal), what names a mechanism (cause), a warning, a line of every good run
(benign, milestone), what follows from a failure elsewhere (consequence), what a health probe said (probe), or what a
person saw happen and no program prints (observed)."""


class Weight(IntEnum):
    """How strongly one line speaks for one cause.

    CONCLUSIVE: the line alone establishes it. SPECIFIC: it speaks for this cause, a rival could say the same. SUGGESTS:
    the usual reason among several. FITS: it does not contradict.
    """

    FITS = 0
    SUGGESTS = 1
    SPECIFIC = 2
    CONCLUSIVE = 3


@dataclass(frozen=True)
class KnownMessage:
    """One known message, as its table has it; `docs/messages.md` tells what each field is.

    `topic` groups messages that exclude each other on one line; a line may say one thing of each topic. `parts` are the
    named parts of phrases of its table.
    """

    id: str
    topic: str
    program: str
    level: Level
    says: tuple[str, ...]
    unless: tuple[str, ...]
    examples: tuple[str, ...]
    others: tuple[str, ...]
    meaning: str
    causes: Mapping[str, Weight]
    why: str
    reports: tuple[str, ...]
    parts: Mapping[str, str]

    @property
    def example(self) -> str:
        """The line to show for it."""
        return self.examples[0]

    @property
    def normal(self) -> bool:
        """Whether the line is part of every good run."""
        return self.level in ("benign", "milestone")

    @property
    def spoken(self) -> bool:
        """Whether it is looked for only where a person speaks."""
        return self.level == "observed"

    @cached_property
    def words(self) -> frozenset[str]:
        """Lower-case words of which at least one stands in every line that it matches.

        Looked for first, because finding a word is some hundred times cheaper than a search. Empty when there is none:
        then every line has to be searched.
        """
        return needed_words(self._pattern)

    def matches(self, line: str) -> re.Match[str] | None:
        """The match in one line."""
        if self._exception and _compiled(self._exception).search(line):
            return None
        return _compiled(self._pattern).search(line)

    @cached_property
    def _pattern(self) -> str:
        return "|".join(regex(phrase, self.parts) for phrase in self.says)

    @cached_property
    def _exception(self) -> str:
        return "|".join(regex(phrase, self.parts) for phrase in self.unless)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is first needed: compiling all of them would delay the first line."""
    return re.compile(pattern, re.IGNORECASE)
