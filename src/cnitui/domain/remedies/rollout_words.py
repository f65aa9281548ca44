"""A rollout told before it begins: which pods go first, how many healthy ones with them, and what a failure costs."""

from __future__ import annotations

from collections.abc import Sequence

from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.listing import listed
from cnitui.domain.plan import PodRestart
from cnitui.domain.rolling import Forecast


def rollout_words(seen: Forecast, status: DaemonSetStatus, version: str, deletes: Sequence[PodRestart] = ()) -> str:
    """What happens once the new template is stored, in sentences; `deletes` are the pods that the plan deletes."""
    if status.strategy == "OnDelete":
        return _on_delete(seen, deletes)
    if seen.surge:
        return _surging(seen, status)
    if not seen.unavailable:
        return f"The controller replaces the pods, all of them healthy, {_pace(seen)}.{_cost(seen)}"
    first = (
        f"The controller replaces the failing pods ({listed(seen.unavailable)}) at once: pods that are not available "
        "go first, and none needs to be deleted by hand."
    )
    if not seen.available:
        return first
    return f"{first} {_with_them(seen, status, version)}{_follow(seen)}{_cost(seen)}"


def rollout_warnings(seen: Forecast, status: DaemonSetStatus) -> tuple[str, ...]:
    """What a tired reader must not miss: healthy pods that go down together with the failing ones."""
    if status.strategy == "OnDelete" or seen.surge or not seen.unavailable:
        return ()
    most = max(seen.possible) if seen.together is None else seen.together
    if not most:
        return ()
    may = "may restart" if seen.together is None else "restart" if most > 1 else "restarts"
    return (f"{_pods(most)} {may} at the same time as the failing ones",)


def _on_delete(seen: Forecast, deletes: Sequence[PodRestart]) -> str:
    failing = listed(tuple(pod.node for pod in deletes)) or "none"
    kept = (
        f" The healthy pods ({listed(seen.available)}) keep the old template until somebody deletes them."
        if seen.available
        else ""
    )
    return (
        "The update strategy is OnDelete: the patch alone restarts no pod. "
        f"The failing pods ({failing}) are then deleted, each by its UID, and come back with the new one.{kept}"
    )


def _surging(seen: Forecast, status: DaemonSetStatus) -> str:
    failing = f" beside each failing one ({listed(seen.unavailable)}) at once, and" if seen.unavailable else ""
    beside = min(seen.surge, len(seen.available))
    return (
        f"The update strategy surges (maxSurge {status.max_surge}): the controller starts a new pod{failing} beside "
        f"{_pods(beside)} at a time. A healthy pod is deleted only when its successor on the same node is Running: "
        "if the new pods fail as well, the healthy ones stay."
    )


def _with_them(seen: Forecast, status: DaemonSetStatus, version: str) -> str:
    limit = f"maxUnavailable ({status.max_unavailable})"
    if seen.counted is None:
        counted, uncounted = seen.possible
        if counted == uncounted:
            return f"{_restart(counted, seen)} at the same time."
        return (
            f"Whether they count against {limit} depends on the server's version, which is not known: "
            f"{_restart(uncounted, seen)} at the same time on v1.21 to v1.30, {_number(counted, 'none')} on others."
        )
    counts = "count" if seen.counted else "do not count"
    together = _restart(seen.together or 0, seen)
    return f"On this server ({version}) they {counts} against {limit}: {together} at the same time."


def _restart(number: int, seen: Forecast) -> str:
    if number == len(seen.available):
        all_of_them = "the only healthy pod" if number == 1 else f"all {number:,} healthy pods"
        return f"{all_of_them} ({listed(seen.available)}) {'restarts' if number == 1 else 'restart'}"
    return f"{_pods(number)} {'restart' if number > 1 else 'restarts'}"


def _follow(seen: Forecast) -> str:
    most = max(seen.possible) if seen.together is None else seen.together
    if most >= len(seen.available):
        return ""
    until = "all new pods are Running" if seen.limit == 1 else f"fewer than {seen.limit:,} pods are not available"
    others = "Others" if most else f"The healthy ones ({listed(seen.available)})"
    return f" {others} follow once {until}, {_pace(seen)}."


def _pace(seen: Forecast) -> str:
    return "one at a time" if seen.limit == 1 else f"at most {seen.limit:,} at a time"


def _cost(seen: Forecast) -> str:
    """How many healthy pods are lost when the new ones fail: the controller waits for those it has made."""
    lost = max(seen.possible) if seen.together is None else seen.together
    fail = "If the new pods fail as well" if seen.unavailable else "If the new pods fail"
    if not lost:
        return f" {fail}, the healthy ones stay as they are."
    most = "up to " if seen.together is None else ""
    return f" {fail}, {most}{_pods(lost)} {'are' if lost > 1 else 'is'} lost, no more."


def _pods(number: int) -> str:
    return f"{_number(number)} healthy pods" if number > 1 else f"{_number(number)} healthy pod"


def _number(number: int, zero: str = "no") -> str:
    return {0: zero, 1: "one"}.get(number, f"{number:,}")
