"""Events and the API's own Service as facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from cnitui.domain.facts import Event
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.pods import bounded

_CONTAINER = re.compile(r"spec\.(?:init|ephemeral)?[cC]ontainers\{([^{}]{1,253})\}")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def event_of(event: wire.Event) -> Event:
    """The fact of an event, of the older API and of the newer, where times and counts sit elsewhere."""
    series = event.series or wire.EventSeries()
    first = event.first_timestamp or event.event_time or event.metadata.creation_timestamp
    about = event.involved_object
    container = _CONTAINER.fullmatch(about.field_path or "")
    return Event(
        kind=event.type or "",
        reason=event.reason or "",
        message=bounded(event.message),
        object=f"{about.kind}/{about.name}" if about.kind else about.name,
        container=container.group(1) if container else "",
        count=event.count or series.count or 1,
        first_at=first,
        last_at=series.last_observed_time or event.last_timestamp or first,
    )


def newest_last(events: Iterable[Event]) -> tuple[Event, ...]:
    """In the order of their newest occurrence."""
    return tuple(sorted(events, key=lambda event: event.last_at or _LONG_AGO))


def service_address(service: wire.Service) -> str:
    """ClusterIP:port of a Service, "" for a headless one."""
    port = next((p.port for p in service.spec.ports or () if p.port), 443)
    address = service.spec.cluster_ip or ""
    return "" if address in ("", "None") else _host_port(address, port)


def slice_addresses(slices: Iterable[wire.EndpointSlice]) -> tuple[str, ...]:
    """Every address:port of the slices."""
    return tuple(
        _host_port(address, port.port)
        for part in slices
        for port in part.ports or ()
        if port.port
        for endpoint in part.endpoints or ()
        for address in endpoint.addresses or ()
    )


def endpoints_addresses(endpoints: wire.Endpoints) -> tuple[str, ...]:
    """Every address:port of Endpoints, the older API."""
    return tuple(
        _host_port(address.ip, port.port)
        for subset in endpoints.subsets or ()
        for port in subset.ports or ()
        if port.port
        for address in subset.addresses or ()
    )


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
