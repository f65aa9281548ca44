"""What makes two nodes look alike, and what is each pod's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.facts import ContainerStatus, NodeStatus, PodStatus, Run
from cnitui.domain.likeness import POOL_LABELS, ending_of, likeness_of, pool_of, unready_likeness
from tests.engine.guide.states import FAILED, machine, pod


def failing_with(found: PodStatus, **run: object) -> PodStatus:
    install = replace(found.containers[0], last=replace(FAILED, **run))  # type: ignore[arg-type]
    return replace(found, containers=(install,))


def alike(one: PodStatus, other: PodStatus) -> bool:
    return likeness_of(one, machine(one.node)) == likeness_of(other, machine(other.node))


def test_two_nodes_of_one_incident_look_alike_whatever_their_names_counts_and_moments() -> None:
    one, other = pod("worker-01"), pod("worker-02")
    other = failing_with(replace(other, restarts=204), container_id="c77")
    assert alike(one, other)


def test_the_status_word_of_a_moment_makes_no_difference() -> None:
    one = pod("worker-01")
    error = replace(one, status="Init:Error", containers=(replace(one.containers[0], waiting_reason=""),))
    assert alike(one, error)


def test_exit_template_image_system_and_pool_do() -> None:
    base = pod("worker-01")
    node = machine("worker-01")
    told = {likeness_of(base, node)}
    told.add(likeness_of(failing_with(base, exit_code=2), node))
    told.add(likeness_of(replace(base, revision="7f9"), node))
    told.add(likeness_of(base, replace(node, kernel="6.1.0")))
    told.add(likeness_of(base, replace(node, labels={"agentpool": "blue"})))
    assert len(told) == 5


def test_last_words_count_without_what_is_each_pods_own() -> None:
    def said(node: str, words: str) -> PodStatus:
        return failing_with(pod(node), message=words)

    assert alike(
        said("worker-01", "open /x: no space, pod calico-node-worker-01 id 0123456789ab"),
        said("worker-02", "open /x: no space, pod calico-node-worker-02 id fedcba987654"),
    )
    assert not alike(said("worker-01", "no space left"), said("worker-02", "permission denied"))


def test_a_pod_that_runs_has_a_likeness_only_while_something_in_it_is_not_ready() -> None:
    runs = pod("worker-01", failing=False)
    assert likeness_of(runs, machine("worker-01")) is None
    assert unready_likeness(runs, machine("worker-01")) is None
    main = ContainerStatus("calico-node", init=False, state="running", current=Run("c9"), ready=False)
    unready = unready_likeness(replace(runs, containers=(*runs.containers, main)), machine("worker-01"))
    assert unready is not None
    assert unready.failure == "calico-node runs unready"


@pytest.mark.parametrize(
    ("container", "ending"),
    [
        (ContainerStatus("x", init=True, last=Run("c", exit_code=137, signal=9)), "signal 9"),
        (ContainerStatus("x", init=True, last=Run("c", exit_code=137, reason="OOMKilled")), "exit 137 OOMKilled"),
        (ContainerStatus("x", init=True, last=Run("c", exit_code=1, reason="Error")), "exit 1"),
        (ContainerStatus("x", init=True, waiting_reason="ErrImagePull"), "image cannot be pulled"),
        (ContainerStatus("x", init=True, waiting_reason="ImagePullBackOff"), "image cannot be pulled"),
        (ContainerStatus("x", init=True, waiting_reason="CreateContainerConfigError"), "CreateContainerConfigError"),
    ],
)
def test_how_attempts_end(container: ContainerStatus, ending: str) -> None:
    assert ending_of(container) == ending


@pytest.mark.parametrize("label", POOL_LABELS)
def test_each_providers_label_names_the_pool(label: str) -> None:
    assert pool_of(NodeStatus("n", labels={label: "blue", "kubernetes.io/os": "linux"})) == "blue"
    assert pool_of(NodeStatus("n", labels={label: ""})) == ""
