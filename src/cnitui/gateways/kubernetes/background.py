"""Blocking calls that must not hold up quit.

`asyncio.to_thread` runs in threads the interpreter waits for at exit; importing the client or resolving a name can take
seconds. A daemon thread is simply left behind.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(call: Callable[[], T]) -> T:
    """What the call answers or raises; cancelling ends the waiting, not the call."""
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the one who waits
            outcome.set_exception(error)

    waiting = asyncio.wrap_future(outcome)
    threading.Thread(target=run, name="cnitui-call", daemon=True).start()
    return await waiting
