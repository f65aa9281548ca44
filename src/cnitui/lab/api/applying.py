"""Server-side apply: fields merged by their manager, conflicts told, what a manager no longer names taken away.

sigs.k8s.io/structured-merge-diff `merge/update.go`; the words of a conflict are those of apimachinery
`pkg/util/managedfields/internal/conflict.go`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnitui.lab.api.errors import ApiError
from cnitui.lab.api.ownership import ITEM, Entry, Path, Shape, entries_of, item_step, written
from cnitui.lab.jsontypes import copied

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

FIRST = "before-first-apply"
"""The manager of everything that an object had before anybody was tracked."""


def apply(current: Object | None, applied: Object, who: Entry, shape: Shape, *, force: bool) -> Object:
    """The object after an apply by `who`; 409 where another manager set a field otherwise, unless forced."""
    live: Object = copied(current) if current is not None else {}
    entries = entries_of(current)
    if current is not None and not entries:
        entries = [replace(who, manager=FIRST, operation="Update", fields=set(shape.fields(current)))]
    wanted, held = shape.fields(applied), shape.fields(live)
    mine = next((one for one in entries if one.is_of(who.manager, who.operation, who.subresource)), None)
    others = [one for one in entries if one is not mine]
    _settle(others, wanted, held, force=force)
    merged: Object = _merged(live, applied, "", shape)
    owned = set[Path]().union(*(one.fields for one in others))
    gone = (mine.fields if mine else set[Path]()) - set(wanted)
    for path in sorted(gone, key=len, reverse=True):
        if not any(other[: len(path)] == path for other in (*owned, *wanted)):
            _remove(merged, path, shape)
    if mine is not None and mine.fields == set(wanted):
        who = mine  # nothing new: the time stays
    who.fields = set(wanted)
    merged["metadata"]["managedFields"] = written([*others, who])
    return merged


def _settle(others: list[Entry], wanted: dict[Path, Any], held: dict[Path, Any], *, force: bool) -> None:
    conflicts: list[tuple[Entry, Path]] = []
    for one in others:
        taken = {path for path in one.fields if path in wanted and wanted[path] is not ITEM}
        conflicts += [(one, path) for path in sorted(taken) if held.get(path, ITEM) != wanted[path]]
    if conflicts and not force:
        raise _conflict(conflicts)
    for one, path in conflicts:
        one.fields.discard(path)


def _conflict(conflicts: list[tuple[Entry, Path]]) -> ApiError:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {_named(one)}", "field": spelled(path)}
        for one, path in conflicts
    ]
    if len(conflicts) == 1:
        text = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        by_manager: dict[str, list[str]] = {}
        for one, path in conflicts:
            by_manager.setdefault(_named(one), []).append(f"- {spelled(path)}")
        parts = [line for name, paths in sorted(by_manager.items()) for line in (f"conflicts with {name}:", *paths)]
        text = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(parts)
    return ApiError(409, text, details={"causes": causes})


def _named(one: Entry) -> str:
    name = f'"{one.manager}"' + (f' with subresource "{one.subresource}"' if one.subresource else "")
    return f"{name} using {one.api_version}" if one.operation == "Update" else name


def spelled(path: Path) -> str:
    """A path as people read it: `.spec.containers[name="c"].image`."""
    parts = []
    for step in path:
        kind, _, rest = step.partition(":")
        if kind == "f":
            parts.append(f".{rest}")
        elif kind == "k":
            keys = json.loads(rest).items()
            parts.append(f"[{','.join(f'{key}={json.dumps(value)}' for key, value in keys)}]")
        else:
            parts.append(f"[={rest}]")
    return "".join(parts)


def _merged(live: Any, applied: Any, field: str, shape: Shape) -> Any:
    if isinstance(applied, dict) and isinstance(live, dict) and not shape.whole(field):
        merged = dict(live)
        for key, value in applied.items():
            merged[key] = _merged(live.get(key), value, key, shape)
        return merged
    if isinstance(applied, list) and isinstance(live, list) and (keys := shape.keys(field, [*live, *applied])):
        named = {item_step(item, keys): item for item in applied}
        held = {item_step(item, keys) for item in live}
        both = [_merged(item, named.get(item_step(item, keys), {}), "", shape) for item in live]
        return both + [item for step, item in named.items() if step not in held]
    return applied


def _remove(obj: Object, path: Path, shape: Shape) -> None:
    """Takes a field or an item away, where it is still there."""
    node: Any = obj
    field = ""
    for step in path[:-1]:
        node, field = _inside(node, step, field, shape), step.removeprefix("f:")
        if node is None:
            return
    last = path[-1]
    if last.startswith("f:") and isinstance(node, dict):
        node.pop(last[2:], None)
    elif isinstance(node, list):
        node[:] = [item for item in node if not _is(item, last, field, node, shape)]
    if not node and len(path) > 1:  # what held nothing else goes, too
        _remove(obj, path[:-1], shape)


def _inside(node: Any, step: str, field: str, shape: Shape) -> Any:
    if step.startswith("f:"):
        return node.get(step[2:]) if isinstance(node, dict) else None
    found = [item for item in node if _is(item, step, field, node, shape)] if isinstance(node, list) else []
    return found[0] if found else None


def _is(item: Any, step: str, field: str, items: list[Any], shape: Shape) -> bool:
    if step.startswith("v:"):
        return bool(item == json.loads(step[2:]))
    keys = shape.keys(field, items)
    return bool(keys) and item_step(item, keys) == step
