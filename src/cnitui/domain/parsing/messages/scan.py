"""Compares lines with the catalogue: first for words, which is cheap, then by search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from cnitui.domain.parsing.messages.known import KnownMessage

REMEMBERED = 16_384
"""Lines whose matches are remembered: a line is searched once, however often its node is judged."""
LONGEST_LINE = 2400
"""Characters of a line that are searched; of a longer one its beginning and its end."""

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]{0,16}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[@-Z\\-_])|[\x00-\x08\x0b-\x1f]"
)


def bounded(line: str) -> str:
    """The part of a line that is searched, terminal escapes and control characters taken out."""
    if len(line) > LONGEST_LINE:
        half = LONGEST_LINE // 2
        line = f"{line[:half]} … {line[-half:]}"
    return _ESCAPES.sub("", line) if "\x1b" in line or not line.isprintable() else line


class MessageIndex:
    """The messages by the words they need."""

    def __init__(self, messages: Sequence[KnownMessage]) -> None:
        by_word: dict[str, list[int]] = {}
        for place, message in enumerate(messages):
            for word in message.words or ("",):
                by_word.setdefault(word, []).append(place)
        self._messages = messages
        self._by_word = tuple(by_word.items())
        self.matching = lru_cache(REMEMBERED)(self._matching)
        """All messages that a line matches, in the catalogue's order."""

    def first(self, line: str) -> KnownMessage | None:
        """The first message of the catalogue's order that the line matches."""
        return next(iter(self.matching(bounded(line))), None)

    def all(self, line: str) -> tuple[KnownMessage, ...]:
        """The first match of each topic; a normal line says nothing else."""
        said: dict[str, KnownMessage] = {}
        for message in self.matching(bounded(line)):
            if message.normal:
                return (message,)
            said.setdefault(message.topic, message)
        return tuple(said.values())

    def _matching(self, line: str) -> tuple[KnownMessage, ...]:
        places = sorted(self._candidates(line.lower()))
        return tuple(message for place in places if (message := self._messages[place]).matches(line))

    def _candidates(self, lowered: str) -> set[int]:
        places: set[int] = set()
        for word, owners in self._by_word:
            if word in lowered:
                places.update(owners)
        return places
