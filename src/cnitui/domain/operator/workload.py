"""A DaemonSet or Deployment as the operator reads it: containers by name, variables with their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.observation import CALICO_NODE, SYSTEM, Observation, mappings, text
from cnitui.domain.plan import ObjectRef
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable: `set`, `absent`, `unread` (its ConfigMap may not be read) or `odd` (another source).

    `quote` is what the spec says, `why` what is wrong with it.
    """

    name: str
    state: Literal["set", "absent", "unread", "odd"]
    value: str = ""
    quote: str = ""
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether it is known what the container gets."""
        return self.state in ("set", "absent")

    def given(self, default: str = "") -> str:
        """The value, the default when it is absent."""
        return self.value if self.state == "set" else default


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload of the installation, and where the values of its variables come from."""

    document: Document
    seen: Observation
    words: str

    @property
    def pod(self) -> Document:
        """The pod's spec."""
        return as_mapping(self.template.get("spec"))

    @property
    def template(self) -> Document:
        """The pod template."""
        return as_mapping(as_mapping(self.document.get("spec")).get("template"))

    @property
    def metadata(self) -> Document:
        """Its own metadata."""
        return as_mapping(self.document.get("metadata"))

    def containers(self) -> Iterator[Document]:
        """All of them; ordinary ones first, as the operator looks for them."""
        yield from mappings(self.pod.get("containers"))
        yield from mappings(self.pod.get("initContainers"))

    def container(self, name: str) -> Document | None:
        """The container of that name."""
        return next((container for container in self.containers() if container.get("name") == name), None)

    def volume(self, name: str) -> Document | None:
        """The volume of that name."""
        return next((volume for volume in mappings(self.pod.get("volumes")) if volume.get("name") == name), None)

    def host_path(self, volume: str) -> str:
        """The path of a hostPath volume, "" when there is no such volume or it is of another kind."""
        return text(as_mapping(as_mapping(self.volume(volume)).get("hostPath")).get("path"))

    def variable(self, container: str, name: str) -> Variable:
        """A variable of a container, as `convert/k8s.go` resolves it: a value, or a key of a ConfigMap."""
        listed = mappings(as_mapping(self.container(container)).get("env"))
        entry = next((entry for entry in listed if entry.get("name") == name), None)
        if entry is None:
            return Variable(name, "absent", quote=f"{name} is not set on {container}")
        source = as_mapping(entry.get("valueFrom"))
        if not source:
            return Variable(name, "set", text(entry.get("value")), f"{name}={text(entry.get('value'))}")
        reference = as_mapping(source.get("configMapKeyRef"))
        if reference:
            return self._from_config(name, text(reference.get("name")), text(reference.get("key")))
        kind = ", ".join(sorted(map(str, source)))
        return Variable(name, "odd", quote=f"{name} from {kind}", why=f"its value comes from {kind}")

    def _from_config(self, name: str, config: str, key: str) -> Variable:
        ref = ObjectRef("", "v1", "configmaps", "ConfigMap", config, SYSTEM)
        where = f"{name} from ConfigMap {SYSTEM}/{config}, key {key}"
        unseen = self.seen.unseen(ref)
        document = self.seen.one(ref)
        if unseen:
            return Variable(name, "unread", quote=where, why=f"{where}: {unseen}")
        if document is None:
            return Variable(name, "odd", quote=where, why=f"there is no ConfigMap {SYSTEM}/{config}")
        value = text(as_mapping(document.get("data")).get(key))
        return Variable(name, "set", value, f"{name}={value} ({where})")

    def field_of_node(self, container: str, name: str) -> bool:
        """Whether a variable is absent or the node's name by the downward API."""
        listed = mappings(as_mapping(self.container(container)).get("env"))
        entry = next((entry for entry in listed if entry.get("name") == name), None)
        reference = as_mapping(as_mapping(as_mapping(entry).get("valueFrom")).get("fieldRef"))
        return entry is None or reference.get("fieldPath") == "spec.nodeName"


def workload(seen: Observation, ref: ObjectRef = CALICO_NODE) -> Workload | None:
    """One of the installation's workloads, None when it is not there or could not be read."""
    document = seen.one(ref)
    return Workload(document, seen, ref.words) if document is not None else None


def config_maps(daemonset: Document) -> tuple[ObjectRef, ...]:
    """The ConfigMaps of kube-system that a DaemonSet's variables come from, beside those that are read anyway."""
    found = Workload(daemonset, Observation({}), "")
    names = {
        text(as_mapping(as_mapping(entry.get("valueFrom")).get("configMapKeyRef")).get("name"))
        for container in found.containers()
        for entry in mappings(container.get("env"))
    }
    return tuple(ObjectRef("", "v1", "configmaps", "ConfigMap", name, SYSTEM) for name in sorted(names - {""}))
