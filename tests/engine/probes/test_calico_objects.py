"""Calico's own objects of a node: those that are about it, in words, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cnitui.domain.plan import ObjectRef
from cnitui.engine.ports import ClusterApi
from cnitui.engine.probes.calico_objects import CalicoObject, calico_objects
from cnitui.errors import CnituiError, Forbidden, NotFound

Document = Mapping[str, object]
NODE = {
    "metadata": {
        "annotations": {
            "projectcalico.org/IPv4Address": "10.0.0.21/24",
            "projectcalico.org/IPv4IPIPTunnelAddr": "10.244.1.1",
            "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock",
        }
    }
}


def named(name: str, **spec: object) -> Document:
    return {"metadata": {"name": name}, "spec": spec}


LISTS: dict[str, tuple[Document, ...]] = {
    "blockaffinities": (
        named("worker-02-x", node="worker-02", cidr="10.244.2.0/26", state="confirmed"),
        named("worker-01-x", node="worker-01", cidr="10.244.1.0/26", state="confirmed", deleted="false"),
    ),
    "ipamblocks": (
        named("10-244-1-0-26", affinity="host:worker-01", cidr="10.244.1.0/26", allocations=[0, None, 1, None]),
        named("10-244-2-0-26", affinity="host:worker-02", cidr="10.244.2.0/26", allocations=[0]),
        named("odd", affinity=["no", "text"], allocations="no list"),
    ),
    "felixconfigurations": (named("default", bpfEnabled=True), named("node.worker-01", logSeverityScreen="Debug")),
    "bgppeers": (named("tor", node="worker-01", peerIP="10.0.0.1", asNumber=64512),),
    "hostendpoints": ({"metadata": None, "spec": "garbage"},),
}


class Api:
    """Answers from `LISTS`, or fails."""

    def __init__(self, **failures: CnituiError) -> None:
        self.failures = failures

    async def get(self, ref: ObjectRef) -> Document:
        if "nodes" in self.failures:
            raise self.failures["nodes"]
        return NODE

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Document, ...]:
        if ref.resource in self.failures:
            raise self.failures[ref.resource]
        return LISTS[ref.resource]


async def test_what_is_about_the_node_is_told_in_words() -> None:
    read = await calico_objects(cast(ClusterApi, Api()), "worker-01")
    assert read.found == (
        CalicoObject("Node", "annotations", "IPv4Address 10.0.0.21/24, IPv4IPIPTunnelAddr 10.244.1.1"),
        CalicoObject("BlockAffinity", "worker-01-x", "10.244.1.0/26 confirmed"),
        CalicoObject("IPAMBlock", "10-244-1-0-26", "10.244.1.0/26, 2 of 4 addresses in use"),
        CalicoObject("FelixConfiguration", "node.worker-01", "logSeverityScreen Debug"),
        CalicoObject("BGPPeer", "tor", "peerIP 10.0.0.1, asNumber 64512"),
    )
    assert read.unread == ()


async def test_what_may_not_be_read_costs_nothing_else() -> None:
    api = Api(bgppeers=Forbidden("may not list bgppeers"), hostendpoints=NotFound("no such resource"))
    read = await calico_objects(cast(ClusterApi, api), "worker-01")
    assert [one.kind for one in read.found] == ["Node", "BlockAffinity", "IPAMBlock", "FelixConfiguration"]
    assert [kind for kind, _ in read.unread] == ["BGPPeer", "HostEndpoint"]
    assert read.unread[0][1] == "may not list bgppeers"
    assert "CRDs are not installed" in read.unread[1][1]


async def test_a_node_without_any_has_none() -> None:
    read = await calico_objects(cast(ClusterApi, Api(nodes=NotFound("gone"))), "worker-09")
    assert read.found == ()
    assert [kind for kind, _ in read.unread] == ["Node annotations"]
