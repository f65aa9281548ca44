"""The catalogue of known messages, and how lines are compared with it.

Order matters inside a topic: specific before general, the first match of a topic is the one that counts. A line that is
normal says nothing else.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.cni import CNI, OPERATOR, RELEASE
from cnitui.domain.parsing.messages.host import HOST
from cnitui.domain.parsing.messages.installer import NORMAL, STEPS
from cnitui.domain.parsing.messages.known import Kind, KnownMessage, Weight
from cnitui.domain.parsing.messages.node import ADDRESS, CRD, KERNEL, POOL
from cnitui.domain.parsing.messages.reach import KUBE_PROXY, REACH
from cnitui.domain.parsing.messages.scan import MessageIndex
from cnitui.domain.parsing.messages.start import ADMISSION, IMAGE, PRESSURE, RUNTIME, VOLUME
from cnitui.domain.parsing.messages.stated import SENTENCES
from cnitui.domain.parsing.messages.trust import TRUST

__all__ = ["MESSAGES", "STATED", "Kind", "KnownMessage", "Weight", "recognise", "recognise_all"]

_ALL: tuple[KnownMessage, ...] = (
    *NORMAL,
    *OPERATOR,
    *ADMISSION,
    *KUBE_PROXY,
    *HOST,
    *TRUST,
    *REACH,
    *IMAGE,
    *VOLUME,
    *CRD,
    *POOL,
    *ADDRESS,
    *KERNEL,
    *CNI,
    *PRESSURE,
    *RUNTIME,
    *RELEASE,
    *STEPS,
    *SENTENCES,
)

MESSAGES = tuple(message for message in _ALL if not message.spoken)
"""Every message of a program. Mechanisms stand before the installer's own steps: of `Unable to create token …: i/o
timeout` the timeout is what a person wants to read about."""

STATED = tuple(message for message in _ALL if message.spoken)
"""What people say, looked for only where a person speaks."""

LONGEST_SENTENCE = 800
"""What is longer is not somebody's sentence."""

_INDEX = MessageIndex(MESSAGES)
_SPOKEN = MessageIndex(_ALL)


def recognise(line: str) -> KnownMessage | None:
    """What a line is known to mean, the most telling message of it; None for a line that is not known."""
    return _INDEX.first(line)


def recognise_all(line: str, *, spoken: bool = False) -> tuple[KnownMessage, ...]:
    """All that a line says: at most one message of each topic, none besides a normal one.

    `spoken` tells that a person says it: then it is also looked for the mechanisms that people name.
    """
    return (_SPOKEN if spoken and len(line) <= LONGEST_SENTENCE else _INDEX).all(line)
