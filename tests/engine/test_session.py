"""The session on a scripted cluster: what it looks at, when again, what it keeps, and what it says when it may not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import (
    AttemptLogs,
    DaemonSetStatus,
    NodeStatus,
    PodStatus,
    Run,
    SelinuxMode,
    Transcript,
)
from cnitui.domain.finding import Diagnosis
from cnitui.engine.ports import Changed, Interrupted, Listed, Page, Removed
from cnitui.engine.state import State
from cnitui.errors import (
    ClusterUnreachable,
    Forbidden,
    HostKeyUnknown,
    KubeconfigError,
    NodeUnreachable,
    ServerFailure,
)
from tests.engine.fake_cluster import node, pod
from tests.engine.fake_sitting import CALICO, FakeShell, ScriptedCluster, renamed, sitting

MASTER, FIRST, SECOND = pod("master-01"), pod("worker-01", failing=True), pod("worker-02", failing=True)
DOWN = ClusterUnreachable("connection refused")


def tried_again(found: PodStatus, container_id: str) -> PodStatus:
    """The pod after one more failed attempt."""
    install = replace(found.containers[0], last=Run(container_id, exit_code=1))
    return replace(found, containers=(install,))


def judged(state: State) -> Diagnosis:
    assert state.diagnosis is not None
    return state.diagnosis


def phase(state: State, node_name: str) -> str:
    look = state.look(node_name)
    return look.phase if look else ""


async def test_failing_nodes_and_the_reference_are_read_and_judged(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        state = await at.settled()
        assert state.reference == "master-01"
        assert [name for name, _ in state.looks] == ["", "master-01", "worker-01", "worker-02"]
        assert {look.phase for _, look in state.looks} == {"done"}
        assert state.case.value(SelinuxMode, "worker-01") is not None
        assert state.diagnosis is not None
        assert judged(state).failing_nodes == ("worker-01", "worker-02")
        assert at.cluster.written == []


async def test_a_look_happens_once_per_attempt_and_not_per_update(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        visits, logs = list(at.shell.visits), len(at.cluster.read)
        at.cluster.pod_stream.say(Changed(replace(FIRST, status="Init:Error")))
        await at.until(lambda state: any(found.status == "Init:Error" for found in state.pods))
        await at.settled()
        assert (at.shell.visits, len(at.cluster.read)) == (visits, logs)
        at.cluster.pod_stream.say(Changed(tried_again(FIRST, "c2")))
        await at.until(lambda _: len(at.cluster.read) > logs)
        await at.settled()
        assert at.cluster.read[logs:] == [FIRST.name]
        assert set(at.shell.visits[len(visits) :]) == {"worker-01"}, (
            "denials of the new attempt are read, and of no other"
        )


async def test_a_replaced_pod_is_looked_at_anew_and_its_predecessor_is_not(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        visits = len(at.shell.visits)
        leaving, coming = replace(FIRST, deleting=True), renamed(FIRST, "next")
        at.cluster.pod_stream.say(Changed(leaving), Changed(coming))
        await at.until(lambda _: coming.name in at.cluster.read)
        await at.settled()
        published = len(at.seen)
        at.cluster.pod_stream.say(Changed(replace(coming, restarts=9)))
        await at.until(lambda state: state.pod("worker-01") == replace(coming, restarts=9))
        await at.settled()
        assert set(at.shell.visits[visits:]) == {"worker-01"}
        assert at.cluster.read.count(coming.name) == 1
        assert len(at.seen) - published < 10, "two pods of one node must not chase each other"


async def test_while_the_lists_come_no_worker_is_taken_for_the_reference(tmp_path: Path) -> None:
    worker, master = pod("worker-09"), pod("master-01")
    async with sitting(tmp_path) as at:
        at.cluster.node_stream.say(Listed((node("worker-09"), node("worker-01"), node("master-01"))))
        at.cluster.daemonset_stream.say(Listed((CALICO,)))
        at.cluster.pod_stream.say(Page((worker, FIRST)))
        state = await at.until(lambda state: len(state.pods) == 2)
        assert state.reference == ""
        at.cluster.pod_stream.say(Listed((worker, FIRST, master)))
        assert (await at.settled()).reference == "master-01"


async def test_the_reference_is_kept_while_its_pod_is_replaced(tmp_path: Path) -> None:
    async with sitting(tmp_path) as at:
        at.cluster.list_all()
        await at.until(lambda state: state.reference == "master-01")
        at.cluster.pod_stream.say(Removed(MASTER), Changed(pod("worker-01")), Changed(pod("worker-02")))
        state = await at.until(lambda state: not state.failing and len(state.pods) == 2)
        assert state.reference == "master-01"
        at.cluster.pod_stream.say(Changed(renamed(MASTER, "new")))
        assert (await at.until(lambda state: len(state.pods) == 3)).reference == "master-01"


async def test_the_reference_is_kept_while_it_is_healthy_and_left_when_it_fails(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        other = pod("worker-03")
        at.cluster.pod_stream.say(Listed((FIRST, other)))
        at.cluster.node_stream.say(Listed(at.cluster.node_list))
        at.cluster.daemonset_stream.say(Listed(()))
        assert (await at.settled()).reference == "worker-03"
        at.cluster.pod_stream.say(Changed(MASTER))
        await at.until(lambda state: state.pod("master-01"))
        assert (await at.settled()).reference == "worker-03"
        at.cluster.pod_stream.say(Changed(replace(pod("worker-03", failing=True), uid=other.uid)))
        await at.until(lambda state: state.reference == "master-01")


async def test_a_removed_node_leaves_the_picture_and_the_diagnosis(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        at.cluster.pod_stream.say(Removed(SECOND))
        at.cluster.node_stream.say(Removed(node("worker-02")))
        state = await at.until(
            lambda state: judged(state).failing_nodes == ("worker-01",) and not state.look("worker-02")
        )
        assert state.case.value(NodeStatus, "worker-02") is None


async def test_when_the_last_pod_goes_nothing_is_said_to_fail(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        at.cluster.pod_stream.say(Listed(()))
        state = await at.until(lambda state: not state.pods)
        assert judged(state).status == "undetermined"
        missing = state.case.reading(PodStatus)
        assert isinstance(missing, Unavailable)
        assert "carries the label k8s-app" in missing.why
        at.cluster.pod_stream.say(Listed((MASTER,)))
        state = await at.until(lambda state: state.pods)
        assert state.case.reading(PodStatus) is None
        assert judged(state).status == "healthy"


# --- host keys ------------------------------------------------------------------------------------------------------


async def test_an_unknown_host_key_waits_for_the_user_and_is_read_once_accepted(tmp_path: Path) -> None:
    unknown = HostKeyUnknown("first contact", node="worker-01", host="10.0.0.1", fingerprint="SHA256:abc")
    async with sitting(tmp_path, shell=FakeShell({"worker-01": unknown})) as at:
        at.cluster.list_all()
        state = await at.settled()
        assert state.unknown_hosts == (unknown,)
        assert state.case.value(SelinuxMode, "worker-02") is not None
        await at.session.accept_host_key("worker-01", "SHA256:abc")
        state = await at.until(lambda state: state.settled and not state.unknown_hosts)
        assert at.shell.accepted == [("worker-01", "SHA256:abc")]
        assert state.case.value(SelinuxMode, "worker-01") is not None


async def test_a_node_that_could_not_be_reached_is_tried_again_by_itself(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell({"worker-01": NodeUnreachable("refused", node="worker-01")})) as at:
        at.cluster.list_all()
        state = await at.settled()
        assert phase(state, "worker-01") == "failed"
        visits = at.shell.visits.count("worker-02")
        at.shell.trouble.clear()
        at.clock.ring()
        state = await at.until(lambda state: state.settled and phase(state, "worker-01") == "done")
        assert state.case.value(SelinuxMode, "worker-01") is not None
        assert at.shell.visits.count("worker-02") == visits


# --- what may not be read -------------------------------------------------------------------------------------------


async def test_nodes_that_may_not_be_listed_are_read_by_name_and_said_to_be_missing(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.pod_stream.say(Listed(at.cluster.pod_list))
        at.cluster.daemonset_stream.say(Listed(()))
        at.cluster.node_stream.say(Interrupted(Forbidden("may not list nodes"), 30))
        state = await at.settled()
        assert state.nodes_link.phase == "refused"
        assert {"worker-01", "worker-02"} <= set(at.shell.visits)
        assert state.case.value(SelinuxMode, "worker-01") is not None
        assert [missing.what for missing in judged(state).unavailable if "list nodes" in missing.why] == [
            "node status of worker-01, worker-02"
        ]


async def test_a_list_that_fails_once_is_waited_for_and_one_that_keeps_failing_is_not(tmp_path: Path) -> None:
    failing: Interrupted = Interrupted(ServerFailure("500"), 1)
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.pod_stream.say(Listed(at.cluster.pod_list))
        at.cluster.daemonset_stream.say(Listed(()))
        at.cluster.node_stream.say(failing)
        await at.until(lambda state: state.nodes_link.phase == "stale" and state.look("worker-01"))
        assert not at.state.settled
        assert at.shell.visits == []
        at.cluster.node_stream.say(failing, failing)
        await at.settled()
        assert "worker-01" in at.shell.visits
        listed = [
            replace(found, addresses={"InternalIP": f"10.0.0.{n}"}) for n, found in enumerate(at.cluster.node_list)
        ]
        visits = len(at.shell.visits)
        at.cluster.node_stream.say(Listed(tuple(listed)))
        await at.until(lambda _: len(at.shell.visits) > visits)
        state = await at.settled()
        assert not [missing for missing in judged(state).unavailable if missing.what.startswith("node status")]


async def test_pods_that_may_not_be_listed_are_undetermined_for_that_reason(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        refused: Interrupted = Interrupted(Forbidden("nobody may not list"), 30)
        for stream in (at.cluster.pod_stream, at.cluster.node_stream, at.cluster.daemonset_stream):
            stream.say(refused)
        state = await at.until(lambda state: state.case.reading(PodStatus) and state.case.reading(DaemonSetStatus))
        assert state.pods_link.phase == "refused"
        assert state.diagnosis is None
        assert isinstance(state.case.reading(PodStatus), Unavailable)


async def test_what_an_observation_says_is_never_replaced_by_a_lack(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        at.cluster.node_stream.say(Interrupted(Forbidden("taken away"), 30))
        state = await at.until(lambda state: state.nodes_link.phase == "refused")
        assert state.case.value(NodeStatus, "worker-01") is not None


async def test_nodes_that_are_not_to_be_read_are_each_said_to_be_unread(tmp_path: Path) -> None:
    async with sitting(tmp_path) as at:
        at.cluster.list_all()
        state = await at.settled()
        mode = state.case.reading(SelinuxMode, "worker-01")
        assert isinstance(mode, Unavailable)
        assert "--node-access none" in mode.why


async def test_giving_up_names_what_was_still_being_read_and_nothing_else(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell(hanging={"worker-01"})) as at:
        at.cluster.list_all()
        await at.until(lambda state: {phase(state, name) for name in ("master-01", "worker-02")} == {"done"})
        assert not at.state.settled
        state = at.session.give_up("no time left")
        mode = state.case.reading(SelinuxMode, "worker-01")
        assert isinstance(mode, Unavailable)
        assert mode.why == "no time left"
        assert state.case.value(SelinuxMode, "worker-02") is not None
        assert state.case.value(AttemptLogs, "worker-01") is not None


# --- the API server comes and goes ----------------------------------------------------------------------------------


async def test_first_contact_is_tried_again_until_it_is_made(tmp_path: Path) -> None:
    cluster = ScriptedCluster()
    cluster.contact = [DOWN, ClusterUnreachable("timed out")]
    async with sitting(tmp_path, cluster, FakeShell()) as at:
        await at.until(lambda state: state.fatal is DOWN)
        at.clock.ring()
        await at.until(lambda state: state.fatal is not None and state.fatal.what == "timed out")
        at.clock.ring()
        cluster.list_all()
        state = await at.settled()
        assert state.fatal is None
        assert state.server_version == "v1.31.0"


async def test_a_broken_kubeconfig_ends_the_session_with_its_own_words(tmp_path: Path) -> None:
    cluster = ScriptedCluster()
    cluster.contact = [KubeconfigError("no current-context")]  # type: ignore[list-item]  # what connect may raise too
    async with sitting(tmp_path, cluster) as at:
        with pytest.raises(KubeconfigError, match="no current-context"):
            await at.session.run()


async def test_while_the_server_is_away_the_last_picture_stays_and_afterwards_it_is_asked_again(tmp_path: Path) -> None:
    def answer(_: object) -> bytes:
        raise DOWN

    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.logs = answer
        at.cluster.list_all()
        state = await at.settled()
        assert isinstance(state.case.reading(AttemptLogs, "worker-01"), Unavailable)
        at.cluster.pod_stream.say(Interrupted(DOWN, 1))
        state = await at.until(lambda state: state.pods_link.phase == "stale")
        assert len(state.pods) == 3
        assert judged(state).failing_nodes == ("worker-01", "worker-02")
        at.cluster.logs = lambda _: b"2026-11-23T10:00:00Z permission denied\n"
        at.cluster.pod_stream.say(Listed(at.cluster.pod_list))
        state = await at.until(lambda state: state.settled and state.case.value(AttemptLogs, "worker-01"))
        assert state.pods_link.phase == "live"


async def test_a_flapping_watch_publishes_few_states(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        before, visits = len(at.seen), len(at.shell.visits)
        for number in range(200):
            at.cluster.pod_stream.say(Interrupted(DOWN, 1), Listed((MASTER, FIRST, replace(SECOND, restarts=number))))
        await at.until(lambda state: state.pod("worker-02") == replace(SECOND, restarts=199))
        await at.settled()
        assert len(at.seen) - before < 50, "a burst of updates is one repaint"
        assert len(at.shell.visits) == visits


# --- intents --------------------------------------------------------------------------------------------------------


async def test_looking_again_reads_one_node_or_all(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        counted = {name: at.shell.visits.count(name) for name in ("master-01", "worker-01", "worker-02")}
        at.session.look_again("worker-01")
        await at.until(lambda _: at.shell.visits.count("worker-01") > counted["worker-01"])
        await at.settled()
        assert at.shell.visits.count("worker-02") == counted["worker-02"]
        at.session.look_again()
        await at.until(lambda _: all(at.shell.visits.count(name) > count for name, count in counted.items()))


async def test_a_healthy_node_is_read_when_it_is_opened_and_once(tmp_path: Path) -> None:
    calm = [pod(name) for name in ("master-01", "worker-01", "worker-02")]
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.show(*calm)
        at.cluster.node_list = tuple(node(found.node) for found in calm)
        at.cluster.list_all()
        await at.until(lambda state: phase(state, "master-01") == "done")
        assert set(at.shell.visits) == {"master-01"}, "the reference alone"
        at.session.look_at(("worker-02",), opened=("worker-02",))
        state = await at.until(lambda state: phase(state, "worker-02") == "done")
        assert state.case.value(Transcript, "worker-02") is not None
        at.session.look_at((), opened=())
        at.session.look_at(("worker-01",), opened=("worker-01",))
        await at.until(lambda state: phase(state, "worker-01") == "done")
        visits = list(at.shell.visits)
        assert set(visits) == {"master-01", "worker-01", "worker-02"}
        at.session.look_at(("worker-02",), opened=("worker-02",))
        state = await at.settled()
        assert at.shell.visits == visits
        assert phase(state, "worker-02") == "done"


async def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    async with sitting(tmp_path, shell=FakeShell()) as at:
        at.cluster.list_all()
        await at.settled()
        at.session.look_again()
        await at.settled()
        assert at.cluster.log == []
        assert not list(tmp_path.iterdir())
