"""What a log feed says about itself: its state, and where its attempts are among the kept lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cnitui.domain.facts import Run
from cnitui.engine.logs.kept import KeptLines
from cnitui.errors import ClusterError, Forbidden, NotFound, Throttled
from cnitui.late_dataclass import dataclass


class FeedState(StrEnum):
    """What a stream is doing, in the words the pane shows."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting for next attempt"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FORBIDDEN = "forbidden"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A stream's state; `why` in words, `until` when it changes by itself, `attempt` the newest one known (0: none)."""

    state: FeedState
    why: str = ""
    until: datetime | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class AttemptMark:
    """Where an attempt's lines are: numbers of the first entry and of the one after the last (None: still growing)."""

    ordinal: int
    pod: str
    run: Run
    start: int
    end: int | None
    container: str = ""
    """Which container's attempt it is, where the log followed more than one."""


class LogSource(Protocol):
    """What a log pane shows: a feed's log, or several as one."""

    @property
    def node(self) -> str: ...
    @property
    def container(self) -> str: ...
    @property
    def moment(self) -> str: ...
    @property
    def chosen(self) -> bool: ...
    @property
    def lines(self) -> KeptLines: ...
    @property
    def status(self) -> FeedStatus: ...
    @property
    def attempts(self) -> tuple[AttemptMark, ...]: ...

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever lines or status changed; answers how to stop that."""


FIRST_RETRY, LONGEST_RETRY, REFUSED_RETRY = 1.0, 30.0, 30.0


def retry_of(error: ClusterError, failures: int) -> tuple[FeedState, float]:
    """What a failed request means for the stream, and the seconds until the next try; `failures` came before it."""
    if isinstance(error, Forbidden):
        return FeedState.FORBIDDEN, REFUSED_RETRY
    delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(failures, 10))
    if isinstance(error, Throttled):
        delay = max(delay, error.retry_after)
    return FeedState.GONE if isinstance(error, NotFound) else FeedState.RECONNECTING, delay
