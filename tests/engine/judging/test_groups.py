"""Cohorts are kept from differences; whom to read first is chosen once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from cnitui.domain import cohorts
from cnitui.domain.cohorts import Opinion, Part
from cnitui.domain.finding import Verdict
from cnitui.domain.likeness import Likeness
from cnitui.engine.judging import groups as module
from cnitui.engine.judging.groups import MOST_FIRST, READ_FIRST, Groups

BLUE, GREEN = Likeness("install-cni", "exit 1", pool="blue"), Likeness("install-cni", "exit 1", pool="green")
BLUES, GREENS = [f"blue-{n:03d}" for n in range(40)], [f"green-{n:03d}" for n in range(20)]


def says(*blamed: str) -> Opinion:
    return Opinion(((Verdict.CONFIRMED, len(blamed)),), frozenset(blamed), clear=True)


def filled() -> Groups:
    groups = Groups()
    for node in BLUES:
        groups.place(node, BLUE)
    for node in GREENS:
        groups.place(node, GREEN)
    return groups


def test_nodes_of_one_likeness_are_one_cohort_the_largest_first() -> None:
    first, second = filled().cohorts
    assert (first.id, first.likeness, len(first.members)) == ("A", BLUE, 40)
    assert (second.id, second.likeness, len(second.members)) == ("B", GREEN, 20)


def test_nothing_is_made_anew_while_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = filled()
    before = groups.cohorts
    made: list[set[str]] = []
    parts_of = cohorts.parts_of

    def counted(members: Iterable[str], opinions: Mapping[str, Opinion]) -> tuple[Part, ...]:
        made.append(set(members))
        return parts_of(members, opinions)

    monkeypatch.setattr(module, "parts_of", counted)
    assert not groups.place(BLUES[0], Likeness("install-cni", "exit 1", pool="blue")), "an equal one is no other one"
    assert groups.cohorts is before
    groups.believe(GREENS[0], says("disk-full"))
    groups.believe(GREENS[0], says("disk-full"))
    assert len(groups.cohorts) == 2
    assert made == [set(GREENS)], "the other likeness is left as it is"


def test_one_that_disagrees_leaves_with_a_letter_of_its_own_and_the_others_keep_theirs() -> None:
    groups = filled()
    for node in BLUES[:3]:
        groups.believe(node, says("selinux-denial"))
    assert [cohort.id for cohort in groups.cohorts] == ["A", "B"]
    groups.believe(BLUES[20], says("disk-full"))
    by_id = {cohort.id: cohort for cohort in groups.cohorts}
    assert {name: len(cohort.members) for name, cohort in by_id.items()} == {"A": 39, "B": 20, "C": 1}
    assert (by_id["C"].members, by_id["C"].apart_from) == ((BLUES[20],), "A")
    groups.place(BLUES[20], None)
    groups.place(GREENS[0], None)
    assert {cohort.id: len(cohort.members) for cohort in groups.cohorts} == {"A": 39, "B": 19}
    groups.believe(BLUES[21], says("text-file-busy"))
    assert {cohort.id for cohort in groups.cohorts} == {"A", "B", "C"}, "a letter that became free is given again"


def test_a_few_of_each_are_read_first_spread_over_their_names() -> None:
    wanted = filled().to_read_first()
    assert len(wanted) == 2 * READ_FIRST
    assert {BLUES[0], BLUES[-1], GREENS[0], GREENS[-1]} <= set(wanted)


def test_those_that_were_chosen_stay_chosen_while_others_come_and_go() -> None:
    groups = filled()
    before = groups.to_read_first()
    for node in BLUES[5:15]:
        groups.place(node, None)
    groups.place("blue-999", BLUE)
    assert set(groups.to_read_first()) == set(before)
    gone = next(node for node in before if node.startswith("blue"))
    groups.place(gone, None)
    assert len(groups.to_read_first()) == len(before)
    assert gone not in groups.to_read_first()


def test_where_they_do_not_agree_more_are_read_up_to_a_bound() -> None:
    groups = filled()
    for turn in range(30):
        for node in groups.to_read_first():
            groups.believe(node, says(f"cause-{turn}-{node}"))
    blues = [node for node in groups.to_read_first() if node.startswith("blue")]
    assert len(blues) == MOST_FIRST


def test_a_node_that_fails_otherwise_or_is_doubted_has_to_be_read_again() -> None:
    groups = filled()
    groups.believe(BLUES[0], says("selinux-denial"))
    assert BLUES[0] not in groups.unread
    groups.place(BLUES[0], GREEN)
    assert BLUES[0] in groups.unread
    groups.believe(BLUES[0], says("selinux-denial"))
    groups.doubt(BLUES[0])
    assert BLUES[0] in groups.unread
    groups.place(BLUES[0], None)
    assert BLUES[0] not in groups.unread
    assert len(groups.unread) == len(BLUES) + len(GREENS) - 1
