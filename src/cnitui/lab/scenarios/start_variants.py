"""The container does not get as far as its program, or not further: images, volumes, admission, memory, processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario, sound

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.scenario import Installation

CNI, NODE = "docker.io/calico/cni", "docker.io/calico/node"


def _collected(node: Node, registry: str) -> None:
    """The images were collected from the workers' disks, and have to be fetched again."""
    sound(node)
    if not node.control_plane:
        node.absent_images |= {CNI, NODE}
        node.registry = registry


def _limited(node: Node) -> None:
    _collected(node, "rate-limited")


def _offline(node: Node) -> None:
    _collected(node, "timeout")


def _wrong_tag(installation: Installation) -> None:
    for one in installation.daemon_set["spec"]["template"]["spec"]["initContainers"]:
        one["image"] = one["image"].replace("cni:v3.27.0", "cni:v3.27.O")


def _arm(node: Node) -> None:
    """The workers are ARM machines."""
    sound(node)
    if not node.control_plane:
        node.architecture, node.kernel = "arm64", "5.14.0-427.42.1.el9_4.aarch64"


def _mirrored(installation: Installation) -> None:
    """The manifest was pointed at a private copy of the image, made on somebody's laptop."""
    for one in installation.daemon_set["spec"]["template"]["spec"]["initContainers"]:
        one["image"] = one["image"].replace(CNI, "registry.lab/calico/cni")


def _no_bpf(node: Node) -> None:
    """The workers' kernel has no BPF filesystem, so the directory that the manifest asks for is not there."""
    sound(node)
    if not node.control_plane:
        node.files.remove("/sys/fs/bpf")


def _limit(installation: Installation) -> None:
    """Somebody gave install-cni a memory limit, and it was low."""
    installation.install_cni["resources"] = {"limits": {"memory": "16Mi"}, "requests": {"memory": "16Mi"}}


def _guarded(installation: Installation) -> None:
    """The namespace was labelled for the `baseline` level, and the DaemonSet was applied after that."""
    labels = installation.of("Namespace/kube-system")["metadata"]["labels"]
    labels["pod-security.kubernetes.io/enforce"] = "baseline"


def _old_manifest(installation: Installation) -> None:
    """The manifest is of v3.15, which started a shell script; the images were moved to v3.27."""
    installation.install_cni["command"] = ["/install-cni.sh"]


RATE_LIMIT = Scenario(
    "image-rate-limit",
    "the workers have to fetch Calico's images, and the registry's rate limit is reached",
    _limited,
    seen="workers do not get past Init:ImagePullBackOff; the control plane runs",
    causes=("image-pull",),
)
OFFLINE = Scenario(
    "image-offline",
    "the workers have to fetch Calico's images and do not reach the registry",
    _offline,
    seen="workers do not get past Init:ImagePullBackOff; the control plane runs",
    causes=("image-pull",),
)
TAG = Scenario(
    "image-tag",
    "the DaemonSet names an image v3.27.O, with a letter, that no registry has",
    alter=_wrong_tag,
    seen="no node gets past Init:ImagePullBackOff",
    causes=("image-pull",),
)
ARCHITECTURE = Scenario(
    "arch-mismatch",
    "the workers are ARM machines, and the private copy of Calico's image is for amd64 alone",
    _arm,
    alter=_mirrored,
    seen="workers crash-loop in their first init container, with one line of log; the control plane runs",
    causes=("arch-mismatch",),
)
VOLUME = Scenario(
    "mount-failure",
    "the workers have no /sys/fs/bpf, which the manifest mounts as a Directory",
    _no_bpf,
    seen="pods of the workers stay in Init:0/3 and have no log at all; the control plane runs",
    causes=("mount-failure",),
)
CONFIG_MAP = Scenario(
    "missing-configmap",
    "the ConfigMap calico-config is not there, from which the containers get their settings",
    lacks=frozenset({"ConfigMap/calico-config"}),
    seen="no node gets past Init:CreateContainerConfigError",
    causes=("mount-failure",),
)
MEMORY = Scenario(
    "resource-pressure",
    "install-cni was given a memory limit of 16 MiB, and is killed for it",
    alter=_limit,
    seen="install-cni crash-loops on every node, and its log ends in the middle",
    causes=("resource-pressure",),
)
ADMISSION = Scenario(
    "admission-denied",
    "the namespace kube-system enforces the Pod Security level baseline, which Calico's pods violate",
    alter=_guarded,
    seen="there is no calico-node pod at all, and every node is NotReady",
    causes=("admission-denied",),
)
OLD_MANIFEST = Scenario(
    "version-incompatibility",
    "a manifest of Calico v3.15 with images of v3.27: the program that it starts is not in the image",
    alter=_old_manifest,
    seen="install-cni crash-loops on every node and never writes a log",
    causes=("version-incompatibility", "image-pull"),
)
