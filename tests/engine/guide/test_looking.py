"""Steps 1 to 4: each in every state that a cluster can put it in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import Source
from cnitui.domain.facts import AttemptLogs
from cnitui.domain.finding import Verdict
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Block, Columns, Grid, Heading, Item, Paragraph, Quote, StepView
from cnitui.engine.guide.investigation import MANY, known_messages, machine_comparison, selinux_comparison
from cnitui.engine.state import State
from cnitui.engine.watching.link import Link
from cnitui.errors import ClusterUnreachable, Forbidden
from tests.engine.guide.states import (
    FATAL,
    WORKERS,
    cluster,
    finding,
    found,
    incident,
    judged,
    pod,
    read,
    unreachable,
    with_pods,
)


def step(state: State, number: int) -> StepView:
    """One step of the guide in this state."""
    return guide(state)[number - 1]


def grid(view: StepView) -> Grid:
    """The step's table."""
    return next(block for block in view.blocks if isinstance(block, Grid))


def items(blocks: tuple[Block, ...]) -> list[str]:
    """The step's items, in order."""
    return [block.text for block in blocks if isinstance(block, Item)]


# --- before anything is known ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 12))
def test_every_step_can_say_itself_before_anything_is_known(number: int) -> None:
    view = step(State(), number)
    assert view.headline
    assert view.why
    assert view.state in ("running", "waiting", "pass")


@pytest.mark.parametrize("number", [2, 3, 4])
def test_without_any_pod_no_step_ticks_that_nothing_fails(number: int) -> None:
    view = step(judged(cluster((), ())), number)
    assert (view.state, view.summary) == ("unknown", "no pod")
    assert step(judged(cluster((), ("master-01",))), number).state == "pass"


@pytest.mark.parametrize("number", range(1, 7))
def test_a_refused_list_of_pods_is_told_in_every_step_that_looks_instead_of_asking_for_ever(number: int) -> None:
    refused = Forbidden("you may not list pods in any namespace", "Ask for `get pods`.", status=403)
    view = step(State(pods_link=Link("refused", refused)), number)
    assert (view.state, view.headline) == ("unknown", "You may not list pods in any namespace.")
    assert view.blocks == (Paragraph("Ask for `get pods`.", "dim"),)


def test_a_server_that_is_not_there_is_told_in_step_one() -> None:
    view = step(State(fatal=ClusterUnreachable("10.0.0.1:6443 refused the connection")), 1)
    assert view.headline == "10.0.0.1:6443 refused the connection."


def test_a_server_that_goes_away_later_leaves_what_was_found() -> None:
    gone = replace(incident(), pods_link=Link("stale", ClusterUnreachable("gone")))
    assert step(gone, 1).headline == "2 of 3 nodes fail in install-cni."


# --- step 1 ---------------------------------------------------------------------------------------------------------


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


# --- step 2 ---------------------------------------------------------------------------------------------------------


def test_a_recognised_message_is_quoted_with_its_source_its_meaning_and_its_nodes() -> None:
    view = step(incident(), 2)
    assert (view.state, view.summary) == ("fail", "1 known")
    assert Heading("worker-01, worker-02") in view.blocks
    assert Quote(FATAL, "look at worker-01 line 1") in view.blocks
    assert "selinux-denial" in next(block for block in view.blocks if isinstance(block, Item)).detail


def test_a_message_of_thousands_of_nodes_is_shown_once_with_a_bounded_list() -> None:
    state = judged(read(cluster([f"w{number:03}" for number in range(300)])))
    view = step(state, 2)
    assert [block.text for block in view.blocks if isinstance(block, Heading)] == [
        "w000, w001, w002, w003, w004 and 295 more"
    ]
    assert len(known_messages(state)[0].nodes) == 300


def test_while_logs_are_being_read_the_step_says_so() -> None:
    view = step(replace(judged(cluster()), settled=False), 2)
    assert (view.state, view.summary) == ("running", "reading logs")


def test_logs_that_may_not_be_read_are_unknown_with_the_reason() -> None:
    state = cluster()
    case = state.case.with_unavailable(AttemptLogs, "you may not get pods/log", Source("kubectl logs"), "worker-01")
    view = step(judged(replace(state, case=case)), 2)
    assert (view.state, view.summary) == ("unknown", "none known")
    assert items(view.blocks) == ["worker-01: logs not readable: you may not get pods/log"]


def test_unreadable_logs_of_many_nodes_are_bounded() -> None:
    state = cluster([f"w{number:03}" for number in range(100)])
    case = state.case
    for failing in state.failing:
        case = case.with_unavailable(AttemptLogs, "no", Source("kubectl logs"), failing.node)
    view = step(judged(replace(state, case=case)), 2)
    assert len(items(view.blocks)) == 5
    assert view.blocks[-1] == Paragraph("and 95 more nodes", "dim")


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_when_nothing_fails_no_step_looks_for_a_reason(number: int) -> None:
    view = step(judged(cluster((), ("master-01",))), number)
    assert (view.state, view.summary) == ("pass", "nothing fails")


# --- step 3 ---------------------------------------------------------------------------------------------------------


def test_denials_on_the_failing_nodes_decide_the_selinux_step() -> None:
    view = step(incident(), 3)
    assert (view.state, view.summary) == ("fail", "denied on 2")
    columns = next(block for block in view.blocks if isinstance(block, Columns)).comparison.columns
    assert columns == (("master-01",), WORKERS)


def test_while_nodes_are_being_read_the_step_counts_them() -> None:
    view = step(replace(judged(cluster()), settled=False), 3)
    assert (view.state, view.summary) == ("running", "asking 2")


def test_nodes_that_cannot_be_reached_leave_selinux_open_and_say_why() -> None:
    view = step(judged(unreachable(cluster(), *WORKERS)), 3)
    assert (view.state, view.summary) == ("unknown", "not readable")
    assert "worker-01 does not answer on port 22" in view.headline
    assert items(view.blocks) == ["worker-01 does not answer", "worker-02 does not answer"]


def test_nodes_left_alone_on_purpose_are_told_as_that() -> None:
    view = step(judged(replace(cluster(), node_access="none")), 3)
    assert view.headline == "No failing node could be read: node access is switched off"


def test_one_unreachable_node_is_counted_beside_what_the_others_say() -> None:
    view = step(judged(unreachable(read(cluster()), "worker-02")), 3)
    assert view.state == "fail"
    assert view.headline.endswith("1 of 2 nodes could not be read.")


def test_selinux_that_was_ruled_out_passes() -> None:
    ruled_out = (
        finding("selinux-denial", Verdict.RULED_OUT, *WORKERS, because="install-cni already runs privileged"),
        finding("selinux-wrong-context", Verdict.RULED_OUT, *WORKERS),
    )
    view = step(found(read(cluster()), *ruled_out), 3)
    assert (view.state, view.summary) == ("pass", "ruled out")
    assert view.headline == "SELinux is not it: install-cni already runs privileged."


def test_selinux_that_is_open_says_what_is_missing() -> None:
    undecided = finding("selinux-denial", Verdict.UNDETERMINED, *WORKERS, because="the audit log was not readable")
    view = step(found(read(cluster()), undecided), 3)
    assert (view.state, view.summary) == ("unknown", "undecided")
    assert view.headline.endswith("open: the audit log was not readable.")


def test_unreachable_nodes_by_the_thousand_are_bounded() -> None:
    nodes = [f"w{number:04}" for number in range(1000)]
    view = step(judged(unreachable(cluster(nodes), *nodes)), 3)
    assert len(items(view.blocks)) == 5
    columns = next(block for block in view.blocks if isinstance(block, Columns)).comparison
    assert len(columns.columns) == 2


# --- step 4 ---------------------------------------------------------------------------------------------------------


def test_only_what_differs_from_the_reference_is_shown() -> None:
    view = step(incident(), 4)
    rows = next(block for block in view.blocks if isinstance(block, Columns)).comparison.rows
    assert view.state == "unknown", "what differs is for a person to judge"
    assert view.summary == f"{len(rows)} differ"
    assert all(row.any_differs for row in rows)
    assert {"pod", "node Ready", "denials"} <= {row.label for row in rows}


def test_without_a_healthy_node_there_is_nothing_to_compare_with() -> None:
    view = step(judged(read(cluster(healthy=()))), 4)
    assert (view.state, view.summary) == ("unknown", "no healthy node")


def test_the_comparison_is_still_running_while_evidence_comes_in() -> None:
    assert step(replace(incident(), settled=False), 4).state == "running"


def test_the_machine_comparison_holds_the_selinux_one() -> None:
    state = incident()
    labels = {row.label for row in machine_comparison(state).rows}
    assert labels >= {row.label for row in selinux_comparison(state).rows}


def test_different_groups_of_nodes_have_columns_of_their_own() -> None:
    state = judged(unreachable(read(cluster()), "worker-02"))
    assert selinux_comparison(state).columns == (("master-01",), ("worker-01",), ("worker-02",))


def test_the_same_evidence_is_compared_once_and_new_evidence_anew() -> None:
    state = incident()
    made = selinux_comparison(state)
    assert selinux_comparison(replace(state, settled=False)) is made
    assert selinux_comparison(replace(state, reference="")) != made
    assert selinux_comparison(unreachable(state, "worker-02")) != made
    assert selinux_comparison(state) == made
