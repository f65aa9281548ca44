"""Runs the program as a user does: a process of its own, its own folders, nothing of this machine's environment."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


async def started(home: Path, *arguments: object, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """`cnitui ARGUMENTS` with nothing on its standard input."""
    return await asyncio.create_subprocess_exec(
        *PROGRAM,
        *map(str, arguments),
        env=environment(home, **(env or {})),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
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
