"""The attempts that a kept log holds, found by the rules between them.

A feed knows the attempts it followed. Those of an earlier sitting or of a case file came as lines, with rules as
comments; the rules tell of all of them alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnitui.domain.attempt_text import senses
from cnitui.engine.logs.kept import Entry, KeptLines, Rule
from cnitui.engine.logs.stamps import split
from cnitui.late_dataclass import dataclass

LONGEST = 1000
"""Lines of an attempt that are compared with another's: a longer one is alike to none."""
_NUMBERED = re.compile(r"attempt (\d{1,9})\b")
_PASSING = re.compile(r"<?\d+[smh](?:\d+[sm])?|back-off .*|restarts at once")
"""What of an ending is each attempt's own: how long it took, and how long the next one waits."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The entries of one attempt: numbers of the first and of the one after the last, its rule included.

    `ordinal` is 0 and `ending` "" while it has no rule below it. `follows` tells that nothing of ours stands between it
    and the attempt before, `whole` that nothing stands within it: then no line is known to be missing.
    """

    start: int
    end: int
    ordinal: int = 0
    ending: str = ""
    failed: bool = False
    follows: bool = False
    whole: bool = True

    @property
    def ended(self) -> bool:
        """Whether its rule is there."""
        return bool(self.ordinal)


class Segments:
    """Finds the attempts that have ended, each rule looked at once."""

    def __init__(self, kept: KeptLines) -> None:
        self._kept = kept
        self._at = kept.first
        self._start = kept.first
        self._follows = False
        self._whole = True

    def extend(self) -> Iterator[Segment]:
        """The attempts that have ended since; only as many as are asked for are looked for."""
        while True:
            if self._at < self._kept.first:
                self._begin(self._kept.first, follows=False)
            number = self._kept.next_rule(self._at)
            if number is None:
                break
            self._at = number + 1
            rule = self._kept[number]
            if isinstance(rule, Rule) and (found := self._meet(number, rule)) is not None:
                yield found
        self._at = self._kept.end

    def rest(self) -> Segment:
        """The entries after the last attempt that has ended, as far as `extend` came."""
        return Segment(max(self._start, self._kept.first), self._at, follows=self._follows, whole=self._whole)

    def _meet(self, number: int, rule: Rule) -> Segment | None:
        ordinal, ending = _read(rule)
        if ordinal:
            found = Segment(self._start, number + 1, ordinal, ending, rule.failed, self._follows, self._whole)
            self._begin(number + 1, follows=True)
            return found
        about_this_one = _NUMBERED.match(rule.text) is not None
        if rule.kind == "pod" or (number == self._start and not about_this_one):
            self._begin(number + 1, follows=False)
        else:
            self._whole = False
        return None

    def _begin(self, start: int, *, follows: bool) -> None:
        self._at = max(self._at, start)
        self._start, self._follows, self._whole = start, follows, True


def _read(rule: Rule) -> tuple[int, str]:
    """Number and ending of an attempt, (0, "") for another rule; a rule that was read from a file says no kind."""
    number, *parts = rule.text.split(" · ")
    found = _NUMBERED.fullmatch(number)
    if found is None or not parts or rule.kind not in ("attempt", "note"):
        return 0, ""
    return int(found[1]), " · ".join(part for part in parts if not _PASSING.fullmatch(part))


def texts_of(kept: KeptLines, segment: Segment) -> tuple[str, ...]:
    """The lines of an attempt as its container wrote them."""
    entries = (entry for _, entry in kept.between(segment.start, segment.end))
    return tuple(text_of(entry) for entry in entries if isinstance(entry, bytes))


def text_of(line: Entry) -> str:
    """A line without the server's timestamp."""
    return line.text if isinstance(line, Rule) else split(line)[1].decode("utf-8", "replace")


def print_of(kept: KeptLines, segment: Segment) -> int | None:
    """What attempts that are alike have in common; None for one that is compared with no other."""
    if not segment.whole or segment.end - segment.start > LONGEST:
        return None
    return hash((segment.ending, segment.failed, senses(texts_of(kept, segment))))
