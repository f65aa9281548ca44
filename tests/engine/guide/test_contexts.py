"""Steps 3 and 4: contexts and denials, and what differs from the reference."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.finding import Verdict
from cnitui.engine.guide.blocks import Columns
from cnitui.engine.guide.contexts import machine_comparison, selinux_comparison
from tests.engine.guide.states import (
    WORKERS,
    cluster,
    finding,
    found,
    incident,
    items,
    judged,
    read,
    step,
    unreachable,
)


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
