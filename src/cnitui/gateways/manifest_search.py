"""Finds a container of a DaemonSet in a manifest: in what the text means, and where it stands in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cnitui.errors import ConfigurationError
from cnitui.gateways.documents import Node, compose_documents
from cnitui.late_dataclass import dataclass

Where = tuple[str | int, ...]
_TO_POD = ("spec", "template", "spec")
_LISTS = ("initContainers", "containers")


@dataclass(frozen=True, slots=True)
class Found:
    """The container: its path in the list of documents, its node and those above it, and its DaemonSet's name."""

    path: Where
    node: Node
    trail: tuple[Node, ...]
    daemonset: str


def find(body: str, documents: Sequence[object], name: str, container: str) -> list[Found]:
    """All containers of that name in DaemonSets, also those in lists of objects.

    Raises ConfigurationError when there is none, when one can be reached only through an alias or merge key, or when a
    key that matters is there twice (the founding guide's own edit makes such a file).
    """
    meant = list(_containers(documents, container))
    if not meant:
        what = f"{name}: no container {container} in a DaemonSet"
        raise ConfigurationError(what, "Give the manifest that holds the calico-node DaemonSet.")
    trees = compose_documents(body, {number for number, _, _ in meant}, name)
    return [_placed(trees[number], (number, *path), daemonset, name) for number, path, daemonset in meant]


def at(document: object, path: Where) -> object:
    """The value behind a path, None when there is none."""
    for key in path:
        if isinstance(document, Mapping):
            document = document.get(key)
        elif isinstance(document, list) and isinstance(key, int) and key < len(document):
            document = document[key]
        else:
            return None
    return document


def _containers(documents: Sequence[object], container: str) -> Iterator[tuple[int, Where, str]]:
    """Number of the document, path within it, and name of the DaemonSet."""
    for number, document in enumerate(documents):
        for path, daemonset in _daemonsets(document, ()):
            for kind in _LISTS:
                listed = at(daemonset, (*_TO_POD, kind))
                for place, candidate in enumerate(listed if isinstance(listed, list) else ()):
                    if at(candidate, ("name",)) == container:
                        yield number, (*path, *_TO_POD, kind, place), str(at(daemonset, ("metadata", "name")))


def _daemonsets(document: object, path: Where) -> Iterator[tuple[Where, object]]:
    if at(document, ("kind",)) == "DaemonSet":
        yield path, document
    items = at(document, ("items",))
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield from _daemonsets(item, (*path, "items", index))


def _placed(tree: Node, path: Where, daemonset: str, name: str) -> Found:
    trail = [tree]
    for key in path[1:]:
        node = trail[-1].items[key] if isinstance(key, int) else _value(trail[-1], key, name)
        if node is None:
            what = f"{name}: line {trail[-1].line}: {key} comes in by a merge key (<<)"
            raise ConfigurationError(what, "Write it out, or edit it by hand.")
        trail.append(node)
    security = _value(trail[-1], "securityContext", name)
    if security is not None:
        trail.append(security)
        privileged = _value(security, "privileged", name)
        trail += [privileged] if privileged is not None else []
    container = trail[len(path) - 1]
    _value(container, "name", name)
    return Found(path, container, tuple(trail), daemonset)


def _value(node: Node, key: str, name: str) -> Node | None:
    values = node.values(key)
    if len(values) > 1:
        lines = " and ".join(str(value.line) for value in values)
        what = f"{name}: lines {lines}: {key} is there twice in one mapping"
        raise ConfigurationError(what, "kubectl takes the last, other tools refuse the file: remove one of them.")
    return values[0] if values else None
