"""Which looks are due, and their tasks: each subject is looked at once per state of its pod, side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Literal

from cnitui.engine.ports import Clock
from cnitui.engine.probes.cluster import Readings
from cnitui.engine.reading.turns import Turns, Urgency
from cnitui.engine.state import Look
from cnitui.errors import CnituiError

Probe = Callable[[], Coroutine[object, object, Readings]]

KINDS = ("endpoints", "pod", "node")
"""What is looked at of a subject."""

_LOG = logging.getLogger(__name__)


class Looks:
    """Runs probes by (subject, kind), at most once per key until the key changes or somebody asks again.

    `arrived` takes the readings of a finished probe, `changed` is called whenever a look begins or ends.
    """

    def __init__(
        self, clock: Clock, arrived: Callable[[Readings], None], changed: Callable[[], None], turns: Turns
    ) -> None:
        self._clock = clock
        self._arrived = arrived
        self._changed = changed
        self._turns = turns
        self._keys: dict[tuple[str, str], object] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._errors: dict[tuple[str, str], CnituiError] = {}
        self.states: dict[str, Look] = {}

    def want(self, subject: str, kind: str, key: object, probe: Probe, urgency: Urgency = Urgency.FIRST) -> None:
        """Start the probe unless it already ran (or runs) for this key; a newer key replaces a running one."""
        slot = (subject, kind)
        if self._keys.get(slot, _NEVER) == key:
            return
        self._keys[slot] = key
        running = self._tasks.pop(slot, None)
        if running is not None:
            running.cancel()
        self._tasks[slot] = asyncio.create_task(self._look(slot, probe, urgency), name=f"look {kind} {subject}")

    def again(self, subject: str | None = None, kinds: Collection[str] = ()) -> None:
        """Forget what was seen, of one subject or of all, so that the next `want` looks again; `kinds` limits it."""
        for slot in list(self._keys):
            if subject in (None, slot[0]) and (not kinds or slot[1] in kinds):
                del self._keys[slot]

    def forget(self, subjects: set[str]) -> None:
        """Drop subjects that no longer exist."""
        for slot in [slot for slot in {*self._keys, *self._tasks, *self._errors} if slot[0] in subjects]:
            self._keys.pop(slot, None)
            self._errors.pop(slot, None)
            task = self._tasks.pop(slot, None)
            if task is not None:
                task.cancel()
        for subject in subjects:
            self.states.pop(subject, None)
        if subjects:
            self._changed()

    async def _look(self, slot: tuple[str, str], probe: Probe, urgency: Urgency) -> None:
        self._errors.pop(slot, None)
        self._note(slot[0])
        try:
            async with self._turns.turn(urgency):
                self._arrived(await probe())
        except CnituiError as failure:
            self._errors[slot] = failure
        except Exception as bug:  # noqa: BLE001 - one reading's bug must not take the other readings with it
            _LOG.exception("look %s", slot)
            self._errors[slot] = CnituiError(f"cnitui itself failed here: {bug!r}"[:300], "See its log file.")
        finally:
            if self._tasks.get(slot) is asyncio.current_task():
                del self._tasks[slot]
        self._note(slot[0])

    def _note(self, subject: str) -> None:
        asking = any((subject, kind) in self._tasks for kind in KINDS)
        error = next((error for kind in KINDS if (error := self._errors.get((subject, kind))) is not None), None)
        phase: Literal["asking", "done", "failed"] = "asking" if asking else "failed" if error else "done"
        self.states[subject] = Look(phase, self._clock.now(), error)
        self._changed()

    async def stop(self, why: Callable[[str], CnituiError]) -> tuple[str, ...]:
        """Cancel what is under way, its error being `why` of its subject; answers those subjects.

        What was begun is not begun again before its key changes or somebody asks.
        """
        stopped, self._tasks = self._tasks, {}
        for task in stopped.values():
            task.cancel()
        await asyncio.gather(*stopped.values(), return_exceptions=True)
        for slot in stopped:
            self._errors[slot] = why(slot[0])
            self._note(slot[0])
        return tuple(sorted({subject for subject, _ in stopped}))

    @property
    def running(self) -> int:
        """How many probes are under way."""
        return len(self._tasks)

    async def close(self) -> None:
        """Cancel everything that is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


_NEVER = object()
