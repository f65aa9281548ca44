"""Get and list: selectors, pages, versions, and the views of stored objects."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from cnitui.lab.api.errors import ApiError
from cnitui.lab.api.options import check_list, listed_version, whole
from cnitui.lab.api.selectors import field_selector, label_selector
from cnitui.lab.clock import rfc3339
from cnitui.lab.objects.events import as_new_event
from cnitui.lab.objects.resources import LEASES, NEW_EVENTS, Resource

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.world import World


INCONSISTENT = -1
"""The version of a token that goes on with whatever is there now."""
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def shown(world: World, resource: Resource, obj: Object) -> Object:
    """The view of a stored object under a resource: events have two, leases are always fresh."""
    if resource is NEW_EVENTS:
        return as_new_event(obj)
    if resource is LEASES:
        now = world.clock.now()
        return {**obj, "spec": {**obj["spec"], "renewTime": rfc3339(now)[:-1] + ".000000Z"}}
    return obj


def get(world: World, call: Call) -> Object:
    """One object."""
    return shown(world, call.resource, world.store.get(call.resource, call.namespace, call.name))


def select(world: World, call: Call, version: int | None = None) -> list[Object]:
    """Every object the call's selectors name, now or as it was at a version."""
    labels = label_selector(call.query.get("labelSelector", ""))
    fields = field_selector(_core_fields(call), call.resource.key)
    if version in (None, world.store.version):
        every = world.store.all(call.resource.key, call.namespace)
    elif version < world.store.oldest:
        raise ApiError(410, "The resourceVersion for the provided list is too old.")
    else:
        every = world.store.at(call.resource.key, version)
        every = [obj for obj in every if not call.namespace or obj["metadata"].get("namespace") == call.namespace]
    if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
        return every
    return [obj for obj in every if labels(obj) and fields(obj)]


def _core_fields(call: Call) -> str:
    text = call.query.get("fieldSelector", "")
    return text.replace("regarding.", "involvedObject.") if call.resource is NEW_EVENTS else text


def page(world: World, call: Call) -> tuple[list[Object], Object]:
    """One page of a list and the list's metadata."""
    check_list(call)
    token, after = call.query.get("continue", ""), ("", "")
    if token:
        version, after = _read_token(world, token)
    else:
        version = listed_version(call, world.store.version)
    items = [obj for obj in select(world, call, version) if place_of(obj) > after]
    limit = whole(call.query.get("limit") or "0")
    meta: Object = {"resourceVersion": str(version)}
    if limit and len(items) > limit:
        remaining = len(items) - limit
        items = items[:limit]
        meta["continue"] = _token(version, *place_of(items[-1]))
        if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
            meta["remainingItemCount"] = remaining
    return [shown(world, call.resource, obj) for obj in items], meta


def place_of(obj: Object) -> tuple[str, str]:
    """Namespace and name."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _token(version: int, namespace: str, name: str) -> str:
    start = f"{namespace}/{name}\0" if namespace else f"{name}\0"
    raw = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read_token(world: World, token: str) -> tuple[int, tuple[str, str]]:
    try:
        raw = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start = int(raw["rv"]), str(raw["start"]).split("/")
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError(400, f"invalid continue token: continue key is not valid: {error}") from error
    after = (start[0] if len(start) > 1 else "", start[-1].removesuffix("\0"))
    if version == INCONSISTENT:
        return world.store.version, after
    if version < world.store.oldest:
        raise ApiError(410, _TOO_OLD, meta={"continue": _token(INCONSISTENT, *after)})
    return version, after
