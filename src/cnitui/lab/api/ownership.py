"""Who set which field: `metadata.managedFields`, written by every write through the API.

Fields are paths of FieldsV1 steps (`f:spec`, `k:{"name":"c"}`, `v:"x"`), as sigs.k8s.io/structured-merge-diff has them;
which lists are maps and which values are one whole comes from the `+listType`, `+listMapKey` and `+structType` marks of
k8s.io/api. Custom resources carry no marks here: their lists are one whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnitui.lab.api.patching import MERGE_KEYS, PRIMITIVE_SETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnitui.lab.jsontypes import Object

Path = tuple[str, ...]

ITEM = object()
"""The value of a path that only says that a list has this item."""
_WHOLE = frozenset(
    {"selector", "nodeSelector", "labelSelector", "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"}
)
_LIST_KEYS = {
    **{field: (key,) for field, key in MERGE_KEYS.items() if key and field != "taints"},
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
_SERVERS = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields",
     "deletionTimestamp", "deletionGracePeriodSeconds"}
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """How the values of one kind are cut into fields."""

    custom: bool

    def keys(self, field: str, items: list[Any]) -> tuple[str, ...]:
        """The keys by which a list's items are told apart; () when the list is one whole."""
        if self.custom or not all(isinstance(item, dict) for item in items):
            return ()
        if field == "ports":
            return ("containerPort" if any("containerPort" in item for item in items) else "port", "protocol")
        return _LIST_KEYS.get(field, ())

    def whole(self, field: str) -> bool:
        """Whether a map is set as one."""
        return not self.custom and field in _WHOLE

    def fields(self, obj: Object) -> dict[Path, Any]:
        """Every field of an object that somebody can own, with its value."""
        meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SERVERS}
        rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
        return dict(self._walk(rest | ({"metadata": meta} if meta else {}), (), ""))

    def _walk(self, value: Any, path: Path, field: str) -> Iterator[tuple[Path, Any]]:
        if isinstance(value, dict) and value and not self.whole(field):
            for key, item in value.items():
                yield from self._walk(item, (*path, f"f:{key}"), key)
        elif isinstance(value, list) and value and (keys := self.keys(field, value)):
            for item in value:
                step = (*path, item_step(item, keys))
                yield step, ITEM
                yield from self._walk(item, step, "")
        elif isinstance(value, list) and value and field in PRIMITIVE_SETS:
            for item in value:
                yield (*path, f"v:{_compact(item)}"), ITEM
        else:
            yield path, value


def item_step(item: Object, keys: tuple[str, ...]) -> str:
    """One item of a list that is a map."""
    values = {key: item.get(key, "TCP" if key == "protocol" else None) for key in keys}
    return f"k:{_compact({key: value for key, value in values.items() if value is not None})}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


# --- entries ---------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One manager's fields."""

    manager: str
    operation: str
    subresource: str
    api_version: str
    time: str
    fields: set[Path]

    def is_of(self, manager: str, operation: str, subresource: str) -> bool:
        """Whether a write by these goes into this entry."""
        return (self.manager, self.operation, self.subresource) == (manager, operation, subresource)


def entries_of(obj: Object | None) -> list[Entry]:
    """What an object says of its managers."""
    listed = ((obj or {}).get("metadata") or {}).get("managedFields") or []
    return [
        Entry(
            one.get("manager", ""), one.get("operation", ""), one.get("subresource", ""), one.get("apiVersion", ""),
            one.get("time", ""), set(_decoded(one.get("fieldsV1") or {}, ())),
        )
        for one in listed if one
    ]  # fmt: skip


def written(entries: Iterable[Entry]) -> list[Object]:
    """The same as the object carries it: Apply first, then by time and name; empty entries go."""
    kept = sorted((one for one in entries if one.fields), key=lambda one: (one.operation, one.time, one.manager))
    made: list[Object] = []
    for one in kept:
        entry: Object = {"manager": one.manager, "operation": one.operation, "apiVersion": one.api_version}
        entry |= {"time": one.time, "fieldsType": "FieldsV1", "fieldsV1": _encoded(one.fields)}
        made.append(entry | ({"subresource": one.subresource} if one.subresource else {}))
    return made


def _decoded(tree: Object, path: Path) -> Iterator[Path]:
    if path and (not tree or "." in tree):
        yield path
    for step, inner in tree.items():
        if step != ".":
            yield from _decoded(inner, (*path, step))


def _encoded(fields: set[Path]) -> Object:
    tree: Object = {}
    for path in sorted(fields):
        node = tree
        for place, step in enumerate(path):
            if step not in node:
                node[step] = {}
                if node is not tree and path[:place] in fields:
                    node["."] = {}
            node = node[step]
    return tree


def track(before: Object | None, after: Object, who: Entry, shape: Shape) -> list[Object]:
    """The managers after a write that is no apply: what it changed is its own now, what is gone is nobody's."""
    old, new = shape.fields(before or {}), shape.fields(after)
    changed = {path for path, value in new.items() if path not in old or (old[path] is not ITEM and old[path] != value)}
    there = {path[:end] for path in new for end in range(1, len(path) + 1)}
    entries = entries_of(after if "managedFields" in after["metadata"] else before)
    mine = next((one for one in entries if one.is_of(who.manager, who.operation, who.subresource)), None)
    for one in entries:
        one.fields = {path for path in one.fields if path in there and (one is mine or path not in changed)}
    if mine is None:
        entries.append(mine := who)
    if not changed <= mine.fields:
        mine.time = who.time
    mine.fields |= changed
    return written(entries)
