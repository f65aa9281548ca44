"""text-file-busy: a left-over temporary file is being executed, so the installer may not write it.

v3.27.0 copies to NAME.tmp and renames; an interrupted run left calico.tmp, and a process still runs from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.kubelet.installer import BINARIES
from cnitui.lab.machine.node import BIN_DIR
from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """The workers' calico.tmp is held by a hanging plugin call."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        held = node.files.file(f"{BIN_DIR}/calico.tmp", mode=0o4755, size=BINARIES["calico"] // 2)
        held.busy = node.pid()


SCENARIO = Scenario(
    "text-file-busy",
    "a process on the workers still runs /opt/cni/bin/calico.tmp, which the installer has to overwrite",
    prepare,
    seen="workers crash-loop in install-cni in the middle of the binaries; the control plane runs",
    causes=("text-file-busy",),
)
