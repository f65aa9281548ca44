"""calico-ipam's records: which address of which block a pod has, kept as Calico keeps them.

Shapes as in projectcalico/calico libcalico-go/lib/backend/model: block.go, block_affinity.go, ipam_handle.go@v3.27.0.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from cnitui.lab.objects.resources import BLOCK_AFFINITIES, IPAM_BLOCKS, IPAM_HANDLES, PODS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World

_BLOCK = 26
_SIZE = 1 << (32 - _BLOCK)


class IpamController:
    """Records the addresses of pods that have a network of their own, and forgets them with the pod."""

    def __init__(self, world: World) -> None:
        self._world = world

    def on_change(self, change: Change) -> None:
        """Notes an address that was given or given back."""
        if change.key != PODS.key or change.object["spec"].get("hostNetwork"):
            return
        if change.type == "DELETED":
            self._release(change.object)
        else:
            self._record(change.object)

    def sync_all(self) -> None:
        """Records those that were there before."""
        for pod in self._world.store.all(PODS.key):
            if not pod["spec"].get("hostNetwork"):
                self._record(pod)

    def stop(self) -> None:
        """Nothing is running."""

    def _record(self, pod: Object) -> None:
        address, node = (pod.get("status") or {}).get("podIP"), pod["spec"].get("nodeName")
        handle = _handle(pod)
        if not address or not node or self._world.store.find(IPAM_HANDLES.key, "", handle) is not None:
            return
        block = ipaddress.ip_network(f"{address}/{_BLOCK}", strict=False)
        self._ensure_block(str(block), node)
        spec = {"block": {str(block): 1}, "deleted": False, "handleID": handle}
        self._world.store.create(IPAM_HANDLES, {"metadata": {"name": handle}, "spec": spec})
        place = int(ipaddress.ip_address(address)) - int(block.network_address)
        secondary = {"namespace": pod["metadata"]["namespace"], "node": node, "pod": pod["metadata"]["name"]}

        def allocate(held: Object) -> None:
            spec = held["spec"]
            spec["attributes"].append({"handle_id": handle, "secondary": secondary})
            spec["allocations"][place] = len(spec["attributes"]) - 1
            spec["unallocated"] = [free for free in spec["unallocated"] if free != place]

        self._world.store.modify(IPAM_BLOCKS, "", _name(str(block)), allocate)

    def _ensure_block(self, cidr: str, node: str) -> None:
        name, store = _name(cidr), self._world.store
        if store.find(IPAM_BLOCKS.key, "", name) is not None:
            return
        empty: Object = {"allocations": [None] * _SIZE, "attributes": [], "unallocated": list(range(_SIZE))}
        spec = {"affinity": f"host:{node}", "cidr": cidr, "deleted": False, "strictAffinity": False, **empty}
        store.create(IPAM_BLOCKS, {"metadata": {"name": name}, "spec": spec})
        affinity = {"cidr": cidr, "deleted": "false", "node": node, "state": "confirmed"}
        store.create(BLOCK_AFFINITIES, {"metadata": {"name": f"{node}-{name}"}, "spec": affinity})

    def _release(self, pod: Object) -> None:
        handle = _handle(pod)
        held = self._world.store.find(IPAM_HANDLES.key, "", handle)
        if held is None:
            return
        self._world.store.delete(IPAM_HANDLES, "", handle)

        def free(block: Object) -> None:
            spec = block["spec"]
            gone = [index for index, owner in enumerate(spec["attributes"]) if owner["handle_id"] == handle]
            places = [place for place, index in enumerate(spec["allocations"]) if index in gone]
            spec["allocations"] = [None if index in gone else index for index in spec["allocations"]]
            spec["unallocated"] = [*spec["unallocated"], *places]

        for cidr in held["spec"]["block"]:
            self._world.store.modify(IPAM_BLOCKS, "", _name(cidr), free)


def _name(cidr: str) -> str:
    return cidr.replace(".", "-").replace("/", "-")


def _handle(pod: Object) -> str:
    """Calico names it after the sandbox, of which the lab keeps none; the pod's uid is as unique."""
    return f"k8s-pod-network.{pod['metadata']['uid'].replace('-', '')}"
