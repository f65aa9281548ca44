"""apiserver-unreachable: the same picture as the founding guide's, another cause.

The stock manifest: install-cni is privileged and writes the binaries, then its token request times out, because a
firewall between the workers and the control plane drops TCP 6443 (and so the Service's address, which leads there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """Workers cannot reach the API server's endpoint."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        node.network.endpoint = "timeout"


SCENARIO = Scenario(
    "apiserver-unreachable",
    "the workers' way to the API server drops packets: the token request times out after 30 s",
    prepare,
    seen="workers crash-loop in install-cni after the binaries: the token request gets no answer",
    causes=("apiserver-unreachable",),
)
