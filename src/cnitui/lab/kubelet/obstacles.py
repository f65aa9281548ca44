"""What keeps a container from being started at all: its pod's volumes, its image, its configuration, its program.

Words and order: kubernetes pkg/kubelet (kuberuntime_image.go, images/image_manager.go, container/helpers.go,
pkg/volume/hostpath), containerd and runc as of Kubernetes v1.31.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.objects.resources import CONFIG_MAPS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.node import Node
    from cnitui.lab.objects.store import Store

_UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}
NEEDS_MEMORY = {"cni": 60 << 20, "node": 90 << 20}
"""Bytes that the programs of an image, by its base name, come to use within a second."""
TAGS = {"calico/cni": ("v3.27.0", "v3.27.2"), "calico/node": ("v3.27.0", "v3.27.2")}
"""The tags that a registry has of Calico's images, as far as the lab plays them; of other images it has every tag."""
SINGLE_PLATFORM = {"registry.lab/calico/cni": "amd64"}
"""Copies of images for one processor alone, as `docker pull` and `docker push` make them."""
GONE = {"cni": ("/install-cni.sh",)}
"""Programs that images of older releases had, by base name; whatever else is asked for is there."""


def bytes_of(quantity: str) -> int:
    """`16Mi` in bytes."""
    found = re.fullmatch(r"(\d+)([A-Za-z]{0,2})", quantity)
    return int(found[1]) * _UNITS[found[2]] if found else 0


def image_name(image: str) -> str:
    """`docker.io/calico/cni:v3.27.0` without the tag."""
    head, slash, last = image.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def base_name(image: str) -> str:
    """`cni`."""
    return image_name(image).rpartition("/")[2]


def volume_problem(node: Node, pod: Object) -> str:
    """The words of a FailedMount event, "" when every volume can be set up: a typed hostPath has to be what it says."""
    for volume in pod["spec"].get("volumes") or []:
        path = volume.get("hostPath") or {}
        if path.get("type") == "Directory":
            entry = node.files.get(path["path"])
            if entry is None or entry.kind != "directory":
                what = f"hostPath type check failed: {path['path']} is not a directory"
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {what}'
    return ""


@dataclass(frozen=True)
class Pull:
    """The image has to be fetched; `error` is the registry's answer when it cannot be."""

    error: str = ""


def pull_of(node: Node, image: str) -> Pull | None:
    """What fetching the image comes to; None when it is on the node already."""
    known = next((tags for name, tags in TAGS.items() if image_name(image).endswith(name)), None)
    missing = known is not None and image.rpartition(":")[2] not in known
    if image_name(image) not in node.absent_images and not missing:
        return None
    error = _not_there(image) if missing and node.registry == "ok" else _REGISTRY[node.registry].format(image=image)
    what = f'failed to pull image "{image}": rpc error: code = Unknown desc = failed to pull and unpack image "{image}"'
    return Pull(f"F{what[1:]}: {error}" if error else "")


def _not_there(image: str) -> str:
    return f'failed to resolve reference "{image}": {image}: not found'


_REGISTRY = {
    "ok": "",
    "rate-limited": (
        "failed to copy: httpReadSeeker: failed open: unexpected status code "
        "https://registry-1.docker.io/v2/calico/cni/manifests/sha256:3f3b2b1c: 429 Too Many Requests - Server message: "
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and "
        "upgrading: https://www.docker.com/increase-rate-limit"
    ),
    "timeout": (
        'failed to resolve reference "{image}": failed to do request: Head '
        '"https://registry-1.docker.io/v2/calico/cni/manifests/v3.27.0": dial tcp: lookup registry-1.docker.io: i/o '
        "timeout"
    ),
    "denied": (
        'failed to resolve reference "{image}": pull access denied, repository does not exist or may require '
        "authorization: server message: insufficient_scope: authorization failed"
    ),
}


def config_problem(store: Store, pod: Object, container: Object) -> str:
    """Why the container's environment cannot be put together: a ConfigMap, or a key of one, that is not there."""
    namespace = pod["metadata"]["namespace"]
    for one in container.get("env") or ():
        wanted = (one.get("valueFrom") or {}).get("configMapKeyRef")
        if wanted is None or wanted.get("optional"):
            continue
        held = store.find(CONFIG_MAPS.key, namespace, wanted["name"])
        if held is None:
            return f'configmap "{wanted["name"]}" not found'
        if wanted["key"] not in held.get("data", {}):
            return f"couldn't find key {wanted['key']} in ConfigMap {namespace}/{wanted['name']}"
    return ""


def start_problem(container: Object) -> str:
    """runc's words for a program that is not in the image; "" when it can be started."""
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if not command or command[0] not in GONE.get(base_name(container["image"]), ()):
        return ""
    why = f'exec: "{command[0]}": stat {command[0]}: no such file or directory: unknown'
    what = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed"
    return f"{what}: unable to start container process: {why}"


def foreign_platform(node: Node, container: Object) -> bool:
    """Whether the image was built for another processor than the node's."""
    return SINGLE_PLATFORM.get(image_name(container["image"]), node.architecture) != node.architecture


def exceeds_memory(container: Object) -> bool:
    """Whether the program comes to use more than the container's limit."""
    limit = ((container.get("resources") or {}).get("limits") or {}).get("memory", "")
    return bool(limit) and bytes_of(limit) < NEEDS_MEMORY.get(base_name(container["image"]), 0)
