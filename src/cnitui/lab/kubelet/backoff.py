"""The kubelet's crash-loop back-off.

kubernetes `pkg/kubelet/kuberuntime` doBackOff with client-go's flowcontrol.Backoff: the first restart is immediate and
makes an entry of 10 s; each later one waits for the entry and doubles it up to 300 s; an entry not used for twice the
maximum is forgotten.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

INITIAL = 10.0
MAXIMUM = 300.0


@dataclass(slots=True)
class Backoff:
    """The entry of one container of one pod; seconds."""

    delay: float = 0.0
    used: datetime | None = None

    def wait(self, started: datetime, finished: datetime) -> float:
        """How long after `finished` the next attempt starts; advances the entry."""
        if self.used is not None and (finished - max(self.used, started)).total_seconds() > 2 * MAXIMUM:
            self.delay = 0.0
        self.used = finished
        if self.delay == 0.0:
            self.delay = INITIAL
            return 0.0
        waiting, self.delay = self.delay, min(MAXIMUM, self.delay * 2)
        return waiting


@functools.cache
def waits(count: int) -> tuple[float, ...]:
    """The waits before restarts 1 to `count`, should none of the attempts last."""
    entry = Backoff()
    found: list[float] = []
    for _ in range(count):
        if entry.delay == 0.0:
            entry.delay = INITIAL
            found.append(0.0)
        else:
            found.append(entry.delay)
            entry.delay = min(MAXIMUM, entry.delay * 2)
    return tuple(found)
