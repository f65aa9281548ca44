"""A program in a pseudo-terminal of its own, as a person meets it: what is painted and when, keys, memory, CPU."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

_TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A command in a terminal of columns and rows; `painted` counts the bytes, `text` is what the screen shows."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        self.started = time.perf_counter()
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), {**environment, "TERM": "xterm-256color"})
        columns, rows = size
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.painted = 0
        self.ended = False
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    # --- looking ---

    @property
    def text(self) -> str:
        """The screen as it stands."""
        return "\n".join(self._screen.display)

    def until(self, fact: Callable[[str], object], within: float) -> float:
        """Seconds from the start until the screen shows the fact; infinite when it never does."""
        end, at = time.perf_counter() + within, time.perf_counter()
        while not fact(self.text):
            if self.ended or time.perf_counter() > end:
                return float("inf")
            at = time.perf_counter() if self.read(0.05) else at
        return at - self.started

    def read(self, wait: float) -> bytes:
        """What was painted within so many seconds, as soon as anything was."""
        if self.ended or not select.select([self.descriptor], [], [], wait)[0]:
            return b""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except OSError:
            data = b""
        self.ended = not data
        self.painted += len(data)
        self._stream.feed(data)
        return data

    def idle(self, seconds: float) -> int:
        """Look on for so long; bytes painted meanwhile."""
        end, count = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            count += len(self.read(min(left, 0.1)))
        return count

    # --- pressing ---

    def press(self, key: bytes, within: float = 10.0) -> float:
        """Seconds until something was painted after a key; infinite when nothing was."""
        while self.read(0):
            pass
        pressed = time.perf_counter()
        os.write(self.descriptor, key)
        while time.perf_counter() - pressed < within and not self.ended:
            if self.read(0.5):
                return time.perf_counter() - pressed
        return float("inf")

    def quit(self, bye: bytes = b"q", within: float = 20.0) -> float:
        """Press what ends it; seconds until the process is gone, infinite when it had to be killed."""
        pressed = time.perf_counter()
        os.write(self.descriptor, bye)
        while time.perf_counter() - pressed < within:
            self.read(0.01)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                os.close(self.descriptor)
                return time.perf_counter() - pressed
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return float("inf")

    # --- what it costs ---

    def memory(self) -> float:
        """Resident MiB of the program itself."""
        return memory_of(self.pid)

    def processor(self) -> float:
        """Seconds of a core used so far, of the program itself."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_of(pid: int) -> float:
    """Resident MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024
