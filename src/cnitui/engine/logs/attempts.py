"""Attempts as a log feed sees them: which log request answers for which attempt, and the rule that ends one.

Which run a request means is the kubelet's choice (kubernetes pkg/kubelet/kubelet_pods.go@v1.31.0,
validateContainerLogStatus): without `previous` the running or terminated container, while it waits the last one;
with `previous` always the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cnitui.domain.derive import back_off_of
from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.engine.logs.kept import Entry, Rule
from cnitui.engine.logs.stamps import Cursor, time_of
from cnitui.engine.logs.status import AttemptMark


@dataclass(slots=True)
class Tracked:
    """One attempt of the pod being followed; `ordinal` counts from 1, as restart count + 1."""

    run: Run
    ordinal: int
    pod: str
    container: str
    start: int = 0
    """Number of its first entry among the kept lines."""
    end: int | None = None
    previous: bool = False
    """Whether its log is asked for with `previous`."""
    readable: bool = True
    """Whether the kubelet still answers for it: it knows two runs at most."""
    read: bool = False
    begun: bool = False
    ruled: bool = False
    tries: int = 0
    cursor: Cursor = field(default_factory=Cursor)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet, as far as the pod's status knows."""
        return self.run.finished_at is None


def runs_of(container: ContainerStatus) -> list[tuple[Run, int, bool]]:
    """The runs the kubelet knows, older first: run, ordinal, and whether `previous` is needed to read it."""
    current = container.current if container.current and container.current.container_id else None
    last = container.last if container.last and container.last.container_id else None
    known: list[tuple[Run, int, bool]] = []
    if last and (current is None or last.container_id != current.container_id):
        known.append((last, container.restart_count + (0 if current else 1), current is not None))
    if current:
        known.append((current, container.restart_count + 1, False))
    return known


def waiting_for(container: ContainerStatus) -> str:
    """Why a container waits, when that is more than the back-off which the time of the next attempt tells."""
    if container.waiting_reason in ("", "CrashLoopBackOff"):
        return ""
    return ": ".join(filter(None, (container.waiting_reason, container.waiting_message)))


def ending(attempt: Tracked, container: ContainerStatus | None) -> Rule:
    """The rule below an attempt: number, exit code, reason, duration and, for the newest, the back-off."""
    run = attempt.run
    parts = [f"attempt {attempt.ordinal}", *ending_words(run)]
    newest = (container.current or container.last) if container else None
    if container and run.failed and newest and newest.container_id == run.container_id:
        wait = back_off_of(container)
        parts.append(f"back-off {_duration(wait)}" if wait else "restarts at once")
    return Rule(" · ".join(parts), "attempt", run.failed, run.finished_at)


def ending_words(run: Run) -> list[str]:
    """How a run ended and how long it took."""
    if run.started_at and run.finished_at:
        return [*_outcome(run), _duration((run.finished_at - run.started_at).total_seconds())]
    return _outcome(run)


def _outcome(run: Run) -> list[str]:
    if run.exit_code is None:
        return ["ended"]
    if run.exit_code == 0:
        return ["completed"]
    told = [f"exit {run.exit_code}"]
    if run.signal:
        told.append(f"signal {run.signal}")
    if run.reason not in ("", "Error"):
        told.append(run.reason)
    return told


def _duration(seconds: float) -> str:
    """As the kubelet writes it: `40s`, `5m`, `1m20s`, `1h12m`; a pod's status knows whole seconds only."""
    if seconds < 1:
        return "<1s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m"
    if minutes:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    return f"{rest}s"


def mark_of(attempt: Tracked) -> AttemptMark:
    """Where its lines are."""
    return AttemptMark(attempt.ordinal, attempt.pod, attempt.run, attempt.start, attempt.end, attempt.container)


def concern_of(pod: PodStatus | None, container: str) -> tuple[str, bool, ContainerStatus | None] | None:
    """The part of a pod's status that a feed has to act upon when it changes."""
    return (pod.uid, pod.deleting, pod.container(container)) if pod else None


def is_of_a_later_attempt(attempt: Tracked, entries: Sequence[Entry]) -> bool:
    """Whether a log begins after the attempt had ended: the status it was asked by is behind the kubelet."""
    first = time_of(entries[0]) if entries and isinstance(entries[0], bytes) else None
    finished = attempt.run.finished_at
    return first is not None and finished is not None and first > finished + timedelta(seconds=1)
