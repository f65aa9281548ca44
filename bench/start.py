"""How long until the first frame, until the incident is on the screen, and until quit; and how much memory.

Runs `cnitui demo` in a pseudo-terminal several times, and `kubectl get pods -A` against the same kind of lab as the
peer, so that the figures are ratios of one run: `python bench/start.py [RUNS]`.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

SIZE = (45, 160)
FIRST, INCIDENT = b"cnitui", b"CONFIRMED"
DEADLINE = 20.0


class Terminal:
    """A command in a pseudo-terminal of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self.started = time.perf_counter()
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), {**os.environ, "TERM": "xterm-256color"})
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self.seen = b""

    def until(self, text: bytes) -> float:
        """Seconds from the start until the text was painted."""
        while text not in self.seen:
            if time.perf_counter() - self.started > DEADLINE:
                raise TimeoutError(f"{text!r} was not painted")
            self.read(0.5)
        return time.perf_counter() - self.started

    def read(self, wait: float) -> bool:
        """Take over what was painted; False when the program has ended."""
        if not select.select([self.descriptor], [], [], wait)[0]:
            return True
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def memory(self) -> float:
        """Resident MiB of the program itself."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kib) / 1024

    def quit(self) -> float:
        """Press q; seconds until the process is gone."""
        pressed = time.perf_counter()
        os.write(self.descriptor, b"q")
        while self.read(0.05) and os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.perf_counter() - pressed > DEADLINE:
                os.kill(self.pid, signal.SIGKILL)
        return time.perf_counter() - pressed


def one_run(command: Sequence[str]) -> tuple[float, float, float, float]:
    """First frame, incident, memory, quit."""
    terminal = Terminal(command)
    first = terminal.until(FIRST)
    incident = terminal.until(INCIDENT)
    settled = time.perf_counter() + 2
    while time.perf_counter() < settled:
        terminal.read(0.1)
    memory = terminal.memory()
    return first, incident, memory, terminal.quit()


def peer() -> float:
    """`kubectl get pods -A` on a lab of its own, in seconds; nan without kubectl."""
    if not shutil.which("kubectl"):
        return float("nan")
    lab = subprocess.Popen([sys.executable, "-m", "cnitui.lab"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert lab.stdout is not None
    kubeconfig = lab.stdout.readline().decode().strip().partition("=")[2]
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(["kubectl", f"--kubeconfig={kubeconfig}", "get", "pods", "-A"], capture_output=True, check=True)
        times.append(time.perf_counter() - started)
    lab.send_signal(signal.SIGINT)
    lab.wait()
    return statistics.median(times)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    command = [str(Path(sys.executable).parent / "cnitui"), "demo"]
    one_run(command)
    rows = [one_run(command) for _ in range(runs)]
    get = peer()
    for name, column in zip(("first frame s", "incident s", "RSS MiB", "quit s"), zip(*rows, strict=True), strict=True):
        ratio = (
            f"  {statistics.median(column) / get:5.1f}x kubectl get" if name in ("first frame s", "incident s") else ""
        )
        print(
            f"{name:<14} median {statistics.median(column):7.2f}  min {min(column):6.2f}  max {max(column):6.2f}{ratio}"
        )


if __name__ == "__main__":
    main()
