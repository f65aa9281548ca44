"""The lab as a child process: started at once, asked for its two lines later, ended with us."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path

from cnitui.errors import CnituiError

ANSWER_WITHIN = 20.0


class LabProcess:
    """`python -m cnitui.lab SCENARIO`; its standard input is our promise to live, so it ends when we are killed."""

    def __init__(self, scenario: str, speed: float = 1.0) -> None:
        arguments = [sys.executable, "-m", "cnitui.lab", scenario, "--speed", str(speed), "--with-parent"]
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    async def answers(self) -> tuple[Path, Path]:
        """Kubeconfig and ssh configuration, once the lab answers; raises CnituiError with what it said instead."""
        from cnitui.gateways.kubernetes.background import in_daemon_thread

        return await in_daemon_thread(self._read)

    def _read(self) -> tuple[Path, Path]:
        found: dict[str, str] = {}
        for line in self._lines(time.monotonic() + ANSWER_WITHIN):
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
        self.close()
        assert self._child.stderr is not None
        said = self._child.stderr.read(4000).decode("utf-8", "replace").strip()
        return said.splitlines()[-1] if said else f"exit code {self._child.returncode}"

    def close(self) -> None:
        """End the lab: it cleans up after itself when its input ends, and nobody has to wait for that."""
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
