"""A real API server, when one is offered: never found by a bare KUBECONFIG, which may be somebody's own cluster."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cnitui.gateways.kubernetes.cluster import KubernetesCluster

FAILING = ("broken", "ondelete", "psa", "policy")
"""The harness's states in which install-cni of kube-system crash-loops."""
RENEWABLE = ("broken", "policy")
"""Those of them in which a deleted pod is made anew and fails again: Pod Security refuses it in `psa`, and the repair
tried in `ondelete` stays."""


@dataclass(frozen=True)
class RealCluster:
    """The harness's cluster: a folder of kubeconfigs by user (`admin`, `viewer`, `nobody` …) and its audit log."""

    kubeconfigs: Path
    audit_log: Path | None

    def kubeconfig(self, user: str = "admin") -> Path:
        """The kubeconfig of one of the harness's users."""
        return self.kubeconfigs / f"{user}.kubeconfig"

    def kubectl(self, *arguments: str, user: str = "admin") -> str:
        """What kubectl prints."""
        program = os.environ.get("CNITUI_TEST_KUBECTL", "kubectl")
        command = [program, "--kubeconfig", str(self.kubeconfig(user)), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def audited(self) -> list[dict[str, object]]:
        """Every entry of the audit log so far; without one, what a test wants to prove cannot be proved."""
        if self.audit_log is None:
            pytest.skip("the cluster's audit log is not offered (REALCLUSTER_AUDIT_LOG)")
        return [json.loads(line) for line in self.audit_log.read_text().splitlines()]


@pytest.fixture(scope="session")
def realcluster() -> RealCluster:
    """The cluster; skipped unless CNITUI_TEST_CLUSTER=1 and REALCLUSTER_KUBECONFIGS say that there is one."""
    folder = os.environ.get("REALCLUSTER_KUBECONFIGS", "")
    if os.environ.get("CNITUI_TEST_CLUSTER") != "1" or not folder:
        pytest.skip("no real cluster offered (CNITUI_TEST_CLUSTER=1 and REALCLUSTER_KUBECONFIGS)")
    log = os.environ.get("REALCLUSTER_AUDIT_LOG", "")
    return RealCluster(Path(folder), Path(log) if log else None)


@pytest.fixture(scope="session")
def state(realcluster: RealCluster) -> str:
    """Which of the harness's states the cluster is in, told from its objects."""
    namespaces = realcluster.kubectl("get", "namespaces", "-o", "name")
    if "calico-system" in namespaces:
        return "operator"
    policies = realcluster.kubectl("get", "validatingadmissionpolicies", "-o", "name")
    label = realcluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.labels}")
    found = json.loads(realcluster.kubectl("-n", "kube-system", "get", "daemonset", "calico-node", "-o", "json"))
    install = next(c for c in found["spec"]["template"]["spec"]["initContainers"] if c["name"] == "install-cni")
    if install.get("securityContext", {}).get("privileged"):
        return "stock"
    if found["spec"]["updateStrategy"]["type"] == "OnDelete":
        return "ondelete"
    return "policy" if policies else "psa" if "enforce" in label else "broken"


def only_in(state: str, *wanted: str) -> None:
    """Skip the test, with the reason, in any other state of the harness."""
    if state not in wanted:
        pytest.skip(f"the cluster is in state {state}, this needs {' or '.join(wanted)}")


class Users:
    """Gateways to the real cluster, as several users."""

    def __init__(self, real: RealCluster, stack: AsyncExitStack) -> None:
        self._real = real
        self._stack = stack

    def at(self, real: RealCluster) -> Users:
        """Gateways as the users of other kubeconfigs."""
        return Users(real, self._stack)

    def of(self, user: str = "admin", *, impersonate: str = "") -> KubernetesCluster:
        """The gateway of one user; closed at the end of the test."""
        cluster = KubernetesCluster([self._real.kubeconfig(user)], impersonate=impersonate)
        self._stack.push_async_callback(cluster.close)
        return cluster


@pytest.fixture
async def users(realcluster: RealCluster) -> AsyncIterator[Users]:
    """Gateways as the harness's users."""
    async with AsyncExitStack() as stack:
        yield Users(realcluster, stack)
