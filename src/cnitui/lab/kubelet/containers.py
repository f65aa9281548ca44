"""Attempts of containers and their logs, as the runtime of a node keeps them.

Terms: one attempt is one run of one container under one container id; its log outlives it until the kubelet removes
the dead container.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.clock import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.jsontypes import Object


@dataclass(slots=True)
class Log:
    """Lines with the moment each was written; readers wait for the next one."""

    lines: list[tuple[datetime, bytes]] = field(default_factory=list)
    closed: bool = False
    _open: str = ""
    _waiters: set[asyncio.Future[None]] = field(default_factory=set)

    def append(self, time: datetime, text: str) -> None:
        """Adds one line."""
        self.lines.append((time, text.encode("utf-8", "surrogateescape") + b"\n"))
        self._wake()

    def write(self, time: datetime, text: str) -> None:
        """Adds output as it comes; a line counts when it is whole."""
        *whole, self._open = (self._open + text).split("\n")
        for line in whole:
            self.append(time, line)

    def close(self) -> None:
        """The attempt ended: followers reach the end of their stream."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self) -> None:
        """Returns when a line was added or the log was closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)


@dataclass(slots=True)
class Attempt:
    """One run of one container."""

    container_id: str
    pid: int
    label: str | None
    started: datetime
    finished: datetime | None = None
    exit_code: int | None = None
    log: Log = field(default_factory=Log)
    reason: str = ""
    message: str = ""
    clock_offset: timedelta = timedelta()
    """Of the machine, whose kubelet tells the times."""

    def terminated(self) -> Object:
        """`ContainerStateTerminated` of a finished attempt."""
        assert self.finished is not None
        told: Object = {
            "containerID": f"containerd://{self.container_id}",
            "exitCode": self.exit_code,
            "finishedAt": rfc3339(self.finished + self.clock_offset),
            "reason": self.reason or ("Completed" if self.exit_code == 0 else "Error"),
            "startedAt": rfc3339(self.started + self.clock_offset),
        }
        return told | ({"message": self.message} if self.message else {})


@dataclass
class Container:
    """One container of one pod through all its attempts, as `status` shows it.

    `state` is waiting, running or terminated; `last` is the attempt that `lastState` tells of.
    """

    spec: Object
    init: bool
    state: str = "waiting"
    reason: str = "PodInitializing"
    message: str = ""
    restarts: int = 0
    ready: bool = False
    current: Attempt | None = None
    last: Attempt | None = None

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    def attempts(self) -> list[Attempt]:
        """Those the status still names, the current one last."""
        return [attempt for attempt in (self.last, self.current) if attempt is not None]

    def status(self, image_id: str) -> Object:
        """The `ContainerStatus`."""
        shown = self.current or self.last
        status: Object = {"containerID": f"containerd://{shown.container_id}"} if shown else {}
        status |= {
            "image": self.spec["image"],
            "imageID": image_id if shown else "",
            "lastState": {"terminated": self.last.terminated()} if self.last and self.last is not self.current else {},
            "name": self.name,
            "ready": self.ready,
            "restartCount": self.restarts,
            "started": self.state == "running",
            "state": self._state(),
        }
        if self.state == "waiting" and self.last is not None:
            status["lastState"] = {"terminated": self.last.terminated()}
        return status

    def _state(self) -> Object:
        if self.state == "running" and self.current is not None:
            return {"running": {"startedAt": rfc3339(self.current.started + self.current.clock_offset)}}
        if self.state == "terminated" and self.current is not None:
            return {"terminated": self.current.terminated()}
        waiting: Object = {"reason": self.reason}
        return {"waiting": ({"message": self.message} | waiting) if self.message else waiting}


def new_container_id(bits: int) -> str:
    """64 hexadecimal digits."""
    return f"{bits:064x}"
