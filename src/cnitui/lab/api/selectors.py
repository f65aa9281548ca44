"""Label and field selectors as the API server understands them.

Both answer "does this object belong", and 400 for what cannot be parsed or is not supported, with the real texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from cnitui.lab.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnitui.lab.jsontypes import Object


class Selector(Protocol):
    """Does an object belong to the answer?"""

    def __call__(self, obj: Object, /) -> bool: ...


def everything(_obj: Object, /) -> bool:
    """The empty selector."""
    return True


_SET = re.compile(r"^\s*([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([\w./-]+)\s*$")


def label_selector(text: str) -> Selector:
    """`a=b,c!=d,e in (f,g),h,!i`; every requirement must hold."""
    if not text.strip():
        return everything
    requirements = [_requirement(part) for part in re.split(r",(?![^()]*\))", text)]

    def belongs(obj: Object, /) -> bool:
        labels: dict[str, str] = obj["metadata"].get("labels") or {}
        return all(holds(labels) for holds in requirements)

    return belongs


def _requirement(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(part):
        key, operator, values = found.groups()
        wanted = {value.strip() for value in values.split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in wanted
        return lambda labels: labels.get(key) not in wanted
    if found := _EQUAL.match(part):
        key, operator, value = found.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTS.match(part):
        negated, key = found.groups()
        return lambda labels: (key in labels) != bool(negated)
    raise ApiError(400, f"unable to parse requirement: found '{part}', expected: identifier")


def matches_labels(selector: Object, labels: dict[str, str]) -> bool:
    """A `metav1.LabelSelector` (matchLabels and matchExpressions) against labels."""
    exact: dict[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in exact.items()):
        return False
    return all(_expression(rule, labels) for rule in selector.get("matchExpressions") or [])


def _expression(rule: Object, labels: dict[str, str]) -> bool:
    value = labels.get(rule["key"])
    match rule["operator"]:
        case "In":
            return value in rule["values"]
        case "NotIn":
            return value not in rule["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


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
}


def field_selector(text: str, key: str) -> Selector:
    """`path=value,path!=value` on the few fields each resource supports; 400 for another, as the real server."""
    if not text.strip():
        return everything
    requirements: list[tuple[str, bool, str]] = []
    for part in text.split(","):
        path, operator, value = _split(part)
        if path not in _METADATA and path not in _FIELDS.get(key, ()):
            raise ApiError(400, f"field label not supported: {path}")
        requirements.append((path, operator, value))

    def belongs(obj: Object, /) -> bool:
        return all((_field(obj, path) == value) == wanted for path, wanted, value in requirements)

    return belongs


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
