"""The words kubectl shows for a pod: READY, STATUS, RESTARTS (`printPod` of Kubernetes v1.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.clock import human_duration, parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.jsontypes import Object


@dataclass
class _Words:
    reason: str
    restarts: int = 0
    last_restart: str = ""
    ready: int = 0
    initializing: bool = False

    def count(self, status: Object) -> None:
        self.restarts += status.get("restartCount", 0)
        ended = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        self.last_restart = max(self.last_restart, ended)


def pod_cells(pod: Object, now: datetime) -> list[object]:
    """The row of `kubectl get pods -o wide`."""
    status, spec, meta = pod.get("status") or {}, pod["spec"], pod["metadata"]
    words = pod_words(pod)
    restarts = str(words.restarts)
    if words.restarts and words.last_restart:
        restarts += f" ({_since(words.last_restart, now)} ago)"
    return [
        meta["name"],
        f"{words.ready}/{len(spec['containers'])}",
        words.reason,
        restarts,
        _since(meta["creationTimestamp"], now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        "<none>",
    ]


def pod_words(pod: Object) -> _Words:
    """What the columns say, before formatting."""
    status = pod.get("status") or {}
    words = _Words(status.get("reason") or status.get("phase") or "Unknown")
    total = len(pod["spec"].get("initContainers") or [])
    for place, container in enumerate(status.get("initContainerStatuses") or []):
        words.count(container)
        if not _done(container):
            words.reason = _init_reason(container, place, total)
            words.initializing = True
            break
    if not words.initializing:
        _main_words(words, status)
    if pod["metadata"].get("deletionTimestamp") and status.get("phase") not in ("Succeeded", "Failed"):
        words.reason = "Terminating"
    return words


def _done(container: Object) -> bool:
    terminated = (container.get("state") or {}).get("terminated") or {}
    return terminated.get("exitCode") == 0


def _init_reason(container: Object, place: int, total: int) -> str:
    state = container.get("state") or {}
    if terminated := state.get("terminated"):
        return "Init:" + _terminated(terminated)
    waiting = (state.get("waiting") or {}).get("reason", "")
    if waiting and waiting != "PodInitializing":
        return f"Init:{waiting}"
    return f"Init:{place}/{total}"


def _terminated(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _main_words(words: _Words, status: Object) -> None:
    words.restarts = 0
    running = False
    for container in reversed(status.get("containerStatuses") or []):
        words.count(container)
        state = container.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            words.reason = state["waiting"]["reason"]
        elif state.get("terminated"):
            words.reason = _terminated(state["terminated"])
        elif container.get("ready") and state.get("running"):
            running = True
            words.ready += 1
    if words.reason == "Completed" and running:
        conditions = {entry["type"]: entry["status"] for entry in status.get("conditions") or []}
        words.reason = "Running" if conditions.get("Ready") == "True" else "NotReady"


def _since(stamp: str, now: datetime) -> str:
    return human_duration((now - parse_rfc3339(stamp)).total_seconds())
