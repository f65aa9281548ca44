"""When an app has nothing left to do: told by its own queues, not by how busy the processor is.

Textual's pilot waits after each key until the process uses little time of the processor. Here a lab runs in the same
process, and other tests beside it: that is now a second for nothing, and now too early.
"""

from __future__ import annotations

import asyncio
from time import monotonic

from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

_AT_REST = 3
"""Looks in a row that find nothing: what one handler posts is on its way to the next when a queue is empty."""


async def at_rest(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Textual's `wait_for_idle`, by facts: no message waits and nothing is left to be painted.

    `max_sleep` (seconds) bounds it, as an app that spins or counts is never at rest.
    """
    app = active_app.get()
    until = monotonic() + max_sleep
    quiet = 0
    while quiet < _AT_REST and monotonic() < until:
        quiet = 0 if _works(app) else quiet + 1
        await asyncio.sleep(0.001)


def _works(app: App[object]) -> bool:
    screen = app.screen
    if app._resize_event is not None:  # it is handed on once the app itself is idle
        return True
    return _unpainted(screen) or any(map(_waits, (app, *screen.walk_children(with_self=True))))


def _waits(pump: MessagePump) -> bool:
    return bool(pump._next_callbacks) or pump.message_queue_size > 0


def _unpainted(screen: Screen[object]) -> bool:
    if not (screen._layout_required or screen._repaint_required or screen._dirty_widgets or screen._callbacks):
        return False
    screen._on_timer_update()
    return True
