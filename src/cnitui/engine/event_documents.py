"""Events and the API's endpoints as documents of the API, for a case file: only the fields that facts are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cnitui.domain.facts import ApiEndpoints, Event


def event_list(events: Iterable[Event]) -> dict[str, object]:
    """An EventList of core/v1."""
    return {"apiVersion": "v1", "kind": "List", "items": [_event(event) for event in events]}


def _event(event: Event) -> dict[str, object]:
    kind, slash, name = event.object.partition("/")
    about = {"kind": kind, "name": name} if slash else {"kind": "", "name": event.object}
    if event.container:
        about["fieldPath"] = f"spec.containers{{{event.container}}}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "type": event.kind,
        "reason": event.reason,
        "message": event.message,
        "involvedObject": about,
        "count": event.count,
        "firstTimestamp": _stamp(event.first_at),
        "lastTimestamp": _stamp(event.last_at),
    }


def endpoints_document(found: ApiEndpoints) -> dict[str, object]:
    """`service` and `endpoints` as `host:port`."""
    return {"service": found.service, "endpoints": list(found.endpoints)}


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
