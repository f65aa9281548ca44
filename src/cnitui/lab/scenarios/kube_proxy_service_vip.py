"""kube-proxy-service-vip: the API server answers at its own address, but not at the Service's.

kube-proxy on the workers runs and cannot write its rules, so nothing translates 10.96.0.1; packets to it leave by the
default route and are lost. install-cni is privileged and writes the binaries; its token request times out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """The workers' iptables backend refuses kube-proxy."""
    node.selinux.runtime_labels = not node.control_plane
    node.network.iptables_works = node.control_plane


SCENARIO = Scenario(
    "kube-proxy-service-vip",
    "kube-proxy cannot write its rules on the workers: 10.96.0.1 leads nowhere, the endpoint answers",
    prepare,
    seen="workers crash-loop in install-cni after the binaries: the token request gets no answer",
    causes=("kube-proxy-service-vip",),
)
