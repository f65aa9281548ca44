"""missing-binding: somebody who tidied up roles deleted the ClusterRoleBinding calico-node.

install-cni writes the binaries; then the API server refuses it the token, on every node. Nothing is wrong with a
machine.
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
    "missing-binding",
    "the ClusterRoleBinding calico-node was deleted: the API server refuses install-cni its token everywhere",
    prepare,
    lacks=frozenset({"ClusterRoleBinding/calico-node"}),
    seen="install-cni crash-loops on every node: it gets no token",
    causes=("rbac-forbidden",),
)
