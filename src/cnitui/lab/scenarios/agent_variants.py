"""install-cni does its work, and calico-node does not start, or runs and is not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.network import BGP_PORT, TYPHA_PORT, Interface
from cnitui.lab.objects import calico_extras
from cnitui.lab.objects.resources import CALICO
from cnitui.lab.scenarios.scenario import Scenario, sound

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.scenario import Installation

NAT = "10.0.2.15"
"""What VirtualBox gives the first interface of every machine."""
CUSTOM = frozenset(
    f"{kind}/{name}"
    for kind, name in (
        *(("CustomResourceDefinition", f"{one.plural}.crd.projectcalico.org") for one in CALICO),
        ("IPPool", "default-ipv4-ippool"),
        ("ClusterInformation", "default"),
        ("FelixConfiguration", "default"),
        ("KubeControllersConfiguration", "default"),
    )
)


def _renamed_links(node: Node) -> None:
    """The workers' images name the first interface otherwise."""
    sound(node)
    if not node.control_plane:
        node.network.interfaces = [Interface("ens192", node.ip)]


def _by_eth0(installation: Installation) -> None:
    installation.calico_node["env"].append({"name": "IP_AUTODETECTION_METHOD", "value": "interface=eth0"})


def _behind_nat(node: Node) -> None:
    """Virtual machines whose first interface is a NAT of the hypervisor, with the same address in each."""
    sound(node)
    node.network.interfaces = [Interface("eth0", NAT), Interface("eth1", node.ip)]


def _small_pool(installation: Installation) -> None:
    """The pool was deleted, and the one that calico-node is to make is smaller than a block."""
    del installation.objects["IPPool/default-ipv4-ippool"]
    pool = next(one for one in installation.calico_node["env"] if one["name"] == "CALICO_IPV4POOL_CIDR")
    pool["value"] = "10.244.0.0/27"


def _broken_template(installation: Installation) -> None:
    data = installation.of("ConfigMap/calico-config")["data"]
    data["cni_network_config"] = data["cni_network_config"].replace('"type": "k8s"', '"type": "k8s",')


def _no_bgp(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        node.network.dropped.add(BGP_PORT)


def _no_typha(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        node.network.dropped.add(TYPHA_PORT)


def _with_typha(installation: Installation) -> None:
    made = calico_extras.typha()
    installation.deployments.append(made.deployment)
    installation.objects |= {f"{resource.kind}/calico-typha": (resource, obj) for resource, obj in made.objects}
    installation.of("ConfigMap/calico-config")["data"]["typha_service_name"] = "calico-typha"


def _no_ip_sets(node: Node) -> None:
    sound(node)
    node.ip_sets = node.control_plane
    if not node.control_plane:
        node.os_image, node.kernel = "Rocky Linux 10.0 (Red Quartz)", "6.12.0-55.el10.x86_64"


LINKS = Scenario(
    "ip-autodetection",
    "calico-node is told to take eth0; on the workers the interface is called ens192",
    _renamed_links,
    alter=_by_eth0,
    seen="install-cni is done everywhere; calico-node crash-loops on the workers",
    causes=("ip-autodetection",),
)
SAME_ADDRESS = Scenario(
    "ip-nat-address",
    "the first interface of every machine is a NAT with 10.0.2.15, which calico-node takes for its address",
    _behind_nat,
    seen="install-cni is done everywhere; calico-node crash-loops on all nodes but one",
    causes=("ip-autodetection", "stale-node-state"),
)
POOL = Scenario(
    "ip-pool-config",
    "there is no pool, and the one that calico-node is told to make (10.244.0.0/27) is smaller than a block",
    alter=_small_pool,
    seen="install-cni is done everywhere; calico-node crash-loops on every node",
    causes=("ip-pool-config",),
)
NO_CRDS = Scenario(
    "missing-crds",
    "the DaemonSet was applied without Calico's CRDs",
    lacks=CUSTOM,
    seen="install-cni is done everywhere; calico-node crash-loops on every node",
    causes=("missing-crds",),
)
TEMPLATE = Scenario(
    "bad-cni-config",
    "somebody edited the CNI template in calico-config and left a comma too many",
    alter=_broken_template,
    seen="install-cni crash-loops on every node after it got its token",
    causes=("bad-cni-config",),
)
BGP = Scenario(
    "bgp-not-ready",
    "a firewall drops TCP 179 between the nodes",
    _no_bgp,
    seen="calico-node runs and is not ready (0/1)",
    causes=("bgp-not-ready",),
)
TYPHA = Scenario(
    "typha-unreachable",
    "a firewall drops TCP 5473 from the workers to the node that runs Typha",
    _no_typha,
    alter=_with_typha,
    seen="calico-node runs on the workers and is not ready (0/1)",
    causes=("typha-unreachable",),
)
IP_SETS = Scenario(
    "kernel-dataplane",
    "the workers were moved to a kernel without the modules of ipset",
    _no_ip_sets,
    seen="calico-node runs on the workers and is not ready (0/1)",
    causes=("kernel-dataplane",),
)
