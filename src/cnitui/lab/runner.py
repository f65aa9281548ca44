"""Runs a lab in the foreground: two lines for another terminal on stdout, narration on stderr, tidy at every end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any

from cnitui.lab.faults.standing import write
from cnitui.lab.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnitui.lab.objects.store import Change

CONTROL = "faults"
"""The control file's name in the lab's folder."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_blocking(scenario: str, *, with_parent: bool = False, faults: Sequence[str] = (), **settings: Any) -> int:
    """Runs until a signal; 0 then, also when the reader of stdout went away. `settings` are those of `Lab.start`.

    `faults` stand in the control file at the start.
    """
    asyncio.run(run(scenario, with_parent=with_parent, faults=faults, **settings))
    return 0


async def run(scenario: str, *, with_parent: bool = False, faults: Sequence[str] = (), **settings: Any) -> None:
    """The same inside a loop; `with_parent` also ends it when standard input does."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, ended.set)
    try:
        async with Lab.start(scenario, **settings) as lab:
            if with_parent:
                _watch_stdin(loop, ended.set)
            control = lab.directory / CONTROL
            write(control, faults)
            await lab.standing.set(*faults)
            following = asyncio.create_task(lab.standing.follow(control, _say))
            _announce(lab)
            lab.world.store.on_change(_narrate)
            await ended.wait()
            following.cancel()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """The parent holds the other end of a pipe: when it dies, however it dies, reading gives end of file."""

    def readable() -> None:
        with contextlib.suppress(BlockingIOError):
            if not os.read(0, 4096):
                loop.remove_reader(0)
                stop()

    try:
        loop.add_reader(0, readable)
    except (OSError, PermissionError):  # a file or /dev/null: nothing to wait for
        return


def _announce(lab: Lab) -> None:
    sys.stdout.write(f"export KUBECONFIG={shlex.quote(str(lab.kubeconfig))}\n")
    sys.stdout.write(f"export CNITUI_SSH_CONFIG={shlex.quote(str(lab.ssh_config))}\n")
    sys.stdout.flush()
    _say(lab.summary())
    _say(f"API server {lab.api_url}; other users' kubeconfigs and admin's token are in {lab.directory}")
    _say(f"what is to go wrong with API and SSH: a line each in {lab.directory / CONTROL}, while it runs")
    _say("stop it with ctrl+c")


def _narrate(change: Change) -> None:
    if change.key == "events" and change.type != "DELETED":
        event = change.object
        about = event["involvedObject"]
        _say(f"{about['kind'].lower()}/{about['name']}: {event['reason']}: {event['message']}")


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")
