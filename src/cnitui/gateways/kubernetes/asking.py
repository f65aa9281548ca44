"""A request as a value."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from cnitui.errors import Invalid
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `what` completes "could not …" and is said in errors."""

    what: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    body: object = None
    content_type: str = "application/json"

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: until connected, between two pieces of an answer, altogether; None is no bound."""

    connect: float
    silence: float | None = None
    total: float | None = None


def path_of(*segments: str) -> str:
    """A path of names; raises Invalid for what cannot be one (k8s.io/apimachinery pkg/api/validation/path@v0.35.4)."""
    for segment in segments:
        if segment in ("", ".", "..") or "/" in segment or "%" in segment:
            raise Invalid(f"{one_line(segment, 100)!r} cannot be part of a path")
    return "/" + "/".join(quote(segment, safe="") for segment in segments)


def collection(group: str, version: str, resource: str, namespace: str = "") -> str:
    """The path of all objects of a resource, in a namespace or ("") everywhere."""
    root = ("apis", group, version) if group else ("api", version)
    return path_of(*root, *(("namespaces", namespace) if namespace else ()), resource)


def query_of(pairs: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    """Those that have a value."""
    return tuple((name, value) for name, value in pairs if value)
