"""DaemonSets as facts, and who would take a direct change back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.owners import Owner, recognised
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.container_specs import containers_of


def daemonset_of(daemonset: wire.DaemonSet) -> DaemonSetStatus:
    """The fact of a DaemonSet."""
    meta, spec, status = daemonset.metadata, daemonset.spec, daemonset.status
    rolling = spec.update_strategy.rolling_update
    unavailable = rolling.max_unavailable if rolling is not None else None
    surge = rolling.max_surge if rolling is not None else None
    return DaemonSetStatus(
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        generation=meta.generation or 0,
        observed_generation=status.observed_generation,
        resource_version=meta.resource_version,
        strategy=spec.update_strategy.type or "RollingUpdate",
        max_unavailable="1" if unavailable is None else str(unavailable),
        max_surge="0" if surge is None else str(surge),
        desired=status.desired_number_scheduled,
        current=status.current_number_scheduled,
        updated=status.updated_number_scheduled,
        available=status.number_available,
        unavailable=status.number_unavailable,
        created_at=meta.creation_timestamp,
        containers=containers_of(spec.template.spec).specs,
        owners=_owners_of(daemonset),
        labels=MappingProxyType(_plain(meta.labels)),
    )


def daemonset_from_plain(document: Mapping[str, object]) -> DaemonSetStatus:
    """The fact of a DaemonSet that was read from pasted YAML or JSON; raises ValueError when its shape is wrong."""
    return daemonset_of(msgspec.json.decode(msgspec.json.encode(document), type=wire.DaemonSet))


def _owners_of(daemonset: wire.DaemonSet) -> tuple[Owner, ...]:
    meta, template = daemonset.metadata, daemonset.spec.template.metadata
    controllers = [(owner.kind, owner.name) for owner in meta.owner_references or ()]
    writers = [entry.manager for entry in meta.managed_fields or () if not entry.subresource]
    return recognised(_plain(meta.labels), _plain(meta.annotations), controllers, writers, _plain(template.annotations))


def _plain(marks: wire.StringMap | None) -> dict[str, str]:
    return {key: value or "" for key, value in (marks or {}).items()}
