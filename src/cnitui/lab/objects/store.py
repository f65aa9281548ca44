"""The objects, their versions and what changed: etcd and the watch cache in one.

Stored objects are never changed in place: a writer puts a new one, so watchers and lists may keep what they got.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import already_exists, conflict, expired, not_found
from cnitui.lab.clock import Clock, rfc3339
from cnitui.lab.jsontypes import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.resources import Resource

HISTORY = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """One committed write; `before` is what selectors need to see an object leave."""

    type: str
    key: str
    object: Object
    before: Object | None
    version: int


def new_uid(rng: random.Random) -> str:
    """A random UUID version 4, from the lab's own generator so that runs can repeat."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[rng.randrange(4)]}{digits[17:20]}-{digits[20:]}"


class Store:
    """Objects by resource, one version counter, a bounded history and its readers."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._order: dict[str, list[tuple[str, str]]] = {}
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._queues: dict[str, set[asyncio.Queue[Change | None]]] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._pending: deque[Change] = deque()
        self.version = 300
        self.oldest = self.version

    # --- reading -------------------------------------------------------------------------------------------------

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """The object; 404 when there is none. The caller must not change it."""
        found = self.find(resource.key, namespace, name)
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        return found

    def find(self, key: str, namespace: str, name: str) -> Object | None:
        """The object or None."""
        return self._objects.get(key, {}).get((namespace, name))

    def all(self, key: str, namespace: str = "") -> list[Object]:
        """Every object, by namespace and name, as etcd orders its keys."""
        held, order = self._objects.get(key, {}), self._order.get(key, [])
        if namespace:
            order = order[bisect_left(order, (namespace, "")) : bisect_left(order, (f"{namespace}\0", ""))]
        return [held[place] for place in order]

    def at(self, key: str, version: int) -> list[Object]:
        """The same as it was at `version`: the newer changes are taken back; 410 when history does not reach so far."""
        if version < self.oldest:
            raise expired(version, self.oldest)
        held = dict(self._objects.get(key, {}))
        for change in reversed(self._history):
            if change.version <= version:
                break
            if change.key == key and change.before is None:
                held.pop(_place(change.object), None)
            elif change.key == key and change.before is not None:
                held[_place(change.object)] = change.before
        return [held[place] for place in sorted(held)]

    def count(self, key: str) -> int:
        """How many there are."""
        return len(self._objects.get(key, {}))

    # --- writing -------------------------------------------------------------------------------------------------

    def create(self, resource: Resource, obj: Object, *, created: str = "", given: bool = False) -> Object:
        """Stores a copy with identity filled in; 409 when the name is taken. `created` dates it back.

        What is `given` away is stored itself: the caller keeps nothing that it would change.
        """
        made = self.prepare(resource, obj if given else copied(obj), created=created)
        meta = made["metadata"]
        if self.find(resource.key, meta.get("namespace", ""), meta["name"]) is not None:
            raise already_exists(resource.plural, resource.group, meta["name"])
        return self._commit("ADDED", resource.key, made, None)

    def prepare(self, resource: Resource, obj: Object, *, created: str = "") -> Object:
        """The object made into what `create` would store, without its resourceVersion: also the answer of a dry run."""
        made = obj
        made["apiVersion"], made["kind"] = resource.api_version, resource.kind
        meta = made.setdefault("metadata", {})
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = self._generated(resource, meta)
        meta["uid"] = new_uid(self._rng)
        meta["creationTimestamp"] = created or rfc3339(self._clock.now())
        return made

    def _generated(self, resource: Resource, meta: Object) -> str:
        """A free name: of thousands of pods two would now and then be alike (the real server tries eight times)."""
        while True:
            name = f"{meta['generateName']}{self.suffix()}"
            if self.find(resource.key, meta.get("namespace", ""), name) is None:
                return name

    def suffix(self, length: int = 5) -> str:
        """A random end of a name, in the alphabet of apimachinery's `rand`."""
        return "".join(self._rng.choices("bcdfghjklmnpqrstvwxz2456789", k=length))

    def update(self, resource: Resource, obj: Object) -> Object:
        """Stores a new state; 404 when gone, 409 when `obj` carries an old resourceVersion. No change, no version."""
        meta = obj["metadata"]
        current = self.get(resource, meta.get("namespace", ""), meta["name"])
        self.check_version(resource, current, obj)
        fresh = {**obj, "metadata": {**meta, "resourceVersion": current["metadata"]["resourceVersion"]}}
        if fresh == current:
            return current
        return self._commit("MODIFIED", resource.key, fresh, current)

    def check_version(self, resource: Resource, current: Object, wanted: Object) -> None:
        """Optimistic locking: 409 when `wanted` names a version other than the current one."""
        asked = wanted["metadata"].get("resourceVersion")
        if asked and asked != current["metadata"]["resourceVersion"]:
            raise conflict(resource.plural, resource.group, wanted["metadata"]["name"])

    def modify(self, resource: Resource, namespace: str, name: str, edit: Callable[[Object], None]) -> Object | None:
        """Edits a copy and stores it, as a controller with retries would; None when the object is gone."""
        current = self.find(resource.key, namespace, name)
        if current is None:
            return None
        fresh = copied(current)
        edit(fresh)
        return self.update(resource, fresh)

    def delete(self, resource: Resource, namespace: str, name: str) -> Object:
        """Removes it and tells watchers; 404 when gone."""
        current = self.get(resource, namespace, name)
        del self._objects[resource.key][(namespace, name)]
        order = self._order[resource.key]
        del order[bisect_left(order, (namespace, name))]
        gone = {**current, "metadata": dict(current["metadata"])}
        return self._commit("DELETED", resource.key, gone, current)

    def _commit(self, kind: str, key: str, obj: Object, before: Object | None) -> Object:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        if kind != "DELETED":
            self._objects.setdefault(key, {})[_place(obj)] = obj
        if kind == "ADDED":
            insort(self._order.setdefault(key, []), _place(obj))
        change = Change(kind, key, obj, before, self.version)
        if len(self._history) == HISTORY:
            self.oldest = self._history[0].version
        self._history.append(change)
        for queue in self._queues.get(key, ()):
            queue.put_nowait(change)
        self._tell(change)
        return obj

    # --- following -----------------------------------------------------------------------------------------------

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Calls `listener` with every change, later and in order: controllers never run inside a write."""
        self._listeners.append(listener)

    def ignore(self, listener: Callable[[Change], None]) -> None:
        """Ends `on_change`."""
        self._listeners.remove(listener)

    def _tell(self, change: Change) -> None:
        if not self._listeners:
            return
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._drain)
        self._pending.append(change)

    def _drain(self) -> None:
        turn, self._pending = self._pending, deque()
        for change in turn:
            for listener in list(self._listeners):
                listener(change)

    def since(self, keys: Iterable[str], version: int) -> list[Change]:
        """Changes after `version`; 410 when history does not reach back that far."""
        if version < self.oldest:
            raise expired(version, self.oldest)
        wanted = set(keys)
        return [change for change in self._history if change.version > version and change.key in wanted]

    def subscribe(self, key: str) -> asyncio.Queue[Change | None]:
        """A queue of changes from now on; None in it means: the stream is cut."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._queues.setdefault(key, set()).add(queue)
        return queue

    def unsubscribe(self, key: str, queue: asyncio.Queue[Change | None]) -> None:
        """Ends a subscription."""
        self._queues.get(key, set()).discard(queue)

    def begin(self) -> None:
        """Forgets how everything came to be: nobody has seen an older version yet."""
        self._history.clear()
        self.oldest = self.version

    def expire(self) -> None:
        """Forgets all history: older versions answer 410, and open watches are told so."""
        self._history.clear()
        self.version += 1
        self.oldest = self.version
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
