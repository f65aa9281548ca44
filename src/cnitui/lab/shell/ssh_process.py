"""One command over SSH: what the node's shell says to it, and what becomes of that while something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cnitui.lab.shell.commands import login_shell

if TYPE_CHECKING:
    import asyncssh

    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World

USER = "vagrant"
_TICK = 0.05
"""Seconds between two pieces of output that trickles."""


@dataclass
class SshFault:
    """What is wrong with one node's SSH right now; set fields, or `clear()`."""

    refuse: bool = False
    """Accept and close at once, before any greeting."""
    hang: bool = False
    """Accept and never say a word."""
    slow: float = 0.0
    """Real seconds before each command."""
    close: bool = False
    """Drop the connection when a command arrives."""
    banner: str = ""
    """Noise printed before each command's output, as profile scripts do."""
    truncate: int | None = None
    """Bytes of output after which the connection is dropped."""
    stall: bool = False
    """Take commands and never answer."""
    drip: int | None = None
    """Bytes a second of output."""
    lie: str = ""
    """`empty`: no output, exit 0; `garbage`; `nologin`: an account without a shell; `other`: another node answers."""

    def become(self, **values: object) -> None:
        """All well but for these."""
        for one in fields(self):
            setattr(self, one.name, values.get(one.name, one.default))

    def clear(self) -> None:
        """All well."""
        self.become()


async def answer(world: World, node: Node, fault: SshFault, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run what was asked for and end the process with its status."""
    if fault.slow:
        await asyncio.sleep(fault.slow)
    if fault.stall:
        await asyncio.Event().wait()
    if fault.close:
        process.channel.get_connection().abort()
        return
    pipe = _Pipe(process, fault)
    with contextlib.suppress(BrokenPipeError, ConnectionError, asyncssh_error()):
        if fault.banner:
            pipe.write(process.stdout, fault.banner)
        status = await _lied(pipe, process, fault.lie) if fault.lie in _LIES else await _run(world, node, pipe, process)
        await pipe.emptied()
        process.exit(status)


_NO_SHELL = "This account is currently not available.\n"
_LIES = {
    "empty": ("", 0),
    "nologin": (_NO_SHELL, 1),
    "garbage": ('\x00\x1b[2J{"a": [/x] \ufffd\n' * 40, 0),
}
"""Output and exit status instead of the command's."""


async def _lied(pipe: _Pipe, process: asyncssh.SSHServerProcess[bytes], lie: str) -> int:
    text, status = _LIES[lie]
    pipe.write(process.stdout, text)
    return status


async def _run(world: World, node: Node, pipe: _Pipe, process: asyncssh.SSHServerProcess[bytes]) -> int:
    command, user = process.command or "", process.get_extra_info("username") or USER
    stdin = (await process.stdin.read()).decode("utf-8", "replace") if _reads_script(process.command) else ""
    if process.command is None:
        command, stdin = stdin, ""  # a shell without a command runs what it is sent
    shell = login_shell(
        world,
        node,
        user,
        lambda text: pipe.write(process.stdout, text),
        lambda text: pipe.write(process.stderr, text),
        stdin,
    )
    return await shell.run(command)


class _Pipe:
    """What a process writes, in packets as a shell's pipe fills them: what is written at one go is sent at one go."""

    def __init__(self, process: asyncssh.SSHServerProcess[bytes], fault: SshFault) -> None:
        self._process, self._fault = process, fault
        self._waiting: dict[asyncssh.SSHWriter[bytes], list[bytes]] = {}
        self._sent = 0

    async def emptied(self) -> None:
        """Send what is left, slowly where it is to trickle."""
        while (rate := self._fault.drip) is not None and self._waiting:
            stream, parts = next(iter(self._waiting.items()))
            data, size = b"".join(parts), max(1, int(rate * _TICK))
            self._waiting[stream] = [data[size:]]
            if not data[size:]:
                del self._waiting[stream]
            self._send(stream, data[:size])
            await asyncio.sleep(min(size, len(data)) / rate)
        self.flush()

    def write(self, stream: asyncssh.SSHWriter[bytes], text: str) -> None:
        """Send it soon."""
        if not self._waiting and self._fault.drip is None:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.setdefault(stream, []).append(text.encode("utf-8", "surrogateescape"))

    def flush(self) -> None:
        """Send it now; a fault may cut it off and the connection with it."""
        waiting, self._waiting = self._waiting, {}
        for stream, parts in waiting.items():
            with contextlib.suppress(BrokenPipeError, ConnectionError, asyncssh_error()):
                self._send(stream, b"".join(parts))

    def _send(self, stream: asyncssh.SSHWriter[bytes], data: bytes) -> None:
        limit = self._fault.truncate
        if limit is not None and self._sent + len(data) > limit:
            stream.write(data[: max(0, limit - self._sent)])
            self._process.channel.get_connection().abort()
            raise ConnectionResetError
        self._sent += len(data)
        stream.write(data)


def _reads_script(command: str | None) -> bool:
    """Whether standard input is a script; other commands must not wait for an input that may never end."""
    words = ["sh"] if command is None else command.split()
    named = bool(words) and words[0].rpartition("/")[2] in ("sh", "bash")
    return named and (len(words) == 1 or words[1] == "-s")


def asyncssh_error() -> type[Exception]:
    """asyncssh's base error, once it is loaded."""
    import asyncssh

    return asyncssh.Error
