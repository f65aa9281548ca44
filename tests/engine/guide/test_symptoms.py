"""Step 1: which nodes fail, where and how."""

from __future__ import annotations

from dataclasses import replace

from cnitui.engine.guide.blocks import Grid, Paragraph
from cnitui.engine.guide.looking import MANY
from tests.engine.guide.states import (
    cluster,
    grid,
    incident,
    judged,
    pod,
    step,
    with_pods,
)


def test_symptoms_name_how_many_fail_where_and_how() -> None:
    view = step(incident(), 1)
    assert (view.state, view.summary) == ("fail", "2 of 3 fail")
    assert view.headline == "2 of 3 nodes fail in install-cni."
    assert grid(view).rows[1] == (
        "worker-01", "calico-node-worker-01", "Init:CrashLoopBackOff", "install-cni", "1", "3", "False KubeletNotReady"
    )  # fmt: skip
    assert grid(view).roles == ("good", "bad", "bad")


def test_a_healthy_cluster_passes() -> None:
    view = step(judged(cluster((), ("master-01", "worker-01"))), 1)
    assert (view.state, view.summary) == ("pass", "none fails")
    assert view.headline == "2 calico-node pods found, none of them fails."


def test_pods_that_are_not_ready_are_named_and_do_not_pass() -> None:
    state = cluster((), ("master-01", "worker-01"))
    state = judged(with_pods(state, state.pods[0], pod("worker-01", failing=False, ready=False)))
    view = step(state, 1)
    assert (view.state, view.summary) == ("unknown", "not all ready")
    assert view.headline.endswith("not ready yet: worker-01.")


def test_no_calico_at_all_is_not_a_pass() -> None:
    view = step(judged(cluster((), ())), 1)
    assert (view.state, view.headline) == ("unknown", "No calico-node pods were found in the namespaces you may read.")


def test_a_node_without_a_pod_has_its_row() -> None:
    state = cluster()
    view = step(judged(with_pods(state, *state.pods[:-1])), 1)
    assert grid(view).rows[-1][:3] == ("worker-02", "no pod", "–")
    assert grid(view).roles[-1] == "warn"


def test_thousands_of_nodes_are_bounded_and_counted() -> None:
    state = cluster([f"w{number:04}" for number in range(3000)])
    view = step(replace(state, diagnosis=incident().diagnosis), 1)
    groups, nodes = (block for block in view.blocks if isinstance(block, Grid))
    assert groups.rows[0][:3] == ("A", "2 (worker-01, worker-02)", "install-cni exit 1")
    assert len(nodes.rows) == MANY
    assert Paragraph("and 2,989 more nodes, all of them in the pods pane", "dim") in view.blocks
    assert view.headline == "3,000 of 3,001 nodes fail in install-cni."
