"""The commands of the palette on disk: one a line in `history` of the state folder, for its owner only, bounded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cnitui.background import in_daemon_thread
from cnitui.errors import StateError
from cnitui.gateways.journal import write_private

FILE = "history"
MOST, LONGEST = 200, 300
"""Commands that are kept, and characters of one."""
_LARGEST = MOST * LONGEST * 4


class CommandHistory:
    """Implements `engine.ports.History`; two sittings at a time may lose a line of each other, and no more."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    async def lines(self) -> tuple[str, ...]:
        """Oldest first; whatever else is in the file is left out."""
        return await in_daemon_thread(self._read)

    async def add(self, line: str) -> None:
        """Keep it as the newest; raises StateError."""
        await in_daemon_thread(lambda: self._add(line))

    def _read(self) -> tuple[str, ...]:
        try:
            with self._path.open("rb") as file:
                text = file.read(_LARGEST).decode("utf-8", "replace")
        except OSError:
            return ()
        fit = (line for line in text.split("\n") if line and len(line) <= LONGEST and line.isprintable())
        return _newest(fit)

    def _add(self, line: str) -> None:
        if not line.isprintable() or not 0 < len(line) <= LONGEST:
            return
        kept = _newest((*self._read(), line))
        try:
            write_private(self._path, "".join(f"{one}\n" for one in kept).encode())
        except OSError as error:
            raise StateError(f"{self._path} cannot be written: {error.strerror or error}") from error


def _newest(lines: Iterable[str]) -> tuple[str, ...]:
    """Each once, where it was said last; the newest of them."""
    latest = dict.fromkeys(reversed(tuple(lines)))
    return tuple(reversed(tuple(latest)))[-MOST:]
