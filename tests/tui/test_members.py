"""Who stands for a group: all while they are few, then one each, and whoever was walked to."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.likeness import Cohort, Likeness
from cnitui.engine.state import State
from cnitui.tui.members import FEW, Members, grouped
from tests.engine.guide.states import cluster, found, incident

ALIKE = Likeness("install-cni", "exit 1")
MANY = tuple(f"worker-{number:02d}" for number in range(1, 21))


def many(*cohorts: Cohort) -> State:
    state = found(cluster(failing=MANY))
    assert state.diagnosis is not None
    made = cohorts or (
        Cohort("A", ALIKE, MANY[:15], agreeing=MANY[3:6]),
        Cohort("B", ALIKE, MANY[15:]),
    )
    return replace(state, diagnosis=replace(state.diagnosis, cohorts=made))


def test_few_are_all_shown() -> None:
    assert Members().shown(incident()) == ("worker-01", "worker-02")
    assert len(MANY) > FEW
    assert not grouped(incident())


def test_of_many_one_per_group_is_shown_one_that_was_read_if_there_is_any() -> None:
    assert Members().shown(many()) == (MANY[3], MANY[15])


def test_walking_goes_through_the_group_of_the_node_meant_and_around() -> None:
    members, state = Members(), many()
    assert members.walk(state, MANY[3], 1)
    assert members.shown(state) == (MANY[4], MANY[15])
    for _ in range(14):
        members.walk(state, MANY[3], 1)
    assert members.shown(state)[0] == MANY[3]
    members.walk(state, MANY[16], -1)
    assert members.shown(state) == (MANY[3], MANY[19])


def test_without_a_node_the_largest_group_is_meant_and_without_groups_none() -> None:
    members = Members()
    assert members.walk(many(), "", 1)
    assert members.shown(many())[0] == MANY[4]
    assert not members.walk(incident(), "worker-01", 1)


def test_one_that_left_the_group_stands_for_it_no_more() -> None:
    members = Members()
    members.walk(many(), MANY[3], 1)
    state = many(Cohort("A", ALIKE, (*MANY[:4], *MANY[5:15])), Cohort("B", ALIKE, MANY[15:]))
    assert members.shown(state) == (MANY[0], MANY[15])
