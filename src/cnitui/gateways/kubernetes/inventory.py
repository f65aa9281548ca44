"""What the API serves, and all objects of a resource as plain data, bounded."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping

import msgspec

from cnitui.domain.operator.observation import Objects
from cnitui.domain.plan import ObjectRef
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.asking import Ask, collection, path_of, query_of
from cnitui.gateways.kubernetes.failures import Gone
from cnitui.gateways.kubernetes.lists import decoded
from cnitui.gateways.kubernetes.session import Session

PAGE = 500
MOST_BYTES = 128 * 2**20
"""Of one resource altogether."""


class _Served(wire.Wire):
    """One entry of a group's discovery."""

    name: str = ""
    kind: str = ""
    verbs: list[str] | None = None


class Kept(Mapping[str, object]):
    """An object as the bytes it came in, decoded whenever somebody looks: a cluster has tens of thousands of some.

    Raises ServerFailure when the bytes make no sense.
    """

    __slots__ = ("_body",)

    def __init__(self, body: bytes | msgspec.Raw) -> None:
        self._body = bytes(body)

    def _plain(self) -> dict[str, object]:
        return decoded(_PLAIN, self._body)

    def __getitem__(self, key: str) -> object:
        return self._plain()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain())

    def __len__(self) -> int:
        return len(self._plain())

    def items(self) -> ItemsView[str, object]:
        """All at once, decoded once."""
        return self._plain().items()


class _Discovery(wire.Wire):
    """What a group and version serves."""

    resources: list[_Served] | None = None


_DISCOVERY = msgspec.json.Decoder(_Discovery)
_PAGE = msgspec.json.Decoder(wire.Listing[msgspec.Raw])
_PLAIN: msgspec.json.Decoder[dict[str, object]] = msgspec.json.Decoder(dict[str, object])


async def served(session: Session, group: str, version: str) -> tuple[ObjectRef, ...]:
    """The resources that can be listed, without subresources; raises NotFound when there is no such group."""
    path = path_of("apis", group, version)
    found = decoded(_DISCOVERY, await session.read(Ask(f"ask what {group}/{version} serves", path)))
    return tuple(
        ObjectRef(group, version, entry.name, entry.kind, "")
        for entry in found.resources or ()
        if "/" not in entry.name and "list" in (entry.verbs or ())
    )


async def everything(session: Session, ref: ObjectRef, most: int) -> Objects:
    """All objects in all namespaces; cut after `most` or MOST_BYTES, then `more` says how many the server has left.

    A list that expires on the way (410) ends as one that was cut: what is there was true at one moment.
    """
    kept: list[Kept] = []
    size, token = 0, None
    while True:
        query = query_of((("limit", str(min(PAGE, most - len(kept)))), ("continue", token)))
        path = collection(ref.group, ref.version, ref.resource)
        try:
            body = await session.read(Ask(f"list {ref.resource}", path, query), patient=True)
        except Gone:
            return Objects(tuple(kept), None)
        page = decoded(_PAGE, body)
        kept += map(Kept, page.items or ())
        size, token = size + len(body), page.metadata.continue_token
        if not token:
            return Objects(tuple(kept))
        if len(kept) >= most or size >= MOST_BYTES:
            return Objects(tuple(kept), page.metadata.remaining_item_count)
