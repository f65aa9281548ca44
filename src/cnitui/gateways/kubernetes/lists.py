"""Lists of objects, page by page, decoded into few fields."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from cnitui.domain.exchange import Page
from cnitui.errors import ServerFailure
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.asking import Ask, collection, query_of
from cnitui.gateways.kubernetes.daemonsets import daemonset_of
from cnitui.gateways.kubernetes.events import event_of
from cnitui.gateways.kubernetes.failures import Gone
from cnitui.gateways.kubernetes.nodes import node_of
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.gateways.kubernetes.pods import pod_of
from cnitui.gateways.kubernetes.session import Session
from cnitui.late_dataclass import dataclass

F = TypeVar("F")
S = TypeVar("S", bound=wire.Object)
T = TypeVar("T")

PAGE = 100
"""Objects per request: decoding one page takes a few milliseconds, and the whole no longer than in larger pages."""
_SLICE = 20
_LARGEST_PAGE = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Kind(Generic[F]):
    """A resource and how its objects become facts."""

    group: str
    version: str
    resource: str
    page: Callable[[bytes], tuple[Iterator[F], wire.ListMetadata]]
    """Facts of a page of a list, each made when it is taken."""
    item: Callable[[bytes | msgspec.Raw], tuple[F, str]]
    """Fact and resourceVersion of one object."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which objects of a kind: a namespace ("" is all), and selectors as the API writes them."""

    namespace: str = ""
    selector: str = ""
    field_selector: str = ""


EVERYWHERE = Scope()


def kind_of(
    group: str,
    version: str,
    resource: str,
    one: msgspec.json.Decoder[S],
    many: msgspec.json.Decoder[wire.Listing[S]],
    fact: Callable[[S], F],
) -> Kind[F]:
    """A Kind from its decoders."""

    def page(body: bytes) -> tuple[Iterator[F], wire.ListMetadata]:
        listing = decoded(many, body)
        return map(fact, listing.items or ()), listing.metadata

    def item(body: bytes | msgspec.Raw) -> tuple[F, str]:
        with sensible(body):
            found = one.decode(body)
            return fact(found), found.metadata.resource_version

    return Kind(group, version, resource, page, item)


def decoded(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """What the server sent, or ServerFailure when it makes no sense."""
    with sensible(body):
        return decoder.decode(body)


@contextmanager
def sensible(body: bytes | msgspec.Raw) -> Iterator[None]:
    """Turns what decoding raises into ServerFailure."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        start = one_line(bytes(body[:200]).decode(errors="replace"), 80)
        raise ServerFailure(
            f"The server sent something that is no answer of a Kubernetes API ({one_line(str(error), 200)}): {start}",
            "Is the address in the kubeconfig that of an API server, or of a proxy or login page in front of it?",
        ) from error


PODS = kind_of("", "v1", "pods", msgspec.json.Decoder(wire.Pod), msgspec.json.Decoder(wire.Listing[wire.Pod]), pod_of)
NODES = kind_of(
    "", "v1", "nodes", msgspec.json.Decoder(wire.Node), msgspec.json.Decoder(wire.Listing[wire.Node]), node_of
)
DAEMONSETS = kind_of(
    "apps",
    "v1",
    "daemonsets",
    msgspec.json.Decoder(wire.DaemonSet),
    msgspec.json.Decoder(wire.Listing[wire.DaemonSet]),
    daemonset_of,
)
EVENTS = kind_of(
    "", "v1", "events", msgspec.json.Decoder(wire.Event), msgspec.json.Decoder(wire.Listing[wire.Event]), event_of
)


async def listed(session: Session, kind: Kind[F], scope: Scope = EVERYWHERE) -> tuple[tuple[F, ...], str]:
    """All facts of the scope and the resourceVersion to watch from."""
    found: tuple[F, ...] = ()
    version = ""
    async with aclosing(listing(session, kind, scope)) as parts:
        async for part in parts:
            if isinstance(part, Whole):
                found, version = part.items, part.version
    return found, version


@dataclass(frozen=True, slots=True)
class Whole(Generic[F]):
    """All facts of a list and the resourceVersion to watch from."""

    items: tuple[F, ...]
    version: str


async def listing(
    session: Session, kind: Kind[F], scope: Scope = EVERYWHERE
) -> AsyncGenerator[Page[F] | Whole[F], None]:
    """The pages of a list as they come, if there are several, and then the whole.

    A continue token that expires on the way (410, after some five minutes) makes us ask again without pages, as
    client-go's pager does: tools/pager/pager.go@v0.35.4.
    """
    try:
        async with aclosing(_pages(session, kind, scope, str(PAGE))) as parts:
            async for part in parts:
                yield part
    except Gone:
        async with aclosing(_pages(session, kind, scope, "")) as parts:
            async for part in parts:
                yield part


async def _pages(session: Session, kind: Kind[F], scope: Scope, limit: str) -> AsyncGenerator[Page[F] | Whole[F], None]:
    found: list[F] = []
    token: str | None = None
    while True:
        ask = list_ask(kind, scope, (("limit", limit), ("continue", token)))
        items, metadata = kind.page(await session.read(ask, patient=True, limit=_LARGEST_PAGE))
        before = len(found)
        await _take(items, found)
        token = metadata.continue_token
        if not token:
            yield Whole(tuple(found), metadata.resource_version)
            return
        yield Page(tuple(found[before:]))


async def _take(items: Iterator[F], found: list[F]) -> None:
    """Slice by slice, so that keys and screen get their turn in between."""
    while True:
        before = len(found)
        with sensible(b""):
            found.extend(islice(items, _SLICE))
        if len(found) == before:
            return
        await asyncio.sleep(0)


def list_ask(kind: Kind[F], scope: Scope, more: Iterable[tuple[str, str | None]], verb: str = "list") -> Ask:
    """The request for a scope of a kind."""
    where = f" in {scope.namespace}" if scope.namespace else ""
    selectors = (("labelSelector", scope.selector), ("fieldSelector", scope.field_selector))
    return Ask(
        what=f"{verb} {kind.resource}{where}",
        path=collection(kind.group, kind.version, kind.resource, scope.namespace),
        query=query_of((*selectors, *more)),
    )
