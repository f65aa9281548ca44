"""The program in a terminal of its own, read as a person reads it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pyte

from tests.running import PROGRAM, environment

LONG_ENOUGH = 60.0


class Terminal:
    """A pseudo-terminal with `cnitui` in it."""

    def __init__(self, process: asyncio.subprocess.Process, master: int, size: tuple[int, int]) -> None:
        self.process = process
        self.raw = b""
        self._master = master
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._moved = asyncio.Event()
        self._closed = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the program has ended
            data = b""
        if not data:
            self.detach()
            self._closed.set()
        self.raw += data
        self._stream.feed(data)
        self._moved.set()

    def detach(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(self._screen.display)

    async def shows(self, words: str, *, gone: bool = False) -> None:
        """Wait until the words are on the screen, or are gone from it; pyte has no alternate screen."""
        async with asyncio.timeout(LONG_ENOUGH):
            while (words in self.text) == gone:
                self._moved.clear()
                await self._moved.wait()

    async def tab_to(self, placeholder: str) -> None:
        """Press tab until the cursor is on a placeholder: a key that comes before the dialog takes keys is lost."""
        for _ in range(9):
            self.press("\t")
            with contextlib.suppress(TimeoutError):
                return await self.takes_text(placeholder, within=3)
        raise TimeoutError(f"the focus does not come to {placeholder!r}")

    async def goes_to_step(self, number: int) -> None:
        """Open the guide, which is at its first step, and go on to another."""
        self.press("\x1bOS")  # f4
        await self.shows("1 of 11")
        self.press("]" * (number - 1))
        await self.shows(f"{number} of 11")

    async def confirms(self, context: str, button: str) -> None:
        """Type the context's name into the dialog and press its button.

        A key goes to what had the focus when it arrived, so none may come early.
        """
        await self.has_focus("Cancel")
        await self.tab_to("type it here")
        self.press(context)
        await self.shows("type it here", gone=True)
        await self._tab_to_button(button)
        self.press("\r")

    async def _tab_to_button(self, button: str) -> None:
        """Press tab until it has the focus; it takes none before the last letter has arrived."""
        for _ in range(9):
            self.press("\t")
            with contextlib.suppress(TimeoutError):
                return await self.has_focus(button, within=3)
        raise TimeoutError(f"the focus does not come to {button!r}")

    async def takes_text(self, placeholder: str, within: float = LONG_ENOUGH) -> None:
        """Wait until the cursor is on a placeholder, which has another background there then."""
        async with asyncio.timeout(within):
            while not self._cursor_on(placeholder):
                self._moved.clear()
                await self._moved.wait()

    async def has_focus(self, button: str, within: float = LONG_ENOUGH) -> None:
        """Wait until a button has the focus: its words stand on another ground than the button then."""
        async with asyncio.timeout(within):
            while not self._on_other_ground(button):
                self._moved.clear()
                await self._moved.wait()

    def _on_other_ground(self, words: str) -> bool:
        """Whether they are so anywhere: the guide says Apply as well as the button."""
        for y, line in enumerate(self._screen.display):
            x = line.rfind(words)
            if x >= 2:
                inside, beside = self._screen.buffer[y][x], self._screen.buffer[y][x - 2]
                if inside.bg != beside.bg or inside.reverse != beside.reverse:
                    return True
        return False

    def _cursor_on(self, words: str) -> bool:
        for y, line in enumerate(self._screen.display):
            x = line.find(words)
            if x >= 0:
                return bool(self._screen.buffer[y][x].bg != self._screen.buffer[y][x + 1].bg)
        return False

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def vanish(self) -> None:
        """The terminal goes away, and no signal tells the program: it has no controlling terminal."""
        self.close()
        self._closed.set()

    def close(self) -> None:
        """Close our end of it, once."""
        if self._master >= 0:
            self.detach()
            os.close(self._master)
            self._master = -1

    async def ended(self) -> int:
        """Its exit code, once it has ended and all it wrote was read."""
        async with asyncio.timeout(LONG_ENOUGH):
            await self._closed.wait()
            return await self.process.wait()

    @property
    def restored(self) -> bool:
        """Whether the program left the alternate screen and told no traceback."""
        return b"\x1b[?1049l" in self.raw and b"Traceback" not in self.raw


@asynccontextmanager
async def terminal(home: Path, *arguments: object, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Terminal]:
    """`cnitui ARGUMENTS` in a terminal of that size until the block ends."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *map(str, arguments),
        env=environment(home, TERM="xterm-256color"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    opened = Terminal(process, master, size)
    try:
        yield opened
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        opened.close()
