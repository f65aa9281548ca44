"""Watches: the past from history, then changes as they come, with bookmarks, as JSON lines."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cnitui.lab.api.errors import ApiError, expired
from cnitui.lab.api.options import check_watch, wants_initial_events, watched_version
from cnitui.lab.api.reading import shown
from cnitui.lab.api.selectors import Selector, field_selector, label_selector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cnitui.lab.api.call import Call
    from cnitui.lab.api.shapes import Renderer
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World

BOOKMARK_EVERY = 60.0
"""Seconds between bookmarks of an idle watch (the watch cache sends them about once a minute)."""
LONGEST = 30 * 60.0


@dataclass
class _Filter:
    labels: Selector
    fields: Selector
    namespace: str

    def holds(self, obj: Object | None) -> bool:
        if obj is None:
            return False
        if self.namespace and obj["metadata"].get("namespace", "") != self.namespace:
            return False
        return self.labels(obj) and self.fields(obj)

    def seen_as(self, change: Change) -> str:
        """What a change is to this watcher: leaving the selection is a delete, entering it an add."""
        before, after = self.holds(change.before), self.holds(change.object) and change.type != "DELETED"
        if before and after:
            return "MODIFIED"
        if after:
            return "ADDED"
        return "DELETED" if before else ""


def open_watch(world: World, call: Call, render: Renderer) -> AsyncIterator[bytes]:
    """Lines of watch events until the timeout, or until the stream is cut; ApiError (400, 422) before anything is sent.

    A version that history no longer holds is no failed request but an ERROR event in an answer of 200, as the watch
    cache does it.
    """
    chosen = _Filter(
        label_selector(call.query.get("labelSelector", "")),
        field_selector(call.query.get("fieldSelector", ""), call.resource.key),
        call.namespace,
    )
    check_watch(call, world.kubernetes)
    return _watch(world, call, chosen, watched_version(call), render)


async def _watch(world: World, call: Call, chosen: _Filter, start: int, render: Renderer) -> AsyncIterator[bytes]:
    store, key = world.store, call.resource.key
    queue = store.subscribe(key)
    try:
        version = store.version
        initial = wants_initial_events(call)
        if initial or (initial is None and start == 0):
            for obj in store.all(key, call.namespace):
                if chosen.holds(obj):
                    yield _line("ADDED", render(shown(world, call.resource, obj)))
            if initial and _bookmarked(call):
                yield _bookmark(render, version, {"k8s.io/initial-events-end": "true"})
        elif start:
            for change in store.since((key,), start):
                if kind := chosen.seen_as(change):
                    yield _line(kind, render(_object(world, call, change)))
        async for line in _follow(world, call, chosen, queue, version, render):
            yield line
    except ApiError as error:
        yield _line("ERROR", error.status())
    finally:
        store.unsubscribe(key, queue)


async def _follow(
    world: World,
    call: Call,
    chosen: _Filter,
    queue: asyncio.Queue[Change | None],
    version: int,
    render: Renderer,
) -> AsyncIterator[bytes]:
    ends = time.monotonic() + min(float(call.query.get("timeoutSeconds") or LONGEST), LONGEST)
    bookmarks = _bookmarked(call)
    while (left := ends - time.monotonic()) > 0:
        try:
            change = await asyncio.wait_for(queue.get(), min(left, BOOKMARK_EVERY))
        except TimeoutError:
            if bookmarks and time.monotonic() < ends:
                yield _bookmark(render, max(version, world.store.version))
            continue
        if change is None:
            yield _line("ERROR", expired(version, world.store.oldest).status())
            return
        if change.version <= version:
            continue
        version = change.version
        if kind := chosen.seen_as(change):
            yield _line(kind, render(_object(world, call, change)))
    if bookmarks:
        yield _bookmark(render, max(version, world.store.version))


def _object(world: World, call: Call, change: Change) -> Object:
    return shown(world, call.resource, change.object)


def _bookmarked(call: Call) -> bool:
    return call.query.get("allowWatchBookmarks") in ("true", "1")


def _bookmark(render: Renderer, version: int, annotations: dict[str, str] | None = None) -> bytes:
    meta: Object = {"resourceVersion": str(version), "creationTimestamp": None}
    meta |= {"annotations": annotations} if annotations else {}
    return _line("BOOKMARK", render.bookmark(meta))


def _line(kind: str, obj: Object) -> bytes:
    return msgspec.json.encode({"type": kind, "object": obj}) + b"\n"
