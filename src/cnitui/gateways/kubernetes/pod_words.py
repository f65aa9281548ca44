"""READY, STATUS and RESTARTS of a pod in kubectl's words.

The API server computes these columns, so people know them by heart and compare them. A port of printPod,
kubernetes/kubernetes pkg/printers/internalversion/printers.go@v1.35.4.
"""

from __future__ import annotations

import dataclasses

from cnitui.gateways.kubernetes.objects import Pod, PodState, State, Terminated
from cnitui.late_dataclass import dataclass

_TERMINAL_PHASES = ("Succeeded", "Failed")
_NODE_UNREACHABLE = "NodeLost"
_NO_STATE = State()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a pod's spec adds to its words: numbers of init and ordinary containers, names of restartable init ones."""

    init: int = 0
    ordinary: int = 0
    sidecars: frozenset[str] = frozenset()


@dataclasses.dataclass(slots=True)
class PodWords:
    """What kubectl prints of a pod."""

    status: str
    ready: int = 0
    total: int = 0
    restarts: int = 0


def pod_words(pod: Pod, shape: Shape) -> PodWords:
    """The three columns, as a server of v1.35 prints them (older ones word a few mixed states differently)."""
    words = PodWords(_first_word(pod.status), total=shape.ordinary + len(shape.sidecars))
    initializing, sidecar_restarts = _judge_init(pod.status, words, shape)
    if not initializing or _condition_is_true(pod.status, "Initialized"):
        words.restarts = sidecar_restarts
        _judge_ordinary(pod.status, words)
    if pod.metadata.deletion_timestamp is not None:
        _judge_deletion(pod.status, words)
    return words


def _first_word(status: PodState) -> str:
    gated = any(c.type == "PodScheduled" and c.reason == "SchedulingGated" for c in status.conditions or ())
    return "SchedulingGated" if gated else status.reason or status.phase


def _condition_is_true(status: PodState, kind: str) -> bool:
    return any(c.type == kind and c.status == "True" for c in status.conditions or ())


def _judge_init(status: PodState, words: PodWords, shape: Shape) -> tuple[bool, int]:
    sidecar_restarts = 0
    for index, container in enumerate(status.init_container_statuses or ()):
        words.restarts += container.restart_count
        sidecar = container.name in shape.sidecars
        if sidecar:
            sidecar_restarts += container.restart_count
        state = container.state or _NO_STATE
        if state.terminated is not None and state.terminated.exit_code == 0:
            continue
        if sidecar and container.started:
            words.ready += container.ready
            continue
        words.status = _init_word(state, index, shape.init)
        return True, sidecar_restarts
    return False, sidecar_restarts


def _init_word(state: State, index: int, total: int) -> str:
    if state.terminated is not None:
        return f"Init:{_ending(state.terminated)}"
    waiting = state.waiting.reason if state.waiting is not None else None
    return f"Init:{waiting}" if waiting and waiting != "PodInitializing" else f"Init:{index}/{total}"


def _ending(ended: Terminated) -> str:
    if ended.reason:
        return ended.reason
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def _judge_ordinary(status: PodState, words: PodWords) -> None:
    running = False
    error = ""
    for container in reversed(status.container_statuses or ()):
        words.restarts += container.restart_count
        state = container.state or _NO_STATE
        if state.waiting is not None and state.waiting.reason:
            words.status = state.waiting.reason
        elif state.terminated is not None:
            words.status = _ending(state.terminated)
            error = words.status if state.terminated.exit_code else error
        elif container.ready and state.running is not None:
            running = True
            words.ready += 1
    if words.status == "Completed":
        words.status = _word_when_completed(status, running, error)


def _word_when_completed(status: PodState, running: bool, error: str) -> str:
    if running and _condition_is_true(status, "Ready"):
        return "Running"
    return error or ("NotReady" if running else "Completed")


def _judge_deletion(status: PodState, words: PodWords) -> None:
    if status.reason == _NODE_UNREACHABLE:
        words.status = "Unknown"
    elif status.phase not in _TERMINAL_PHASES:
        words.status = "Terminating"
