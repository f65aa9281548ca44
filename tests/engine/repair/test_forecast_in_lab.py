"""What is told of a rollout before it begins is what the lab's controller then does, in both kinds of releases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from cnitui.domain.facts import CALICO_SELECTOR
from cnitui.domain.remedies.template import daemonset_ref
from cnitui.domain.rolling import forecast
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.lab import Lab

SCENARIO = "healthy+selinux-denial:2"
"""Seven nodes: five healthy pods, two that fail."""
CALICO = daemonset_ref("kube-system", "calico-node")
PRIVILEGED: list[dict[str, object]] = [
    {"op": "add", "path": "/spec/template/spec/initContainers/1/securityContext", "value": {"privileged": True}}
]


@dataclass
class Seen:
    """What the lab's store says until the first new pod is Ready, and whether all pods are new and Ready."""

    old: dict[str, bool]
    """Uid to whether the pod was healthy."""
    gone: list[bool] = field(default_factory=list)
    begun: int = 0
    began: bool = True
    ready: set[str] = field(default_factory=set)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def on_change(self, change: Any) -> None:
        if change.key != "pods" or not change.object["metadata"]["name"].startswith("calico-node-"):
            return
        uid = change.object["metadata"]["uid"]
        if uid in self.old:
            if change.type == "DELETED" and not self.ready:
                self.gone.append(self.old[uid])
            if change.type == "DELETED":
                self.old.pop(uid, None)
        elif change.type == "ADDED":
            self.begun += not self.ready
        elif _is_ready(change.object):
            self.ready.add(change.object["spec"]["nodeName"])
        if not self.old and len(self.ready) == 7:
            self.done.set()


def _is_ready(pod: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


@pytest.mark.parametrize(
    ("version", "strategy", "expected"),
    [
        ("v1.30.5", {"maxUnavailable": 1}, 1),
        ("v1.31.0", {"maxUnavailable": 1}, 0),
        ("v1.30.6", {"maxUnavailable": 3}, 1),
        ("v1.29.0", {"maxUnavailable": "40%"}, 3),
        ("v1.35.4", {"maxUnavailable": "40%"}, 1),
        ("v1.31.0", {"maxUnavailable": 0, "maxSurge": "25%"}, 0),
    ],
)
async def test_as_many_healthy_pods_go_with_the_failing_ones_as_the_preview_says(
    version: str, strategy: dict[str, object], expected: int
) -> None:
    async with Lab.start(SCENARIO, speed=100, seed=7, nodes=7, ssh=False, kubernetes=version) as lab:
        api = KubernetesCluster([lab.kubeconfig])
        try:
            assert await api.connect() == version
            await _patch(api, [{"op": "add", "path": "/spec/updateStrategy/rollingUpdate", "value": strategy}])
            (status,) = [one for one in await api.daemonsets("kube-system") if one.name == "calico-node"]
            pods = await api.pods("kube-system", CALICO_SELECTOR)
            told = forecast(status, pods, api.connection.version)
            assert (len(told.unavailable), len(told.available), told.together) == (2, 5, expected)
            seen = Seen({pod.uid: pod.node in told.available for pod in pods})
            lab.world.store.on_change(seen.on_change)
            await _patch(api, PRIVILEGED)
            async with asyncio.timeout(20):
                await seen.done.wait()
        finally:
            await api.close()
    assert seen.gone.count(True) == told.together
    assert seen.gone.count(False) == 2
    assert seen.begun == 2 + (told.together or 0) + min(told.surge, 5)


async def _patch(api: KubernetesCluster, body: list[dict[str, object]]) -> None:
    await api.patch(CALICO, "json", body, dry_run=False)
