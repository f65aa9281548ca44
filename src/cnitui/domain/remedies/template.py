"""One field of a container's securityContext in a DaemonSet: set, and taken back, by guarded JSON patches.

The container is found by name in the object as observed, so no index is ever assumed: install-cni is container 0, 1, 2
or 3, depending on manifest, operator and version (projectcalico/calico `manifests/`, tigera/operator
`pkg/render/node.go`). RFC 6902 has no test for absence, so an absent field is guarded by its parent's whole value and
by `metadata.generation`, which moves with every change of the spec but not with status updates.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import Change, Guard, ObjectRef
from cnitui.domain.remedies.base import command
from cnitui.late_dataclass import dataclass

CONTAINER_LISTS = ("initContainers", "containers")
"""Where install-cni may be: an init container since v3.4, an ordinary one before."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value a field of a container's securityContext is to have; `path` is below securityContext."""

    container: str
    path: tuple[str, ...]
    value: bool | str

    @property
    def keys(self) -> tuple[str, ...]:
        """The path from the container on."""
        return ("securityContext", *self.path)

    @property
    def words(self) -> str:
        """`securityContext.privileged: true`."""
        return f"{'.'.join(self.keys)}: {json.dumps(self.value).strip(chr(34))}"


@dataclass(frozen=True, slots=True)
class Located:
    """A container within the pod template, and the JSON pointer to it."""

    pointer: str
    container: Document


class Missing(LookupError):
    """The DaemonSet's template has no container of that name."""


def daemonset_ref(namespace: str, name: str) -> ObjectRef:
    """The DaemonSet as an object of the API."""
    return ObjectRef("apps", "v1", "daemonsets", "DaemonSet", name, namespace)


def locate(daemonset: Document, container: str) -> Located:
    """Find a container of the template by name; raises Missing."""
    pod = as_mapping(at(daemonset, ("spec", "template", "spec")))
    for kind, index, candidate in _containers(pod):
        if candidate.get("name") == container:
            return Located(f"/spec/template/spec/{kind}/{index}", candidate)
    raise Missing(f"the pod template has no container {container}")


def _containers(pod: Document) -> Iterator[tuple[str, int, Document]]:
    for kind in CONTAINER_LISTS:
        found = pod.get(kind)
        for index, candidate in enumerate(found if isinstance(found, Sequence) else ()):
            yield kind, index, as_mapping(candidate)


def current(daemonset: Document, setting: Setting) -> object:
    """The field's value now, None when it is absent; raises Missing."""
    return at(locate(daemonset, setting.container).container, setting.keys)


def setting_change(daemonset: Document, setting: Setting) -> Change | None:
    """The patch that gives the field its value, None when it has it already; raises Missing."""
    located = locate(daemonset, setting.container)
    if at(located.container, setting.keys) == setting.value:
        return None
    depth = _deepest(located.container, setting.keys)
    pointer = _pointer(located, setting.keys[: depth + 1])
    present = depth == len(setting.keys) - 1 and setting.keys[-1] in as_mapping(
        at(located.container, setting.keys[:-1])
    )
    operation = {
        "op": "replace" if present else "add",
        "path": pointer,
        "value": _nested(setting.keys[depth + 1 :], setting.value),
    }
    guarded = setting.keys if present else setting.keys[:depth]
    return _change(daemonset, _guards(daemonset, located, guarded), operation)


def reverting_change(daemonset: Document, before: Document, setting: Setting) -> Change | None:
    """The patch that gives the field back what it was in `before`, touching nothing that others added since.

    None when it already is as it was; raises Missing when the container is gone, ValueError when the field holds
    neither the old value nor the one we set.
    """
    located = locate(daemonset, setting.container)
    old = current(before, setting)
    now = at(located.container, setting.keys)
    if now == old:
        return None
    if now != setting.value:
        raise ValueError(
            f"{'.'.join(setting.keys)} of {setting.container} is {now!r}, not the {setting.value!r} we set"
        )
    keys = setting.keys if old is not None else _removable(located.container, _container_of(before, setting), setting)
    operation: dict[str, object] = {"op": "remove", "path": _pointer(located, keys)}
    if old is not None:
        operation |= {"op": "replace", "value": copy.deepcopy(old)}
    return _change(daemonset, _guards(daemonset, located, keys), operation)


def with_setting(daemonset: Document, setting: Setting) -> Document:
    """A copy of the DaemonSet in which the field has its value; raises Missing."""
    copied: dict[str, object] = copy.deepcopy(dict(daemonset))
    holder = locate(copied, setting.container).container
    for key in setting.keys[:-1]:
        assert isinstance(holder, dict)
        if not isinstance(holder.get(key), dict):
            holder[key] = {}
        holder = holder[key]
    assert isinstance(holder, dict)
    holder[setting.keys[-1]] = setting.value
    return copied


GENERATION = "/metadata/generation"


def patch_command(change: Change, *, any_generation: bool = False) -> str:
    """The change as a person would type it; for later use without the guard on the generation."""
    body = [step for step in change.body if not (any_generation and step["path"] == GENERATION)]
    target = change.target
    return command(
        "kubectl",
        "-n",
        target.namespace,
        "patch",
        target.kind.lower(),
        target.name,
        "--type=json",
        "-p",
        json.dumps(body),
    )


def broken_guards(change: Change, document: Document) -> tuple[Guard, ...]:
    """The guards that do not hold for a document: why a server refused the patch, since it does not say."""
    return tuple(guard for guard in change.guards if resolve(document, guard.path) != guard.expected)


def resolve(document: object, pointer: str) -> object:
    """What a JSON pointer (RFC 6901) points to, None when there is nothing."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(key)
        elif isinstance(document, Sequence) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def at(document: object, keys: Sequence[str]) -> object:
    """The value behind a path of keys, None when it is not there."""
    for key in keys:
        document = as_mapping(document).get(key)
    return document


def _deepest(container: Document, keys: tuple[str, ...]) -> int:
    """How many of the leading keys lead to a mapping that exists."""
    depth = 0
    while depth < len(keys) - 1 and isinstance(at(container, keys[: depth + 1]), Mapping):
        depth += 1
    return depth


def _nested(keys: Sequence[str], value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _container_of(document: Document, setting: Setting) -> Document:
    return locate(document, setting.container).container


def _removable(container: Document, before: Document, setting: Setting) -> tuple[str, ...]:
    """The highest key that was not there before and holds nothing but our value now."""
    for depth in range(1, len(setting.keys)):
        keys = setting.keys[:depth]
        if at(before, keys) is None and at(container, keys) == _nested(setting.keys[depth:], setting.value):
            return keys
    return setting.keys


def _pointer(located: Located, keys: Sequence[str]) -> str:
    escaped = (key.replace("~", "~0").replace("/", "~1") for key in keys)
    return "/".join((located.pointer, *escaped))


def _guards(daemonset: Document, located: Located, keys: tuple[str, ...]) -> tuple[Guard, ...]:
    named = Guard(f"{located.pointer}/name", located.container.get("name"))
    generation = Guard(GENERATION, at(daemonset, ("metadata", "generation")))
    if not keys:
        return (named, generation)
    return (named, Guard(_pointer(located, keys), copy.deepcopy(at(located.container, keys))), generation)


def _change(daemonset: Document, guards: tuple[Guard, ...], operation: dict[str, object]) -> Change:
    metadata = as_mapping(daemonset.get("metadata"))
    target = daemonset_ref(str(metadata.get("namespace", "")), str(metadata.get("name", "")))
    change = Change(target, (operation,), guards)
    return Change(target, (operation,), guards, by_hand=patch_command(change))
