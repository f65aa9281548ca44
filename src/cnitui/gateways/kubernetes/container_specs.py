"""Containers of pod specs as facts.

The pods of a DaemonSet have one spec between them, apart from the name of their token volume; with thousands of them,
decoding it once is half of the work saved and most of the memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from cnitui.domain.facts import ContainerSecurity, ContainerSpec
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.pod_words import Shape
from cnitui.late_dataclass import dataclass

_SPECS_KEPT = 256
_TOKEN_VOLUME = re.compile(rb"kube-api-access-[a-z0-9]{5}")
"""The ServiceAccount admission plugin's volume, mounted in each container under a random name."""
_CONTAINERS = msgspec.json.Decoder(list[wire.Container] | None)
_VOLUMES = msgspec.json.Decoder(list[wire.Volume] | None)
_SECURITY = msgspec.json.Decoder(wire.SecurityContext | None)
_NOTHING_SET = wire.SecurityContext()


@dataclass(frozen=True, slots=True)
class Containers:
    """The containers of a spec, init containers first, and what they add to the pod's words."""

    specs: tuple[ContainerSpec, ...]
    shape: Shape


_known: dict[bytes, Containers] = {}


def containers_of(spec: wire.PodSpec) -> Containers:
    """The containers of a spec; equal specs share one answer. Raises msgspec.ValidationError for a wrong shape."""
    parts = (spec.init_containers, spec.containers, spec.volumes, spec.security_context)
    key = _TOKEN_VOLUME.sub(b"token", b"\n".join(map(bytes, parts)))
    found = _known.get(key)
    if found is None:
        if len(_known) >= _SPECS_KEPT:
            _known.clear()
        found = _known[key] = _decoded(spec)
    return found


def _decoded(spec: wire.PodSpec) -> Containers:
    init = _CONTAINERS.decode(spec.init_containers) or []
    ordinary = _CONTAINERS.decode(spec.containers) or []
    security = _SECURITY.decode(spec.security_context) or _NOTHING_SET
    paths = {v.name: v.host_path.path for v in _VOLUMES.decode(spec.volumes) or () if v.host_path is not None}
    specs = tuple(
        _spec_of(container, index, initial, security, paths)
        for containers, initial in ((init, True), (ordinary, False))
        for index, container in enumerate(containers)
    )
    sidecars = frozenset(container.name for container in init if container.restart_policy == "Always")
    return Containers(specs, Shape(len(init), len(ordinary), sidecars))


def _spec_of(
    container: wire.Container, index: int, init: bool, pod: wire.SecurityContext, paths: Mapping[str, str]
) -> ContainerSpec:
    return ContainerSpec(
        name=container.name,
        index=index,
        init=init,
        image=container.image or "",
        command=tuple(container.command or ()),
        args=tuple(container.args or ()),
        security=_security_of(container.security_context, pod),
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
