"""The Job that reads a node: bound to it, bounded, without a token, whatever the image holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnitui.domain.facts import ContainerStatus, NodeStatus
from cnitui.domain.node_job import LABELS, SELECTOR, Place, accesses, place_of, reading_job, sealed
from tests.engine.fake_cluster import pod

PLACE = Place("worker-01", "kube-system", "calico/cni:v3.27.0", "amd64")


def made(place: Place = PLACE, script: str = "true") -> Any:
    return reading_job("cnitui-node-ab12", place, (("read", script), ("reach-service", "true"))).document


def test_it_tries_once_ends_by_itself_and_is_removed_by_itself() -> None:
    spec = made()["spec"]
    assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert 0 < spec["activeDeadlineSeconds"] <= 120
    assert 0 < spec["ttlSecondsAfterFinished"] <= 120


def test_it_runs_on_that_node_also_without_cni_and_is_given_no_token() -> None:
    spec = made()["spec"]["template"]["spec"]
    assert (spec["nodeName"], spec["hostNetwork"], spec["tolerations"]) == ("worker-01", True, [{"operator": "Exists"}])
    assert spec["automountServiceAccountToken"] is False
    assert [container["name"] for container in spec["containers"]] == ["read", "reach-service"]


def test_no_daemonset_of_calico_selects_its_pod() -> None:
    labels = made()["spec"]["template"]["metadata"]["labels"]
    assert labels == LABELS
    assert "k8s-app" not in labels
    assert SELECTOR == "app.kubernetes.io/name=cnitui-node,app.kubernetes.io/managed-by=cnitui"


def test_the_nodes_own_programs_run_and_only_its_root_can_be_written() -> None:
    container = made()["spec"]["template"]["spec"]["containers"][0]
    assert container["command"][:4] == ["/usr/sbin/chroot", "/host", "sh", "-c"]
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts == {"/host": False, "/usr": True, "/lib": True, "/lib64": True}


def test_where_the_loader_is_elsewhere_nothing_else_is_mounted() -> None:
    """A hostPath that is not there would be made on the node by some runtimes."""
    container = made(replace(PLACE, architecture="arm64"))["spec"]["template"]["spec"]["containers"][0]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/host", "/usr", "/lib"}


def test_the_kubelet_expands_nothing_in_the_script() -> None:
    container = made(script='echo "$(id -u)" $$')["spec"]["template"]["spec"]["containers"][0]
    assert container["command"][4] == 'echo "$$(id -u)" $$$$'


def test_the_image_is_one_that_ran_on_the_node() -> None:
    place = place_of(pod("worker-01", failing=True), NodeStatus("worker-01", architecture="arm64"))
    assert place == Place("worker-01", "kube-system", "calico/cni:v3.27.0", "arm64", present=True)


def test_an_image_that_never_ran_there_may_have_to_be_pulled() -> None:
    failing = pod("worker-01", failing=True)
    waiting = ContainerStatus("install-cni", init=True, image="x", state="waiting", waiting_reason="ImagePullBackOff")
    assert not place_of(replace(failing, containers=(waiting,)), NodeStatus("worker-01")).present


@pytest.mark.parametrize(
    ("system", "told"),
    [("Talos (v1.8.0)", True), ("Bottlerocket OS 1.20.0", True), ("Rocky Linux 9.4 (Blue Onyx)", False), ("", False)],
)
def test_systems_without_a_shell_are_known(system: str, told: bool) -> None:
    assert bool(sealed(NodeStatus("worker-01", os_image=system))) is told


def test_each_right_it_takes_is_named() -> None:
    assert {access.words for access in accesses("kube-system")} == {
        "create jobs.batch in kube-system",
        "list jobs.batch in kube-system",
        "delete jobs.batch in kube-system",
        "list pods in kube-system",
        "get pods/log in kube-system",
    }
