"""Runs the program as a user does: a process of its own, its own folders, nothing of this machine's environment."""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.conftest import PROJECT

PROGRAM = (sys.executable, "-c", "from cnitui.cli import main; main()")
LONG_ENOUGH = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run left behind; `code` is negative when a signal ended it."""

    code: int
    out: str
    err: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """Only what a program needs, with every folder below `home`."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV")}
    folders = {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}
    return kept | {"HOME": str(home)} | {name: str(home / folder) for name, folder in folders.items()} | more


async def started(home: Path, *arguments: object, env: Mapping[str, str] | None = None) -> Run:
    """`cnitui ARGUMENTS` with nothing on its standard input."""
    return await Run.begin([str(one) for one in arguments], environment(home, **(env or {})))


class Run:
    """A process of `cnitui`, as asyncio's."""

    def __init__(self, pid: int, streams: Sequence[asyncio.StreamReader]) -> None:
        self.pid = pid
        self.stdout, self.stderr, self._told = streams
        self.returncode: int | None = None

    @classmethod
    async def begin(cls, arguments: Sequence[str], env: Mapping[str, str]) -> Self:
        """Ask this process's server for one; it is running when this returns."""
        pipes = [os.pipe() for _ in range(3)]
        message = json.dumps({"arguments": arguments, "environment": env}).encode()
        with Path(os.devnull).open("rb") as nothing:
            handed = [nothing.fileno(), *(writer for _, writer in pipes)]
            socket.send_fds(_server(), [message], handed)
        streams = []
        for reader, writer in pipes:
            os.close(writer)
            streams.append(await _read_from(reader))
        return cls(int(await streams[-1].readline()), streams)

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it writes, once it has ended."""
        out, err, told = await asyncio.gather(self.stdout.read(), self.stderr.read(), self._told.read())
        self.returncode = int(told)
        return out, err

    def send_signal(self, number: int) -> None:
        """Nothing when it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


async def _read_from(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe))
    return reader


@functools.cache
def _server() -> socket.socket:
    """Where `tests.warm` is asked; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
            cwd=PROJECT,
            env=environment(Path(os.devnull)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours


async def ended(process: Run | asyncio.subprocess.Process) -> Ended:
    """Wait for its end; kill it when that takes far too long."""
    try:
        async with asyncio.timeout(LONG_ENOUGH):
            out, err = await process.communicate()
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        raise
    assert process.returncode is not None
    assert b"Traceback" not in out + err
    return Ended(process.returncode, out.decode(), err.decode())


async def cnitui(home: Path, *arguments: object, env: Mapping[str, str] | None = None) -> Ended:
    """Run it to its end."""
    return await ended(await started(home, *arguments, env=env))
