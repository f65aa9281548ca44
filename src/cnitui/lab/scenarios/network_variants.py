"""The way to the API server: no route, rules of Calico's own, a kube-proxy that is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.network import API_PORT
from cnitui.lab.objects import calico_policies
from cnitui.lab.scenarios.scenario import Scenario, sound

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.scenario import Installation

NO_TOKEN = "workers crash-loop in install-cni after the binaries: the token request gets no answer"  # noqa: S105


def _no_route(node: Node) -> None:
    """The default route of the workers is gone; the control plane is on their own subnet."""
    sound(node)
    node.network.default_route = node.control_plane


def _policy(node: Node) -> None:
    """Felix wrote what the policy says while it ran; its rules stay in the kernel."""
    sound(node)
    if not node.control_plane:
        node.network.felix_drops.add(API_PORT)


def _policy_objects(installation: Installation) -> None:
    """Host endpoints for all, a policy that lets nothing out, and the failsafe ports taken away."""
    for resource, obj in calico_policies.closed_hosts():
        installation.objects[f"{resource.kind}/{obj['metadata']['name']}"] = (resource, obj)
    installation.of("FelixConfiguration/default")["spec"] |= calico_policies.NO_FAILSAFE


def _dead_proxy(node: Node) -> None:
    """kube-proxy may not set the size of the connection table: it ends before it writes a rule."""
    sound(node)
    node.network.conntrack_writable = node.control_plane


NO_ROUTE = Scenario(
    "no-route",
    "the workers have no default route: the Service's address is unreachable at once, the endpoint is on their subnet",
    _no_route,
    seen=NO_TOKEN,
    causes=("apiserver-unreachable",),
)
POLICY = Scenario(
    "network-policy",
    "a Calico policy for hosts, without failsafe ports, cut the workers off from the API server",
    _policy,
    alter=_policy_objects,
    seen=NO_TOKEN,
    causes=("apiserver-unreachable",),
)
DEAD_PROXY = Scenario(
    "kube-proxy-dead",
    "kube-proxy crash-loops on the workers, as it may not set nf_conntrack_max: 10.96.0.1 leads nowhere",
    _dead_proxy,
    seen=NO_TOKEN,
    causes=("kube-proxy-service-vip",),
)
