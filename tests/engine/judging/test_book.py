"""The case as it grows: what is gone is forgotten, what could not be had is said."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.evidence import Key, Observed, Source, Unavailable
from cnitui.domain.facts import (
    CalicoInstall,
    DaemonSetStatus,
    InstallCni,
    NodeStatus,
    PodStatus,
    SelinuxMode,
)
from cnitui.engine.judging.book import Book, lacking
from cnitui.engine.ports import Interrupted, Listed
from cnitui.engine.probes.cluster import Readings
from cnitui.engine.state import NodeRow
from cnitui.engine.watching.picture import Picture
from cnitui.errors import Forbidden
from tests.engine.fake_cluster import FakeClock, node, pod
from tests.engine.fake_sitting import CALICO, ScriptedCluster

NOW = FakeClock().now()
ROW = NodeRow("worker-01", node("worker-01"), pod("worker-01", failing=True))
MODE: Readings = ((SelinuxMode, "worker-01", Observed(SelinuxMode("Enforcing"), Source("getenforce"))),)


def write(book: Book, *rows: NodeRow, daemonset: DaemonSetStatus | None = CALICO) -> None:
    """Bring these rows and the DaemonSet up to date."""
    by_name = {row.name: row for row in rows}
    book.rows(by_name, by_name.get, NOW)
    book.daemonset(daemonset, NOW)


def written(*rows: NodeRow) -> Book:
    book = Book()
    write(book, *(rows or (ROW,)))
    return book


def test_the_picture_becomes_facts_with_their_commands() -> None:
    case = written().case
    assert case.value(PodStatus, "worker-01") == ROW.pod
    assert case.value(InstallCni, "worker-01") is not None
    assert case.value(NodeStatus, "worker-01") == ROW.node
    assert case.value(CalicoInstall) is not None
    reading = case.reading(PodStatus, "worker-01")
    assert reading is not None
    assert reading.source.command.startswith("kubectl -n kube-system get pod calico-node-worker-01")


def test_the_case_is_the_same_object_while_nothing_changed() -> None:
    book = written()
    before = book.case
    write(book, ROW)
    book.take(())
    book.lack({})
    assert book.case is before
    assert ROW.pod is not None
    write(book, replace(ROW, pod=replace(ROW.pod, restarts=9)))
    assert book.case is not before


def test_a_pod_that_is_gone_is_forgotten_and_its_node_is_not() -> None:
    other = NodeRow("worker-02", node("worker-02"), pod("worker-02"))
    book = written(ROW, other)
    book.take(MODE)
    write(book, replace(ROW, pod=None), other)
    assert book.case.value(PodStatus, "worker-01") is None
    assert book.case.value(InstallCni, "worker-01") is None
    assert book.case.value(NodeStatus, "worker-01") is not None
    assert book.case.value(SelinuxMode, "worker-01") is not None


def test_without_any_pod_nothing_is_left_that_could_be_taken_for_an_incident() -> None:
    book = written()
    book.take(MODE)
    write(book, replace(ROW, pod=None), daemonset=None)
    assert {fact for fact, _, _ in book.case} == {NodeStatus}


def test_a_pod_without_a_node_is_no_fact_about_a_node() -> None:
    waiting = replace(pod("worker-01"), node="")
    assert written(NodeRow("(unscheduled) x", None, waiting)).case.subjects(PodStatus) == ()


# --- what could not be had ------------------------------------------------------------------------------------------


def refused_picture(*listed: str) -> Picture:
    picture = Picture(ScriptedCluster(), FakeClock(), "", lambda: None)
    for name in ("pods", "nodes", "daemonsets"):
        refused = Interrupted(Forbidden(f"may not list {name}", "Ask."), 30)
        update: Listed[object] | Interrupted = Listed(()) if name in listed else refused
        getattr(picture, name).take(update, FakeClock())
    return picture


def test_each_list_that_is_refused_is_unavailable_for_those_who_would_ask() -> None:
    found = lacking(refused_picture(), ["worker-01", "worker-02"])
    assert set(found) == {
        (PodStatus, ""),
        (NodeStatus, "worker-01"),
        (NodeStatus, "worker-02"),
        (DaemonSetStatus, ""),
        (CalicoInstall, ""),
    }
    assert found[NodeStatus, "worker-01"] == Unavailable("may not list nodes", Source("kubectl get nodes"), "Ask.")


def test_an_empty_list_of_pods_says_what_was_looked_for() -> None:
    found = lacking(refused_picture("pods", "nodes", "daemonsets"), [])
    assert set(found) == {(PodStatus, "")}
    assert "k8s-app with calico-node, canal, canal-node" in found[PodStatus, ""].why


def test_a_lack_leaves_when_the_thing_arrives_and_never_covers_it() -> None:
    book = Book()
    lack: dict[Key, Unavailable] = {(NodeStatus, "worker-01"): Unavailable("may not", Source("kubectl get nodes"))}
    book.lack(lack)
    assert isinstance(book.case.reading(NodeStatus, "worker-01"), Unavailable)
    write(book, ROW)
    book.lack(lack)
    assert book.case.value(NodeStatus, "worker-01") == ROW.node
    book.lack({})
    assert book.case.value(NodeStatus, "worker-01") == ROW.node


def test_a_lack_that_ended_without_an_observation_is_forgotten() -> None:
    book = Book()
    book.lack({(PodStatus, ""): Unavailable("none found", Source("kubectl get pods"))})
    book.lack({})
    assert len(book.case) == 0


def test_what_nobody_has_taken_yet_is_known() -> None:
    """A sitting is not settled while something was read that was not judged."""
    book = written()
    told = [book.untaken]  # rows of the picture are no readings
    book.take(MODE)
    told.append(book.untaken)
    assert book.taken() == {"worker-01"}
    assert [*told, book.untaken] == [False, True, False]
