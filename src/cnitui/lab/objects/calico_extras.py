"""What calico.yaml@v3.27.0 brings beside the DaemonSet: the controllers' Deployment, CRDs, pool, cluster data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.machine.network import TYPHA_PORT
from cnitui.lab.objects.calico import CONTROLLERS_IMAGE, POOL, VERSION, container
from cnitui.lab.objects.resources import CALICO, ENDPOINTS, SERVICES

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.resources import Resource


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


def crds() -> list[Object]:
    """Their definitions, without schemas."""
    made: list[Object] = []
    for resource in CALICO:
        kind, plural = resource.kind, resource.plural
        scope = "Namespaced" if resource.namespaced else "Cluster"
        names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
        version = {"name": "v1", "served": True, "storage": True}
        made.append(
            {
                "metadata": {"name": f"{plural}.crd.projectcalico.org"},
                "spec": {"group": resource.group, "names": names, "scope": scope, "versions": [version]},
            }
        )
    return made


def ip_pool(cidr: str = POOL) -> Object:
    """The default pool."""
    return {
        "metadata": {"name": "default-ipv4-ippool"},
        "spec": {
            "allowedUses": ["Workload", "Tunnel"],
            "blockSize": 26,
            "cidr": cidr,
            "ipipMode": "Always",
            "natOutgoing": True,
            "nodeSelector": "all()",
            "vxlanMode": "Never",
        },
    }


def cluster_information() -> Object:
    """What calico-node writes about the cluster."""
    guid = "6f1f0f5f2c0b4c0e8f6d3a9b1c2d3e4f"
    spec = {"calicoVersion": VERSION, "clusterGUID": guid, "clusterType": "k8s,bgp,kdd", "datastoreReady": True}
    return {"metadata": {"name": "default"}, "spec": spec}


def felix_configuration() -> Object:
    """What calico-node writes at its first start (node/pkg/lifecycle/startup)."""
    spec = {"bpfLogLevel": "", "floatingIPs": "Disabled", "logSeverityScreen": "Info", "reportingInterval": "0s"}
    return {"metadata": {"name": "default"}, "spec": spec}


def controllers_configuration() -> Object:
    """What kube-controllers writes at its first start."""
    sync = {"reconcilerPeriod": "5m0s"}
    controllers = {"node": {**sync, "leakGracePeriod": "15m0s", "syncLabels": "Enabled"}}
    spec = {"controllers": controllers, "etcdV3CompactionPeriod": "10m0s", "healthChecks": "Enabled"}
    return {"metadata": {"name": "default"}, "spec": {**spec, "logSeverityScreen": "Info"}}


@dataclass(frozen=True)
class Typha:
    """What manifests/calico-typha.yaml@v3.27.0 brings beside the rest."""

    deployment: Object
    objects: tuple[tuple[Resource, Object], ...]


def typha(address: str = "10.240.0.11") -> Typha:
    """One Typha on the host network of the control plane, its Service and where that leads."""
    labels, port = {"k8s-app": "calico-typha"}, {"name": "calico-typha", "port": TYPHA_PORT, "protocol": "TCP"}
    meta: Object = {"name": "calico-typha", "namespace": "kube-system", "labels": labels}
    spec: Object = {
        "containers": [container("calico-typha", f"docker.io/calico/typha:{VERSION}", privileged=False)],
        "dnsPolicy": "ClusterFirst",
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "calico-node",
        "serviceAccountName": "calico-node",
        "terminationGracePeriodSeconds": 300,
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"effect": "NoSchedule", "operator": "Exists"},
        ],
    }
    deployment: Object = {
        "metadata": {**meta, "annotations": {"deployment.kubernetes.io/revision": "1"}, "generation": 1},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    ports = [{**port, "targetPort": "calico-typha"}]
    service: Object = {"metadata": {**meta}, "spec": {"clusterIP": "10.96.113.20", "type": "ClusterIP", "ports": ports}}
    service["spec"]["selector"] = labels
    endpoints: Object = {"metadata": {**meta}, "subsets": [{"addresses": [{"ip": address}], "ports": [port]}]}
    return Typha(deployment, ((SERVICES, service), (ENDPOINTS, endpoints)))
