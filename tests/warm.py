"""`cnitui` as a process whose imports are done: a server that has them forks for each run.

A run is a process all the same, with its own memory, folders, streams, signals, exit code, and the interpreter's own
end. Only the 0.4 s of importing, alike in every run, is paid once. Who tries the start itself runs `running.PROGRAM`.

    python -m tests.warm FD     # FD: a socket; a message on it is a run: its words, and with it what `Asked` names
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import NamedTuple

MODULES = (
    "cnitui.ansible_role",
    "cnitui.commands",
    "cnitui.gateways.kubernetes.transport",
    "cnitui.operating",
    "cnitui.proving",
    "cnitui.recorded",
)
LARGEST = 1 << 16


class Asked(NamedTuple):
    """The streams that come with a run. On `told` its process id is written, and its exit code when it has ended."""

    stdin: int
    stdout: int
    stderr: int
    told: int


def serve(asked: socket.socket) -> list[str]:
    """Fork for each run; in the fork, answer the run's arguments. The server itself ends when nobody can ask."""
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select((asked.fileno(), woken), (), ())
        if woken in ready:
            os.read(woken, LARGEST)
            _reap(running)
        if asked.fileno() in ready:
            message, streams = _received(asked)
            if not message:
                sys.exit()
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return _become(message, streams, (woken, waker, asked.fileno(), *running.values()))
            running[child] = streams.told
            os.write(streams.told, f"{child}\n".encode())
            for stream in streams[:3]:
                os.close(stream)


def _received(asked: socket.socket) -> tuple[bytes, Asked]:
    numbers = array.array("i")
    message, carried, _, _ = asked.recvmsg(LARGEST, socket.CMSG_SPACE(4 * numbers.itemsize))
    for _, _, data in carried:
        numbers.frombytes(data)
    return message, Asked(*numbers) if numbers else Asked(0, 1, 2, -1)


def _reap(running: dict[int, int]) -> None:
    """Tell the exit code (negative: the signal) of each that has ended."""
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        told = running.pop(child)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(told)


def _become(message: bytes, streams: Asked, others: tuple[int, ...]) -> list[str]:
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
    for stream in (*streams, *others):
        os.close(stream)
    run = json.loads(message)
    os.environ.clear()
    os.environ.update(run["environment"])
    arguments: list[str] = run["arguments"]
    return arguments


if __name__ == "__main__":
    for name in MODULES:
        importlib.import_module(name)
    gc.freeze()  # as a start of its own does (`compose.collect_garbage`)
    sys.modules[__name__].__package__ = None  # usage errors name the program by its first word, as they do without `-m`
    sys.argv = ["-c", *serve(socket.socket(fileno=int(sys.argv[1])))]
    from cnitui.cli import main

    main()
