"""Pods as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.container_specs import containers_of
from cnitui.gateways.kubernetes.pod_words import pod_words

_LONGEST_MESSAGE = 8192
_EPOCH_YEAR = 1970


def pod_of(pod: wire.Pod) -> PodStatus:
    """The fact of a pod; its words are kubectl's."""
    containers = containers_of(pod.spec)
    words = pod_words(pod, containers.shape)
    meta = pod.metadata
    labels = meta.labels or {}
    return PodStatus(
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        node=pod.spec.node_name or "",
        status=words.status,
        phase=pod.status.phase,
        ready=words.ready,
        total=words.total,
        restarts=words.restarts,
        created_at=meta.creation_timestamp,
        deleting=meta.deletion_timestamp is not None,
        revision=labels.get("controller-revision-hash") or "",
        template_generation=labels.get("pod-template-generation") or "",
        app_label=labels.get("k8s-app") or "",
        owner=_controller_of(meta),
        containers=(
            *_statuses_of(pod.status.init_container_statuses, init=True),
            *_statuses_of(pod.status.container_statuses, init=False),
        ),
        specs=containers.specs,
        conditions=conditions_of(pod.status.conditions),
    )


def pod_from_plain(document: Mapping[str, object]) -> PodStatus:
    """The fact of a pod that was read from pasted YAML or JSON; raises ValueError when its shape is wrong."""
    return pod_of(msgspec.json.decode(msgspec.json.encode(document), type=wire.Pod))


def conditions_of(conditions: Iterable[wire.Condition] | None) -> Mapping[str, str]:
    """Condition type to `status reason: message`, as much of it as there is."""
    return MappingProxyType({c.type: _condition_words(c) for c in conditions or ()})


def _condition_words(condition: wire.Condition) -> str:
    words = f"{condition.status} {condition.reason or ''}".rstrip()
    return f"{words}: {bounded(condition.message)}" if condition.message else words


def bounded(text: str | None) -> str:
    """A message as it is, cut where no honest message ends."""
    if not text:
        return ""
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _controller_of(meta: wire.Metadata) -> str:
    owner = next((o for o in meta.owner_references or () if o.controller), None)
    return f"{owner.kind}/{owner.name}" if owner is not None else ""


# --- statuses -------------------------------------------------------------------------------------------------------


def _statuses_of(containers: Iterable[wire.ContainerStatus] | None, *, init: bool) -> tuple[ContainerStatus, ...]:
    return tuple(_status_of(container, init=init) for container in containers or ())


def _status_of(container: wire.ContainerStatus, *, init: bool) -> ContainerStatus:
    state = container.state or wire.State()
    waiting = state.waiting or wire.Waiting()
    return ContainerStatus(
        name=container.name,
        init=init,
        image=container.image or "",
        image_id=container.image_id or "",
        ready=container.ready,
        restart_count=container.restart_count,
        state=_state_word(state),
        waiting_reason=waiting.reason or "",
        waiting_message=bounded(waiting.message),
        current=_run_of(state, container.container_id or ""),
        last=_run_of(container.last_state or wire.State(), ""),
    )


def _state_word(state: wire.State) -> Literal["waiting", "running", "terminated", ""]:
    if state.terminated is not None:
        return "terminated"
    if state.running is not None:
        return "running"
    return "waiting" if state.waiting is not None else ""


def _run_of(state: wire.State, container_id: str) -> Run | None:
    if state.running is not None:
        return Run(container_id, _real_time(state.running.started_at))
    ended = state.terminated
    if ended is None:
        return None
    return Run(
        container_id=ended.container_id or container_id,
        started_at=_real_time(ended.started_at),
        finished_at=_real_time(ended.finished_at),
        exit_code=ended.exit_code,
        signal=ended.signal,
        reason=ended.reason or "",
        message=bounded(ended.message),
    )


def _real_time(moment: datetime | None) -> datetime | None:
    """None for the zero times of Go and of Unix, which a container that never started carries."""
    return moment if moment is not None and moment.year > _EPOCH_YEAR else None
