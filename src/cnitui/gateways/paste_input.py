"""Pasted text of any size and from any pipe: what is too much is left out by lines, and a pipe need not end.

Of a text that is too large the beginning stays (it shows the commands), the end (it shows how it ended) and, of what is
between, the lines that tell of trouble.
"""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cnitui.errors import UsageError

HEAD, MIDDLE, TAIL = 2 << 20, 4 << 20, 4 << 20
"""Bytes that are kept of each part."""
LONGEST_LINE = 64 << 10
IDLE = 2.0
"""Seconds without anything new after which an open pipe is taken as it is: `kubectl logs -f` never ends."""
_CHUNK = 1 << 20
_TROUBLE = (
    b"fail", b"error", b"denied", b"refus", b"fatal", b"panic", b"unable", b"cannot", b"can't", b"forbid", b"unauth",
    b"invalid", b"x509", b"timeout", b"timed out", b"no such", b"read-only", b"no space", b"not permitted",
    b"exit code", b"]# ", b"$ ",
)  # fmt: skip
"""Words, and prompts: looked for one after the other, which is five times as fast as one expression of them all."""
Tell = Callable[[str], None]


def file_text(path: Path, tell: Tell) -> bytes:
    """The text in a file; raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return bounded(_lines_of(file), tell)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error


def piped_text(tell: Tell) -> bytes:
    """The text on standard input, to its end; of a pipe that stays open, until nothing new comes."""
    stream = sys.stdin.buffer
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return bounded(_lines_of(stream), tell)
    patient = os.isatty(descriptor)
    return bounded(_split(_arriving(descriptor, tell, patient=patient)), tell)


def _arriving(descriptor: int, tell: Tell, *, patient: bool) -> Iterator[bytes]:
    wait: float | None = None
    while True:
        ready, _, _ = select.select([descriptor], [], [], wait)
        if not ready:
            tell("standard input is still open; this is judged on what came until now")
            return
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return
        yield chunk
        wait = None if patient else IDLE


def _lines_of(stream: BinaryIO) -> Iterator[bytes]:
    return _split(iter(lambda: stream.read(_CHUNK), b""))


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends, none longer than `LONGEST_LINE`."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line[:LONGEST_LINE] + b"\n" for line in lines)
        rest = rest[-_CHUNK:]
    if rest:
        yield rest[:LONGEST_LINE]


def _tells(line: bytes) -> bool:
    low = line.lower()
    return any(word in low for word in _TROUBLE)


def bounded(lines: Iterable[bytes], tell: Tell) -> bytes:
    """The text of these lines, within `HEAD`, `MIDDLE` and `TAIL`; `tell` says how many were left out."""
    head: list[bytes] = []
    middle: list[bytes] = []
    tail: deque[bytes] = deque()
    room, between, held, left_out = HEAD, MIDDLE, 0, 0
    for line in lines:
        if room > 0:
            head.append(line)
            room -= len(line)
            continue
        tail.append(line)
        held += len(line)
        while held > TAIL:
            old = tail.popleft()
            held -= len(old)
            if between > 0 and _tells(old):
                middle.append(old)
                between -= len(old)
            else:
                left_out += 1
    if left_out:
        tell(f"the text is very long: {left_out:,} lines without any sign of trouble were left out")
    return b"".join((*head, *middle, *tail))
