"""Which lanes there are: nodes while they are few, else groups; the reference last, and never more than asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cnitui.domain.facts import NodeClock
from cnitui.domain.likeness import Cohort
from cnitui.engine.state import Before
from cnitui.engine.timeline.lanes import MOST_LANES, Lane, lanes_of, looked_at
from tests.engine.guide.states import NOON, WORKERS, cluster, incident, judged, observed

MANY = tuple(f"worker-{number:04}" for number in range(300))


def test_failing_nodes_have_a_lane_each_and_the_reference_is_the_last() -> None:
    assert [lane.title for lane in lanes_of(incident())] == [*WORKERS, "master-01 (reference)"]
    assert lanes_of(incident())[-1] == Lane("master-01", "master-01 (reference)", "reference")


def test_hundreds_of_nodes_are_a_lane_for_each_group() -> None:
    state = judged(cluster(MANY))
    (group,) = state.cohorts
    lanes = lanes_of(state, 5)
    assert [lane.note for lane in lanes] == [f"group {group.id} (300)", "reference"]
    assert lanes[0].node in group.members
    walked = lanes_of(state, 5, member=lambda cohort: cohort.members[7])
    assert walked[0].title == f"{group.members[7]}, group {group.id} (300)"


def test_a_clock_that_is_astray_is_told_beside_its_lane() -> None:
    state = incident()
    case = observed(state.case, "worker-02", NodeClock(-timedelta(hours=30)))
    case = observed(case, "worker-01", NodeClock(timedelta()))
    case = observed(case, "master-01", NodeClock(timedelta(seconds=37)))
    lanes = lanes_of(replace(state, case=case))
    assert [(lane.title, lane.note) for lane in lanes] == [
        ("worker-01", ""),
        ("worker-02, clock 30h behind", "clock 30h behind"),
        ("master-01 (reference), clock 37s ahead", "clock 37s ahead, reference"),
    ]


def test_there_are_never_more_than_asked_for_beside_the_reference() -> None:
    state = cluster(MANY)
    assert not state.cohorts, "nothing was judged yet"
    assert [lane.node for lane in lanes_of(state, 5)] == [*MANY[:5], "master-01"]
    groups = tuple(Cohort(str(number), judged(cluster()).cohorts[0].likeness, (f"n{number}",)) for number in range(99))
    diagnosis = judged(state).diagnosis
    assert diagnosis is not None
    many = replace(state, diagnosis=replace(diagnosis, cohorts=groups))
    assert len(lanes_of(many)) == MOST_LANES + 1


def test_chosen_nodes_come_instead_and_the_reference_once() -> None:
    assert [lane.node for lane in lanes_of(incident(), chosen=("worker-02",))] == ["worker-02", "master-01"]
    assert [lane.node for lane in lanes_of(incident(), chosen=("master-01",))] == ["master-01"]


def test_where_nothing_fails_there_are_the_nodes_that_run() -> None:
    healthy = cluster((), ("master-01", "worker-01"))
    assert [lane.node for lane in lanes_of(healthy)] == ["worker-01", "master-01"]


def test_what_failed_before_a_plan_keeps_its_lanes_until_others_fail_now() -> None:
    healed = replace(cluster((), ("master-01", *WORKERS)), before=Before("plan", NOON, incident()))
    assert [lane.node for lane in lanes_of(looked_at(healed, "now"))][:2] == list(WORKERS)
    worse = replace(cluster(("worker-02",), ("master-01", "worker-01")), before=Before("plan", NOON, incident()))
    assert looked_at(worse, "now") is worse
    assert looked_at(worse, "both") is not worse
