"""healthy: the stock manifest on sound machines; every pod runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """Nothing is wrong; workers label containers, which a privileged install-cni does not notice."""
    node.selinux.runtime_labels = not node.control_plane


SCENARIO = Scenario(
    "healthy",
    "Calico v3.27.0 as shipped, every pod running",
    prepare,
    seen="every pod runs",
)
