"""Causes that are judged by what only a live cluster tells: the runtime's directories, node records, releases."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Observed, Source
from cnitui.domain.facts import (
    ContainerSecurity,
    ContainerStatus,
    DaemonSetStatus,
    Event,
    InstallCni,
    NodeStatus,
    PodEvents,
    PodStatus,
    Run,
    RuntimeDirectories,
)
from cnitui.domain.finding import Diagnosis, Finding

NODE = "worker-01"
DONE = Run("c1", exit_code=0)
POD = PodStatus(
    "kube-system", "calico-node-x", "u", NODE, "Running", phase="Running", ready=1, total=1,
    containers=(
        ContainerStatus("install-cni", init=True, state="terminated", current=DONE),
        ContainerStatus("calico-node", init=False, state="running", ready=True, current=Run("c2")),
    ),
)  # fmt: skip
LOST = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin "
MACHINE = NodeStatus(
    NODE, ready="False", ready_message=LOST + "returns error: cni plugin not initialized",
    conditions=MappingProxyType({"Ready": f"False KubeletNotReady: {LOST}returns error: cni plugin not initialized"}),
    addresses=MappingProxyType({"InternalIP": "10.0.0.21"}),
)  # fmt: skip


def case(*facts: object) -> CaseFile:
    source = Source("test", NODE)
    return CaseFile().with_readings(
        (type(fact), "" if isinstance(fact, DaemonSetStatus) else NODE, Observed(fact, source)) for fact in facts
    )


def finding(diagnosis: Diagnosis, cause: str) -> Finding:
    return next(one for one in diagnosis.findings if one.cause == cause)


def install(**changes: object) -> InstallCni:
    return replace(InstallCni("install-cni", "docker.io/calico/cni:v3.27.0", ContainerSecurity()), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conf", "verdict"), [("/etc/kubernetes/cni/net.d", "confirmed"), ("/etc/cni/net.d", "possible"), ("", "possible")]
)
def test_a_runtime_that_reads_elsewhere(conf: str, verdict: str) -> None:
    directories = RuntimeDirectories(("/opt/cni/bin",), conf, f'conf_dir = "{conf}"')
    found = diagnose(case(POD, MACHINE, install(), directories))
    assert found.status == "failing"
    assert finding(found, "cni-dir-mismatch").verdict.value == verdict


def test_a_node_with_its_network_and_a_pod_that_runs_is_healthy() -> None:
    assert diagnose(case(POD, replace(MACHINE, ready="True", ready_message=""), install())).status == "healthy"


UNREADY = replace(
    POD, ready=0,
    containers=(POD.containers[0], ContainerStatus("calico-node", init=False, state="running", current=Run("c2"))),
)  # fmt: skip
BGP = PodEvents(
    (Event("Warning", "Unhealthy", "Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not "
           "established with 10.0.0.11", object="Pod/calico-node-x"),)
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "verdict"), [("10.0.0.21", "likely"), ("172.17.0.1", "possible"), ("", "possible")]
)
def test_sessions_that_are_down_are_bgps_fault_where_the_node_took_its_own_address(address: str, verdict: str) -> None:
    machine = replace(MACHINE, ready="True", ready_message="", conditions=MappingProxyType({}), bgp_address=address)
    found = diagnose(case(UNREADY, machine, install(), BGP))
    assert found.status == "failing"
    assert finding(found, "bgp-not-ready").verdict.value == verdict


STUCK = replace(
    POD, status="Init:CrashLoopBackOff", phase="Pending", ready=0,
    containers=(
        ContainerStatus("install-cni", init=True, state="waiting", waiting_reason="CrashLoopBackOff", restart_count=3,
                        last=Run("c1", exit_code=128, reason="StartError",
                                 message='exec: "/install-cni.sh": stat /install-cni.sh: no such file or directory')),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("image", "command", "verdict"),
    [
        ("calico/cni:v3.27.0", "/install-cni.sh", "confirmed"),
        ("calico/cni:v3.15.5", "/install-cni.sh", "possible"),
        ("calico/cni:latest", "/install-cni.sh", "possible"),
        ("calico/cni:v3.27.0", "/opt/cni/bin/install", "possible"),
    ],
)
def test_a_program_of_another_release(image: str, command: str, verdict: str) -> None:
    found = diagnose(case(STUCK, install(image=image, command=(command,))))
    assert finding(found, "version-incompatibility").verdict.value == verdict


def test_pods_that_are_missing_are_explained_by_the_daemonsets_events() -> None:
    why = 'Error creating: pods "calico-node-" is forbidden: violates PodSecurity "baseline:latest": host namespaces'
    events = PodEvents((Event("Warning", "FailedCreate", why, object="DaemonSet/calico-node"),))
    daemonset = DaemonSetStatus("kube-system", "calico-node", desired=3, current=0)
    facts = case(daemonset).with_readings([(PodEvents, "", Observed(events, Source("test")))])
    found = diagnose(facts)
    assert found.status == "failing"
    assert finding(found, "admission-denied").verdict.value == "confirmed"
