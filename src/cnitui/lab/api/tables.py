"""Server-side printing: the `meta.k8s.io/v1 Table` behind every `kubectl get`.

Columns and words are those of `pkg/printers/internalversion/printers.go` (Kubernetes v1.31 to v1.35).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cnitui.lab.api.table_rows import (
    binding_cells,
    created_cells,
    daemon_set_cells,
    deployment_cells,
    endpoint_slice_cells,
    endpoints_cells,
    event_cells,
    job_cells,
    namespace_cells,
    node_cells,
    replica_set_cells,
    revision_cells,
    secret_cells,
    service_cells,
    simple_cells,
)
from cnitui.lab.kubelet.pod_words import pod_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.resources import Resource

Column = tuple[str, str, int]
"""Name, type, priority (1 is shown by `-o wide` only)."""


def _columns(text: str) -> list[Column]:
    """`Name, Desired#, Node+`: `#` is an integer, `@` a date, `+` is shown by `-o wide` only."""
    kinds = {"#": "integer", "@": "date"}
    listed: list[Column] = []
    for part in text.split(","):
        name = part.strip()
        wide = name.endswith("+")
        name = name.rstrip("+")
        listed.append((name.rstrip("#@"), kinds.get(name[-1], "string"), int(wide)))
    return listed


_TEMPLATE = "Containers+, Images+, Selector+"
_TABLES: dict[str, tuple[list[Column], Callable[[Object, datetime], list[object]]]] = {
    "pods": (
        _columns("Name, Ready, Status, Restarts, Age, IP+, Node+, Nominated Node+, Readiness Gates+"),
        pod_cells,
    ),
    "nodes": (
        _columns(
            "Name, Status, Roles, Age, Version, Internal-IP+, External-IP+, OS-Image+, Kernel-Version+, "
            "Container-Runtime+"
        ),
        node_cells,
    ),
    "namespaces": (_columns("Name, Status, Age"), namespace_cells),
    "events": (
        _columns(
            "Last Seen, Type, Reason, Object, Subobject+, Source+, Message, First Seen+, Count+, Name+",
        ),
        event_cells,
    ),
    "daemonsets.apps": (
        _columns(
            f"Name, Desired#, Current#, Ready#, Up-to-date#, Available#, Node Selector, Age, {_TEMPLATE}",
        ),
        daemon_set_cells,
    ),
    "deployments.apps": (_columns(f"Name, Ready, Up-to-date, Available, Age, {_TEMPLATE}"), deployment_cells),
    "replicasets.apps": (_columns(f"Name, Desired#, Current#, Ready#, Age, {_TEMPLATE}"), replica_set_cells),
    "jobs.batch": (_columns(f"Name, Status, Completions, Duration, Age, {_TEMPLATE}"), job_cells),
    "endpoints": (_columns("Name, Endpoints, Age"), endpoints_cells),
    "endpointslices.discovery.k8s.io": (_columns("Name, AddressType, Ports, Endpoints, Age"), endpoint_slice_cells),
    "controllerrevisions.apps": (_columns("Name, Controller, Revision, Age"), revision_cells),
    "services": (_columns("Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector+"), service_cells),
    "customresourcedefinitions.apiextensions.k8s.io": (_columns("Name, Created At@"), created_cells),
    "clusterroles.rbac.authorization.k8s.io": (_columns("Name, Created At@"), created_cells),
    "clusterrolebindings.rbac.authorization.k8s.io": (
        _columns("Name, Role, Age, Users+, Groups+, ServiceAccounts+"),
        binding_cells,
    ),
    "configmaps": (_columns("Name, Data, Age"), simple_cells("data")),
    "secrets": (_columns("Name, Type, Data, Age"), secret_cells),
    "serviceaccounts": (_columns("Name, Secrets, Age"), simple_cells("secrets")),
    "leases.coordination.k8s.io": (_columns("Name, Holder, Age"), simple_cells("holder")),
}
_ANY = (_columns("Name, Age@"), simple_cells(""))


def columns(resource: Resource) -> list[Column]:
    """The columns of a kind."""
    return _TABLES.get(resource.key, _ANY)[0]


def table(
    resource: Resource, items: list[Object], *, include: str, headers: bool = True, meta: Object | None = None
) -> Object:
    """A Table of `items`; `include` is None, Metadata or Object, as the query's `includeObject`."""
    defined, cells = _TABLES.get(resource.key, _ANY)
    now = datetime.now(UTC)
    body: Object = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta or {}}
    body["columnDefinitions"] = [_definition(column) for column in defined] if headers else None
    body["rows"] = [_row(item, cells(item, now), include) for item in items]
    return body


def _definition(column: Column) -> Object:
    name, kind, priority = column
    return {
        "name": name,
        "type": kind,
        "format": "name" if name == "Name" else "",
        "description": "",
        "priority": priority,
    }


def _row(item: Object, cells: list[object], include: str) -> Object:
    row: Object = {"cells": cells, "object": None}
    if include == "Object":
        row["object"] = item
    elif include != "None":
        row["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": item["metadata"],
        }
    return row
