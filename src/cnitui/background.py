"""Blocking calls that must not hold up quit.

`asyncio.to_thread` and `loop.getaddrinfo` run in threads the interpreter waits for at exit; importing a client, or
asking a dead name server, can take seconds. A daemon thread is simply left behind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(call: Callable[[], T]) -> T:
    """What the call answers or raises; cancelling ends the waiting, not the call."""
    outcome: Future[T] = Future()
    threading.Thread(target=_settle_with, args=(outcome, call), name="cnitui-call", daemon=True).start()
    return await asyncio.wrap_future(outcome)


class DaemonThread:
    """Blocking calls, one after the other, in one thread that exit does not wait for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = False

    async def run(self, call: Callable[[], T]) -> T:
        """As `in_daemon_thread`."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._serve, daemon=True, name=self._name).start()
        outcome: Future[T] = Future()
        self._work.put(lambda: _settle_with(outcome, call))
        return await asyncio.wrap_future(outcome)

    def stop(self) -> None:
        """Let the thread end after what it is at."""
        self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _settle_with(outcome: Future[T], call: Callable[[], T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        outcome.set_result(call())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the one who waits
        outcome.set_exception(error)
