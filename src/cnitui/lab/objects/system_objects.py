"""What any kubeadm cluster has beside Calico: namespaces, the API service, kube-proxy, CoreDNS, static pods, leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.node import Node

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
SERVICE_IP = "10.96.0.1"
STATIC = {
    "etcd": "registry.k8s.io/etcd:3.5.15-0",
    "kube-apiserver": "registry.k8s.io/kube-apiserver:{version}",
    "kube-controller-manager": "registry.k8s.io/kube-controller-manager:{version}",
    "kube-scheduler": "registry.k8s.io/kube-scheduler:{version}",
}
COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.11.1"


def namespace(name: str) -> Object:
    """A namespace object."""
    labels = {"kubernetes.io/metadata.name": name}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def container(name: str, image: str, **fields: object) -> Object:
    """A container spec with an API server's defaults."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **fields,
    }


def _template(app: str, spec: Object) -> Object:
    base: Object = {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }
    return {"metadata": {"labels": {"k8s-app": app}}, "spec": base | spec}


_PROXY_CONFIG = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpBeLiberal: false
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: null
  udpStreamTimeout: 0s
  udpTimeout: 0s
kind: KubeProxyConfiguration
mode: ""
"""


def kube_proxy_config() -> Object:
    """The ConfigMap that kubeadm writes for it: what is null has kube-proxy's own default."""
    meta = {"name": "kube-proxy", "namespace": "kube-system", "labels": {"app": "kube-proxy"}}
    return {"metadata": meta, "data": {"config.conf": _PROXY_CONFIG}}


def kube_proxy(version: str) -> Object:
    """The DaemonSet kube-proxy."""
    command = ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"]
    image = f"registry.k8s.io/kube-proxy:{version}"
    mounts = [{"mountPath": "/var/lib/kube-proxy", "name": "kube-proxy"}]
    privileged = {"privileged": True}
    spec = {
        "containers": [
            container("kube-proxy", image, command=command, securityContext=privileged, volumeMounts=mounts)
        ],
        "volumes": [{"name": "kube-proxy", "configMap": {"defaultMode": 420, "name": "kube-proxy"}}],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccount": "kube-proxy",
        "serviceAccountName": "kube-proxy",
        "tolerations": [{"operator": "Exists"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "kube-proxy",
            "namespace": "kube-system",
            "labels": {"k8s-app": "kube-proxy"},
            "annotations": {"deprecated.daemonset.template.generation": "1"},
            "generation": 1,
        },
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"k8s-app": "kube-proxy"}},
            "template": _template("kube-proxy", spec),
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        },
    }


def coredns() -> Object:
    """The Deployment coredns."""
    spec = {
        "containers": [container("coredns", COREDNS_IMAGE, args=["-conf", "/etc/coredns/Corefile"])],
        "priorityClassName": "system-cluster-critical",
        "serviceAccount": "coredns",
        "serviceAccountName": "coredns",
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"},
        ],
    }
    return {
        "metadata": {
            "name": "coredns",
            "namespace": "kube-system",
            "labels": {"k8s-app": "kube-dns"},
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "generation": 1,
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"k8s-app": "kube-dns"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": _template("kube-dns", spec),
        },
    }


def static_pod(component: str, node: Node, version: str) -> Object:
    """A mirror pod of the control plane."""
    image = STATIC[component].format(version=version)
    return {
        "metadata": {
            "name": f"{component}-{node.name}",
            "namespace": "kube-system",
            "labels": {"component": component, "tier": "control-plane"},
            "annotations": {"kubernetes.io/config.source": "file"},
        },
        "spec": {
            "containers": [container(component, image, command=[component])],
            "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": True,
            "hostNetwork": True,
            "nodeName": node.name,
            "priority": 2_000_001_000,
            "priorityClassName": "system-node-critical",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
            "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
        },
        "status": {"phase": "Pending"},
    }


def kubernetes_service() -> Object:
    """The Service that Calico's installer talks to."""
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    spec = {"clusterIP": SERVICE_IP, "clusterIPs": [SERVICE_IP], "type": "ClusterIP", "ports": [port]}
    return {"metadata": {"name": "kubernetes", "namespace": "default", "labels": labels}, "spec": spec}


def kubeadm_config(pods: str, version: str) -> Object:
    """What kubeadm remembers of the cluster it made."""
    lines = (
        "apiVersion: kubeadm.k8s.io/v1beta3",
        "kind: ClusterConfiguration",
        f"kubernetesVersion: {version}",
        "networking:",
        "  dnsDomain: cluster.local",
        f"  podSubnet: {pods}",
        "  serviceSubnet: 10.96.0.0/12",
    )
    data = {"ClusterConfiguration": "\n".join(lines) + "\n"}
    return {"metadata": {"name": "kubeadm-config", "namespace": "kube-system"}, "data": data}


def dns_service() -> Object:
    """kube-dns."""
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    address = "10.96.0.10"
    spec: Object = {"clusterIP": address, "clusterIPs": [address], "type": "ClusterIP", "ports": ports}
    spec["selector"] = {"k8s-app": "kube-dns"}
    return {"metadata": {"name": "kube-dns", "namespace": "kube-system"}, "spec": spec}


def endpoints(ip: str) -> Object:
    """Where the Service really leads."""
    ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
    subsets = [{"addresses": [{"ip": ip}], "ports": ports}]
    return {"metadata": {"name": "kubernetes", "namespace": "default"}, "subsets": subsets}


def endpoint_slice(ip: str) -> Object:
    """The same as an EndpointSlice."""
    labels = {"kubernetes.io/service-name": "kubernetes"}
    ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
    ready = {"addresses": [ip], "conditions": {"ready": True}}
    return {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [ready],
        "ports": ports,
    }


def lease(node: str) -> Object:
    """A node's heartbeat."""
    return {
        "metadata": {"name": node, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40},
    }


def service_account(name: str, where: str = "kube-system") -> Object:
    """A service account."""
    return {"metadata": {"name": name, "namespace": where}}
