"""Which revision a DaemonSet's present template is: read once for each template that its controller has seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from cnitui.domain.facts import CALICO_SELECTOR, DaemonSetStatus
from cnitui.domain.plan import ObjectRef
from cnitui.domain.revision import made_revisions, newest_revision
from cnitui.engine.ports import ClusterApi
from cnitui.errors import ClusterError


class Revisions:
    """Keeps the newest revision of one DaemonSet; `changed` is called when it was read."""

    def __init__(self, cluster: ClusterApi, changed: Callable[[], None]) -> None:
        self._cluster, self._changed = cluster, changed
        self._of: tuple[str, int] | None = None
        self._task: asyncio.Task[None] | None = None
        self.newest = ""
        """Its hash, "" while it is not known or when it may not be read."""
        self.made: tuple[tuple[datetime, int], ...] = ()
        """When each of its templates was made, and its number."""

    @property
    def reading(self) -> bool:
        """Whether the answer is still to come."""
        return self._task is not None and not self._task.done()

    def follow(self, daemonset: DaemonSetStatus | None) -> None:
        """Read it when this is another DaemonSet, or its controller has seen another template."""
        of = (daemonset.uid, daemonset.observed_generation) if daemonset is not None and daemonset.uid else None
        if of == self._of:
            return
        self._of, self.newest, self.made = of, "", ()
        if self._task is not None:
            self._task.cancel()
        self._task = None
        if daemonset is not None and of:
            self._task = asyncio.create_task(self._read(daemonset))
            self._task.add_done_callback(self._was_read)  # not in the task: until it has ended, it is still reading

    async def _read(self, daemonset: DaemonSetStatus) -> None:
        every = ObjectRef("apps", "v1", "controllerrevisions", "ControllerRevision", "", daemonset.namespace)
        with suppress(ClusterError):  # who may not read them has the DaemonSet's counts
            read = await self._cluster.objects(every, CALICO_SELECTOR)
            self.newest, self.made = newest_revision(read, daemonset.uid), made_revisions(read, daemonset.uid)

    def _was_read(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._changed()

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
