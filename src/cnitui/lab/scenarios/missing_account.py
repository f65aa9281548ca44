"""missing-account: the ServiceAccount calico-cni-plugin is not there.

Part of the manifest was not applied: install-cni may ask for a token of that account, and there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """The machines are sound."""
    node.selinux.runtime_labels = not node.control_plane


SCENARIO = Scenario(
    "missing-account",
    "the ServiceAccount calico-cni-plugin does not exist: install-cni gets no token for it anywhere",
    prepare,
    lacks=frozenset({"ServiceAccount/calico-cni-plugin"}),
    seen="install-cni crash-loops on every node: it gets no token",
    causes=("serviceaccount-token", "rbac-forbidden"),
)
