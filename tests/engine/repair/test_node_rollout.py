"""Changing nodes: one first, the others after it helped there, stopped at the first that fails, and taken back."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import replace

import pytest

from cnitui.domain.exchange import NodeOrder
from cnitui.domain.facts import PodStatus
from cnitui.domain.plan import Plan
from cnitui.domain.remedies import remedy
from cnitui.engine.repair.apply import Confirmation, NodeWritten, Progress, Recorded, apply
from cnitui.engine.repair.leave import Leave
from cnitui.engine.repair.node_rollout import carry_out
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import Patience, Rollout
from cnitui.engine.repair.situate import by_way_of, situate, with_labels
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import CnituiError, NodeUnreachable, NothingToUndo, ReadOnly, StateError, UsageError
from cnitui.gateways.journal import FileJournal
from tests.conftest import PROJECT
from tests.engine.fake_cluster import FakeCluster, diagnosis_of, node, pod, selinux
from tests.engine.remedy_steps import YES, audit_of, case_now, events_of, readonly
from tests.engine.repair.fake_nodes import BIN, FILE_T, OWN, FakeNode, FakeNodes

WORKERS = tuple(f"worker-0{number}" for number in range(1, 6))
SOON = Patience(stall=5, look=1, pace=0.01)


@pytest.fixture
def nodes() -> FakeNodes:
    return FakeNodes({name: FakeNode() for name in WORKERS})


@pytest.fixture
def cluster() -> FakeCluster:
    """Five workers fail; a pod that is deleted comes back, and runs where its node is labelled for it."""
    made = FakeCluster(pods=tuple(pod(name, failing=True) for name in WORKERS))
    made.node_list = tuple(node(name) for name in WORKERS)
    return made


@pytest.fixture
def hands(bench: Workbench, cluster: FakeCluster, nodes: FakeNodes) -> Workbench:
    def controller(it: FakeCluster) -> None:
        gone = {words.split()[-1] for verb, words in it.written if verb == "delete"}
        it.show(*(_again(one.node, nodes) if one.uid in gone else one for one in it.pod_list))

    cluster.controller = controller
    return replace(bench, shell=nodes, writer=nodes)


def _again(name: str, nodes: FakeNodes) -> PodStatus:
    return pod(name, failing=nodes.nodes[name].labels[BIN] != FILE_T, generation="3-again")


async def shown(bench: Workbench) -> Preview:
    chosen = remedy("relabel")
    found = await situate(bench.api, case_now(bench), diagnosis_of(selinux(), failing=WORKERS), suffix="ab12")
    assert chosen.plan is not None
    assert chosen.reads is not None
    planned = chosen.plan(await with_labels(bench, found, chosen.reads(found)))
    assert isinstance(planned, Plan), planned
    return await preview(bench, by_way_of(bench, planned))


async def carried(bench: Workbench, seen: Preview, yes: Confirmation = YES) -> list[Progress]:
    return [step async for step in carry_out(bench, seen, yes, SOON)]


def ended(steps: list[Progress]) -> Rollout:
    last = steps[-1]
    assert isinstance(last, Rollout)
    return last


def phases(rollout: Rollout) -> list[str]:
    return [node.phase for node in rollout.nodes]


async def test_the_first_node_goes_alone_and_the_others_follow_by_threes(hands: Workbench, nodes: FakeNodes) -> None:
    steps = await carried(hands, await shown(hands))
    last = ended(steps)
    assert (last.outcome, last.words) == ("done", "5 of 5 nodes installed the CNI")
    assert {node.labels[BIN] for node in nodes.nodes.values()} == {FILE_T}
    writing = [
        [one.node for one in step.nodes if one.phase == "writing"] for step in steps if isinstance(step, Rollout)
    ]
    assert max(map(len, writing)) <= 3
    done = [step for step in steps if isinstance(step, Rollout) and step.nodes[0].phase == "ready"]
    assert phases(done[0])[1:] == ["waiting"] * 4


async def test_what_is_run_is_what_was_shown(hands: Workbench, nodes: FakeNodes) -> None:
    seen = await shown(hands)
    await carried(hands, seen)
    for order, change in zip(sorted(nodes.orders, key=lambda one: one.node), seen.plan.nodes, strict=True):
        assert [command.argv for command in order.commands] == [step.argv for step in change.steps]
        assert all(command.root for command in order.commands)


async def test_every_node_has_its_audit_line_before_its_commands(hands: Workbench, nodes: FakeNodes) -> None:
    nodes.hanging = asyncio.Event()
    seen = await shown(hands)
    task = asyncio.create_task(carried(hands, seen))
    while not nodes.orders:
        await asyncio.sleep(0)
    assert events_of(hands) == ["apply", "node-write"]
    assert audit_of(hands)[-1]["object"] == "Node worker-01"
    kept = hands.journal.load(seen.plan_id, "nodes")
    assert isinstance(kept, dict)
    assert [kept[name]["state"] for name in WORKERS] == ["begun", *["waiting"] * 4]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events_of(hands)[-1] == "cancelled"


async def test_a_node_whose_attempt_still_fails_stops_the_rest(hands: Workbench, nodes: FakeNodes) -> None:
    nodes.nodes["worker-01"].obey = lambda argv: None  # type: ignore[method-assign]  # commands that change nothing
    last = ended(await carried(hands, await shown(hands)))
    assert (last.outcome, phases(last)) == ("failing", ["failing", *["waiting"] * 4])
    assert "install-cni still fails (exit code 1)" in last.nodes[0].words
    assert last.nodes[1].words == "left alone: it stopped after worker-01"
    assert [order.node for order in nodes.orders] == ["worker-01"]


SECOND = r"sudo semanage fcontext -a -t container_file_t -r s0 '/etc/cni/net\.d(/.*)?'"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("failing", f"1 of 3 commands done; {SECOND} ended with status 1: no [2J [room]"),
        ("lost", f"1 of 3 commands done; not known whether {SECOND} was run: connection reset"),
    ],
)
async def test_a_half_done_node_is_told_exactly_and_taken_back(
    hands: Workbench, nodes: FakeNodes, field: str, words: str
) -> None:
    setattr(nodes, field, {"worker-01": 2})
    steps = await carried(hands, await shown(hands))
    assert next(step.words for step in steps if isinstance(step, NodeWritten)) == words
    assert ended(steps).outcome == "failing"
    setattr(nodes, field, {})
    seen = await undo_preview(hands)
    assert [change.node for change in seen.plan.nodes] == ["worker-01"]
    assert [step.argv[2] for step in seen.plan.nodes[0].steps if step.argv[0] == "semanage"] == ["-d"]
    await carried(hands, seen)
    assert nodes.nodes["worker-01"].rules == {}


async def test_a_node_that_changed_since_the_preview_is_left_alone(hands: Workbench, nodes: FakeNodes) -> None:
    seen = await shown(hands)
    nodes.nodes["worker-01"].labels[BIN] = "system_u:object_r:usr_t:s0"
    last = ended(await carried(hands, seen))
    assert last.nodes[0].words.startswith("nothing was done: it is not as it was previewed: /opt/cni/bin is")
    assert nodes.orders == []
    with pytest.raises(NothingToUndo, match="changed no node"):
        await undo_preview(hands)


async def test_no_audit_line_no_command(hands: Workbench, nodes: FakeNodes, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await shown(hands)
    audit = hands.journal.audit

    def full(event: str, details: dict[str, object]) -> None:
        if event == "node-write":
            raise StateError("audit.jsonl cannot be written: No space left on device")
        audit(event, details)

    monkeypatch.setattr(hands.journal, "audit", full)
    last = ended(await carried(hands, seen))
    assert "because it cannot be recorded" in last.nodes[0].words
    assert nodes.orders == []


async def test_undo_gives_back_what_was_there_and_goes_on_past_a_dead_node(hands: Workbench, nodes: FakeNodes) -> None:
    rule, other = r"/opt/cni/bin(/.*)?", "system_u:object_r:usr_t:s0"
    nodes.nodes["worker-03"].rules[rule] = other
    nodes.nodes["worker-03"].labels[BIN] = other
    await carried(hands, await shown(hands))
    nodes.trouble["worker-02"] = NodeUnreachable("worker-02: no route to host", node="worker-02")
    seen = await undo_preview(hands)
    assert seen.plan.warnings[1] == "worker-02 is left out: worker-02: no route to host"
    last = ended(await carried(hands, seen))
    assert (last.outcome, last.words) == ("done", "4 of 4 nodes are as they were before")
    assert nodes.nodes["worker-01"] == FakeNode()
    assert nodes.nodes["worker-03"].rules == {rule: other}
    assert nodes.nodes["worker-03"].labels == {**OWN, BIN: other}
    nodes.trouble.clear()
    again = await undo_preview(hands)
    assert [change.node for change in again.plan.nodes] == ["worker-02"]
    await carried(hands, again)
    with pytest.raises(NothingToUndo, match="nothing to undo on this cluster"):
        await undo_preview(hands)


async def test_undo_works_from_disk_after_whatever_ended_the_process(hands: Workbench, nodes: FakeNodes) -> None:
    async with aclosing(carry_out(hands, await shown(hands), YES, SOON)) as steps:
        async for step in steps:
            if isinstance(step, Rollout) and step.nodes[0].phase == "ready":
                break
    assert isinstance(hands.journal, FileJournal)
    another = replace(hands, journal=FileJournal(hands.journal.folder))
    seen = await undo_preview(another)
    assert [change.node for change in seen.plan.nodes] == ["worker-01"]
    assert ended(await carried(another, seen)).outcome == "done"
    assert all(node == FakeNode() for node in nodes.nodes.values())


async def test_a_rule_that_somebody_changed_since_keeps_its_node_out_of_the_undo(
    hands: Workbench, nodes: FakeNodes
) -> None:
    await carried(hands, await shown(hands))
    nodes.nodes["worker-04"].rules[r"/opt/cni/bin(/.*)?"] = "system_u:object_r:etc_t:s0"
    seen = await undo_preview(hands)
    assert "worker-04" not in [change.node for change in seen.plan.nodes]
    assert any("worker-04 is left out, somebody changed it since" in words for words in seen.plan.warnings)


@pytest.mark.parametrize("broken", [{}, {"nodes": "x"}, {"nodes": [{"node": 7, "before": {}}]}])
async def test_a_broken_plan_on_disk_is_an_error_of_ours(
    hands: Workbench, nodes: FakeNodes, broken: dict[str, object]
) -> None:
    seen = await shown(hands)
    await carried(hands, seen)
    kept = hands.journal.load(seen.plan_id, "plan")
    assert isinstance(kept, dict)
    kept["plan"] = {key: value for key, value in kept["plan"].items() if key != "nodes"} | broken
    hands.journal.keep(seen.plan_id, "plan", kept)
    with pytest.raises(CnituiError):
        await undo_preview(hands, seen.plan_id)


# --- leave ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "say", "why"),
    [
        ("label-rules", ("", "sudo: a password is required\n", 1), "sudo on this node wants a password"),
        ("label-rules", ("", "sudo: semanage: command not found\n", 1), "semanage is not installed there"),
        ("label-mode", ("Disabled\n", "", 0), "SELinux is disabled there"),
        ("label-writable-/etc/selinux", ("", "", 1), "/etc/selinux cannot be written there"),
        ("label-writable-/opt/cni/bin", ("", "", 1), "/opt/cni/bin cannot be written there"),
        ("label-now", ("ls: cannot access\n", "", 2), "/opt/cni/bin is no directory whose label could be read"),
    ],
)
async def test_a_node_where_the_commands_cannot_work_gets_none(
    hands: Workbench, nodes: FakeNodes, name: str, say: tuple[str, str, int], why: str
) -> None:
    nodes.nodes["worker-02"].says[name] = say
    seen = await shown(hands)
    assert "worker-02" not in [change.node for change in seen.plan.nodes]
    assert any(words.startswith(f"worker-02 is left out: {why}") for words in seen.plan.warnings)


@pytest.mark.parametrize("typed", ["", "LAB", "prod"])
async def test_there_is_no_leave_without_the_typed_name(hands: Workbench, nodes: FakeNodes, typed: str) -> None:
    seen = await shown(hands)
    with pytest.raises(UsageError):
        Leave(hands, seen, Confirmation(typed))
    with pytest.raises(UsageError):
        await carried(hands, seen, Confirmation(typed))
    assert nodes.orders == []


async def test_read_only_there_is_a_preview_and_no_leave(hands: Workbench, nodes: FakeNodes) -> None:
    seen = await shown(readonly(replace(hands, writer=None)))
    assert seen.blocked[0].kind == "readonly"
    with pytest.raises(ReadOnly):
        await carried(readonly(hands), seen)
    assert nodes.orders == []


async def test_only_what_was_previewed_becomes_an_order(hands: Workbench) -> None:
    seen = await shown(hands)
    leave = Leave(hands, seen, YES)
    assert isinstance(leave.order(seen.plan.nodes[0]), NodeOrder)
    with pytest.raises(ValueError, match="not previewed"):
        leave.order(replace(seen.plan.nodes[0], steps=()))
    with pytest.raises(ValueError, match="carry_out"):
        await anext(apply(hands, seen, YES))


def test_orders_are_made_in_one_place_alone() -> None:
    source = PROJECT / "src" / "cnitui"
    made = [path.name for path in source.rglob("*.py") if re.search(r"\bNodeOrder\(", path.read_text("utf-8"))]
    assert made == ["leave.py"]


async def test_recording_comes_first(hands: Workbench) -> None:
    steps = await carried(hands, await shown(hands))
    assert isinstance(steps[0], Recorded)


async def test_once_it_is_stopped_no_further_node_is_begun_and_undo_knows_which_was(
    hands: Workbench, nodes: FakeNodes
) -> None:
    seen, halt, steps = await shown(hands), asyncio.Event(), list[Progress]()
    async with aclosing(carry_out(hands, seen, YES, SOON, halt)) as carrying:
        async for step in carrying:
            steps.append(step)
            if isinstance(step, NodeWritten):
                halt.set()
    last = ended(steps)
    assert last.outcome == "stopped"
    words = {one.node: one.words for one in last.nodes}
    assert words["worker-01"] == "install-cni succeeded on a new attempt"
    assert {words[node] for node in WORKERS[1:]} == {"left alone: you stopped it"}
    assert [node for node in WORKERS if nodes.nodes[node].labels[BIN] == FILE_T] == ["worker-01"]
    undo = await undo_preview(hands, seen.plan_id)
    assert [change.node for change in undo.plan.nodes] == ["worker-01"]


# --- another machine ------------------------------------------------------------------------------------------------

M1, M2 = "a" * 32, "b" * 32
B1, B2 = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def answers_as(nodes: FakeNodes, name: str, machine: str, boot: str) -> None:
    nodes.nodes[name].says["identity"] = (f"{machine}\n{boot}\n", "", 0)


@pytest.fixture
def known(cluster: FakeCluster, nodes: FakeNodes) -> FakeNodes:
    """Two of the nodes are known by their ids, and answer as they should."""
    known = {"worker-01": (M1, B1), "worker-02": (M2, B2)}
    cluster.node_list = tuple(
        replace(one, machine_id=known[one.name][0], boot_id=known[one.name][1]) if one.name in known else one
        for one in cluster.node_list
    )
    for name, ids in known.items():
        answers_as(nodes, name, *ids)
    return nodes


async def test_a_node_for_which_another_machine_answers_is_no_part_of_the_plan(
    hands: Workbench, known: FakeNodes
) -> None:
    answers_as(known, "worker-01", M2, B2)
    seen = await shown(hands)
    assert "worker-01" not in [change.node for change in seen.plan.nodes]
    (left,) = [words for words in seen.plan.warnings if words.startswith("worker-01")]
    assert left.startswith("worker-01 is left out: worker-01: another machine answered: its machine-id is")
    assert "that of worker-02" in left
    await carried(hands, seen)
    assert "worker-01" not in [order.node for order in known.orders]


async def test_when_the_way_leads_elsewhere_after_the_preview_nothing_is_done(
    hands: Workbench, known: FakeNodes
) -> None:
    seen = await shown(hands)
    answers_as(known, "worker-01", M2, B2)
    last = ended(await carried(hands, seen))
    assert last.nodes[0].words.startswith("nothing was done: worker-01: another machine answered")
    assert known.orders == []
    assert "node-write" not in events_of(hands)
    with pytest.raises(NothingToUndo, match="changed no node"):
        await undo_preview(hands)


@pytest.mark.parametrize("ids", [(M1, B2), ("c" * 32, B1)])
async def test_a_node_that_was_started_again_or_got_a_new_id_since_the_preview_is_left_alone(
    hands: Workbench, known: FakeNodes, ids: tuple[str, str]
) -> None:
    seen = await shown(hands)
    answers_as(known, "worker-01", *ids)
    last = ended(await carried(hands, seen))
    assert last.nodes[0].words.startswith("nothing was done: it is not as it was previewed: ")
    assert known.orders == []


async def test_what_is_not_certain_of_a_node_is_told_in_its_preview(hands: Workbench, known: FakeNodes) -> None:
    answers_as(known, "worker-01", M1, "33333333-3333-4333-8333-333333333333")
    seen = await shown(hands)
    assert seen.plan.nodes[0].node == "worker-01"
    assert any(words.startswith("worker-01: ") and "started again since" in words for words in seen.plan.warnings)


async def test_the_request_that_writes_asks_first_whether_it_is_the_machine_that_was_read(
    hands: Workbench, known: FakeNodes
) -> None:
    await carried(hands, await shown(hands))
    first, second, *others = sorted(known.orders, key=lambda order: order.node)
    assert first.commands[0].argv == ("grep", "-qixF", M1, "/etc/machine-id")
    assert second.commands[0].argv == ("grep", "-qixF", M2, "/etc/machine-id")
    assert not first.commands[0].root
    assert {order.commands[0].argv[0] for order in others} == {"semanage"}, "where no id is known there is none to ask"


async def test_a_connection_that_leads_elsewhere_between_guard_and_write_changes_nothing(
    hands: Workbench, known: FakeNodes
) -> None:
    seen = await shown(hands)
    known.machines["worker-01"] = M2
    before = dict(known.nodes["worker-01"].labels)
    last = ended(await carried(hands, seen))
    assert last.nodes[0].words == f"nothing was done: /etc/machine-id is not {M1} any more: another machine answered"
    assert known.nodes["worker-01"].labels == before
    assert phases(last) == ["failing", *["waiting"] * 4]


async def test_a_node_that_was_installed_anew_since_is_not_taken_back(
    hands: Workbench, known: FakeNodes, cluster: FakeCluster
) -> None:
    await carried(hands, await shown(hands))
    anew = "c" * 32
    answers_as(known, "worker-01", anew, B1)
    cluster.node_list = (replace(cluster.node_list[0], machine_id=anew), *cluster.node_list[1:])
    seen = await undo_preview(hands)
    assert "worker-01" not in [change.node for change in seen.plan.nodes]
    (left,) = [words for words in seen.plan.warnings if words.startswith("worker-01")]
    assert f"its machine-id is {anew}, that of the machine which was changed is {M1}" in left


async def test_a_plan_kept_by_an_earlier_version_is_taken_back_without_ids(hands: Workbench, known: FakeNodes) -> None:
    seen = await shown(hands)
    await carried(hands, seen)
    kept = hands.journal.load(seen.plan_id, "plan")
    assert isinstance(kept, dict)
    for one in kept["plan"]["nodes"]:
        del one["before"]["machine"]
    hands.journal.keep(seen.plan_id, "plan", kept)
    undo = await undo_preview(hands, seen.plan_id)
    assert len(undo.plan.nodes) == len(WORKERS)
