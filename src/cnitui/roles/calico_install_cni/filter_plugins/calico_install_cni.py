"""Filters of this role: the manifest with install-cni's confinement lifted, and what speaks against applying it.

The manifest is edited as text, at the place where the parser says that the container stands, so comments, order and
quoting stay. Every edit is proven: the text is read again and has to differ in exactly the wanted value. PyYAML is all
that is needed; Ansible brings it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SETTINGS: dict[str, tuple[tuple[str, ...], Any]] = {
    "privileged": (("securityContext", "privileged"), True),
    "spc_t": (("securityContext", "seLinuxOptions", "type"), "spc_t"),
}
Place = tuple[Any, ...]
"""Keys and indices that lead to a value."""

CONTAINER_LISTS = ("initContainers", "containers")
OWNER_MARKS = (
    ("meta.helm.sh/release-name", "Helm"),
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("helm.toolkit.fluxcd.io/name", "Flux"),
    ("objectset.rio.cattle.io/owner-name", "k3s or RKE2"),
    ("addonmanager.kubernetes.io/mode", "the addon manager"),
)
"""Labels and annotations by which a tool that applies again and again marks what is its own."""


class Refused(Exception):
    """Why the manifest is not patched, in words."""


def patch(manifest: Any, namespace: str, daemonset: str, container: str, privilege: str) -> dict[str, str]:
    """The patched text, or the problem that there is with it; `{"text": …, "problem": ""}`."""
    try:
        text = _patched(_plain(manifest), (namespace, daemonset), container, privilege)
    except (Refused, yaml.YAMLError, ValueError, RecursionError) as problem:
        return {"text": "", "problem": " ".join(str(problem).split())}
    return {"text": text, "problem": ""}


def _plain(manifest: Any) -> str:
    """A str and no subclass of it, which libyaml refuses; Ansible before 2.19 makes data of a text that is JSON."""
    return str.__str__(manifest) if isinstance(manifest, str) else json.dumps(manifest)


def obstacles(listing: dict[str, Any], namespace: str, daemonset: str, container: str) -> list[str]:
    """Why the manifest must not be applied here, of what `kubectl get daemonsets --all-namespaces -o json` answers."""
    found = []
    for item in listing.get("items") or []:
        if not any(one.get("name") == container for _, one in _containers(item)):
            continue
        name = "/".join(_identity(item))
        found += [f"DaemonSet {name} belongs to {owner}: make the change there" for owner in _owners(item)]
        if _identity(item) != (namespace, daemonset):
            found.append(f"the cluster runs {container} in DaemonSet {name}, not in {namespace}/{daemonset}")
    return found


def _owners(item: dict[str, Any]) -> list[str]:
    meta = item["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    owners = [f"{owner['kind']} {owner['name']}" for owner in meta.get("ownerReferences") or []]
    return [*owners, *dict.fromkeys(owner for mark, owner in OWNER_MARKS if mark in marks)]


# --- the manifest as data -----------------------------------------------------


def _patched(text: str, identity: tuple[str, str], container: str, privilege: str) -> str:
    keys, value = SETTINGS[privilege]
    documents = list(yaml.load_all(text, Loader=Loader))
    for place in _places(documents, identity, container):
        if _at(documents, (*place, "securityContext", "privileged")) is True:
            continue  # not confined at all, so there is nothing left to lift
        wanted = _with(documents, (*place, *keys), value)
        if documents == wanted:
            continue
        text = _edited(text, place, keys, value)
        if not _means(text, wanted):
            raise Refused(f"{container} cannot be changed without changing something else: change it by hand")
        documents = wanted
    return text


def _means(text: str, wanted: list[Any]) -> bool:
    try:
        return list(yaml.load_all(text, Loader=Loader)) == wanted
    except (yaml.YAMLError, ValueError):
        return False


def _places(documents: list[Any], identity: tuple[str, str], container: str) -> list[Place]:
    found = list(_daemonsets(documents))
    mine = [(path, item) for path, item in found if _identity(item) == identity]
    if not mine:
        there = ", ".join("/".join(_identity(item)) for _, item in found) or "none"
        raise Refused(f"no DaemonSet {'/'.join(identity)} in the manifest (there: {there})")
    places = [
        (*path, *place) for path, item in mine for place, one in _containers(item) if one.get("name") == container
    ]
    if not places:
        there = ", ".join(str(one.get("name")) for _, item in mine for _, one in _containers(item)) or "none"
        raise Refused(f"no container {container} in DaemonSet {'/'.join(identity)} (there: {there})")
    return places


def _daemonsets(items: list[Any], path: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """DaemonSets among documents, and in lists of objects (kind: List)."""
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        if item.get("kind") == "DaemonSet":
            yield (*path, index), item
        if isinstance(item.get("items"), list):
            yield from _daemonsets(item["items"], (*path, index, "items"))


def _containers(daemonset: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for kind in CONTAINER_LISTS:
        path = ("spec", "template", "spec", kind)
        found = _at(daemonset, path)
        for index, container in enumerate(found if isinstance(found, list) else []):
            yield (*path, index), container if isinstance(container, dict) else {}


def _identity(item: dict[str, Any]) -> tuple[str, str]:
    return str(_at(item, ("metadata", "namespace")) or "default"), str(_at(item, ("metadata", "name")))


def _at(value: Any, path: Place) -> Any:
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        else:
            value = value[key] if isinstance(value, list) and isinstance(key, int) else None
    return value


def _with(value: Any, path: Place, new: Any) -> Any:
    """A copy that has the new value behind the path."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_with(item, rest, new) if index == key else item for index, item in enumerate(value)]
    known = value if isinstance(value, dict) else {}
    return {**known, key: _with(known.get(key), rest, new)}


# --- the manifest as text -----------------------------------------------------


def _edited(text: str, place: Place, keys: tuple[str, ...], value: Any) -> str:
    """The text with the value in it: in the innermost mapping that is there, or in place of what is not one."""
    node: Any = yaml.SequenceNode("", list(yaml.compose_all(text, Loader=Loader)))
    for key in place:
        node = node.value[key] if isinstance(node, yaml.SequenceNode) else _entry(node, key)
    for depth, key in enumerate(keys):
        inner = _entry(node, key)
        if inner is None:
            start, addition = _new_entry(text, node, keys[depth:], value)
            return text[:start] + addition + text[start:]
        if not isinstance(inner, yaml.MappingNode):
            start, end = inner.start_mark.index, inner.end_mark.index
            space = " " if text[:start].endswith(":") else ""
            return text[:start] + space + _flow(keys[depth + 1 :], value) + text[end:]
        node = inner
    raise Refused(f"{'.'.join(keys)} is a mapping: change it by hand")


def _entry(mapping: Any, key: str | int) -> Any:
    """The value of a key, of the last one where it is there twice, None when it is not there."""
    return next((inner for name, inner in reversed(mapping.value) if name.value == key), None)


def _new_entry(text: str, mapping: Any, keys: tuple[str, ...], value: Any) -> tuple[int, str]:
    """Where a new entry of a mapping goes, and its text: before the second entry, which begins a line in any block."""
    if not mapping.value:
        return mapping.end_mark.index - 1, _flow(keys, value)[1:-1]
    if mapping.flow_style:
        return mapping.value[0][0].start_mark.index, f"{_flow(keys, value)[1:-1]}, "
    entry = mapping.value[min(1, len(mapping.value) - 1)][0].start_mark
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    lines[-1] += f" {json.dumps(value)}"
    return entry.index, "".join(f"{line}{newline}{' ' * entry.column}" for line in lines)


def _flow(keys: tuple[str, ...], value: Any) -> str:
    """Keys nested into one another, as JSON, which is YAML too."""
    for key in reversed(keys):
        value = {key: value}
    return json.dumps(value)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        """The filters by their names in templates."""
        return {"calico_install_cni_patch": patch, "calico_install_cni_obstacles": obstacles}
