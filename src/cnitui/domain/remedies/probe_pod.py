"""The pod that proves a repaired node: named in the preview, started by verification, removed by it.

It lives in the DaemonSet's own namespace, where the person who may repair Calico has rights and no sidecar injection,
quota or limit range is to be expected; it satisfies Pod Security `restricted`, so every namespace admits it. It is
bound by spec.nodeName and tolerates everything, because the label kubernetes.io/hostname may differ from the node's
name and a node that was NotReady is tainted. It does not use the host's network: getting an address is what it proves.
The image is the sandbox image, which a node usually has already; if it cannot be pulled, the address is proof all the
same, since the sandbox comes before the image.
"""

from __future__ import annotations

import re

from cnitui.domain.facts import NodeStatus
from cnitui.domain.plan import Access, ObjectRef, TestPod
from cnitui.domain.remedies.situation import Situation

FALLBACK_IMAGE = "registry.k8s.io/pause:3.10"
LIFETIME_SECONDS = 600
"""The kubelet ends the pod after this time, should we be killed before we can delete it."""
USER = 65535
"""The user the pause image runs as (kubernetes build/pause/Dockerfile)."""

_PAUSE = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,200}/pause:[\w.-]{1,40}")


def choose(situation: Situation) -> TestPod | None:
    """The test pod for the first repaired worker; None when no failing node is known."""
    node = node_for(situation)
    if not node:
        return None
    return TestPod(situation.namespace, f"cnitui-verify-{situation.suffix}", node, _image(situation, node))


def reference(pod: TestPod) -> ObjectRef:
    """The test pod as an object of the API."""
    return ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace)


def manifest(pod: TestPod) -> dict[str, object]:
    """The pod to create: restricted-compliant, tiny, without a service account token."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "labels": {"app.kubernetes.io/name": "cnitui-verify", "app.kubernetes.io/managed-by": "cnitui"},
        },
        "spec": {
            "nodeName": pod.node,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": LIFETIME_SECONDS,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "pause",
                    "image": pod.image,
                    "imagePullPolicy": "IfNotPresent",
                    "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "32Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    },
                }
            ],
        },
    }


def accesses(pod: TestPod) -> tuple[Access, ...]:
    """What creating, reading and removing it takes."""
    return (
        Access("create", "", "pods", pod.namespace),
        Access("get", "", "pods", pod.namespace, pod.name),
        Access("delete", "", "pods", pod.namespace, pod.name),
    )


def node_for(situation: Situation) -> str:
    """The failing node that the test pod will run on once it is repaired, a worker if there is one; "" without any."""
    workers = [node for node in situation.failing_nodes if not _control_plane(situation, node)]
    return next(iter(workers or situation.failing_nodes), "")


def _control_plane(situation: Situation, node: str) -> bool:
    status = situation.case.value(NodeStatus, node)
    return status is not None and status.control_plane


def _image(situation: Situation, node: str) -> str:
    if situation.test_pod_image:
        return situation.test_pod_image
    present = situation.node_images.get(node, ())
    return next((image for image in present if _PAUSE.fullmatch(image)), FALLBACK_IMAGE)
