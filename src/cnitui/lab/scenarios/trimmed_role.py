"""trimmed-role: the ClusterRole calico-node has lost its rules.

The same refusal as without the binding, which is there: only the rules of the release help.
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
    "trimmed-role",
    "the ClusterRole calico-node lost its rules: the API server refuses install-cni its token everywhere",
    prepare,
    ruleless=frozenset({"ClusterRole/calico-node"}),
    seen="install-cni crash-loops on every node: it gets no token",
    causes=("rbac-forbidden",),
)
