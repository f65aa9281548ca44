"""The heart of a manifest install of Calico v3.27.0: the DaemonSet and its configuration.

Shape and values as in projectcalico/calico `manifests/calico.yaml@v3.27.0`, with the defaults an API server adds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

VERSION = "v3.27.0"
CNI_IMAGE = f"docker.io/calico/cni:{VERSION}"
NODE_IMAGE = f"docker.io/calico/node:{VERSION}"
CONTROLLERS_IMAGE = f"docker.io/calico/kube-controllers:{VERSION}"
POOL = "10.244.0.0/16"

CONFIG_TEMPLATE = """{
  "name": "k8s-pod-network",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "calico",
      "log_level": "info",
      "log_file_path": "/var/log/calico/cni/cni.log",
      "datastore_type": "kubernetes",
      "nodename": "__KUBERNETES_NODE_NAME__",
      "mtu": __CNI_MTU__,
      "ipam": {
          "type": "calico-ipam"
      },
      "policy": {
          "type": "k8s"
      },
      "kubernetes": {
          "kubeconfig": "__KUBECONFIG_FILEPATH__"
      }
    },
    {
      "type": "portmap",
      "snat": true,
      "capabilities": {"portMappings": true}
    },
    {
      "type": "bandwidth",
      "capabilities": {"bandwidth": true}
    }
  ]
}"""


def rendered_config(node: str, template: str = CONFIG_TEMPLATE) -> str:
    """The template with its placeholders filled, as install-cni writes it (660 bytes for a name of nine letters)."""
    text = template.replace("__KUBERNETES_NODE_NAME__", node).replace("__CNI_MTU__", "0")
    return text.replace("__KUBECONFIG_FILEPATH__", "/etc/cni/net.d/calico-kubeconfig")


def config_map() -> Object:
    """calico-config."""
    data = {
        "typha_service_name": "none",
        "calico_backend": "bird",
        "veth_mtu": "0",
        "cni_network_config": CONFIG_TEMPLATE,
    }
    return {"metadata": {"name": "calico-config", "namespace": "kube-system"}, "data": data}


def _from_config(name: str, key: str) -> Object:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": key}}}


def _from_node(name: str) -> Object:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}}


def _mount(name: str, path: str, *, read_only: bool = False, propagation: str = "") -> Object:
    mount: Object = {"mountPath": path, "name": name}
    if read_only:
        mount["readOnly"] = True
    if propagation:
        mount["mountPropagation"] = propagation
    return mount


def container(name: str, image: str, *, privileged: bool = True, **fields: object) -> Object:
    """A container spec with an API server's defaults."""
    made: Object = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **fields,
    }
    if privileged:
        made["securityContext"] = {"privileged": True}
    return made


_ENDPOINT = [{"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}]


def _init_containers(*, privileged: bool) -> list[Object]:
    upgrade = container(
        "upgrade-ipam",
        CNI_IMAGE,
        command=["/opt/cni/bin/calico-ipam", "-upgrade"],
        env=[_from_node("KUBERNETES_NODE_NAME"), _from_config("CALICO_NETWORKING_BACKEND", "calico_backend")],
        envFrom=_ENDPOINT,
        volumeMounts=[
            _mount("host-local-net-dir", "/var/lib/cni/networks"),
            _mount("cni-bin-dir", "/host/opt/cni/bin"),
        ],
    )
    install = container(
        "install-cni",
        CNI_IMAGE,
        privileged=privileged,
        command=["/opt/cni/bin/install"],
        env=[
            {"name": "CNI_CONF_NAME", "value": "10-calico.conflist"},
            _from_config("CNI_NETWORK_CONFIG", "cni_network_config"),
            _from_node("KUBERNETES_NODE_NAME"),
            _from_config("CNI_MTU", "veth_mtu"),
            {"name": "SLEEP", "value": "false"},
        ],
        envFrom=_ENDPOINT,
        volumeMounts=[_mount("cni-bin-dir", "/host/opt/cni/bin"), _mount("cni-net-dir", "/host/etc/cni/net.d")],
    )
    bpffs = container(
        "mount-bpffs",
        NODE_IMAGE,
        command=["calico-node", "-init", "-best-effort"],
        volumeMounts=[
            _mount("sys-fs", "/sys/fs", propagation="Bidirectional"),
            _mount("var-run-calico", "/var/run/calico", propagation="Bidirectional"),
            _mount("nodeproc", "/nodeproc", read_only=True),
        ],
    )
    return [upgrade, install, bpffs]


def _agent() -> Object:
    plain = {
        "CALICO_DISABLE_FILE_LOGGING": "true",
        "FELIX_DEFAULTENDPOINTTOHOSTACTION": "ACCEPT",
        "FELIX_IPV6SUPPORT": "false",
        "FELIX_HEALTHENABLED": "true",
    }
    return container(
        "calico-node",
        NODE_IMAGE,
        env=[
            {"name": "DATASTORE_TYPE", "value": "kubernetes"},
            {"name": "WAIT_FOR_DATASTORE", "value": "true"},
            _from_node("NODENAME"),
            _from_config("CALICO_NETWORKING_BACKEND", "calico_backend"),
            {"name": "CLUSTER_TYPE", "value": "k8s,bgp"},
            {"name": "IP", "value": "autodetect"},
            {"name": "CALICO_IPV4POOL_IPIP", "value": "Always"},
            {"name": "CALICO_IPV4POOL_VXLAN", "value": "Never"},
            {"name": "CALICO_IPV6POOL_VXLAN", "value": "Never"},
            *(_from_config(f"FELIX_{name}MTU", "veth_mtu") for name in ("IPINIP", "VXLAN", "WIREGUARD")),
            {"name": "CALICO_IPV4POOL_CIDR", "value": POOL},
            *({"name": name, "value": value} for name, value in plain.items()),
        ],
        envFrom=_ENDPOINT,
        lifecycle={"preStop": {"exec": {"command": ["/bin/calico-node", "-shutdown"]}}},
        livenessProbe=_probe("-felix-live", "-bird-live", initialDelaySeconds=10, failureThreshold=6),
        readinessProbe=_probe("-felix-ready", "-bird-ready", failureThreshold=3),
        resources={"requests": {"cpu": "250m"}},
        volumeMounts=[
            _mount("cni-net-dir", "/host/etc/cni/net.d"),
            _mount("lib-modules", "/lib/modules", read_only=True),
            _mount("xtables-lock", "/run/xtables.lock"),
            _mount("var-run-calico", "/var/run/calico"),
            _mount("var-lib-calico", "/var/lib/calico"),
            _mount("policysync", "/var/run/nodeagent"),
            _mount("bpffs", "/sys/fs/bpf"),
            _mount("cni-log-dir", "/var/log/calico/cni", read_only=True),
        ],
    )


def _probe(*arguments: str, **fields: int) -> Object:
    command = ["/bin/calico-node", *arguments]
    return {"exec": {"command": command}, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 10} | fields


_VOLUMES: tuple[tuple[str, str, str], ...] = (
    ("lib-modules", "/lib/modules", ""),
    ("var-run-calico", "/var/run/calico", ""),
    ("var-lib-calico", "/var/lib/calico", ""),
    ("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
    ("sys-fs", "/sys/fs/", "DirectoryOrCreate"),
    ("bpffs", "/sys/fs/bpf", "Directory"),
    ("nodeproc", "/proc", ""),
    ("cni-bin-dir", "/opt/cni/bin", ""),
    ("cni-net-dir", "/etc/cni/net.d", ""),
    ("cni-log-dir", "/var/log/calico/cni", ""),
    ("host-local-net-dir", "/var/lib/cni/networks", ""),
    ("policysync", "/var/run/nodeagent", "DirectoryOrCreate"),
)


def daemon_set(*, privileged: bool, strategy: str = "RollingUpdate") -> Object:
    """calico-node; `privileged` is install-cni's, the other containers keep theirs."""
    template: Object = {
        "metadata": {"creationTimestamp": None, "labels": {"k8s-app": "calico-node"}},
        "spec": {
            "containers": [_agent()],
            "dnsPolicy": "ClusterFirst",
            "hostNetwork": True,
            "initContainers": _init_containers(privileged=privileged),
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "priorityClassName": "system-node-critical",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "serviceAccount": "calico-node",
            "serviceAccountName": "calico-node",
            "terminationGracePeriodSeconds": 0,
            "tolerations": [
                {"effect": "NoSchedule", "operator": "Exists"},
                {"key": "CriticalAddonsOnly", "operator": "Exists"},
                {"effect": "NoExecute", "operator": "Exists"},
            ],
            "volumes": [{"name": n, "hostPath": {"path": path, "type": kind}} for n, path, kind in _VOLUMES],
        },
    }
    update: Object = {"type": strategy}
    if strategy == "RollingUpdate":
        update["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 1}
    made: Object = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "calico-node",
            "namespace": "kube-system",
            "labels": {"k8s-app": "calico-node"},
            "annotations": {},
            "generation": 1,
        },
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"k8s-app": "calico-node"}},
            "template": template,
            "updateStrategy": update,
        },
    }
    applied = json.dumps(made, separators=(",", ":")) + "\n"
    made["metadata"]["annotations"] = {
        "deprecated.daemonset.template.generation": "1",
        "kubectl.kubernetes.io/last-applied-configuration": applied,
    }
    return made
