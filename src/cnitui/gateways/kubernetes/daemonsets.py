"""DaemonSets as facts, and who would take a direct change back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from cnitui.domain.facts import DaemonSetStatus
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.container_specs import containers_of

_LABEL_MANAGERS = (
    ("argocd.argoproj.io/instance", "Argo CD application"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ("addonmanager.kubernetes.io/mode", "Addon manager"),
)
_ANNOTATION_MANAGERS = (
    ("meta.helm.sh/release-name", "Helm release"),
    ("objectset.rio.cattle.io/owner-name", "k3s/RKE2 manifest"),
)
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_HINTS = (
    ("argocd", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux"),
    ("deploy@", "k3s/RKE2 manifest"),
)
"""Names that continuous appliers write into managedFields when they leave no label."""


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
        managers=tuple(dict.fromkeys(_managers_of(meta))),
        labels=MappingProxyType({key: value or "" for key, value in (meta.labels or {}).items()}),
    )


def daemonset_from_plain(document: Mapping[str, object]) -> DaemonSetStatus:
    """The fact of a DaemonSet that was read from pasted YAML or JSON; raises ValueError when its shape is wrong."""
    return daemonset_of(msgspec.json.decode(msgspec.json.encode(document), type=wire.DaemonSet))


def _managers_of(meta: wire.OwnedMetadata) -> Iterator[str]:
    labels, annotations = meta.labels or {}, meta.annotations or {}
    yield from (f"{owner.kind}/{owner.name}" for owner in meta.owner_references or ())
    yield from _named(annotations, _ANNOTATION_MANAGERS)
    if labels.get("app.kubernetes.io/managed-by") == "Helm" and "meta.helm.sh/release-name" not in annotations:
        yield f"Helm release {labels.get('app.kubernetes.io/instance') or labels.get('release') or ''}".rstrip()
    if tracking := annotations.get(_TRACKING_ID):
        yield f"Argo CD application {tracking.partition(':')[0]}"
    found = list(_named(labels, _LABEL_MANAGERS))
    yield from found
    yield from _hinted(meta, already=" ".join(found))


def _named(marks: wire.StringMap, known: tuple[tuple[str, str], ...]) -> Iterator[str]:
    return (f"{words} {marks[key] or ''}".rstrip() for key, words in known if key in marks)


def _hinted(meta: wire.OwnedMetadata, already: str) -> Iterator[str]:
    writers = [field.manager for field in meta.managed_fields or () if not field.subresource]
    for name, words in _HINTS:
        if words not in already and any(writer.startswith(name) for writer in writers):
            yield words
