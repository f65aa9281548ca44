"""Objects, events and the API's endpoints as the documents that a case file holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from cnitui.domain.documents import stamp
from cnitui.domain.facts import ApiEndpoints, Event

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


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
        "firstTimestamp": stamp(event.first_at),
        "lastTimestamp": stamp(event.last_at),
    }


def endpoints_document(found: ApiEndpoints) -> dict[str, object]:
    """`service` and `endpoints` as `host:port`."""
    return {"service": found.service, "endpoints": list(found.endpoints)}


def lean(document: Mapping[str, object]) -> Mapping[str, object]:
    """Without the bulk nobody reads; of managedFields the names, since they tell who would revert a change."""
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        return document
    fields = metadata.get("managedFields")
    kept_metadata: dict[str, object] = {key: value for key, value in metadata.items() if key != "managedFields"}
    if isinstance(fields, list):
        kept = ("manager", "operation", "subresource", "time")
        kept_metadata["managedFields"] = [
            {key: field[key] for key in kept if key in field} for field in fields if isinstance(field, Mapping)
        ]
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping):
        kept_metadata["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return {**document, "metadata": kept_metadata}


def as_json_bytes(document: object) -> bytes:
    """A document as JSON, one space deep, with a newline at the end."""
    return as_bytes(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def as_bytes(text: str) -> bytes:
    """A text as the bytes it was decoded from."""
    return text.encode("utf-8", "surrogateescape")
