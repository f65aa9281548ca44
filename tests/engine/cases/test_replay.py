"""A case file as a cluster: it answers what was recorded, says what was not, and lets nothing be written."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.exchange import Interrupted, Listed, LogRequest, NodeCommand
from cnitui.domain.facts import NodeStatus, Transcript
from cnitui.domain.plan import Access, ObjectRef
from cnitui.domain.recording import Failure, Piece, Recording
from cnitui.domain.remedies.template import daemonset_ref
from cnitui.engine.cases.replay import NoJournal, StoppedClock
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.session import Session
from cnitui.engine.sitting import sitting
from cnitui.errors import ClusterError, ConfigurationError, Forbidden, NodeError, NotFound, ReadOnly, StateError
from cnitui.gateways.replay import ReplayCluster, ReplayShell
from tests.engine.fake_cluster import FakeClock
from tests.engine.lab_case import WAIT, Collected, collected, still

AT = FakeClock().now()
DAEMONSET = daemonset_ref("kube-system", "calico-node")
LOG = LogRequest("kube-system", "p", "install-cni")


def recording(*pieces: Piece) -> Recording:
    return Recording(AT, "prod", pieces=pieces)


def failed(kind: str, key: tuple[str, ...], error: str) -> Piece:
    return Piece(kind, key, "kubectl …", AT, failure=Failure(error, "it said no", "ask"))  # type: ignore[arg-type]


@pytest.fixture
async def case(tmp_path: Path) -> Collected:
    async with still("selinux-denial") as lab:
        return await collected(lab, tmp_path)


async def test_the_state_is_that_of_the_collection(case: Collected) -> None:
    state = await sitting(case.opened(), WAIT)
    assert state.recorded is not None
    assert state.recorded.name == "case.tar.gz"
    assert state.pods == case.state.pods
    assert state.nodes == case.state.nodes
    assert state.daemonsets == case.state.daemonsets
    assert (state.reference, state.server_version) == (case.state.reference, case.state.server_version)
    assert state.connection.context == case.state.connection.context
    assert state.started_at == state.recorded.at
    assert {(fact, subject) for fact, subject, _ in state.case} == {
        (fact, subject) for fact, subject, _ in case.state.case
    }
    different = [
        (fact.__name__, subject)
        for fact, subject, reading in state.case
        if _timeless(reading) != _timeless(case.state.case.reading(fact, subject))
    ]
    assert different == []


def _timeless(reading: object) -> object:
    """What was read, but for what the clock said: the two looks were not at the same second."""
    value = getattr(reading, "value", None)
    if isinstance(value, Transcript):
        told = [answer for answer in value.answers if not answer.command.startswith("date ")]
        return [replace(answer, errors=re.sub(r"(?m)^< Date: .*$", "", answer.errors)) for answer in told]
    return value


async def test_a_remedy_is_previewed_and_cannot_be_applied(case: Collected) -> None:
    opened = case.opened()
    session = Session(opened)
    judged = asyncio.Event()
    session.subscribe(lambda state: judged.set() if state.settled else None)
    running = asyncio.create_task(session.run())
    await asyncio.wait_for(judged.wait(), WAIT)
    await session.choose_remedy("patch-daemonset")
    seen = session.repair.state.preview
    assert seen is not None, session.repair.state
    assert any("privileged: true" in line for line in seen.diff)
    assert not seen.by_server
    assert any("a case file has no cluster behind it" in problem.words for problem in seen.blocked)
    await session.apply(Confirmation(seen.context, "because"))
    assert session.repair.state.applied is None
    assert session.repair.state.error is not None
    running.cancel()
    assert not (case.settings.state_dir / "audit.jsonl").exists()
    assert not (case.settings.state_dir / "plans").exists()


async def test_every_write_is_refused() -> None:
    cluster = ReplayCluster(recording())
    with pytest.raises(ReadOnly):
        await cluster.patch(DAEMONSET, "json", [], dry_run=False)
    with pytest.raises(Forbidden, match="no cluster behind it"):
        await cluster.patch(DAEMONSET, "json", [], dry_run=True)
    with pytest.raises(ReadOnly):
        await cluster.create(DAEMONSET, {}, dry_run=False)
    with pytest.raises(ReadOnly):
        await cluster.delete(DAEMONSET, uid="1")
    assert not (await cluster.may(Access("patch", "apps", "daemonsets", "kube-system"))).allowed
    assert cluster.connection.readonly


async def test_what_was_not_recorded_is_said_to_be_missing() -> None:
    cluster, shell = ReplayCluster(recording()), ReplayShell(recording())
    for question in (
        cluster.read_log(LOG),
        cluster.events("kube-system", "p"),
        cluster.api_endpoints(),
        cluster.get(ObjectRef("", "v1", "nodes", "Node", "w1")),
        anext(cluster.follow_log(LOG)),
    ):
        with pytest.raises(NotFound, match="is not in the case file"):
            await question
    with pytest.raises(NodeError, match="was not read when the case was collected"):
        await shell.run(NodeStatus("w1"), [NodeCommand("uname", ("uname",))])
    with pytest.raises(ReadOnly):
        await shell.accept_host_key(NodeStatus("w1"), "SHA256:x")
    assert shell.by_hand(NodeStatus("w1")) == "ssh w1"


@pytest.mark.parametrize(
    ("error", "raised"), [("Forbidden", Forbidden), ("NodeError", ClusterError), ("annotations", ClusterError)]
)
async def test_a_recorded_failure_is_raised_as_it_was(error: str, raised: type[ClusterError]) -> None:
    cluster = ReplayCluster(recording(failed("endpoints", (), error)))
    with pytest.raises(raised, match="it said no") as refused:
        await cluster.api_endpoints()
    assert refused.value.next_step == "ask"
    assert type(refused.value) is raised


async def test_a_list_that_failed_is_interrupted_and_an_empty_one_is_empty() -> None:
    cluster = ReplayCluster(recording(failed("list", ("pods",), "Forbidden")))
    first = await anext(cluster.watch_pods("", ""))
    assert isinstance(first, Interrupted)
    assert isinstance(first.error, Forbidden)
    assert await anext(cluster.watch_nodes()) == Listed(())
    unread = ReplayCluster(recording(failed("object", ("pods", "kube-system", "p"), "Forbidden")))
    assert isinstance(await anext(unread.watch_pods("", "")), Interrupted)


async def test_a_command_is_found_by_its_words_else_by_its_name() -> None:
    def answered(argv: tuple[str, ...], said: bytes) -> Piece:
        return Piece("command", ("w1", "ls-bin", "", *argv), "ssh w1", AT, "w1", said, command=" ".join(argv))

    shell = ReplayShell(recording(answered(("ls", "-laZ", "/a"), b"first"), answered(("ls", "-la", "/a"), b"second")))
    asked = [NodeCommand("ls-bin", argv) for argv in (("ls", "-laZ", "/a"), ("ls", "-la", "/a"), ("ls", "--new", "/a"))]
    outputs = await shell.run(NodeStatus("w1"), [*asked, NodeCommand("unheard-of", ("x",))])
    assert [output.stdout for output in outputs] == ["first", "second", "second"]


@pytest.mark.parametrize("data", [b"{", b"[]", b"1", b'{"metadata": 1}', b"\xff", b'{"spec": {"containers": 7}}'])
def test_an_object_that_is_none_is_named_by_its_command(data: bytes) -> None:
    piece = Piece("object", ("pods", "kube-system", "p"), "kubectl get pod p", AT, data=data)
    with pytest.raises(ConfigurationError, match="kubectl get pod p"):
        ReplayCluster(recording(piece))


async def test_time_stands_still_and_short_waits_cost_nothing() -> None:
    clock = StoppedClock(AT)
    await asyncio.wait_for(clock.sleep(0.05), 0.04)
    assert clock.now() == AT
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(clock.sleep(60), 0.01)


def test_nothing_is_kept_of_what_is_not_done() -> None:
    journal = NoJournal()
    journal.audit("dry-run", {})
    assert journal.plans() == ()
    with pytest.raises(ReadOnly):
        journal.keep(journal.new_id(AT), "plan", {})
    with pytest.raises(StateError):
        journal.load("20260102T030405Z-0000", "plan")
