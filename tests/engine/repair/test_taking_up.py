"""A plan that was in flight when its sitting ended: followed from where it is, and never written again."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from cnitui.domain.plan import Plan
from cnitui.engine.repair.apply import Written, apply
from cnitui.engine.repair.kept_plan import plan_of
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.repair.taking_up import follow_on, taken_up
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.workbench import OUTCOME, PLAN, Workbench
from cnitui.errors import CnituiError, Invalid, Stale, StateError
from tests.engine.fake_cluster import FakeCluster, heals
from tests.engine.remedy_steps import SOON, YES, make_preview, run_apply


async def cut_off(bench: Workbench, *, written: bool = True) -> tuple[str, Plan]:
    """A plan whose process ended right after its write (or right before it)."""
    shown = await make_preview(bench)
    async with aclosing(apply(bench, shown, YES, SOON)) as steps:
        async for step in steps:
            if not written or isinstance(step, Written):
                break
    return shown.plan_id, shown.plan


async def outcomes(bench: Workbench, plan_id: str) -> list[str]:
    found = await taken_up(bench, plan_id)
    return [one.outcome async for one in follow_on(bench, found, SOON) if isinstance(one, Rollout)]


async def test_a_rollout_is_followed_to_its_end_from_disk_alone(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, plan = await cut_off(bench)
    writes = list(cluster.written)
    found = await taken_up(bench, plan_id)
    assert (found.preview.plan_id, found.preview.plan.title) == (plan_id, plan.title)
    assert "+          privileged: true" in found.preview.diff
    heals(cluster)
    assert (await outcomes(bench, plan_id))[-1] == "done"
    assert cluster.written == writes
    assert bench.journal.load(plan_id, OUTCOME)["state"] == "done"  # type: ignore[index]


async def test_pods_that_go_on_failing_are_told(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, _ = await cut_off(bench)
    assert (await outcomes(bench, plan_id))[-1] in ("failing", "stalled")


async def test_one_that_ended_meanwhile_is_told_as_ended(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.controller = heals
    plan_id, _ = await cut_off(bench)
    assert (await outcomes(bench, plan_id))[-1] == "done"


async def test_what_was_recorded_and_never_written_is_not_in_force(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, _ = await cut_off(bench, written=False)
    with pytest.raises(Stale, match="not in force"):
        await taken_up(bench, plan_id)


async def test_what_was_refused_or_taken_back_is_not_in_force(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.controller = heals
    shown = await make_preview(bench)
    await run_apply(bench, shown)
    await run_apply(bench, await undo_preview(bench))
    with pytest.raises(Stale, match="taken back"):
        await taken_up(bench, shown.plan_id)
    refused = await make_preview(bench)
    cluster.refuse = Invalid("denied", status=422)
    with pytest.raises(Invalid):
        await run_apply(bench, refused)
    with pytest.raises(Stale, match="never stored"):
        await taken_up(bench, refused.plan_id)


async def test_an_object_made_anew_is_another_one(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, _ = await cut_off(bench)
    cluster.stored["metadata"]["uid"] = "ds-2"
    with pytest.raises(Stale):
        await taken_up(bench, plan_id)


async def test_nodes_of_a_plan_that_was_cut_off_are_counted(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, _ = await cut_off(bench)
    document = bench.journal.load(plan_id, PLAN)
    assert isinstance(document, dict)
    bench.journal.keep(plan_id, PLAN, {**document, "plan": {**document["plan"], "nodes": [{"node": "worker-01"}]}})
    bench.journal.keep(plan_id, "nodes", {"worker-01": {"state": "done"}, "worker-02": {"state": "waiting"}})
    with pytest.raises(CnituiError, match="changed 1 of 2 nodes and then stopped"):
        await taken_up(bench, plan_id)


async def test_a_plan_is_read_back_as_it_was(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id, plan = await cut_off(bench)
    document = bench.journal.load(plan_id, PLAN)
    assert isinstance(document, dict)
    read = plan_of(document["plan"], plan_id)
    assert [change.body for change in read.changes] == [change.body for change in plan.changes]
    assert (read.restarts, read.test_pod, dict(read.facts)) == (plan.restarts, plan.test_pod, dict(plan.facts))


@pytest.mark.parametrize("body", [{}, {"remedy": "x", "title": "y", "cause": "z", "changes": {}}, {"remedy": []}])
def test_a_broken_plan_is_an_error_of_ours(body: dict[str, object]) -> None:
    with pytest.raises(StateError, match="is broken"):
        plan_of(body, "20260304T120000Z-1a2b")
