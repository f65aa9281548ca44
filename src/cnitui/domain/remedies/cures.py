"""Which causes one safe API call cures, and why the others have none: the tool's own plan against each cause.

Beside these, `REMEDIES` has the patches of the DaemonSet, which cure SELinux's causes. A plan here must be a call that
does no harm where it does not help: it creates what the manifest has, or deletes a pod that its controller replaces.
That failing calico-node pods start afresh is part of those plans and none by itself: a new pod alone cures nothing that
the next attempt of the old one would not, for even its token is renewed within the hour.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnitui.domain.remedies import missing_rbac, restart_kube_proxy
from cnitui.domain.remedies.base import Remedy

CURES: Mapping[str, Remedy] = {
    "rbac-forbidden": missing_rbac.REMEDY,
    "serviceaccount-token": missing_rbac.REMEDY,
    "kube-proxy-service-vip": restart_kube_proxy.REMEDY,
}

_ON_THE_NODE = "the fault is on the node itself; the API server cannot reach it"
_OUTSIDE = "the fault is outside the cluster's objects: network, registry or machine"

NO_CURE: Mapping[str, str] = {
    "read-only-filesystem": _ON_THE_NODE,
    "host-permission": _ON_THE_NODE,
    "text-file-busy": f"{_ON_THE_NODE}: a process holds the file, and a new pod meets it again",
    "disk-full": f"{_ON_THE_NODE}: what may be deleted there is its owner's to say",
    "mount-failure": "which host path, Secret or ConfigMap is right cannot be told from what is missing",
    "image-pull": f"{_OUTSIDE}; a pull secret holds credentials, which the tool does not have",
    "arch-mismatch": "another image or another machine is needed",
    "admission-denied": (
        "weakening a namespace's Pod Security level or a policy takes a protection away that somebody set; the command "
        "is given, the decision is not the tool's"
    ),
    "runtime-failure": f"{_ON_THE_NODE}: the runtime's or the kubelet's configuration",
    "resource-pressure": (
        "limits and load are the owner's to set; a cordoned node is left so: calico-node tolerates the cordon, so "
        "lifting it cures nothing, and somebody drew it on purpose"
    ),
    "tls-certificate": "certificates and clocks are renewed on the machines",
    "apiserver-unreachable": _OUTSIDE,
    "typha-unreachable": (
        "a restart of Typha drops the connection of every calico-node at once, and does not open a firewall"
    ),
    "missing-crds": "definitions differ by release, and a wrong one changes stored objects: apply those of the release",
    "version-incompatibility": "an upgrade is a change of the whole installation",
    "bad-cni-config": "which of the files or lines is right is its author's to say; the wrong one breaks every node",
    "cni-dir-mismatch": "DaemonSet and runtime have to change together, and the runtime's part is on the nodes",
    "operator-managed": "the operator reverts any change below it: its Installation has to change",
    "stale-node-state": (
        "calico-node clears an own stale address by itself (node/pkg/lifecycle/startup clearNodeIPs); what is left is "
        "another node's record, and taking the record of a node that lives takes its addresses away"
    ),
    "ip-autodetection": "which interface is right is the network's owner's to say, and a wrong one cuts every node off",
    "bgp-not-ready": _OUTSIDE,
    "ip-pool-config": "pools decide the addresses of running pods",
    "kernel-dataplane": _ON_THE_NODE,
    "unknown": "what is not understood is not changed",
}
"""Cause id to the reason."""


def cures() -> tuple[Remedy, ...]:
    """Each of them once."""
    return tuple({remedy.id: remedy for remedy in CURES.values()}.values())
