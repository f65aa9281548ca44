"""Measuring an app as people run it: in a process and a pseudo-terminal of its own, with its event loop watched."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Awaitable
from pathlib import Path

LONGEST = 180
"""Seconds after which a measured process is ended."""


def measure(module: str, arguments: list[str], size: tuple[int, int]) -> list[dict[str, float]]:
    """Run `python -m module --child … FILE` in a terminal of columns and rows; answers what it wrote to FILE."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "measured.json"
        _run([sys.executable, "-m", module, "--child", *arguments, str(out)], size)
        steps: list[dict[str, float]] = json.loads(out.read_text())
        return steps


def _run(command: list[str], size: tuple[int, int]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")}
    environment["TERM"] = "xterm-256color"
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    end = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                os.read(ours, 1 << 16)
            except OSError:
                break
    if process.poll() is None and time.monotonic() >= end:
        process.kill()
    process.wait()
    os.close(ours)


async def watched(work: Awaitable[None]) -> dict[str, float]:
    """Do the work; how late a 5 ms sleeper of the same loop was meanwhile (ms), wall seconds and share of a core."""
    late: list[float] = [0.0]

    async def sleeper() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append((time.perf_counter() - before - 0.005) * 1e3)

    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    start, cpu = time.perf_counter(), time.process_time()
    await work
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    await asyncio.sleep(0.01)
    task.cancel()
    late.sort()
    return {
        "p50": late[len(late) // 2],
        "p99": late[int(len(late) * 0.99)],
        "max": late[-1],
        "wall": wall,
        "cpu": cpu / wall,
    }


def told(step: dict[str, float]) -> str:
    """One measurement on one line."""
    return " ".join(f"{name}={value:.3g}" if value < 1000 else f"{name}={value:.0f}" for name, value in step.items())
