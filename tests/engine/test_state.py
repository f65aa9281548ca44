"""What follows from the picture: rows, the failing, the DaemonSet that matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.finding import Diagnosis
from cnitui.engine.state import Look, State
from cnitui.engine.watching.link import Link
from cnitui.engine.watching.roster import Roster
from cnitui.errors import Forbidden, HostKeyUnknown
from tests.engine.fake_cluster import FakeClock, node, pod
from tests.engine.guide.states import incident


def test_rows_are_nodes_and_pods_together_control_plane_first() -> None:
    state = State(roster=Roster.of((pod("worker-02"), pod("orphan")), (node("worker-02"), node("master-01"))))
    assert [(row.name, row.node is not None, row.pod is not None) for row in state.rows] == [
        ("master-01", True, False),
        ("orphan", False, True),
        ("worker-02", True, True),
    ]


def test_of_two_pods_on_a_node_the_living_newest_one_is_shown() -> None:
    early, late = datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
    old = replace(pod("worker-01"), name="old", uid="1", created_at=early)
    leaving = replace(pod("worker-01"), name="leaving", uid="2", created_at=late, deleting=True)
    for order in ((old, leaving), (leaving, old)):
        shown = State(roster=Roster.of(order, ())).pod("worker-01")
        assert shown is not None
        assert shown.name == "old"


def test_pods_without_a_node_have_rows_of_their_own() -> None:
    waiting = [replace(pod("worker-01"), name=name, uid=name, node="") for name in ("a", "b")]
    assert [row.name for row in State(roster=Roster.of(waiting, ())).rows] == ["(unscheduled) a", "(unscheduled) b"]


def test_the_daemonset_is_that_of_the_failing_pods() -> None:
    first, second = DaemonSetStatus("a", "canal"), DaemonSetStatus("kube-system", "calico-node")
    failing = replace(pod("worker-01", failing=True), owner="DaemonSet/calico-node")
    assert State(roster=Roster.of((failing,), ()), daemonsets=(first, second)).daemonset == second
    assert State(daemonsets=(first, second)).daemonset == first
    assert State().daemonset is None


def test_pods_that_never_came_are_told_from_pods_that_are_none() -> None:
    refused = Link("refused", Forbidden("no"))
    assert State(pods_link=refused).unlisted
    assert not State(pods_link=Link("asking")).unlisted
    assert not State(pods_link=refused, diagnosis=Diagnosis("undetermined")).unlisted
    assert not State(pods_link=refused, roster=Roster.of((pod("worker-01"),), ())).unlisted


def test_unknown_hosts_are_the_looks_that_wait_for_the_user() -> None:
    unknown = HostKeyUnknown("first", node="worker-01", host="10.0.0.1", fingerprint="SHA256:x")
    now = FakeClock().now()
    looks = (("worker-01", Look("failed", now, unknown)), ("worker-02", Look("failed", now, Forbidden("no"))))
    assert State(looks=looks).unknown_hosts == (unknown,)


def test_it_is_written_out_in_one_line_however_much_it_holds() -> None:
    state = incident()
    assert repr(state) == "<State: 2 of 3 fail, settled>"
