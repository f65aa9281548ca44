"""disk-full: /opt is a volume of its own on the workers and has no room left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.machines import opt_volume
from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """The volume is 100 % used, by a copy somebody left; the kubelet does not watch it: no DiskPressure."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        volume = opt_volume(node)
        snapshot = 1024 * (volume.size - volume.used - 1_204)
        node.files.directory("/opt/backup")
        node.files.file("/opt/backup/etcd-snapshot.db", size=snapshot)
        volume.used = volume.size - 1_204


SCENARIO = Scenario(
    "disk-full",
    "/opt, a volume of its own on the workers, is full",
    prepare,
    seen="workers crash-loop in install-cni in the middle of the binaries; the control plane runs",
    causes=("disk-full",),
)
