"""Rows are kept from changes: each touches its own row, and the whole comes out as if it had been made at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cnitui.domain.facts import PodStatus
from cnitui.engine.watching.roster import Roll, Roster
from tests.engine.fake_cluster import node, pod
from tests.engine.fake_sitting import renamed

NAMES = ("master-01", *(f"worker-{number:02d}" for number in range(1, 30)))


def full() -> Roll:
    roll = Roll()
    roll.nodes([node(name) for name in NAMES])
    roll.pods([pod(name, failing=name != "master-01") for name in NAMES])
    return roll


def test_one_changed_pod_renews_one_row() -> None:
    roll = full()
    before = roll.roster()
    roll.taken()
    roll.pod(replace(pod("worker-07", failing=True), restarts=99))
    after = roll.roster()
    assert roll.taken() == {"worker-07"}
    assert [one.name for one, other in zip(after.rows, before.rows, strict=True) if one is not other] == ["worker-07"]


def test_the_oldest_failing_pod_says_since_when() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    old, late, later = (noon - timedelta(hours=hours) for hours in (99, 2, 1))
    pods = [
        replace(pod("master-01"), created_at=old),
        replace(pod("worker-01", failing=True), created_at=late),
        replace(pod("worker-02", failing=True), created_at=later),
        replace(pod("worker-03", failing=True), created_at=None),
    ]
    assert Roster.of(pods, ()).failing_since == late
    assert Roster.of(pods[:1], ()).failing_since is None


def test_the_same_pod_told_again_changes_nothing() -> None:
    roll = full()
    before = roll.roster()
    roll.taken()
    roll.pod(replace(pod("worker-07", failing=True)))
    roll.pods(list(before.pods))
    assert roll.taken() == set()
    assert roll.roster() is before


def test_the_control_plane_comes_first_and_then_the_names() -> None:
    assert [row.name for row in full().roster().rows] == list(NAMES)
    roll = Roll()
    roll.node(node("alpha"))
    roll.node(node("master-09"))
    assert [row.name for row in roll.roster().rows] == ["master-09", "alpha"]


def test_of_two_pods_on_a_node_the_living_one_is_shown_and_the_other_comes_back_when_it_goes() -> None:
    roll = full()
    old, new = pod("worker-01", failing=True), renamed(pod("worker-01"), "b")
    roll.pod(replace(old, deleting=True))
    roll.pod(new)
    assert roll.roster().by_name["worker-01"].pod == new
    roll.pod_gone(new.uid)
    assert roll.roster().by_name["worker-01"].pod == replace(old, deleting=True)


def test_a_pod_that_waits_for_a_node_has_a_row_of_its_own_until_it_is_bound() -> None:
    roll = full()
    waiting = replace(pod("worker-01"), node="", uid="u-new", name="calico-node-new")
    roll.pod(waiting)
    assert "(unscheduled) calico-node-new" in roll.roster().by_name
    roll.pod(replace(waiting, node="worker-02"))
    assert "(unscheduled) calico-node-new" not in roll.roster().by_name


def test_a_row_is_gone_when_neither_node_nor_pod_is_left() -> None:
    roll = full()
    roll.node_gone("worker-03")
    assert roll.roster().by_name["worker-03"].node is None
    roll.pod_gone(pod("worker-03", failing=True).uid)
    assert "worker-03" not in roll.roster().by_name
    assert roll.taken() >= {"worker-03"}


def test_a_thousand_changes_in_any_order_come_out_as_if_made_at_once() -> None:
    dice = random.Random(5)
    roll, pods, nodes = Roll(), dict[str, PodStatus](), {name: node(name) for name in NAMES[:10]}
    roll.nodes(nodes.values())
    for turn in range(1000):
        name = dice.choice(NAMES)
        match dice.randrange(5):
            case 0:
                found = pod(name, failing=dice.random() < 0.5, restarts=turn)
                pods[found.uid] = found
                roll.pod(found)
            case 1 if pods:
                uid = dice.choice(sorted(pods))
                del pods[uid]
                roll.pod_gone(uid)
            case 2:
                nodes[name] = node(name, ready=dice.random() < 0.5)
                roll.node(nodes[name])
            case 3:
                nodes.pop(name, None)
                roll.node_gone(name)
            case _:
                roll.roster()
    made, kept = Roster.of(pods.values(), nodes.values()), roll.roster()
    assert kept.rows == made.rows
    assert (kept.ready, set(kept.failing)) == (made.ready, set(made.failing))


def test_rows_that_nobody_has_taken_yet_are_known() -> None:
    roll = Roll()
    told = [roll.untaken]
    roll.nodes([node("worker-01")])
    told.append(roll.untaken)
    assert roll.taken() == {"worker-01"}
    assert [*told, roll.untaken] == [False, True, False]
