"""Pods from templates: what the DaemonSet controller and admission add to a pod before it is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_NODE_TROUBLE = (
    ("NoExecute", "not-ready"),
    ("NoExecute", "unreachable"),
    ("NoSchedule", "disk-pressure"),
    ("NoSchedule", "memory-pressure"),
    ("NoSchedule", "pid-pressure"),
    ("NoSchedule", "unschedulable"),
    ("NoSchedule", "network-unavailable"),
)


_TOLERATED: tuple[Object, ...] = tuple(
    {"effect": effect, "key": f"node.kubernetes.io/{name}", "operator": "Exists"} for effect, name in _NODE_TROUBLE
)


def template_hash(template: Object) -> str:
    """The value of controller-revision-hash: FNV-1a over the template in the safe alphabet of apimachinery.

    Equal templates hash alike, which is what makes an undo find its old revision; the digits differ from a real
    controller's, which hashes Go's own dump of the template.
    """
    digest = 0x811C9DC5
    for byte in json.dumps(template, sort_keys=True, separators=(",", ":")).encode():
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(char) % len(_ALPHABET)] for char in str(digest))


def daemon_pod(daemon_set: Object, node: str, digest: str) -> Object:
    """The pod the DaemonSet controller creates for one node."""
    template = daemon_set["spec"]["template"]
    meta = daemon_set["metadata"]
    spec = own_spec(template["spec"])
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    spec["tolerations"] = [*spec.get("tolerations", []), *node_tolerations()]
    labels = dict(template["metadata"].get("labels") or {})
    labels |= {
        "controller-revision-hash": digest,
        "pod-template-generation": meta["annotations"].get("deprecated.daemonset.template.generation", "1"),
    }
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(daemon_set)],
        },
        "spec": spec,
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }
    if template["metadata"].get("annotations"):
        pod["metadata"]["annotations"] = dict(template["metadata"]["annotations"])
    return pod


def own_spec(spec: Object) -> Object:
    """A pod's spec that may be given defaults: what is inside its containers is shared, and replaced, not changed."""
    containers = {
        kind: [dict(one) for one in spec[kind]] for kind in ("initContainers", "containers") if spec.get(kind)
    }
    return {**spec, **containers}


def node_tolerations() -> list[Object]:
    """What every daemon pod tolerates."""
    return list(_TOLERATED)


def owner_reference(owner: Object) -> Object:
    """A controlling ownerReference."""
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }


def is_owned(obj: Object, uid: str) -> bool:
    """Whether the object of that UID is one of its owners."""
    return any(owner["uid"] == uid for owner in obj["metadata"].get("ownerReferences") or ())


def default_pod(pod: Object, token_suffix: str) -> None:
    """Fills in what the API server and its admission plugins fill in, in place."""
    spec = pod["spec"]
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("enableServiceLinks", True)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    spec["preemptionPolicy"] = "PreemptLowerPriority"
    spec["priority"] = PRIORITIES.get(spec.get("priorityClassName", ""), 0)
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        default_container(container)
    _default_tolerations(spec)
    if spec.get("automountServiceAccountToken") is not False:
        _mount_token(spec, f"kube-api-access-{token_suffix}")
    pod.setdefault("status", {}).setdefault("phase", "Pending")
    pod["status"].setdefault("qosClass", "BestEffort")


def default_container(container: Object) -> None:
    """The defaults of one container, in place."""
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    latest = ":" not in container.get("image", "").rsplit("/", 1)[-1] or container["image"].endswith(":latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    if container.get("ports"):
        container["ports"] = [{"protocol": "TCP"} | port for port in container["ports"]]


def _default_tolerations(spec: Object) -> None:
    held = spec["tolerations"] = list(spec.get("tolerations") or ())  # the template's own list stays as it is
    for name in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{name}"
        if not any(t.get("key") in (key, None) and t.get("effect") in ("NoExecute", None) for t in held):
            held.append({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300})


def _mount_token(spec: Object, volume: str) -> None:
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    everyone = [*(spec.get("initContainers") or []), *spec["containers"]]
    if any(mount["mountPath"] == path for c in everyone for mount in c.get("volumeMounts") or []):
        return
    for container in everyone:
        mounts = list(container.get("volumeMounts") or [])
        container["volumeMounts"] = [*mounts, {"mountPath": path, "name": volume, "readOnly": True}]
    name = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [name]}},
    ]
    spec["volumes"] = [
        *(spec.get("volumes") or []),
        {"name": volume, "projected": {"defaultMode": 420, "sources": sources}},
    ]
