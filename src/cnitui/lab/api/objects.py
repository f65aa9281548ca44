"""Get, list, create, update, patch and delete: verbs on the store, with paging, selectors and dry run."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from cnitui.lab.api import patching
from cnitui.lab.api.admission import admit_create, admit_update
from cnitui.lab.api.errors import ApiError, conflict
from cnitui.lab.api.pod_security import refusal
from cnitui.lab.api.selectors import field_selector, label_selector
from cnitui.lab.clock import rfc3339
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.controllers.templates import is_owned
from cnitui.lab.jsontypes import copied
from cnitui.lab.objects.events import as_new_event
from cnitui.lab.objects.resources import EVENTS, LEASES, NAMESPACES, NEW_EVENTS, PODS, RESOURCES, Resource

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.world import World

_MERGE = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_JSON = "application/json-patch+json"
_CUSTOM = "crd.projectcalico.org"


def shown(world: World, resource: Resource, obj: Object) -> Object:
    """The view of a stored object under a resource: events have two, leases are always fresh."""
    if resource is NEW_EVENTS:
        return as_new_event(obj)
    if resource is LEASES:
        now = world.clock.now()
        return {**obj, "spec": {**obj["spec"], "renewTime": rfc3339(now)[:-1] + ".000000Z"}}
    return obj


def read_body(call: Call) -> Any:
    """The request's JSON (or YAML, for patches sent so); 400 when it is neither."""
    if not call.body:
        return {}
    if "yaml" in call.headers.get("Content-Type", ""):
        import yaml

        return yaml.safe_load(call.body)
    try:
        return msgspec.json.decode(call.body)
    except msgspec.DecodeError as error:
        raise ApiError(400, f"error decoding the request body: {error}") from error


# --- reading ---------------------------------------------------------------------------------------------------------


def get(world: World, call: Call) -> Object:
    """One object."""
    return shown(world, call.resource, world.store.get(call.resource, call.namespace, call.name))


def select(world: World, call: Call) -> list[Object]:
    """Every object the call's selectors name."""
    labels = label_selector(call.query.get("labelSelector", ""))
    fields = field_selector(_core_fields(call), call.resource.key)
    every = world.store.all(call.resource.key, call.namespace)
    if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
        return every
    return [obj for obj in every if labels(obj) and fields(obj)]


def _core_fields(call: Call) -> str:
    text = call.query.get("fieldSelector", "")
    return text.replace("regarding.", "involvedObject.") if call.resource is NEW_EVENTS else text


def page(world: World, call: Call) -> tuple[list[Object], Object]:
    """One page of a list and the list's metadata."""
    items = select(world, call)
    version = world.store.version
    if token := call.query.get("continue", ""):
        version, after = _read_token(world, token)
        items = [obj for obj in items if _place(obj) > after]
    limit = int(call.query.get("limit") or 0)
    meta: Object = {"resourceVersion": str(version)}
    if limit and len(items) > limit:
        remaining = len(items) - limit
        items = items[:limit]
        meta["continue"] = _token(version, items[-1])
        if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
            meta["remainingItemCount"] = remaining
    return [shown(world, call.resource, obj) for obj in items], meta


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _token(version: int, last: Object) -> str:
    raw = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": _place(last)})
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read_token(world: World, token: str) -> tuple[int, tuple[str, str]]:
    try:
        raw = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start = int(raw["rv"]), (str(raw["start"][0]), str(raw["start"][1]))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ApiError(400, f"continue key is not valid: {error}") from error
    if version < world.store.oldest:
        raise ApiError(
            410,
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            "without the continue parameter.",
        )
    return version, start


# --- writing ---------------------------------------------------------------------------------------------------------


def create(world: World, call: Call) -> Object:
    """A new object, or what it would be."""
    body = read_body(call)
    if call.subresource == "eviction":
        return _evict(world, call)
    if call.resource is NEW_EVENTS:
        raise ApiError(405, "the lab records events through core/v1 only")
    wanted = admit_create(world.store, call.resource, call.namespace, body)
    _warn(world, call, wanted)
    if call.dry_run:
        made = world.store.prepare(call.resource, wanted)
        _refuse_taken(world, call, made)
        return made
    return world.store.create(call.resource, wanted)


def _refuse_taken(world: World, call: Call, made: Object) -> None:
    if world.store.find(call.resource.key, call.namespace, made["metadata"]["name"]) is not None:
        world.store.create(call.resource, made)


def _evict(world: World, call: Call) -> Object:
    delete_pod(world, world.store.get(PODS, call.namespace, call.name))
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
    current = world.store.get(call.resource, call.namespace, call.name)
    return _write(world, call, current, read_body(call))


def patch(world: World, call: Call) -> Object:
    """PATCH of the three kinds; 415 for others (the lab has no server-side apply)."""
    current = world.store.get(call.resource, call.namespace, call.name)
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip()
    body = read_body(call)
    if kind == _JSON:
        wanted = patching.json_patch(copied(current), body)
    elif kind == _MERGE or (kind == _STRATEGIC and call.resource.group != _CUSTOM):
        wanted = (patching.merge_patch if kind == _MERGE else patching.strategic_merge)(current, body)
    else:
        supported = f"{_JSON}, {_MERGE}, {_STRATEGIC}"
        raise ApiError(
            415,
            f"the body of the request was in an unknown format - accepted media types include: {supported}",
        )
    if not isinstance(wanted, dict) or not isinstance(wanted.get("metadata"), dict):
        raise ApiError(400, "the patched object is no object")
    return _write(world, call, current, wanted)


def _write(world: World, call: Call, current: Object, wanted: Object) -> Object:
    if wanted.get("metadata", {}).get("name") != call.name:
        name = wanted.get("metadata", {}).get("name")
        raise ApiError(400, f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    world.store.check_version(call.resource, current, wanted)
    if call.subresource == "status":
        fresh = {**current, "status": wanted.get("status", {})}
    else:
        fresh = admit_update(call.resource, current, wanted)
        _warn(world, call, fresh)
    fresh = {**fresh, "metadata": {**fresh["metadata"], "resourceVersion": current["metadata"]["resourceVersion"]}}
    if call.dry_run:
        return fresh
    return world.store.update(call.resource, fresh)


# --- deleting --------------------------------------------------------------------------------------------------------


def delete(world: World, call: Call) -> Object:
    """DELETE of one object: the object itself where it lingers, else a Status."""
    options = read_body(call)
    current = world.store.get(call.resource, call.namespace, call.name)
    _preconditions(call, current, options)
    grace = options.get("gracePeriodSeconds", call.query.get("gracePeriodSeconds"))
    dry = call.dry_run or "All" in (options.get("dryRun") or [])
    if call.resource.key == PODS.key:
        return current if dry else delete_pod(world, current, int(grace) if grace is not None else None)
    if not dry:
        world.store.delete(call.resource, call.namespace, call.name)
        policy = options.get("propagationPolicy") or call.query.get("propagationPolicy") or "Background"
        if policy != "Orphan":
            _collect(world, current)
    details: Object = {"name": call.name, "kind": call.resource.plural, "uid": current["metadata"]["uid"]}
    if call.resource.group:
        details["group"] = call.resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _preconditions(call: Call, current: Object, options: Object) -> None:
    wanted = options.get("preconditions") or {}
    held = current["metadata"]
    for field, word in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(field) not in (None, held[field]):
            why = f"Precondition failed: {word} in precondition: {wanted[field]}, {word} in object meta: {held[field]}"
            raise conflict(call.resource.plural, call.resource.group, call.name, why)


def _collect(world: World, owner: Object) -> None:
    """The garbage collector: what the object owned goes with it."""
    uid = owner["metadata"]["uid"]
    for resource in RESOURCES:
        if resource.key == EVENTS.key:
            continue
        for obj in world.store.all(resource.key):
            if is_owned(obj, uid):
                if resource.key == PODS.key:
                    delete_pod(world, obj)
                else:
                    world.store.delete(resource, *_place(obj))
                    _collect(world, obj)


def delete_collection(world: World, call: Call) -> list[Object]:
    """DELETE of everything the selectors name."""
    chosen = select(world, call)
    for obj in [] if call.dry_run else chosen:
        if call.resource.key == PODS.key:
            delete_pod(world, obj)
        else:
            world.store.delete(call.resource, *_place(obj))
    return chosen
