"""Facts that follow from other facts, without another look."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from cnitui.domain.facts import (
    INSTALL_CNI,
    CalicoInstall,
    ContainerStatus,
    DaemonSetStatus,
    InstallCni,
    NodeStatus,
    PodStatus,
)
from cnitui.domain.owners import OwnerKind

BIN_MOUNT = "/host/opt/cni/bin"
NET_MOUNT = "/host/etc/cni/net.d"
_METHODS: tuple[tuple[str, frozenset[OwnerKind]], ...] = (
    ("operator", frozenset({"operator"})),
    ("helm", frozenset({"helm", "rke2-chart", "flux-helmrelease"})),
    ("gitops", frozenset({"argocd", "flux-kustomization"})),
)
_BACK_OFF_BASE = 10
_BACK_OFF_CAP = 300
_BACK_OFF_MESSAGE = re.compile(r"back-off (?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)? restarting")


def install_cni_of(pod: PodStatus) -> InstallCni | None:
    """install-cni as this very pod runs it, or None when the pod has no such container."""
    spec = pod.spec(INSTALL_CNI)
    if spec is None:
        return None
    return InstallCni(
        container=spec.name,
        image=spec.image,
        security=spec.security,
        command=spec.command,
        bin_dir=spec.mounts.get(BIN_MOUNT, "/opt/cni/bin"),
        net_dir=spec.mounts.get(NET_MOUNT, "/etc/cni/net.d"),
        index=spec.index,
    )


def image_version(image: str) -> str:
    """The tag of an image reference (`registry:5000/calico/cni:v3.27.0@sha256:…` gives v3.27.0), "" without one."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def calico_install_of(daemonset: DaemonSetStatus) -> CalicoInstall:
    """Which Calico, installed how, judged from the DaemonSet alone."""
    images = [spec.image for spec in daemonset.containers if spec.name in (INSTALL_CNI, "calico-node")]
    version = next((tag for tag in map(image_version, images) if tag), "")
    return CalicoInstall(version, _method(daemonset), daemonset.namespace, daemonset.name)


def _method(daemonset: DaemonSetStatus) -> str:
    kinds = {owner.kind for owner in daemonset.owners}
    for method, owners in _METHODS:
        if kinds & owners:
            return method
    return "canal" if daemonset.name.startswith("canal") else "manifest"


def back_off_of(container: ContainerStatus) -> float:
    """Seconds the kubelet waits before the next attempt: its own words when it shows them, else 10·2^n, at most 300.

    The first restart is immediate and the waits double from 10 s (kubernetes pkg/kubelet, MaxContainerBackOff); a
    v1.35 kubelet shows Init:Error without a message for most of the wait.
    """
    stated = _BACK_OFF_MESSAGE.search(container.waiting_message)
    if stated:
        hours, minutes, seconds = (float(part or 0) for part in stated.groups())
        return hours * 3600 + minutes * 60 + seconds
    if container.restart_count == 0:
        return 0
    return min(_BACK_OFF_CAP, _BACK_OFF_BASE * 2.0 ** min(container.restart_count - 1, 10))


def next_attempt_at(container: ContainerStatus) -> datetime | None:
    """When the failing container should be started again; None while it runs or when that cannot be told."""
    failure = container.last_failure
    if container.state == "running" or failure is None or failure.finished_at is None:
        return None
    return failure.finished_at + timedelta(seconds=back_off_of(container))


def healthy(pod: PodStatus) -> bool:
    """Whether the pod runs with all its containers ready."""
    return not pod.deleting and pod.failing is None and pod.total > 0 and pod.ready == pod.total


def reference_node(pods: Sequence[PodStatus], nodes: Sequence[NodeStatus]) -> str:
    """The healthy node to compare with: a control-plane node, else the one most like the failing nodes; "" if none."""
    by_name = {node.name: node for node in nodes}
    failing = {_kind(by_name[pod.node]) for pod in pods if pod.failing is not None and pod.node in by_name}
    candidates = [by_name.get(pod.node, NodeStatus(pod.node)) for pod in pods if healthy(pod) and pod.node]
    if not candidates:
        return ""
    return min(candidates, key=lambda node: (not node.control_plane, -_likeness(node, failing), node.name)).name


def _kind(node: NodeStatus) -> tuple[str, ...]:
    """What a node is made of; thousands of nodes are of a few kinds."""
    return node.os_image, node.kernel, node.runtime, node.kubelet


def _likeness(node: NodeStatus, failing: Collection[tuple[str, ...]]) -> int:
    mine = _kind(node)
    return max((sum(map(operator.eq, mine, theirs)) for theirs in failing), default=0)
