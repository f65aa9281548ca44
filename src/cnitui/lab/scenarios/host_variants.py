"""The host refuses, and it is not SELinux: mount options, ownership of the disk's last inodes, a runtime that looks
elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.machines import opt_volume
from cnitui.lab.scenarios.scenario import Scenario, sound
from cnitui.lab.scenarios.selinux_variants import NOT_WRITEABLE

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def _without_inodes(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        volume = opt_volume(node)
        volume.inodes_used = volume.inodes


def _without_exec(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        volume = opt_volume(node)
        volume.options = volume.options.replace("rw,", "rw,noexec,", 1)


def _other_directory(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        node.cni_conf_dir = "/etc/kubernetes/cni/net.d"
        node.files.directory("/etc/kubernetes/cni")
        node.files.directory(node.cni_conf_dir)


INODES = Scenario(
    "disk-inodes",
    "/opt, a volume of its own on the workers, has room and not one inode left",
    _without_inodes,
    seen=NOT_WRITEABLE,
    causes=("disk-full",),
)
NOEXEC = Scenario(
    "noexec-volume",
    "/opt, a volume of its own on the workers, is mounted noexec: what was installed cannot be run",
    _without_exec,
    seen="workers crash-loop in install-cni: permission denied on the binary it has just written",
    causes=("host-permission",),
)
DIRECTORIES = Scenario(
    "cni-dir-mismatch",
    "the workers' containerd reads /etc/kubernetes/cni/net.d, install-cni writes to /etc/cni/net.d",
    _other_directory,
    seen="every calico-node pod runs, and the workers are NotReady all the same",
    causes=("cni-dir-mismatch",),
)
