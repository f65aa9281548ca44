"""What calico.yaml@v3.27.0 brings beside the DaemonSet: the controllers' Deployment, CRDs, pool, cluster data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.objects.calico import CONTROLLERS_IMAGE, POOL, VERSION, container

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object


def kube_controllers() -> Object:
    """The Deployment calico-kube-controllers."""
    labels = {"k8s-app": "calico-kube-controllers"}
    check = {"periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
    controllers = container(
        "calico-kube-controllers",
        CONTROLLERS_IMAGE,
        privileged=False,
        env=[{"name": "ENABLED_CONTROLLERS", "value": "node"}, {"name": "DATASTORE_TYPE", "value": "kubernetes"}],
        readinessProbe={"exec": {"command": ["/usr/bin/check-status", "-r"]}, "failureThreshold": 3} | check,
    )
    spec: Object = {
        "containers": [controllers],
        "dnsPolicy": "ClusterFirst",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "calico-kube-controllers",
        "serviceAccountName": "calico-kube-controllers",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"},
        ],
    }
    return {
        "metadata": {
            "name": "calico-kube-controllers",
            "namespace": "kube-system",
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "generation": 1,
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


CRD_KINDS: tuple[tuple[str, str], ...] = (
    ("BGPConfiguration", "bgpconfigurations"),
    ("BGPFilter", "bgpfilters"),
    ("BGPPeer", "bgppeers"),
    ("BlockAffinity", "blockaffinities"),
    ("CalicoNodeStatus", "caliconodestatuses"),
    ("ClusterInformation", "clusterinformations"),
    ("FelixConfiguration", "felixconfigurations"),
    ("GlobalNetworkPolicy", "globalnetworkpolicies"),
    ("GlobalNetworkSet", "globalnetworksets"),
    ("HostEndpoint", "hostendpoints"),
    ("IPAMBlock", "ipamblocks"),
    ("IPAMConfig", "ipamconfigs"),
    ("IPAMHandle", "ipamhandles"),
    ("IPPool", "ippools"),
    ("IPReservation", "ipreservations"),
    ("KubeControllersConfiguration", "kubecontrollersconfigurations"),
    ("NetworkPolicy", "networkpolicies"),
    ("NetworkSet", "networksets"),
)
"""The 18 CRDs of manifests/calico.yaml@v3.27.0."""


def crds() -> list[Object]:
    """Their definitions, without schemas."""
    made: list[Object] = []
    for kind, plural in CRD_KINDS:
        scope = "Namespaced" if kind in ("NetworkPolicy", "NetworkSet") else "Cluster"
        names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
        version = {"name": "v1", "served": True, "storage": True}
        made.append(
            {
                "metadata": {"name": f"{plural}.crd.projectcalico.org"},
                "spec": {"group": "crd.projectcalico.org", "names": names, "scope": scope, "versions": [version]},
            }
        )
    return made


def ip_pool() -> Object:
    """The default pool."""
    return {
        "metadata": {"name": "default-ipv4-ippool"},
        "spec": {
            "allowedUses": ["Workload", "Tunnel"],
            "blockSize": 26,
            "cidr": POOL,
            "ipipMode": "Always",
            "natOutgoing": True,
            "nodeSelector": "all()",
            "vxlanMode": "Never",
        },
    }


def cluster_information() -> Object:
    """What calico-node writes about the cluster."""
    spec = {"calicoVersion": VERSION, "clusterType": "k8s,bgp,kdd", "datastoreReady": True}
    return {"metadata": {"name": "default"}, "spec": spec}
