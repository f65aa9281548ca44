"""read-only-filesystem: /opt is mounted read-only on the workers.

The installer's log is the same as with SELinux: it does not print the errno of its probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.machines import opt_volume
from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """Hardening made the volume read-only."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        volume = opt_volume(node)
        volume.options = volume.options.replace("rw,", "ro,", 1)


SCENARIO = Scenario(
    "read-only-filesystem",
    "/opt, a volume of its own on the workers, is mounted read-only",
    prepare,
    seen='workers crash-loop in install-cni: "found no writeable directory"; the control plane runs',
    causes=("read-only-filesystem",),
)
