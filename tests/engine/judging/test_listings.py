"""Whose listings are opened, and what is known of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import Observed
from cnitui.domain.facts import CniDirectories
from cnitui.engine.judging.listings import beside, listings_of, pair
from cnitui.engine.state import State
from tests.engine.guide.states import cluster, judged, pod, with_pods
from tests.tui.listings import founding

MASTER, FIRST, SECOND = "master-01", "worker-01", "worker-02"
HEALTHY = judged(cluster((), (MASTER, FIRST, SECOND)))


@pytest.mark.parametrize(
    ("state", "marked", "cursor", "opened"),
    [
        (founding(), (), SECOND, (MASTER, SECOND)),
        (founding(), (), MASTER, (MASTER, FIRST)),
        (founding(), (), "", (MASTER, FIRST)),
        (founding(), (SECOND,), MASTER, (MASTER, SECOND)),
        (founding(), (FIRST, SECOND), MASTER, (FIRST, SECOND)),
        (founding(), (FIRST, MASTER), SECOND, (MASTER, FIRST)),
        (founding(), ("gone", SECOND), MASTER, (MASTER, SECOND)),
        (replace(founding(), reference=""), (), SECOND, (SECOND,)),
        (HEALTHY, (), MASTER, (MASTER,)),
        (HEALTHY, (), SECOND, (MASTER, SECOND)),
        (HEALTHY, (FIRST, SECOND), MASTER, (FIRST, SECOND)),
        (State(), (), "", ()),
    ],
)
def test_marked_nodes_are_opened_else_the_one_under_the_cursor_beside_the_reference(
    state: State, marked: tuple[str, ...], cursor: str, opened: tuple[str, ...]
) -> None:
    assert pair(state, marked, cursor) == opened


def test_after_a_repair_the_node_that_was_open_is_opened_again() -> None:
    assert pair(HEALTHY, (), MASTER, (MASTER, SECOND)) == (MASTER, SECOND)
    assert pair(HEALTHY, (), FIRST, (MASTER, SECOND)) == (MASTER, FIRST)
    assert pair(HEALTHY, (), MASTER, (MASTER, "gone")) == (MASTER,)


def test_the_next_node_takes_the_second_place_and_the_first_one_stays() -> None:
    state = founding()
    assert beside(state, (), (MASTER, FIRST), 1) == (MASTER, SECOND)
    assert beside(state, (), (MASTER, SECOND), 1) == (MASTER, FIRST)
    assert beside(state, (), (MASTER, FIRST), -1) == (MASTER, SECOND)
    assert beside(HEALTHY, (), (MASTER,), 1) == (MASTER, FIRST)
    assert beside(cluster((), (MASTER,)), (), (MASTER,), 1) == (MASTER,)


def test_of_more_than_two_marked_nodes_the_others_are_walked_through() -> None:
    state = cluster((), tuple(f"n{number}" for number in range(9)))
    marked = ("n2", "n5", "n7")
    assert pair(state, marked, "n0") == ("n2", "n5")
    assert beside(state, marked, ("n2", "n5"), 1) == ("n2", "n7")
    assert beside(state, marked, ("n2", "n7"), 1) == ("n2", "n5")


def test_a_node_is_told_with_its_standing_and_equal_while_nothing_about_it_changed() -> None:
    state = founding()
    first, second = listings_of(state, (MASTER, SECOND))
    assert (first.standing, second.standing) == ("reference", "fails")
    assert isinstance(second.directories, Observed)
    assert second.directories is state.case.reading(CniDirectories, SECOND)
    other = replace(state, settled=False, case=state.case.without([(CniDirectories, FIRST)]))
    assert listings_of(other, (MASTER, SECOND)) == (first, second)
    assert listings_of(with_pods(state, pod(MASTER)), ("gone", SECOND, MASTER))[2].standing == "fails"
    assert [node.standing for node in listings_of(with_pods(state), ("gone", SECOND))] == ["gone", "no pod"]
