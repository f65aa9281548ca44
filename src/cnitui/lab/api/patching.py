"""The three patches of the API: RFC 7386 merge, RFC 6902 JSON, and Kubernetes' strategic merge.

Strategic merge follows apimachinery `pkg/util/strategicpatch/patch.go`; the merge keys are those of the struct tags in
`k8s.io/api` (core/v1, apps/v1). `kubectl patch --local` is the oracle of the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnitui.lab.api.errors import ApiError, rejected
from cnitui.lab.jsontypes import copied

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

MERGE_KEYS: dict[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "secrets": "name",
    "resourceClaims": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
    "conditions": "type",
    "addresses": "type",
    "hostIPs": "ip",
    "podIPs": "ip",
    "ownerReferences": "uid",
    "topologySpreadConstraints": "topologyKey",
    "taints": "key",
    "subjects": "",
}
"""List fields merged by a key; `ports` is told apart by its elements. Every other list is replaced."""

PRIMITIVE_SETS = frozenset({"finalizers", "podCIDRs"})
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"
_DIRECTIVES = (_ORDER, _DELETE, "$retainKeys", "$patch")


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: null deletes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(target: Object, operations: object) -> Object:
    """RFC 6902; 422 with the server's only text when an operation cannot be applied, 400 for a malformed patch."""
    import jsonpatch
    import jsonpointer

    if not isinstance(operations, list):
        raise ApiError(
            400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        )
    try:
        for operation in operations:
            target = _operated(target, operation)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
        raise rejected() from error
    return target  # of the same shape


def _operated(target: Object, operation: Any) -> Object:
    import jsonpatch

    if _names_a_missing_key(target, operation):
        if operation["op"] == "test":
            return target
        operation = {**operation, "op": "add"}
    patched: Object = jsonpatch.JsonPatch([operation]).apply(target)
    return patched


def _names_a_missing_key(target: Object, operation: Any) -> bool:
    """Kubernetes' library lets `test … null` and `replace` pass where the last key is missing; Python's does not."""
    import jsonpointer

    if not isinstance(operation, dict):
        return False
    null_test = operation.get("op") == "test" and operation.get("value", 0) is None
    if not null_test and operation.get("op") != "replace":
        return False
    try:
        parent, last = jsonpointer.JsonPointer(operation["path"]).to_last(target)
    except jsonpointer.JsonPointerException:
        return False
    return isinstance(parent, dict) and last not in parent


def _broken(message: str) -> ApiError:
    """500 without a reason: what the server says of a strategic merge that makes no sense."""
    return ApiError(500, message, reason="")


def as_go_prints(value: Any) -> str:
    """A JSON value as Go's `%v` prints it."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{as_go_prints(item)}' for key, item in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(as_go_prints, value))}]"
    return "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def strategic_merge(target: Object, patch: Object) -> Object:
    """Kubernetes' own merge: lists of named things merge by name; returns a new object."""
    if not isinstance(patch, dict):
        raise ApiError(400, "json: cannot unmarshal array into Go value of type map[string]interface {}")
    return _merge_map(copied(target), patch)


def _merge_map(target: Object, patch: Object) -> Object:
    directive = patch.get("$patch")
    if directive == "replace":
        replaced: Object = _without_directives({key: value for key, value in patch.items() if key != "$patch"})
        return replaced
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise _broken(f"unknown patch type: {directive} in map: {as_go_prints(patch)}")
    _retain(target, patch)
    orders = {key.removeprefix(_ORDER): value for key, value in patch.items() if key.startswith(_ORDER)}
    for key, value in patch.items():
        if key.startswith(_DELETE):
            name = key.removeprefix(_DELETE)
            if name in target:
                target[name] = [item for item in target[name] if item not in value]
        elif not key.startswith(_DIRECTIVES):
            _merge_field(target, key, value, orders.get(key))
    for key, order in orders.items():
        if key in target and key not in patch:
            held = target[key]
            target[key] = _ordered(held, held, order, _merge_key(key, held))
    return target


def _retain(target: Object, patch: Object) -> None:
    kept = patch.get("$retainKeys")
    if kept is None:
        return
    for key in [key for key in target if key not in kept]:
        del target[key]


def _merge_field(target: Object, key: str, value: Any, order: list[Any] | None) -> None:
    if value is None:
        target.pop(key, None)
    elif isinstance(value, dict):
        _merge_child(target, key, value)
    elif isinstance(value, list):
        target[key] = _merge_list(target.get(key), value, key, order)
    else:
        target[key] = value


def _merge_child(target: Object, key: str, value: Object) -> None:
    """A map into a map; directives have nothing to act on where there is none, and then nothing changes.

    (`$patch: replace` on a missing securityContext left a real v1.35.4 API server's object as it was.)
    """
    held, directive = target.get(key), value.get("$patch")
    if isinstance(held, dict):
        target[key] = _merge_map(held, value)
    elif directive not in ("replace", "delete"):
        target[key] = _without_directives(value)
    if directive == "delete":
        target.pop(key, None)


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("$patch") == "delete":
            return {}
        return {
            key: _without_directives(item)
            for key, item in value.items()
            if not key.startswith(_DIRECTIVES) and item is not None
        }
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, dict) and "$patch" in item)]
        return [_without_directives(item) for item in kept]
    return value


def _merge_key(field: str, items: list[Any]) -> str:
    if field == "ports":
        ports = [item for item in items if isinstance(item, dict)]
        return "containerPort" if any("containerPort" in item for item in ports) else "port"
    return MERGE_KEYS.get(field, "")


def _merge_list(held: Any, patch: list[Any], field: str, order: list[Any] | None) -> list[Any]:
    original: list[Any] = list(held or [])
    if field in PRIMITIVE_SETS:
        joined = [*original, *(item for item in patch if item not in original)]
        return _reordered(joined, original, patch, order, "")
    key = _merge_key(field, [*original, *patch])
    if not key or not all(isinstance(item, dict) for item in patch):
        cleaned: list[Any] = _without_directives(patch)
        return cleaned
    if any(item.get("$patch") == "replace" for item in patch):
        return [_without_directives(item) for item in patch if "$patch" not in item]
    merged = _merge_items(list(original), patch, key)
    named = [item for item in patch if "$patch" not in item]
    return _reordered(merged, original, named, order, key)


def _reordered(
    merged: list[Any], original: list[Any], patch: list[Any], order: list[Any] | None, key: str
) -> list[Any]:
    """In the patch's own order first, then in the one that `$setElementOrder` asks for."""
    merged = _ordered(merged, original, patch, key)
    return merged if order is None else _ordered(merged, original, order, key)


def _merge_items(merged: list[Any], patch: list[Any], key: str) -> list[Any]:
    for item in patch:
        if key not in item:
            raise _broken(f"map: {as_go_prints(item)} does not contain declared merge key: {key}")
        found = next((place for place, have in enumerate(merged) if have.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            merged = [have for have in merged if have.get(key) != item[key]]
        elif found is None:
            merged.append(_without_directives(item))
        else:
            merged[found] = _merge_map(merged[found], item)
    return merged


def _ordered(items: list[Any], original: list[Any], order: list[Any], key: str) -> list[Any]:
    """Named items in `order`; the server's own keep their order and go before a named one they stood before.

    apimachinery's `normalizeElementOrder` and `mergeSortedSlice`: an item that the server did not have is never waited
    for, so new items come first.
    """

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted, live = [name(item) for item in order], [name(item) for item in original]
    right = sorted((item for item in items if name(item) in wanted), key=lambda item: wanted.index(name(item)))
    left = [item for item in items if name(item) not in wanted]
    left.sort(key=lambda item: live.index(name(item)) if name(item) in live else len(live))
    result: list[Any] = []
    while left and right:
        ours, theirs = name(left[0]), name(right[0])
        before = ours in live and theirs in live and live.index(ours) < live.index(theirs)
        result.append((left if before else right).pop(0))
    return [*result, *left, *right]
