"""Pods as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from cnitui.domain.facts import ContainerSecurity, ContainerSpec, ContainerStatus, PodStatus, Run
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.pod_words import pod_words

_LONGEST_MESSAGE = 8192
_SPECS_KEPT = 4096
_EPOCH_YEAR = 1970
_NOTHING_SET = wire.SecurityContext()
_known_specs: dict[tuple[object, ...], ContainerSpec] = {}


def pod_of(pod: wire.Pod) -> PodStatus:
    """The fact of a pod; its words are kubectl's."""
    words = pod_words(pod)
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
        specs=container_specs(pod.spec),
        conditions=conditions_of(pod.status.conditions),
    )


def pod_from_plain(document: Mapping[str, object]) -> PodStatus:
    """The fact of a pod that was read from pasted YAML or JSON; raises ValueError when its shape is wrong."""
    return pod_of(msgspec.convert(document, wire.Pod))


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


# --- specs ----------------------------------------------------------------------------------------------------------


def container_specs(spec: wire.PodSpec) -> tuple[ContainerSpec, ...]:
    """The init containers, then the others."""
    paths = {v.name: v.host_path.path for v in spec.volumes or () if v.host_path is not None}
    kinds = ((spec.init_containers, True), (spec.containers, False))
    return tuple(
        _shared(_spec_of(container, index, init, spec.security_context, paths))
        for containers, init in kinds
        for index, container in enumerate(containers or ())
    )


def _spec_of(
    container: wire.Container, index: int, init: bool, pod: wire.SecurityContext | None, paths: Mapping[str, str]
) -> ContainerSpec:
    return ContainerSpec(
        name=container.name,
        index=index,
        init=init,
        image=container.image or "",
        command=tuple(container.command or ()),
        args=tuple(container.args or ()),
        security=_security_of(container.security_context, pod or _NOTHING_SET),
        mounts=MappingProxyType(
            {
                m.mount_path: _host_path(paths[m.name], m.sub_path)
                for m in container.volume_mounts or ()
                if m.name in paths
            }
        ),
        env=MappingProxyType({e.name: e.value for e in container.env or () if e.value is not None}),
    )


def _host_path(volume: str, sub_path: str | None) -> str:
    return f"{volume.rstrip('/')}/{sub_path}" if sub_path else volume


def _security_of(own: wire.SecurityContext | None, pod: wire.SecurityContext) -> ContainerSecurity:
    """What holds for the container (DetermineEffectiveSecurityContext): its own seLinuxOptions replace the pod's.

    Source: kubernetes/kubernetes pkg/securitycontext/util.go@v1.35.4.
    """
    stated = own or _NOTHING_SET
    selinux = stated.se_linux_options or pod.se_linux_options or wire.SelinuxOptions()
    capabilities = stated.capabilities or wire.Capabilities()
    return ContainerSecurity(
        privileged=stated.privileged,
        selinux_type=selinux.type or "",
        selinux_level=selinux.level or "",
        run_as_user=pod.run_as_user if stated.run_as_user is None else stated.run_as_user,
        read_only_root=bool(stated.read_only_root_filesystem),
        added_capabilities=tuple(capabilities.add or ()),
        dropped_capabilities=tuple(capabilities.drop or ()),
        stated=own is not None,
    )


def _shared(spec: ContainerSpec) -> ContainerSpec:
    """One instance for equal specs: the pods of a DaemonSet differ only in their status, and there are thousands."""
    key = (
        spec.name,
        spec.index,
        spec.init,
        spec.image,
        spec.command,
        spec.args,
        spec.security,
        tuple(spec.mounts.items()),
        tuple(spec.env.items()),
    )
    if len(_known_specs) >= _SPECS_KEPT:
        _known_specs.clear()
    return _known_specs.setdefault(key, spec)
