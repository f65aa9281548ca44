"""Nodes that look alike stay together until reading one of them says otherwise."""

from __future__ import annotations

from itertools import islice

import pytest

from cnitui.domain.cohorts import Opinion, letter, letters, named, parts_of
from cnitui.domain.finding import Verdict
from cnitui.domain.likeness import Likeness

NAMES = tuple(f"worker-{number:02d}" for number in range(1, 9))
ALIKE = Likeness("install-cni", "exit 1")


def says(*blamed: str, clear: bool = True, said: tuple[str, ...] = (), proven: bool = False) -> Opinion:
    return Opinion(((Verdict.CONFIRMED, len(blamed)),), frozenset(blamed), clear, frozenset(said), proven)


def test_of_unread_nodes_nothing_is_said() -> None:
    (only,) = parts_of(NAMES, {})
    assert (only.members, only.agreeing, only.unclear, only.causes) == (NAMES, (), (), frozenset())


def test_what_most_of_the_read_members_blame_is_the_cohorts_cause() -> None:
    (only,) = parts_of(NAMES, {node: says("selinux-denial") for node in NAMES[:3]})
    assert only.causes == {"selinux-denial"}
    assert only.agreeing == NAMES[:3]
    assert only.members == NAMES, "those nobody read stay with them"


def test_a_member_that_blames_another_cause_leaves_and_takes_its_like_along() -> None:
    opinions = {node: says("selinux-denial") for node in NAMES[:3]}
    opinions |= {NAMES[5]: says("disk-full"), NAMES[6]: says("disk-full"), NAMES[7]: says("text-file-busy")}
    main, *odd = parts_of(NAMES, opinions)
    assert main.members == NAMES[:5]
    assert [(set(part.causes), part.members) for part in odd] == [
        ({"disk-full"}, NAMES[5:7]),
        ({"text-file-busy"}, NAMES[7:]),
    ]


def test_a_member_that_could_not_be_read_well_stays_and_is_counted_apart() -> None:
    opinions = {NAMES[0]: says("selinux-denial"), NAMES[1]: says(clear=False)}
    (only,) = parts_of(NAMES, opinions)
    assert (only.agreeing, only.unclear) == (NAMES[:1], NAMES[1:2])


def test_where_nobody_could_be_read_better_all_count() -> None:
    (only,) = parts_of(NAMES, {node: says(clear=False) for node in NAMES[:2]})
    assert (only.agreeing, only.unclear) == (NAMES[:2], ())


def test_one_that_could_not_be_read_well_stays_only_with_those_whose_last_words_are_its_own() -> None:
    opinions = {
        NAMES[0]: says("selinux-denial", said=("no-writeable-directory", "denied")),
        NAMES[1]: says(clear=False, said=("no-writeable-directory",)),
        NAMES[2]: says(clear=False, said=("no-space",)),
        NAMES[3]: says(clear=False),
    }
    main, odd = parts_of(NAMES, opinions)
    assert (main.causes, main.agreeing, main.unclear) == (
        frozenset({"selinux-denial"}),
        NAMES[:1],
        (NAMES[1], NAMES[3]),
    )
    assert (odd.causes, odd.members) == (frozenset(), NAMES[2:3])


def test_a_few_that_can_be_judged_do_not_speak_for_many_that_said_something_else() -> None:
    opinions = {node: says(clear=False, said=("no-writeable-directory",)) for node in NAMES[:6]}
    opinions[NAMES[6]] = says("disk-full", said=("no-space",))
    main, odd = parts_of(NAMES, opinions)
    assert (main.causes, main.members, main.agreeing) == (frozenset(), (*NAMES[:6], NAMES[7]), NAMES[:6])
    assert (odd.causes, odd.members) == (frozenset({"disk-full"}), NAMES[6:7])


def test_one_that_fits_the_odd_ones_goes_with_them() -> None:
    opinions = {node: says("selinux-denial", said=("denied",)) for node in NAMES[:3]}
    opinions |= {NAMES[3]: says("disk-full", said=("no-space",)), NAMES[4]: says(clear=False, said=("no-space",))}
    main, odd = parts_of(NAMES, opinions)
    assert main.members == (*NAMES[:3], *NAMES[5:])
    assert (odd.members, odd.agreeing, odd.unclear) == (NAMES[3:5], NAMES[3:4], NAMES[4:5])


def test_a_part_that_left_names_the_one_it_left() -> None:
    opinions = {node: says("selinux-denial") for node in NAMES[:3]} | {NAMES[7]: says("disk-full")}
    first, second = named(ALIKE, parts_of(NAMES, opinions), letters())
    assert (first.id, first.apart_from, second.id, second.apart_from) == ("A", "", "B", "A")
    assert second.causes == ("disk-full",)


@pytest.mark.parametrize(("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")])
def test_letters_go_on_behind_z(number: int, name: str) -> None:
    assert letter(number) == name
    assert next(islice(letters(), number - 1, None)) == name


def test_an_experiment_on_one_speaks_for_those_of_the_same_words_whose_traces_blame_nothing() -> None:
    words = ("no-writeable-directory",)
    opinions = {NAMES[0]: says("selinux-denial", said=words, proven=True)}
    opinions |= {node: says(said=words) for node in NAMES[1:5]}
    opinions |= {NAMES[5]: says(said=("no-space",)), NAMES[6]: says("disk-full", said=words)}
    main, *odd = parts_of(NAMES, opinions)
    assert main.causes == {"selinux-denial"}
    assert (main.agreeing, main.unclear) == (NAMES[:1], NAMES[1:5])
    assert sorted((sorted(part.causes), part.members) for part in odd) == [
        ([], NAMES[5:6]),
        (["disk-full"], NAMES[6:7]),
    ]
    (cohort, *_) = named(ALIKE, (main, *odd), ("A", "B", "C"))
    assert cohort.spoken_for(("selinux-denial",)) == NAMES[1:5]
    assert cohort.spoken_for(("disk-full",)) == ()


def test_traces_on_one_do_not_speak_for_those_whose_traces_blame_nothing() -> None:
    opinions = {NAMES[0]: says("selinux-denial"), NAMES[1]: says(), NAMES[2]: says()}
    main, odd = parts_of(NAMES[:3], opinions)
    assert main.causes == frozenset()
    assert odd.causes == {"selinux-denial"}
    assert named(ALIKE, (main, odd), ("A", "B"))[1].spoken_for(("selinux-denial",)) == ()
