"""Objects of the API as facts, also incomplete and odd ones."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from cnitui.domain.facts import ContainerSecurity, Run
from cnitui.errors import ServerFailure
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.daemonsets import daemonset_from_plain
from cnitui.gateways.kubernetes.events import event_of, newest_last, service_address
from cnitui.gateways.kubernetes.lists import NODES, PODS
from cnitui.gateways.kubernetes.nodes import node_from_plain
from cnitui.gateways.kubernetes.pods import pod_from_plain

INSTALL_CNI = {
    "name": "install-cni",
    "image": "docker.io/calico/cni:v3.27.0",
    "command": ["/opt/cni/bin/install"],
    "env": [{"name": "SLEEP", "value": "false"}, {"name": "NODE", "valueFrom": {"fieldRef": {}}}],
    "volumeMounts": [
        {"name": "cni-bin-dir", "mountPath": "/host/opt/cni/bin"},
        {"name": "cni-net-dir", "mountPath": "/host/etc/cni/net.d", "subPath": "sub"},
        {"name": "kube-api-access-x7k2p", "mountPath": "/var/run/secrets"},
    ],
    "securityContext": {"privileged": True},
}
VOLUMES = [
    {"name": "cni-bin-dir", "hostPath": {"path": "/opt/cni/bin", "type": ""}},
    {"name": "cni-net-dir", "hostPath": {"path": "/etc/cni/net.d/"}},
    {"name": "kube-api-access-x7k2p", "projected": {}},
]
FAILED = {
    "name": "install-cni",
    "restartCount": 4,
    "image": "docker.io/calico/cni:v3.27.0",
    "imageID": "sha256:1",
    "ready": False,
    "started": False,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1m20s restarting"}},
    "lastState": {
        "terminated": {
            "exitCode": 1,
            "reason": "Error",
            "startedAt": "2026-01-01T00:00:00Z",
            "finishedAt": "2026-01-01T00:00:01Z",
            "containerID": "containerd://abc",
        }
    },
}


def calico_pod(**status: object) -> dict[str, object]:
    return {
        "metadata": {
            "name": "calico-node-x",
            "namespace": "kube-system",
            "uid": "u",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"k8s-app": "calico-node", "controller-revision-hash": "7c9", "pod-template-generation": "1"},
            "ownerReferences": [{"kind": "DaemonSet", "name": "calico-node", "controller": True}],
        },
        "spec": {
            "nodeName": "worker-01",
            "initContainers": [{"name": "upgrade-ipam"}, INSTALL_CNI],
            "containers": [{"name": "calico-node", "securityContext": None}],
            "volumes": VOLUMES,
        },
        "status": {"phase": "Pending", **status},
    }


def test_a_failing_pod_is_told_whole() -> None:
    pod = pod_from_plain(calico_pod(initContainerStatuses=[FAILED]))
    assert (pod.namespace, pod.name, pod.uid, pod.node) == ("kube-system", "calico-node-x", "u", "worker-01")
    assert (pod.revision, pod.template_generation, pod.app_label) == ("7c9", "1", "calico-node")
    assert pod.owner == "DaemonSet/calico-node"
    assert pod.status == "Init:CrashLoopBackOff"
    assert pod.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    failing = pod.failing
    assert failing is not None
    assert failing.init
    assert failing.waiting_message == "back-off 1m20s restarting"
    assert failing.last == Run(
        "containerd://abc",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
        exit_code=1,
        reason="Error",
    )


def test_a_spec_tells_place_host_paths_and_literal_variables() -> None:
    install = pod_from_plain(calico_pod()).spec("install-cni")
    assert install is not None
    assert (install.index, install.init, install.command) == (1, True, ("/opt/cni/bin/install",))
    assert dict(install.mounts) == {
        "/host/opt/cni/bin": "/opt/cni/bin",
        "/host/etc/cni/net.d": "/etc/cni/net.d/sub",
    }
    assert dict(install.env) == {"SLEEP": "false"}
    assert install.security == ContainerSecurity(privileged=True, stated=True)


def test_equal_specs_of_different_pods_are_one_object() -> None:
    first, second = (pod_from_plain(calico_pod()).spec("install-cni") for _ in range(2))
    assert first is second


def test_the_pods_security_context_holds_where_the_containers_says_nothing() -> None:
    document = calico_pod()
    document["spec"] = {
        "securityContext": {"runAsUser": 7, "seLinuxOptions": {"type": "spc_t", "level": "s0:c1"}},
        "containers": [
            {"name": "inherits"},
            {
                "name": "overrides",
                "securityContext": {
                    "runAsUser": 0,
                    "readOnlyRootFilesystem": True,
                    "seLinuxOptions": {"type": "container_t"},
                    "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
                },
            },
        ],
    }
    inherits, overrides = (spec.security for spec in pod_from_plain(document).specs)
    assert inherits == ContainerSecurity(selinux_type="spc_t", selinux_level="s0:c1", run_as_user=7)
    assert overrides == ContainerSecurity(
        selinux_type="container_t",
        run_as_user=0,
        read_only_root=True,
        added_capabilities=("NET_ADMIN",),
        dropped_capabilities=("ALL",),
        stated=True,
    )


def test_a_container_that_never_started_has_no_times() -> None:
    never = {"exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": None}
    status = {"name": "c", "state": {"terminated": never}, "containerID": "containerd://x"}
    (found,) = pod_from_plain(calico_pod(initContainerStatuses=[status])).containers
    assert found.current == Run("containerd://x", exit_code=128, reason="StartError")
    assert found.state == "terminated"


def test_an_empty_object_is_a_pod_of_which_nothing_is_known() -> None:
    pod, version = PODS.item(b"{}")
    assert (pod.name, pod.status, pod.containers, version) == ("", "", (), "")


def test_nulls_wherever_go_writes_them_do_no_harm() -> None:
    body = (
        b'{"metadata":{"name":"p","creationTimestamp":null,"labels":null,"ownerReferences":null},'
        b'"spec":{"initContainers":null,"containers":null,"volumes":null,"securityContext":null,"nodeName":null},'
        b'"status":{"conditions":null,"initContainerStatuses":null,"containerStatuses":null,"reason":null}}'
    )
    assert PODS.item(body)[0].name == "p"


def test_what_is_no_pod_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected"):
        pod_from_plain({"metadata": ["list"]})


def test_a_megabyte_message_is_bounded() -> None:
    status = {"name": "c", "state": {"waiting": {"reason": "R", "message": "x" * 1_000_000}}}
    (found,) = pod_from_plain(calico_pod(containerStatuses=[status])).containers
    assert len(found.waiting_message) < 10_000


# --- nodes ----------------------------------------------------------------------------------------------------------

NODE = {
    "metadata": {
        "name": "master-01",
        "uid": "n",
        "labels": {
            "node-role.kubernetes.io/control-plane": "",
            "node-role.kubernetes.io/": "",
            "kubernetes.io/role": "etcd",
            "x": None,
        },
    },
    "spec": {
        "unschedulable": True,
        "taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "b", "value": "v", "effect": "NoExecute"}],
    },
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "10.0.0.1"},
            {"type": "InternalIP", "address": "fd00::1"},
            {"type": "Hostname", "address": "master-01"},
        ],
        "conditions": [
            {
                "type": "Ready",
                "status": "False",
                "reason": "KubeletNotReady",
                "message": "cni plugin not initialized",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            },
            {"type": "Odd", "status": "Unknown"},
        ],
        "nodeInfo": {"osImage": "Rocky", "kernelVersion": "5.14", "containerRuntimeVersion": "containerd://1.7"},
    },
}


def test_a_node_is_told_whole() -> None:
    node = node_from_plain(NODE)
    assert node.roles == ("control-plane", "etcd")
    assert node.control_plane
    assert (node.ready, node.ready_reason, node.ready_message) == (
        "False",
        "KubeletNotReady",
        "cni plugin not initialized",
    )
    assert node.ready_since == datetime(2026, 1, 1, tzinfo=UTC)
    assert dict(node.condition_since) == {"Ready": node.ready_since}, "one without a moment is told without"
    assert dict(node.conditions) == {"Ready": "False KubeletNotReady: cni plugin not initialized", "Odd": "Unknown"}
    assert dict(node.addresses) == {"InternalIP": "10.0.0.1", "Hostname": "master-01"}
    assert node.taints == ("a:NoSchedule", "b=v:NoExecute")
    assert node.unschedulable
    assert (node.os_image, node.kernel, node.runtime, node.kubelet) == ("Rocky", "5.14", "containerd://1.7", "")


def test_a_node_without_status_is_of_unknown_readiness() -> None:
    assert NODES.item(b'{"metadata":{"name":"n"}}')[0].ready == ""
    odd = {"status": {"conditions": [{"type": "Ready", "status": "Perhaps"}]}}
    assert node_from_plain(odd).ready == ""


MANAGED_BY = "app.kubernetes.io/managed-by"

# --- DaemonSets -----------------------------------------------------------------------------------------------------


def daemonset(**metadata: object) -> dict[str, object]:
    return {
        "metadata": {"name": "calico-node", "namespace": "kube-system", "generation": 3, **metadata},
        "spec": {
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "10%"}},
            "template": {"spec": {"initContainers": [INSTALL_CNI], "containers": [], "volumes": VOLUMES}},
        },
        "status": {
            "observedGeneration": 2,
            "desiredNumberScheduled": 5,
            "currentNumberScheduled": 4,
            "updatedNumberScheduled": 3,
            "numberAvailable": 2,
            "numberUnavailable": 1,
        },
    }


def test_a_daemonset_tells_template_and_rollout() -> None:
    found = daemonset_from_plain(daemonset())
    assert (found.generation, found.observed_generation) == (3, 2)
    assert (found.desired, found.current, found.updated, found.available, found.unavailable) == (5, 4, 3, 2, 1)
    assert (found.strategy, found.max_unavailable) == ("RollingUpdate", "10%")
    install = found.container("install-cni")
    assert install is not None
    assert install.security.privileged
    assert found.managers == ()


def test_on_delete_has_no_rolling_settings() -> None:
    found = daemonset_from_plain({"spec": {"updateStrategy": {"type": "OnDelete"}}})
    assert (found.strategy, found.max_unavailable) == ("OnDelete", "1")


@pytest.mark.parametrize(
    ("metadata", "managers"),
    [
        (
            {"ownerReferences": [{"kind": "Installation", "name": "default", "controller": True}]},
            ("Installation/default",),
        ),
        (
            {
                "annotations": {"meta.helm.sh/release-name": "calico"},
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
            },
            ("Helm release calico",),
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "c"}}, ("Helm release c",)),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "calico:apps/DaemonSet:kube-system/calico-node"}},
            ("Argo CD application calico",),
        ),
        ({"labels": {"argocd.argoproj.io/instance": "net"}}, ("Argo CD application net",)),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "net"}}, ("Flux Kustomization net",)),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "net"}}, ("Flux HelmRelease net",)),
        ({"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}, ("Addon manager Reconcile",)),
        ({"labels": {"addonmanager.kubernetes.io/mode": "EnsureExists"}}, ()),
        ({"annotations": {"objectset.rio.cattle.io/owner-name": "calico"}}, ("k3s/RKE2 manifest calico",)),
        ({"annotations": {"meta.helm.sh/release-name": "rke2-canal"}}, ("RKE2 chart rke2-canal",)),
        (
            {"labels": {"addon.kops.k8s.io/name": "networking.projectcalico.org", MANAGED_BY: "kops"}},
            ("kops addon networking.projectcalico.org",),
        ),
        ({"labels": {MANAGED_BY: "kustomize-v5.4.2"}}, ("kustomize",)),
        ({"labels": {MANAGED_BY: "Something else"}}, ("Something else",)),
        ({"managedFields": [{"manager": "argocd-controller"}]}, ("Argo CD application",)),
        ({"managedFields": [{"manager": "kustomize-controller"}]}, ("Flux Kustomization",)),
        ({"managedFields": [{"manager": "OpenAPI-Generator"}]}, ()),
        (
            {  # a chart that somebody else renders carries Helm's marks as well
                "annotations": {"meta.helm.sh/release-name": "calico"},
                "labels": {"helm.toolkit.fluxcd.io/name": "net", MANAGED_BY: "Helm"},
                "managedFields": [{"manager": "helm-controller"}],
            },
            ("Flux HelmRelease net",),
        ),
        ({"managedFields": [{"manager": "kubectl-client-side-apply"}, {"manager": "kube-controller-manager"}]}, ()),
        (
            {
                "labels": {"argocd.argoproj.io/instance": "net"},
                "annotations": {"argocd.argoproj.io/tracking-id": "net:x"},
                "managedFields": [{"manager": "argocd-controller"}],
            },
            ("Argo CD application net",),
        ),
    ],
)
def test_who_would_revert_a_change_is_recognised(metadata: dict[str, object], managers: tuple[str, ...]) -> None:
    assert daemonset_from_plain(daemonset(**metadata)).managers == managers


# --- events and services --------------------------------------------------------------------------------------------


def event(**fields: object) -> wire.Event:
    return msgspec.convert(fields, wire.Event)


def test_an_event_of_the_older_api() -> None:
    found = event_of(
        event(
            type="Warning",
            reason="BackOff",
            message="Back-off restarting",
            count=9,
            firstTimestamp="2026-01-01T00:00:00Z",
            lastTimestamp="2026-01-01T01:00:00Z",
            involvedObject={"kind": "Pod", "name": "p", "fieldPath": "spec.initContainers{install-cni}"},
        )
    )
    assert (found.kind, found.reason, found.object, found.container) == ("Warning", "BackOff", "Pod/p", "install-cni")
    assert (found.count, found.first_at, found.last_at) == (
        9,
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 1, tzinfo=UTC),
    )


def test_an_event_of_the_newer_api() -> None:
    series = {"count": 4, "lastObservedTime": "2026-01-01T02:00:00.5Z"}
    found = event_of(event(eventTime="2026-01-01T00:00:00.1Z", firstTimestamp=None, series=series))
    assert found.count == 4
    assert found.last_at == datetime(2026, 1, 1, 2, 0, 0, 500_000, tzinfo=UTC)
    assert found.first_at == datetime(2026, 1, 1, 0, 0, 0, 100_000, tzinfo=UTC)


def test_an_event_without_any_time_comes_first() -> None:
    timeless = event_of(event(reason="a"))
    timed = event_of(event(reason="b", metadata={"creationTimestamp": "2026-01-01T00:00:00Z"}))
    assert [e.reason for e in newest_last([timed, timeless])] == ["a", "b"]


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ({"clusterIP": "10.96.0.1", "ports": [{"port": 443}]}, "10.96.0.1:443"),
        ({"clusterIP": "fd00::1", "ports": [{"port": 6443}]}, "[fd00::1]:6443"),
        ({"clusterIP": "None"}, ""),
        ({}, ""),
    ],
)
def test_a_services_address(spec: dict[str, object], address: str) -> None:
    assert service_address(msgspec.convert({"spec": spec}, wire.Service)) == address


@pytest.mark.parametrize(
    "body", [b'{"spec":{"containers":5}}', b'{"metadata":[]}', b"{", b"\xff", b'{"metadata":{"name":"\xff"}}']
)
def test_what_makes_no_sense_is_the_servers_failure(body: bytes) -> None:
    with pytest.raises(ServerFailure):
        PODS.item(body)
