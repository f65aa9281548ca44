"""How far a command without screens is: a line on the terminal that is written over, and no word to a file or pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

PATIENCE = 1.0
"""Seconds after which a person wants to know."""
EVERY = 0.1
_TO_START, _CLEAR = "\r", "\x1b[K"


class Narrator:
    """Writes `cnitui: reading nodes: 3 of 12 (ctrl-C stops)` where somebody looks on and waits."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._began = self._last = clock()
        self.words = ""
        """The newest, shown or not."""
        self._shown = False

    def __call__(self, words: str) -> None:
        now, self.words = self._clock(), words
        if now - self._began < PATIENCE or now - self._last < EVERY or not self._stream.isatty():
            return
        self._last, self._shown = now, True
        plain = "".join(sign for sign in words if sign.isprintable())[:100]
        self._stream.write(f"{_TO_START}{_CLEAR}cnitui: {plain} (ctrl-C stops)")
        self._stream.flush()

    def close(self) -> None:
        """Take the line away, so that something else may be said; the next word shows it again."""
        if self._shown:
            self._shown = False
            self._stream.write(f"{_TO_START}{_CLEAR}")
            self._stream.flush()


@contextmanager
def narrated(left: str) -> Iterator[Narrator]:
    """Tells on stderr how far it is; whoever stops it is told how far it was, and what is `left` of it."""
    narrator = Narrator(sys.stderr)
    try:
        yield narrator
    except KeyboardInterrupt:
        narrator.close()
        so_far = f" ({narrator.words})" if narrator.words else ""
        sys.stderr.write(f"cnitui: stopped{so_far}: {left}\n")
        raise
    finally:
        narrator.close()
