"""Facts that follow from other facts: back-off, next attempt, reference node, version and origin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnitui.domain.derive import (
    back_off_of,
    calico_install_of,
    healthy,
    image_version,
    install_cni_of,
    next_attempt_at,
    reference_node,
)
from cnitui.domain.facts import (
    ContainerSecurity,
    ContainerSpec,
    ContainerStatus,
    DaemonSetStatus,
    NodeStatus,
    PodStatus,
    Run,
)
from cnitui.domain.owners import Owner, OwnerKind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FAILED = Run("c1", NOON - timedelta(seconds=1), NOON, exit_code=1)


def container(restarts: int = 1, **changes: object) -> ContainerStatus:
    """install-cni, waiting after an attempt that ended in error."""
    waiting = ContainerStatus("install-cni", init=True, state="waiting", last=FAILED, restart_count=restarts)
    return replace(waiting, **changes)  # type: ignore[arg-type]


def pod(node: str, *, failing: bool = False, ready: int = 1, made: datetime | None = None) -> PodStatus:
    """A pod that fails, or runs with `ready` of one container ready."""
    containers = (container(),) if failing else ()
    return PodStatus(
        "kube-system", f"p-{node}", "u", node, "", ready=0 if failing else ready, total=1,
        created_at=made, containers=containers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("restarts", "seconds"), [(0, 0), (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (4000, 300)]
)
def test_the_wait_doubles_from_ten_seconds_to_five_minutes(restarts: int, seconds: float) -> None:
    assert back_off_of(container(restarts)) == seconds


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("back-off 5m0s restarting failed container=install-cni pod=calico-node-x", 300),
        ("back-off 1m20s restarting failed container=install-cni", 80),
        ("back-off 40s restarting failed container=install-cni", 40),
        ("back-off 1h0m2.5s restarting failed container", 3602.5),
    ],
)
def test_the_kubelets_own_words_beat_the_formula(message: str, seconds: float) -> None:
    assert back_off_of(container(9, waiting_message=message)) == seconds


def test_a_message_that_is_none_of_the_kubelets_leaves_the_formula() -> None:
    assert back_off_of(container(2, waiting_message="back-off pulling image")) == 20


def test_the_next_attempt_comes_when_the_wait_after_the_last_end_is_over() -> None:
    assert next_attempt_at(container(3)) == NOON + timedelta(seconds=40)


@pytest.mark.parametrize(
    "status",
    [
        container(state="running", current=Run("c2", NOON)),
        container(last=None),
        container(last=replace(FAILED, finished_at=None)),
        container(last=replace(FAILED, exit_code=0)),
    ],
    ids=["it runs", "it never ran", "its end is not known", "it ended well"],
)
def test_no_next_attempt_is_told_when(status: ContainerStatus) -> None:
    assert next_attempt_at(status) is None


def test_a_pod_is_healthy_only_when_all_its_containers_are_ready() -> None:
    assert healthy(pod("a"))
    assert not healthy(pod("a", ready=0))
    assert not healthy(pod("a", failing=True))
    assert not healthy(replace(pod("a"), deleting=True))
    assert not healthy(replace(pod("a"), total=0, ready=0))


def machine(name: str, kernel: str = "", *roles: str) -> NodeStatus:
    """A node of that kernel."""
    return NodeStatus(name, roles=roles, kernel=kernel)


def test_a_healthy_control_plane_node_is_the_reference() -> None:
    nodes = [machine("z", "1", "control-plane"), machine("a", "1"), machine("bad", "1")]
    assert reference_node([pod("a"), pod("z"), pod("bad", failing=True)], nodes) == "z"


def test_the_old_role_name_master_counts_too() -> None:
    assert reference_node([pod("a"), pod("z")], [machine("a"), machine("z", "", "master")]) == "z"


def test_without_a_healthy_control_plane_the_node_most_like_the_failing_ones_is_it() -> None:
    nodes = [machine("m", "1", "control-plane"), machine("a", "old"), machine("b", "new"), machine("bad", "new")]
    pods = [pod("m", failing=True), pod("a"), pod("b"), pod("bad", failing=True)]
    assert reference_node(pods, nodes) == "b"


def test_equally_good_references_are_decided_by_name_so_that_the_choice_stays() -> None:
    nodes = [machine("b"), machine("a")]
    assert reference_node([pod("b"), pod("a")], nodes) == "a"
    assert reference_node([pod("a"), pod("b")], nodes) == "a"


def test_a_node_that_may_not_be_read_can_still_be_the_reference() -> None:
    assert reference_node([pod("a"), pod("bad", failing=True)], []) == "a"


def test_no_healthy_node_means_no_reference() -> None:
    assert reference_node([pod("a", failing=True), pod("b", ready=0)], [machine("a")]) == ""


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/calico/cni:v3.27.0", "v3.27.0"),
        ("registry:5000/calico/cni:v3.27.0@sha256:abc", "v3.27.0"),
        ("registry:5000/calico/cni", ""),
        ("calico/cni@sha256:abc", ""),
        ("", ""),
    ],
)
def test_the_version_is_the_images_tag(image: str, version: str) -> None:
    assert image_version(image) == version


@pytest.mark.parametrize(
    ("owners", "name", "method"),
    [
        ((), "calico-node", "manifest"),
        ((), "canal", "canal"),
        (("operator",), "calico-node", "operator"),
        (("helm",), "calico-node", "helm"),
        (("rke2-chart",), "rke2-canal", "helm"),
        (("argocd",), "calico-node", "gitops"),
        (("flux-kustomization",), "calico-node", "gitops"),
        (("helm", "operator"), "calico-node", "operator"),
    ],
)
def test_the_daemonset_tells_how_calico_came_here(owners: tuple[OwnerKind, ...], name: str, method: str) -> None:
    spec = ContainerSpec("install-cni", 0, init=True, image="calico/cni:v3.27.0")
    status = DaemonSetStatus("kube-system", name, owners=tuple(map(Owner, owners)), containers=(spec,))
    install = calico_install_of(status)
    assert (install.version, install.method, install.daemonset) == ("v3.27.0", method, name)


def test_install_cni_is_read_from_the_pod_with_the_hosts_directories() -> None:
    spec = ContainerSpec(
        "install-cni", 1, init=True, image="calico/cni:v3.27.0", command=("/opt/cni/bin/install",),
        security=ContainerSecurity(privileged=True), mounts={"/host/opt/cni/bin": "/usr/libexec/cni"},
    )  # fmt: skip
    install = install_cni_of(replace(pod("a"), specs=(spec,)))
    assert install is not None
    assert (install.bin_dir, install.net_dir, install.index) == ("/usr/libexec/cni", "/etc/cni/net.d", 1)
    assert install.security.privileged
    assert install.process == "install"
    assert install_cni_of(pod("a")) is None
