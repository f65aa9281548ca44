"""The lab as a child process: started at once, asked for its two lines later, ended with us."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cnitui.errors import CnituiError

ANSWER_WITHIN, ENDS_WITHIN = 20.0, 3.0
"""Seconds for its two lines, and for its end once its input has ended."""
PER_NODE = 0.02
"""Seconds more that each node may take: thousands of machines with hours of history are made."""
COMPLAINT = 4000
"""Bytes at the end of what it said that may explain why it ended."""


class LabProcess:
    """`python -m cnitui.lab SCENARIO`; its standard input is our promise to live, so it ends when we are killed."""

    def __init__(self, scenario: str, speed: float = 1.0, nodes: int = 3, faults: Sequence[str] = ()) -> None:
        self._arguments = [
            sys.executable, "-m", "cnitui.lab", scenario,
            "--nodes", str(nodes), "--speed", str(speed), "--with-parent",
            *(f"--fault={line}" for line in faults),
        ]  # fmt: skip
        self._within = ANSWER_WITHIN + nodes * PER_NODE
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the lab that writes to it
        self._child = self._started()
        self._files: tuple[Path, Path] | None = None
        """What it answered: it says that once."""

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,  # it narrates every event: a pipe that nobody reads would fill up and stop it
            start_new_session=True,
        )

    async def answers(self) -> tuple[Path, Path]:
        """Kubeconfig and ssh configuration, once the lab answers; raises CnituiError with what it said instead.

        A lab that has ended meanwhile is started anew: asking again is all that a user can do about it.
        """
        if self._child.poll() is not None:
            self._end()
            self._child, self._files = self._started(), None
        if self._files is None:
            self._files = await self._answered()
        return self._files

    async def _answered(self) -> tuple[Path, Path]:
        from cnitui.background import in_daemon_thread

        return await in_daemon_thread(self._read)

    def _read(self) -> tuple[Path, Path]:
        found: dict[str, str] = {}
        for line in self._lines(time.monotonic() + self._within):
            name, _, value = line.removeprefix("export ").partition("=")
            found[name] = value.strip().strip("'\"")
            if {"KUBECONFIG", "CNITUI_SSH_CONFIG"} <= found.keys():
                return Path(found["KUBECONFIG"]), Path(found["CNITUI_SSH_CONFIG"])
        raise CnituiError(f"the lab did not start: {self._complaint()}", "Try `cnitui lab` by itself.")

    def _lines(self, deadline: float) -> list[str]:
        assert self._child.stdout is not None
        descriptor, buffer = self._child.stdout.fileno(), b""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while buffer.count(b"\n") < 2 and (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    break
                data = os.read(descriptor, 4096)
                if not data:
                    break
                buffer += data
        return buffer.decode("utf-8", "replace").splitlines()

    def _complaint(self) -> str:
        self._end()
        try:
            self._child.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        self._said.seek(max(0, self._said.tell() - COMPLAINT))
        said = self._said.read(COMPLAINT).decode("utf-8", "replace").strip()
        return said.splitlines()[-1] if said else f"it ended with code {self._child.returncode}"

    def _end(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def close(self) -> None:
        """End the lab: it cleans up after itself when its input ends, and nobody has to wait for that."""
        self._end()
        self._said.close()
