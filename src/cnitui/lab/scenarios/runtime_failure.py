"""runtime-failure: kubelet and container runtime of the workers disagree about the cgroup driver.

Nothing ever starts on such a node, kube-proxy included: no container of calico-node has an attempt, a log or an exit
code, and the pod's status word is Init:0/3 for ever. Only the kubelet's events tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node


def prepare(node: Node) -> None:
    """The workers' kubelet was set up with cgroupfs, containerd with SystemdCgroup."""
    node.selinux.runtime_labels = not node.control_plane
    if not node.control_plane:
        node.kubelet_cgroups = "cgroupfs"


SCENARIO = Scenario(
    "runtime-failure",
    "kubelet and containerd on the workers use different cgroup drivers, so that no pod gets a sandbox",
    prepare,
    seen="pods of the workers stay in Init:0/3 and have no log at all; the control plane runs",
    causes=("runtime-failure",),
)
