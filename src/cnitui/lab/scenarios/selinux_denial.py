"""selinux-denial: the founding guide's incident.

The privileged line was taken out of install-cni. Workers enforce and their runtime labels containers; the files in
/opt/cni/bin are container_file_t, left by an earlier installation, but the directory is bin_t, the policy's own label:
`ls -lZ` looks right and the write is denied. The control plane enforces as well, but its containerd does not label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.kubelet.installer import BINARIES
from cnitui.lab.machine.node import BIN_DIR
from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node

OLD_SIZES = {"calico": 59_822_080, "calico-ipam": 59_822_080, "install": 59_822_080}
"""Of an earlier Calico: the new installer would not call them up to date."""


def prepare(node: Node) -> None:
    """Runtime labelling tells the workers from the control plane."""
    node.selinux.runtime_labels = not node.control_plane
    if node.control_plane:
        return
    for name, size in BINARIES.items():
        node.files.file(f"{BIN_DIR}/{name}", mode=0o755, size=OLD_SIZES.get(name, size))
    for plugin in node.files.children(BIN_DIR):
        node.files.file(plugin.path, type_="container_file_t", mode=0o755, size=plugin.size)


SCENARIO = Scenario(
    "selinux-denial",
    "install-cni without privileged on workers where SELinux enforces and the runtime labels containers",
    prepare,
    privileged=False,
    seen='workers crash-loop in install-cni: "found no writeable directory"; the control plane runs',
    causes=("selinux-denial",),
)
