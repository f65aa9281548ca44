"""The catalogue of known messages, and how lines are compared with it.

The messages are the tables beside this file; `docs/messages.md` tells how one is read, corrected and added. Order
matters inside a table: specific before general, the first match of a topic is the one that counts. A line that is
normal says nothing else.
"""

from __future__ import annotations

import re
from functools import cache

from cnitui.domain.parsing.messages.known import KnownMessage, Level, Weight
from cnitui.domain.parsing.messages.scan import MessageIndex
from cnitui.domain.parsing.messages.tables import messages, named

__all__ = ["KnownMessage", "Level", "Weight", "messages", "named_by", "recognise", "recognise_all"]

LONGEST_SENTENCE = 800
"""What is longer is not somebody's sentence."""
_WITHOUT_TROUBLE = re.compile(
    r"\b(?:is|are|was|were|looks?) (?:already |still |all )?(?:off|disabled|fine|ok|healthy|running|up|good|correct)\b|"
    r"\bturned off\b|\b(?:no|without any) (?:difference|effect|problem)|"
    r"(?:n't|not) (?:help|change|fix|solve|matter|the)",
    re.IGNORECASE,
)
"""Says of what is named that it is in order, or has no part in it."""
_CONDITION = re.compile(r"\b(?:unless|until|only (?:if|when|after|once)|as soon as)\b", re.IGNORECASE)
"""Makes of the same words what has to be so for it to work."""


def recognise(line: str) -> KnownMessage | None:
    """What a line is known to mean, the most telling message of it; None for a line that is not known."""
    return _printed().first(line)


def recognise_all(line: str, *, spoken: bool = False) -> tuple[KnownMessage, ...]:
    """All that a line says: at most one message of each topic, none besides a normal one.

    `spoken` tells that a person says it: then it is also looked for what people observe.
    """
    return (_spoken() if spoken and len(line) <= LONGEST_SENTENCE else _printed()).all(line)


def named_by(sentence: str) -> tuple[str, ...]:
    """The causes that somebody's sentence names, by the words for what they are about."""
    if len(sentence) > LONGEST_SENTENCE:
        return ()
    if _WITHOUT_TROUBLE.search(sentence) and not _CONDITION.search(sentence):
        return ()
    return tuple(cause for cause, words in named() if words.search(sentence))


@cache
def _printed() -> MessageIndex:
    return MessageIndex(tuple(message for message in messages() if not message.spoken))


@cache
def _spoken() -> MessageIndex:
    return MessageIndex(messages())
