"""Label and field selectors as the API server understands them.

Both answer "does this object belong", and 400 for what cannot be parsed or is not supported, with the real texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cnitui.lab.api.errors import ApiError
from cnitui.lab.api.label_selectors import parse

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object


class Selector(Protocol):
    """Does an object belong to the answer?"""

    def __call__(self, obj: Object, /) -> bool: ...


def everything(_obj: Object, /) -> bool:
    """The empty selector."""
    return True


def label_selector(text: str) -> Selector:
    """`a=b,c!=d,e in (f,g),h,!i`; every requirement must hold."""
    requirements = parse(text)
    if not requirements:
        return everything

    def belongs(obj: Object, /) -> bool:
        labels: dict[str, str] = obj["metadata"].get("labels") or {}
        return all(one.holds(labels) for one in requirements)

    return belongs


_METADATA = ("metadata.name", "metadata.namespace")
_INVOLVED = tuple(
    f"involvedObject.{field}"
    for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
)
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "events": (*_INVOLVED, "reason", "reportingComponent", "source", "type"),
    "secrets": ("type",),
    "replicasets.apps": ("status.replicas",),
    "jobs.batch": ("status.successful",),
}


def field_selector(text: str, key: str) -> Selector:
    """`path=value,path!=value` on the few fields each resource supports; 400 for another, as the real server."""
    if not text.strip():
        return everything
    requirements: list[tuple[str, bool, str]] = []
    for part in text.split(","):
        path, operator, value = _split(part)
        if path not in _METADATA and path not in _FIELDS.get(key, ()):
            raise _unsupported(path, key)
        requirements.append((path, operator, value))

    def belongs(obj: Object, /) -> bool:
        return all((_field(obj, path) == value) == wanted for path, wanted, value in requirements)

    return belongs


def _unsupported(path: str, key: str) -> ApiError:
    """Kinds with fields of their own and custom ones say less than the others."""
    if key in _FIELDS or "projectcalico" in key:
        return ApiError(400, f"field label not supported: {path}")
    return ApiError(400, f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def _split(part: str) -> tuple[str, bool, str]:
    for operator in ("!=", "==", "="):
        path, found, value = part.partition(operator)
        if found:
            return path.strip(), operator != "!=", value.strip()
    raise ApiError(400, f"invalid selector: '{part}'; can't understand '{part}'")


def _field(obj: Object, path: str) -> str:
    if path == "source":
        return str((obj.get("source") or {}).get("component", ""))
    value: object = obj
    for step in path.split("."):
        if not isinstance(value, dict):
            return ""
        value = value.get(step)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
