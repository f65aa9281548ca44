"""Whether the API server still answers: a quiet stream and a dead server look the same until somebody asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from cnitui.engine.ports import Clock, ClusterApi
from cnitui.errors import ClusterError

QUIET = 5.0
"""Seconds without a word after which the server is asked whether it is there."""
PATIENCE = 3.0
"""Seconds that it may take to answer that before the silence is told."""
LOOK_EVERY = 1.0


class Liveness:
    """Asks when it has been quiet; `silent_since` is when the server was last heard, None while it answers."""

    def __init__(self, cluster: ClusterApi, clock: Clock, changed: Callable[[], None]) -> None:
        self._cluster, self._clock, self._changed = cluster, clock, changed
        self.silent_since: datetime | None = None

    async def run(self) -> None:
        """Mind the silence until cancelled."""
        asking: asyncio.Task[None] | None = None
        try:
            while True:
                await self._clock.sleep(LOOK_EVERY)
                if asking is not None and asking.done():
                    asking = None
                if asking is None and self._cluster.silence >= QUIET:
                    asking = asyncio.create_task(self._ask(), name="ask whether the server is there")
                self._tell()
        finally:
            if asking is not None:
                asking.cancel()

    async def _ask(self) -> None:
        """Whatever it answers, it was heard; what went wrong is told by the silence that goes on."""
        with contextlib.suppress(ClusterError):
            await self._cluster.ping()
        self._tell()

    def _tell(self) -> None:
        silence = self._cluster.silence
        silent = silence >= QUIET + PATIENCE
        if silent == (self.silent_since is not None):
            return
        self.silent_since = self._clock.now() - timedelta(seconds=silence) if silent else None
        self._changed()
