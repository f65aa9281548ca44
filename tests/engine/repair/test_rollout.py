"""The rollout as the pods show it, node by node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cnitui.domain.facts import ContainerStatus, PodStatus
from cnitui.engine.ports import Interrupted, Listed
from cnitui.engine.repair.rollout import Rollout, Target, selector_of, state_of
from cnitui.engine.watching.picture import Mirror
from cnitui.errors import ClusterUnreachable
from tests.engine.fake_cluster import FakeClock, daemonset, pod


def target(looks_new: Callable[[PodStatus], bool] = lambda _pod: False, **more: object) -> Target:
    return replace(Target("kube-system", "calico-node", "", "4", looks_new), **more)  # type: ignore[arg-type]


def mirror(*pods: PodStatus) -> Mirror[PodStatus]:
    found: Mirror[PodStatus] = Mirror(lambda item: item.uid)
    found.take(Listed(pods), FakeClock())
    return found


def phases(state: Rollout) -> dict[str, str]:
    return {node.node: node.phase for node in state.nodes}


def test_each_node_says_where_its_pod_is() -> None:
    starting = replace(pod("d", generation="4"), ready=0, status="PodInitializing", containers=())
    state = state_of(
        target(nodes=("a", "b", "c", "d", "e", "f")),
        mirror(
            pod("a", generation="4"),
            pod("b"),
            replace(pod("c"), deleting=True),
            starting,
            pod("e", failing=True, generation="4", restarts=0),
        ),
    )
    assert phases(state) == {"a": "ready", "b": "old", "c": "ending", "d": "starting", "e": "failing", "f": "absent"}
    assert (state.outcome, state.words) == ("", "1 of 6 nodes run the new template")
    assert [node.words for node in state.unfinished()][3].startswith("Init:CrashLoopBackOff: install-cni fails")


def test_a_pod_of_the_same_revision_is_new_though_it_was_made_earlier() -> None:
    earlier = replace(pod("a", generation="2"), revision="abc")
    state = state_of(target(), mirror(earlier, replace(pod("b", generation="4"), revision="abc")))
    assert phases(state) == {"a": "ready", "b": "ready"}
    other, made = replace(earlier, revision="xyz"), replace(pod("b", generation="4"), revision="abc")
    assert phases(state_of(target(lambda _: True), mirror(other, made))) == {"a": "old", "b": "ready"}


def test_before_any_new_pod_is_made_the_field_of_the_plan_decides() -> None:
    state = state_of(target(lambda found: found.node == "a"), mirror(pod("a"), pod("b")))
    assert phases(state) == {"a": "ready", "b": "old"}


def test_nodes_that_need_no_new_pod_only_have_to_be_healthy() -> None:
    state = state_of(target(renewed=frozenset({"b"})), mirror(pod("a"), pod("b", generation="4")))
    assert state.outcome == "done"


def test_pods_of_other_daemonsets_do_not_count() -> None:
    other = replace(pod("a"), owner="DaemonSet/canal")
    assert phases(state_of(target(), mirror(other, pod("b", generation="4")))) == {"b": "ready"}


def test_one_failure_may_be_a_start_but_repeated_ones_are_an_outcome() -> None:
    young = pod("a", failing=True, generation="4", restarts=1)
    old = replace(young, containers=(replace(young.containers[0], restart_count=2),))
    assert state_of(target(), mirror(young)).outcome == ""
    assert state_of(target(), mirror(old, pod("b"))).outcome == "failing"
    starting = replace(pod("b", generation="4"), ready=0, containers=(ContainerStatus("calico-node", init=False),))
    assert state_of(target(), mirror(old, starting)).outcome == ""


def test_a_broken_stream_is_trouble_and_what_was_seen_stays() -> None:
    found = mirror(pod("a", generation="4"), pod("b"))
    found.take(Interrupted(ClusterUnreachable("connection refused"), 1), FakeClock())
    state = state_of(target(), found)
    assert str(state.trouble) == "connection refused"
    assert len(state.nodes) == 2


def test_nothing_is_done_before_the_pods_are_known() -> None:
    assert state_of(target(), Mirror(lambda item: item.uid)) == Rollout()


def test_the_selector_is_the_daemonsets_own() -> None:
    assert selector_of(daemonset()) == "k8s-app=calico-node"
    assert selector_of({}).startswith("k8s-app in (")
