"""Calico's own objects of one node: its address blocks, its configuration, its peers, what it says in annotations.

They are asked for when somebody opens the node, and no cause rests on them. Names and fields: projectcalico/calico
libcalico-go/lib/apis/v1/{block_affinity,ipam_block}.go, api/pkg/apis/projectcalico/v3/{bgppeer,felixconfig,
hostendpoint}.go; with the Kubernetes datastore a Calico node is annotations of the Node object
(libcalico-go/lib/backend/k8s/resources/node.go).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.documents import as_mapping, items
from cnitui.domain.operator.observation import resource
from cnitui.domain.plan import ObjectRef
from cnitui.engine.ports import ClusterApi
from cnitui.errors import CnituiError, NotFound
from cnitui.late_dataclass import dataclass

Document = Mapping[str, object]
_ANNOTATION = "projectcalico.org/"
MOST = 50
"""Objects of one kind that are told."""


@dataclass(frozen=True, slots=True)
class CalicoObject:
    """One object: its kind, its name, and in words what it says of the node."""

    kind: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class CalicoObjects:
    """What was found, and for each kind that could not be read, why."""

    found: tuple[CalicoObject, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


async def calico_objects(api: ClusterApi, node: str) -> CalicoObjects:
    """All of them, asked for side by side; a kind that may not be listed, or is not served here, is told."""
    parts = await asyncio.gather(_annotations(api, node), *(_of_kind(api, node, ref, tell) for ref, tell in _KINDS))
    found = [one for objects, _ in parts for one in objects]
    return CalicoObjects(tuple(found), tuple(why for _, why in parts if why is not None))


Part = tuple[tuple[CalicoObject, ...], tuple[str, str] | None]


async def _annotations(api: ClusterApi, node: str) -> Part:
    """What calico-node wrote to the Node: address, tunnel addresses, AS number."""
    ref = ObjectRef("", "v1", "nodes", "Node", node)
    try:
        metadata = as_mapping(as_mapping(await api.get(ref)).get("metadata"))
    except CnituiError as error:
        return (), ("Node annotations", error.what)
    own = as_mapping(metadata.get("annotations"))
    told = [f"{key.removeprefix(_ANNOTATION)} {value}" for key, value in sorted(own.items()) if _ANNOTATION in key]
    return ((CalicoObject("Node", "annotations", ", ".join(told)),) if told else ()), None


async def _of_kind(api: ClusterApi, node: str, ref: ObjectRef, tell: Tell) -> Part:
    try:
        documents = await api.objects(ref)
    except NotFound:
        return (), (ref.kind, "the API server does not know this kind: Calico's CRDs are not installed")
    except CnituiError as error:
        return (), (ref.kind, error.what)
    told = ((_name(document), tell(document, node)) for document in documents)
    found = [CalicoObject(ref.kind, name, words) for name, words in told if words is not None]
    return tuple(sorted(found, key=lambda one: one.name)[:MOST]), None


def _name(document: Document) -> str:
    return str(as_mapping(document.get("metadata")).get("name") or "")


def _spec(document: Document) -> Document:
    return as_mapping(document.get("spec"))


# --- what each kind says of a node; None when it is not about that node ----------------------------------------------

Tell = Callable[[Document, str], str | None]


def _affinity(document: Document, node: str) -> str | None:
    spec = _spec(document)
    if spec.get("node") != node:
        return None
    deleted = ", deleted" if str(spec.get("deleted")).lower() == "true" else ""
    return f"{spec.get('cidr')} {spec.get('state') or ''}".rstrip() + deleted


def _block(document: Document, node: str) -> str | None:
    """A block that belongs to the node, or holds addresses of it."""
    spec = _spec(document)
    if spec.get("affinity") != f"host:{node}":
        return None
    slots = items(spec.get("allocations"))
    used = sum(slot is not None for slot in slots)
    return f"{spec.get('cidr')}, {used} of {len(slots)} addresses in use"


def _of_node(document: Document, node: str) -> str | None:
    spec = _spec(document)
    return ", ".join(_fields(spec)) if spec.get("node") == node else None


def _felix(document: Document, node: str) -> str | None:
    return ", ".join(_fields(_spec(document))) or "empty" if _name(document) == f"node.{node}" else None


def _fields(spec: Document) -> Iterator[str]:
    """The plain fields, as far as they are said in a few words."""
    for key, value in spec.items():
        if isinstance(value, str | int | float | bool) and key != "node":
            yield f"{key} {value}"
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            yield f"{key} {' '.join(value)}"


_KINDS: tuple[tuple[ObjectRef, Tell], ...] = (
    (resource("blockaffinities", "BlockAffinity"), _affinity),
    (resource("ipamblocks", "IPAMBlock"), _block),
    (resource("felixconfigurations", "FelixConfiguration"), _felix),
    (resource("bgppeers", "BGPPeer"), _of_node),
    (resource("hostendpoints", "HostEndpoint"), _of_node),
)
