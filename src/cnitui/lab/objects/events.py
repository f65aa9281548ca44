"""Events as components record them: equal ones become one with a count, old ones are gone after an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.clock import rfc3339, rfc3339_micro
from cnitui.lab.objects.resources import EVENTS

if TYPE_CHECKING:
    from cnitui.lab.clock import Clock
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Store

TTL = timedelta(hours=1)
"""kube-apiserver's --event-ttl."""


@dataclass(slots=True)
class _Seen:
    name: str
    first: datetime
    count: int


class Recorder:
    """Writes events into the store, as client-go's `record` does."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._seen: dict[tuple[str, ...], _Seen] = {}

    def record(
        self,
        about: Object,
        kind: str,
        reason: str,
        message: str,
        *,
        component: str,
        host: str = "",
        path: str = "",
        time: datetime | None = None,
        count: int = 1,
        first: datetime | None = None,
    ) -> None:
        """`about` is the object (its kind and metadata are used); `path` the fieldPath of a container."""
        time = time or self._clock.now()
        meta = about["metadata"]
        key = (meta["uid"], reason, message, path, host)
        seen = self._seen.get(key)
        if seen is None:
            stamp = int(time.timestamp() * 1e9) + len(self._seen)
            seen = self._seen[key] = _Seen(f"{meta['name']}.{stamp:x}", first or time, 0)
        seen.count += count
        if time < self._clock.now() - TTL:
            return
        namespace = meta.get("namespace", "default")
        event = self._event(about, seen, namespace)
        event |= {"type": kind, "reason": reason, "message": message, "lastTimestamp": rfc3339(time)}
        event |= {"source": {"component": component} | ({"host": host} if host else {})}
        event |= {"reportingComponent": component, "reportingInstance": host}
        if path:
            event["involvedObject"]["fieldPath"] = path
        held = self._store.find(EVENTS.key, namespace, seen.name)
        if held is None:
            self._store.create(EVENTS, event, created=rfc3339(seen.first), given=True)
        else:
            self._store.update(EVENTS, {**held, **event, "metadata": held["metadata"]})

    @staticmethod
    def _event(about: Object, seen: _Seen, namespace: str) -> Object:
        meta = about["metadata"]
        involved: Object = {
            "kind": about["kind"],
            "namespace": meta.get("namespace"),
            "name": meta["name"],
            "uid": meta["uid"] if about["kind"] != "Node" else meta["name"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": meta.get("resourceVersion"),
        }
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": seen.name, "namespace": namespace},
            "involvedObject": {key: value for key, value in involved.items() if value},
            "firstTimestamp": rfc3339(seen.first),
            "count": seen.count,
            "eventTime": None,
        }


def as_new_event(event: Object) -> Object:
    """The events.k8s.io/v1 view of a core/v1 Event."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": event["metadata"],
        "eventTime": event.get("eventTime") or rfc3339_micro_of(event.get("firstTimestamp")),
        "reportingController": event.get("reportingComponent", ""),
        "reportingInstance": event.get("reportingInstance", ""),
        "reason": event.get("reason", ""),
        "regarding": event["involvedObject"],
        "note": event.get("message", ""),
        "type": event.get("type", ""),
        "deprecatedSource": event.get("source") or {},
        "deprecatedFirstTimestamp": event.get("firstTimestamp"),
        "deprecatedLastTimestamp": event.get("lastTimestamp"),
        "deprecatedCount": event.get("count", 1),
    }


def rfc3339_micro_of(stamp: str | None) -> str | None:
    """A second-precision stamp as MicroTime."""
    return rfc3339_micro(datetime.fromisoformat(stamp)) if stamp else None
