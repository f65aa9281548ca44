"""Node objects: addresses, capacity, conditions and taints, as kubelet and node controllers write them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cnitui.lab.clock import rfc3339
from cnitui.lab.machine.node import uuid_of
from cnitui.lab.objects.resources import NODES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.node import Node
    from cnitui.lab.objects.store import Store

NOT_READY = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
READY = "kubelet is posting ready status"
_TAINT = "node.kubernetes.io/not-ready"


def node_object(node: Node, version: str, images: list[str], now: datetime) -> Object:
    """The whole object of a node whose network state is as its files say."""
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        **node.labels,
    }
    spec: Object = {"podCIDR": node.pod_subnet, "podCIDRs": [node.pod_subnet]}
    if node.control_plane:
        labels["node-role.kubernetes.io/control-plane"] = ""
        labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
        spec["taints"] = [{"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}]
    made: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels, "annotations": _annotations(node)},
        "spec": spec,
        "status": _status(node, version, images, now),
    }
    set_ready(made, now, ready=node.network_ready)
    return made


def _annotations(node: Node) -> dict[str, str]:
    return {
        "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock",
        "node.alpha.kubernetes.io/ttl": "0",
        "projectcalico.org/IPv4Address": f"{node.ip}/24",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }


def _status(node: Node, version: str, images: list[str], now: datetime) -> Object:
    size = {
        "cpu": "4",
        "ephemeral-storage": "51290592Ki",
        "hugepages-2Mi": "0",
        "memory": "8148328Ki",
        "pods": "110",
    }
    quiet = (
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    )
    booted = rfc3339(node.booted)
    conditions = [
        {
            "type": kind,
            "status": "False",
            "lastHeartbeatTime": rfc3339(now),
            "lastTransitionTime": booted,
            "reason": reason,
            "message": text,
        }
        for kind, reason, text in quiet
    ]
    return {
        "addresses": [{"type": "InternalIP", "address": node.ip}, {"type": "Hostname", "address": node.name}],
        "allocatable": size | {"ephemeral-storage": "47269409474", "memory": "8045928Ki"},
        "capacity": size,
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [_image(image) for image in images],
        "nodeInfo": {
            "architecture": node.architecture,
            "bootID": node.boot_id,
            "containerRuntimeVersion": node.runtime,
            "kernelVersion": node.kernel,
            "kubeProxyVersion": version,
            "kubeletVersion": version,
            "machineID": node.machine_id,
            "operatingSystem": "linux",
            "osImage": node.os_image,
            "systemUUID": uuid_of(node.machine_id),
        },
    }


def _image(image: str) -> Object:
    digest = hashlib.sha256(image.encode()).hexdigest()
    repository = image.rsplit(":", 1)[0]
    return {"names": [f"{repository}@sha256:{digest}", image], "sizeBytes": 40_000_000 + int(digest[:6], 16)}


def edit_conditions(store: Store, name: str, edit: Callable[[Object], None]) -> Object | None:
    """Stores a Node after an edit in place of its conditions and of its list of taints; None when it is gone.

    Only those are copied: of thousands of nodes the rest stays what it was.
    """
    held = store.find(NODES.key, "", name)
    if held is None:
        return None
    conditions = [dict(one) for one in held["status"]["conditions"]]
    fresh = {**held, "spec": dict(held["spec"]), "status": {**held["status"], "conditions": conditions}}
    edit(fresh)
    return store.update(NODES, fresh)


def set_condition(obj: Object, condition: Object, now: datetime) -> None:
    """Puts a condition, its transition time moving only with its status; in place."""
    held = obj["status"]["conditions"]
    stamp = rfc3339(now)
    fresh = {"lastHeartbeatTime": stamp, "lastTransitionTime": stamp} | condition
    for place, before in enumerate(held):
        if before["type"] == condition["type"]:
            if before["status"] == condition["status"]:
                fresh["lastTransitionTime"] = before["lastTransitionTime"]
            held[place] = fresh
            return
    held.append(fresh)


def set_ready(obj: Object, now: datetime, *, ready: bool) -> None:
    """The Ready condition and the taints that the node lifecycle controller keeps with it; in place."""
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    condition |= {"reason": "KubeletReady", "message": READY} if ready else {}
    if not ready:
        condition |= {"reason": "KubeletNotReady", "message": NOT_READY}
    set_condition(obj, condition, now)
    taints = [taint for taint in obj["spec"].get("taints", []) if taint["key"] != _TAINT]
    if not ready:
        taints.append({"effect": "NoSchedule", "key": _TAINT})
        taints.append({"effect": "NoExecute", "key": _TAINT, "timeAdded": rfc3339(now)})
    if taints:
        obj["spec"]["taints"] = taints
    else:
        obj["spec"].pop("taints", None)


def set_network_available(obj: Object, now: datetime) -> None:
    """What calico-node writes once it runs; in place."""
    condition = {
        "type": "NetworkUnavailable",
        "status": "False",
        "reason": "CalicoIsUp",
        "message": "Calico is running on this node",
    }
    set_condition(obj, condition, now)
