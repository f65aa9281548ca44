"""flushed-rules: a firewall's reload emptied the packet filter of the workers, and kube-proxy hangs.

Its pod is Running and says nothing any more. The Service address leads nowhere, as with kube-proxy-service-vip, but a
new kube-proxy can write the rules.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node

AFTER = timedelta(days=11, hours=9)
"""From the machine's installation to the reload, shortly before the incident."""


def prepare(node: Node) -> None:
    """The workers' packet filter was emptied after kube-proxy had started."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        node.network.flushed = node.born + AFTER


SCENARIO = Scenario(
    "flushed-rules",
    "kube-proxy hangs on the workers, and a firewall flushed its rules: 10.96.0.1 leads nowhere until it starts anew",
    prepare,
    seen="workers crash-loop in install-cni after the binaries: the token request gets no answer",
    causes=("kube-proxy-service-vip",),
)
