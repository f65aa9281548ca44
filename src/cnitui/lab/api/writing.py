"""Create, update, patch and apply: verbs on the store, with dry run and who wrote what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnitui.lab.api import applying, patching
from cnitui.lab.api.admission import WrongType, admit_create, admit_update
from cnitui.lab.api.bodies import read_body, read_object, read_yaml
from cnitui.lab.api.errors import ApiError, conflict, invalid, not_allowed
from cnitui.lab.api.ownership import Entry, Shape, track
from cnitui.lab.api.pod_security import refusal
from cnitui.lab.clock import rfc3339
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.jsontypes import copied
from cnitui.lab.objects.resources import NAMESPACES, NEW_EVENTS, PODS

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.world import World


_MERGE = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_JSON = "application/json-patch+json"
_APPLY = "application/apply-patch+yaml"
_CUSTOM = "crd.projectcalico.org"


def create(world: World, call: Call) -> Object:
    """A new object, or what it would be."""
    if call.subresource == "eviction":
        return _evict(world, call)
    if call.name:
        raise not_allowed()
    if call.resource is NEW_EVENTS:
        raise ApiError(405, "the lab records events through core/v1 only")
    return _create(world, call, read_object(call))


def _create(world: World, call: Call, body: Object, who: Entry | None = None) -> Object:
    """The same of a body; `who` has written down already what it owns."""
    dry = call.dry_run
    wanted = admit_create(world.store, call.resource, call.namespace, body)
    if who is None:
        wanted["metadata"].pop("managedFields", None)
        wanted["metadata"]["managedFields"] = track(None, wanted, _manager(world, call, "Update"), _shape(call))
    _warn(world, call, wanted)
    if dry:
        made = world.store.prepare(call.resource, copied(wanted))
        _refuse_taken(world, call, made)
        return made
    return world.store.create(call.resource, wanted)


def _refuse_taken(world: World, call: Call, made: Object) -> None:
    if world.store.find(call.resource.key, call.namespace, made["metadata"]["name"]) is not None:
        world.store.create(call.resource, made)


def _evict(world: World, call: Call) -> Object:
    body = read_body(call)
    options = body.get("deleteOptions") or {}
    if (body.get("metadata") or {}).get("name", call.name) != call.name:
        raise ApiError(400, "name in URL does not match name in Eviction object")
    pod = world.store.get(PODS, call.namespace, call.name)
    if not call.dry_run and "All" not in (options.get("dryRun") or ()):
        grace = options.get("gracePeriodSeconds")
        delete_pod(world, pod, None if grace is None else int(grace))
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _warn(world: World, call: Call, obj: Object) -> None:
    """Pod Security warns of workloads whose pods it would refuse."""
    namespace = world.store.find(NAMESPACES.key, "", call.namespace)
    template = ((obj.get("spec") or {}).get("template") or {}).get("spec")
    if namespace is not None and isinstance(template, dict):
        why = refusal(namespace, "warn", template)
        call.warnings.extend([f"would {why}"] if why else [])


def update(world: World, call: Call) -> Object:
    """PUT."""
    if not call.name:
        raise not_allowed()
    wanted = read_object(call)
    _check_name(call, wanted)
    current = world.store.get(call.resource, call.namespace, call.name)
    _same_uid(call, current, wanted)
    return _write(world, call, current, wanted)


def _same_uid(call: Call, current: Object, wanted: Object) -> None:
    asked, held = wanted["metadata"].get("uid"), current["metadata"]["uid"]
    if asked not in (None, "", held):
        why = f"Precondition failed: UID in precondition: {asked}, UID in object meta: {held}"
        raise conflict(call.resource.plural, call.resource.group, call.name, why)


def _check_name(call: Call, wanted: Object) -> None:
    name = (wanted.get("metadata") or {}).get("name")
    if not name:
        why = "was undeterminable: name must be provided"
        raise ApiError(400, f"the name of the object ({call.name} based on URL) {why}")
    if name != call.name:
        raise ApiError(400, f"the name of the object ({name}) does not match the name on the URL ({call.name})")


def patch(world: World, call: Call) -> tuple[Object, int]:
    """PATCH of the four kinds, and its status: an apply creates (201) what is not there; 415 for other kinds."""
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip()
    custom = call.resource.group == _CUSTOM
    if kind not in (_JSON, _MERGE, _APPLY) and (kind != _STRATEGIC or custom):
        raise _unsupported_patch(custom=custom)
    if kind == _APPLY:
        return _apply(world, call)
    if "force" in call.query:
        raise _patch_options("force", "Forbidden: may not be specified for non-apply patch")
    current = world.store.get(call.resource, call.namespace, call.name)
    body = read_body(call)
    if kind == _JSON:
        wanted = patching.json_patch(copied(current), body)
    else:
        wanted = (patching.merge_patch if kind == _MERGE else patching.strategic_merge)(current, body)
    if not isinstance(wanted, dict) or not isinstance(wanted.get("metadata"), dict):
        raise ApiError(400, "the patched object is no object")
    _check_name(call, wanted)
    try:
        return _write(world, call, current, wanted), 200
    except WrongType as error:
        if kind == _STRATEGIC:
            text = f'Invalid value: "{patching.as_go_prints(body)}": unrecognized type: bool'
        else:
            text = f"Invalid value: {json.dumps(json.dumps(wanted))}: {error}"
        raise invalid("", "", "", [("patch", text)]) from error


def wrong_type(call: Call, error: WrongType) -> ApiError:
    """400 for a body whose values have another type than the kind's."""
    kind = call.resource.kind
    return ApiError(400, f'{kind} in version "{call.resource.version}" cannot be handled as a {kind}: {error}')


def _unsupported_patch(*, custom: bool) -> ApiError:
    """415; a built-in resource does not say what it would take (v1.35)."""
    if not custom:
        return ApiError(415, "415: Unsupported Media Type", details={})
    text = "the body of the request was in an unknown format - accepted media types include"
    return ApiError(415, f"{text}: {_JSON}, {_MERGE}, {_APPLY}")


def _patch_options(field: str, why: str) -> ApiError:
    return invalid("PatchOptions", "meta.k8s.io", "", [(field, why)])


def _apply(world: World, call: Call) -> tuple[Object, int]:
    """Server-side apply."""
    if not call.query.get("fieldManager"):
        raise _patch_options("fieldManager", "Required value: is required for apply patch")
    body = read_yaml(call.body)
    if not isinstance(body, dict):
        raise ApiError(400, "error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}")
    if (body.get("apiVersion"), body.get("kind")) != (call.resource.api_version, call.resource.kind):
        group, _, version = str(body.get("apiVersion") or "/").rpartition("/")
        raise ApiError(400, f"invalid object type: {group}/{version}, Kind={body.get('kind', '')}")
    _check_name(call, body)
    if body["metadata"].get("managedFields"):
        raise ApiError(400, "metadata.managedFields must be nil")
    current = world.store.find(call.resource.key, call.namespace, call.name)
    who = _manager(world, call, "Apply")
    force = call.query.get("force") in ("true", "1")
    wanted = applying.apply(current, body, who, _shape(call), force=force)
    if current is None:
        return _create(world, call, wanted, who), 201
    return _write(world, call, current, wanted, who), 200


def _manager(world: World, call: Call, operation: str) -> Entry:
    """Who writes: `fieldManager`, or the client's name before its version."""
    name = call.query.get("fieldManager") or call.headers.get("User-Agent", "").partition("/")[0] or "unknown"
    subresource = call.subresource if call.subresource == "status" else ""
    return Entry(name, operation, subresource, call.resource.api_version, rfc3339(world.clock.now()), set())


def _shape(call: Call) -> Shape:
    return Shape(custom=call.resource.group == _CUSTOM)


def _write(world: World, call: Call, current: Object, wanted: Object, who: Entry | None = None) -> Object:
    """Stores an update, or says what it would be; `who` has written down already what it owns."""
    dry = call.dry_run
    world.store.check_version(call.resource, current, wanted)
    if call.subresource == "status":
        meta = {**current["metadata"], "managedFields": wanted["metadata"].get("managedFields", [])}
        fresh = {**current, "metadata": meta, "status": wanted.get("status", {})}
    else:
        fresh = admit_update(call.resource, current, wanted)
        _warn(world, call, fresh)
    if who is None:
        fresh["metadata"]["managedFields"] = track(current, fresh, _manager(world, call, "Update"), _shape(call))
    fresh = {**fresh, "metadata": {**fresh["metadata"], "resourceVersion": current["metadata"]["resourceVersion"]}}
    if dry:
        return fresh
    return world.store.update(call.resource, fresh)
