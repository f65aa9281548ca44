"""Delete and deletecollection, and what goes with an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.api.bodies import read_body
from cnitui.lab.api.errors import ApiError, conflict, invalid, unsupported_value
from cnitui.lab.api.reading import place_of, select
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.controllers.templates import is_owned
from cnitui.lab.objects.resources import EVENTS, PODS, RESOURCES

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.world import World


def delete(world: World, call: Call) -> Object:
    """DELETE of one object: the object itself where it lingers, else a Status."""
    options = read_body(call)
    _check_delete_options(options)
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


def _check_delete_options(options: Object) -> None:
    kind, version = options.get("kind", "DeleteOptions"), options.get("apiVersion", "v1")
    if kind != "DeleteOptions":
        scheme = "pkg/runtime/scheme.go:111"
        raise ApiError(400, f'no kind "{kind}" is registered for version "{version}" in scheme "{scheme}"')
    policy = options.get("propagationPolicy")
    if policy not in (None, "Foreground", "Background", "Orphan"):
        cause = unsupported_value("propagationPolicy", policy, "Foreground", "Background", "Orphan", "nil")
        raise invalid("DeleteOptions", "meta.k8s.io", "", [cause])


def _preconditions(call: Call, current: Object, options: Object) -> None:
    """409 in the words of apiserver `pkg/registry/rest/delete.go`, which names the kind."""
    wanted, held = options.get("preconditions") or {}, current["metadata"]
    ends = {"uid": "deleted and then recreated", "resourceVersion": "modified"}
    for field, word in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(field) not in (None, held[field]):
            why = f"the {word} in the precondition ({wanted[field]}) does not match the {word} in record "
            why += f"({held[field]}). The object might have been {ends[field]}"
            raise conflict(call.resource.kind, call.resource.group, call.name, why)


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
                    world.store.delete(resource, *place_of(obj))
                    _collect(world, obj)


def delete_collection(world: World, call: Call) -> list[Object]:
    """DELETE of everything the selectors name."""
    chosen = select(world, call)
    for obj in [] if call.dry_run else chosen:
        if call.resource.key == PODS.key:
            delete_pod(world, obj)
        else:
            world.store.delete(call.resource, *place_of(obj))
    return chosen
