"""A Job that runs commands on one node in the host's own root, and is gone by itself.

It is bound by spec.nodeName and tolerates everything, because a node without CNI is NotReady and tainted; it uses the
host's network, because there is no other there. Deadline and TTL end and remove it should we be killed before we can.

No image has to hold anything, and none has to be pulled: the node's own /usr and libraries are mounted over those of
the image, so that the node's own chroot(8) starts, whatever the image is (tried with an empty root: chroot of coreutils
needs no more than /usr, /lib and, where the loader is there, /lib64). The image named is the one whose container fails
on that node, which is there already, since it ran.

Sources: batch/v1 JobSpec (kubernetes pkg/apis/batch/types.go); where the loaders are: the psABI of each architecture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cnitui.domain.documents import as_mapping
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.plan import Access, ObjectRef
from cnitui.domain.remedies.template import at
from cnitui.late_dataclass import dataclass

LIFETIME_SECONDS = 90
"""The Job is ended after this time, whatever it does."""
KEPT_SECONDS = 60
"""Once it has ended, the Job controller removes it after this time, if we have not."""
WRITING, WRITING_SECONDS = "relabel", 420
"""The container of a Job that changes a node, and its time: semanage builds the whole policy anew."""
HOST = "/host"
LABELS = {"app.kubernetes.io/name": "cnitui-node", "app.kubernetes.io/managed-by": "cnitui"}
SELECTOR = ",".join(f"{key}={value}" for key, value in LABELS.items())
"""Finds our Jobs, also those of an earlier sitting."""
SITTING = "app.kubernetes.io/instance"
"""The label that says which sitting a Job belongs to."""
SEALED = ("talos", "bottlerocket")
"""Systems whose root has no shell to run anything with, by the first word of the node's OS image."""

_LOADER_IN_LIB64 = frozenset({"", "amd64", "ppc64le"})
_PROGRAM = ("/usr/sbin/chroot", HOST, "sh", "-c")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Job runs: a node, and an image, which is on it already when a container of it has run there."""

    node: str
    namespace: str
    image: str
    architecture: str = ""
    present: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """A Job to be created: the object, where it runs, its containers' names, and the seconds it may take."""

    ref: ObjectRef
    node: str
    image: str
    document: Mapping[str, object]
    containers: tuple[str, ...]
    seconds: int = LIFETIME_SECONDS

    def of(self, sitting: str) -> Job:
        """The same, marked as one of this sitting's."""
        spec = as_mapping(self.document["spec"])
        template = _marked(as_mapping(spec["template"]), sitting)
        return replace(self, document=_marked({**self.document, "spec": {**spec, "template": template}}, sitting))


def reading_job(name: str, place: Place, scripts: Sequence[tuple[str, str]], seconds: int = LIFETIME_SECONDS) -> Job:
    """The Job that reads a node: `scripts` are (container name, script for sh), each in a container, side by side."""
    mounts = _mounts(place.architecture)
    pod = {
        "nodeName": place.node,
        "restartPolicy": "Never",
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": volume, "hostPath": {"path": path}} for volume, path, _ in mounts],
        "containers": [_container(container, script, place.image, mounts) for container, script in scripts],
    }
    made = document(name, place.namespace, pod, seconds)
    names = tuple(container for container, _ in scripts)
    return Job(reference(name, place.namespace), place.node, place.image, made, names, seconds)


def writing_job(name: str, place: Place, script: str) -> Job:
    """The Job that carries out an order on a node: the same as one that reads, with more time."""
    return reading_job(name, place, ((WRITING, script),), WRITING_SECONDS)


def _marked(document: Mapping[str, object], sitting: str) -> dict[str, object]:
    metadata = as_mapping(document["metadata"])
    return {**document, "metadata": {**metadata, "labels": {**as_mapping(metadata["labels"]), SITTING: sitting}}}


def sitting_of(document: Mapping[str, object]) -> str:
    """Whose Job it is; "" when it does not say."""
    return str(as_mapping(at(document, ("metadata", "labels"))).get(SITTING, ""))


def place_of(pod: PodStatus, node: NodeStatus) -> Place:
    """Where a failing or reference pod's node is read from: the pod's namespace, and an image of the pod that ran."""
    ran = [one for one in (pod.failing, *pod.containers) if one is not None and (one.current or one.last)]
    tried = next(iter((*ran, *pod.containers)), None)
    spec = pod.spec(tried.name) if tried else None
    image = spec.image if spec and spec.image else tried.image if tried else ""
    return Place(pod.node, pod.namespace, image, node.architecture, present=bool(ran))


def sealed(node: NodeStatus) -> str:
    """The name of the node's system when that has no shell, else ""."""
    return node.os_image if node.os_image.lower().startswith(SEALED) else ""


def collection(namespace: str) -> ObjectRef:
    """All Jobs of a namespace."""
    return ObjectRef("batch", "v1", "jobs", "Job", "", namespace)


def reference(name: str, namespace: str) -> ObjectRef:
    """The Job as an object of the API."""
    return ObjectRef("batch", "v1", "jobs", "Job", name, namespace)


def document(name: str, namespace: str, pod: Mapping[str, object], seconds: int) -> dict[str, object]:
    """A Job around a pod's spec: ours by its labels, tried once, ended and removed by itself."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(LABELS)},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": seconds,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": dict(LABELS)}, "spec": dict(pod)},
        },
    }


def _mounts(architecture: str) -> tuple[tuple[str, str, str], ...]:
    """(volume, path on the node, path in the container)."""
    root = (("host-root", "/", HOST), ("host-usr", "/usr", "/usr"), ("host-lib", "/lib", "/lib"))
    return (*root, ("host-lib64", "/lib64", "/lib64")) if architecture in _LOADER_IN_LIB64 else root


def _container(name: str, script: str, image: str, mounts: Iterable[tuple[str, str, str]]) -> dict[str, object]:
    """`$` is doubled: the kubelet expands $(NAME) in arguments, and takes $$ for a plain $."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [*_PROGRAM, script.replace("$", "$$")],
        "resources": {"requests": {"cpu": "1m", "memory": "16Mi"}},
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"name": volume, "mountPath": path, **({} if path == HOST else {"readOnly": True})}
            for volume, _, path in mounts
        ],
    }


def accesses(namespace: str) -> tuple[Access, ...]:
    """What creating, following and removing it takes."""
    return (
        Access("create", "batch", "jobs", namespace),
        Access("list", "batch", "jobs", namespace),
        Access("delete", "batch", "jobs", namespace),
        Access("list", "", "pods", namespace),
        Access("get", "", "pods", namespace, subresource="log"),
    )
