"""Nodes as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from cnitui.domain.facts import NodeStatus
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.pods import bounded, conditions_of

_ROLE_PREFIX = "node-role.kubernetes.io/"
_BGP_ADDRESS = "projectcalico.org/IPv4Address"
_OLD_ROLE = "kubernetes.io/role"
_UNKNOWN = wire.Condition()


def node_of(node: wire.Node) -> NodeStatus:
    """The fact of a node."""
    info = node.status.node_info
    labels = {key: value or "" for key, value in (node.metadata.labels or {}).items()}
    ready = next((c for c in node.status.conditions or () if c.type == "Ready"), _UNKNOWN)
    return NodeStatus(
        name=node.metadata.name,
        uid=node.metadata.uid,
        roles=_roles_of(labels),
        ready=_ready_word(ready.status),
        ready_reason=ready.reason or "",
        ready_message=bounded(ready.message),
        ready_since=ready.last_transition_time,
        conditions=conditions_of(node.status.conditions),
        condition_since=_since(node.status.conditions or ()),
        addresses=_addresses_of(node.status.addresses or ()),
        labels=MappingProxyType(labels),
        taints=tuple(_taint_words(taint) for taint in node.spec.taints or ()),
        unschedulable=bool(node.spec.unschedulable),
        os_image=info.os_image,
        kernel=info.kernel_version,
        architecture=info.architecture,
        runtime=info.container_runtime_version,
        kubelet=info.kubelet_version,
        created_at=node.metadata.creation_timestamp,
        bgp_address=bounded((node.metadata.annotations or {}).get(_BGP_ADDRESS)).partition("/")[0],
        machine_id=bounded(info.machine_id),
        boot_id=bounded(info.boot_id),
    )


def node_from_plain(document: Mapping[str, object]) -> NodeStatus:
    """The fact of a node that was read from pasted YAML or JSON; raises ValueError when its shape is wrong."""
    return node_of(msgspec.convert(document, wire.Node))


def _ready_word(status: str) -> Literal["True", "False", "Unknown", ""]:
    match status:
        case "True" | "False" | "Unknown":
            return status
        case _:
            return ""


def _since(conditions: Iterable[wire.Condition]) -> Mapping[str, datetime]:
    told = {one.type: one.last_transition_time for one in conditions if one.last_transition_time is not None}
    return MappingProxyType(told)


def _roles_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Role labels as kubectl reads them: findNodeRoles, kubernetes pkg/printers/internalversion/printers.go@v1.35.4."""
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    return tuple(sorted((roles | {labels.get(_OLD_ROLE, "")}) - {""}))


def _addresses_of(addresses: Iterable[wire.NodeAddress]) -> Mapping[str, str]:
    first: dict[str, str] = {}
    for address in addresses:
        first.setdefault(address.type, address.address)
    return MappingProxyType(first)


def _taint_words(taint: wire.Taint) -> str:
    key = f"{taint.key}={taint.value}" if taint.value else taint.key
    return f"{key}:{taint.effect}"
