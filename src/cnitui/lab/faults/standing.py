"""The faults that hold now, and the control file that says which those are."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from cnitui.lab.faults.grammar import Fault, fault, manual, understood
from cnitui.lab.faults.on_api import ON_API
from cnitui.lab.faults.on_nodes import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cnitui.lab.lab import Lab

LOOK_EVERY = 0.2
"""Seconds between two looks at the control file."""
LARGEST = 100_000
"""Bytes of it that are read."""


class StandingFaults:
    """What is wrong with one lab, as a set of lines: the new ones begin, those that are gone end, the others go on."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._faults: tuple[Fault, ...] = ()
        self._holding: dict[Fault, AbstractAsyncContextManager[None]] = {}
        """Those of the API."""

    async def set(self, *lines: str) -> None:
        """These faults and no others hold now; ValueError for a line that is none, and nothing has changed then."""
        await self.hold([fault(line) for line in lines])

    async def hold(self, wanted: Iterable[Fault]) -> None:
        """The same for lines that were understood already."""
        faults, before = tuple(dict.fromkeys(wanted)), self._faults
        self._faults = faults
        settle(self._lab.ssh, self._lab.world.nodes, before, faults)
        for gone in [one for one in reversed(self._holding) if one not in faults]:
            await self._holding.pop(gone).__aexit__(None, None, None)
        for one in faults:
            if one.kind.side == "api" and one not in self._holding:
                context = ON_API[one.kind.name](self._lab, one)
                await context.__aenter__()
                self._holding[one] = context

    async def follow(self, file: Path, say: Callable[[str], None]) -> None:
        """Do what the file says, now and whenever it has changed, until cancelled; complaints are said."""
        before: str | None = None
        while True:
            text = _read(file)
            if text is not None and text != before:
                before = text
                faults, complaints = understood(text)
                await self.hold(faults)
                for complaint in complaints:
                    say(f"{file.name}, {complaint}")
            await asyncio.sleep(LOOK_EVERY)


def _read(file: Path) -> str | None:
    """The file's text; None while it cannot be read, as in the middle of an editor's save."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return None


def write(file: Path, lines: Iterable[str]) -> None:
    """A control file with the manual and these lines."""
    file.write_text(manual() + "\n" + "".join(f"{line}\n" for line in lines))
