"""Undo: from what is on disk alone, exactly the field that was set, under guards like any other write."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.engine.repair.apply import Confirmation, apply
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import CnituiError, Invalid, NothingToUndo, Stale, StateError
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeCluster, daemonset, heals
from tests.engine.remedy_steps import SOON, YES, events_of, make_preview, run_apply


def install_of(cluster: FakeCluster) -> dict[str, object]:
    install: dict[str, object] = cluster.stored["spec"]["template"]["spec"]["initContainers"][1]
    return install


async def applied(bench: Workbench, cluster: FakeCluster, name: str = "patch-daemonset") -> str:
    cluster.controller = heals
    shown = await make_preview(bench, name=name)
    await run_apply(bench, shown)
    return shown.plan_id


@pytest.mark.parametrize("security", [None, {}, {"runAsUser": 0}, {"privileged": False}])
async def test_apply_and_undo_leave_the_object_as_it_was(
    bench: Workbench, cluster: FakeCluster, security: dict[str, object] | None
) -> None:
    cluster.stored = daemonset({} if security is None else {"securityContext": security})
    before = dict(install_of(cluster))
    plan_id = await applied(bench, cluster)
    shown = await undo_preview(bench)
    assert plan_id in shown.plan.title
    await run_apply(bench, shown)
    assert install_of(cluster) == before
    assert events_of(bench)[-4:] == ["dry-run", "apply", "applied", "done"]
    with pytest.raises(NothingToUndo, match="nothing to undo"):
        await undo_preview(bench)


async def test_after_a_crash_between_record_and_write_undo_knows_that_nothing_was_done(
    bench: Workbench, cluster: FakeCluster
) -> None:
    shown = await make_preview(bench)
    async with aclosing(apply(bench, shown, YES, SOON)) as steps:
        await anext(steps)
    with pytest.raises(NothingToUndo, match="as it was before"):
        await undo_preview(bench)


async def test_after_a_crash_in_the_rollout_undo_works_from_disk(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench)
    async with aclosing(apply(bench, shown, YES, SOON)) as steps:
        await anext(steps)
        await anext(steps)
    assert isinstance(bench.journal, FileJournal)
    another = replace(bench, journal=FileJournal(bench.journal.folder))
    again = await undo_preview(another)
    assert again.plan.facts["undoes"] == shown.plan_id
    assert "-          privileged: true" in again.diff


async def test_what_others_changed_since_is_kept(bench: Workbench, cluster: FakeCluster) -> None:
    await applied(bench, cluster)
    install_of(cluster)["securityContext"] = {"privileged": True, "runAsUser": 0}
    cluster.stored["metadata"]["generation"] += 3
    cluster.stored["spec"]["template"]["spec"]["initContainers"].insert(0, {"name": "new"})
    await run_apply(bench, await undo_preview(bench))
    assert cluster.stored["spec"]["template"]["spec"]["initContainers"][2]["securityContext"] == {"runAsUser": 0}


async def test_a_field_that_somebody_else_set_is_stale(bench: Workbench, cluster: FakeCluster) -> None:
    await applied(bench, cluster, "selinux-type")
    install_of(cluster)["securityContext"] = {"seLinuxOptions": {"type": "container_t"}}
    with pytest.raises(Stale, match="not the 'spc_t' we set"):
        await undo_preview(bench)


async def test_an_object_made_anew_is_another_one(bench: Workbench, cluster: FakeCluster) -> None:
    await applied(bench, cluster)
    cluster.stored["metadata"]["uid"] = "ds-2"
    with pytest.raises(Stale, match="made anew"):
        await undo_preview(bench)


async def test_plans_of_other_clusters_are_not_touched(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id = await applied(bench, cluster)
    cluster.connection = replace(cluster.connection, server="https://127.0.0.1:9")
    with pytest.raises(NothingToUndo):
        await undo_preview(bench)
    with pytest.raises(CnituiError, match="choose the other context"):
        await undo_preview(bench, plan_id)


async def test_a_plan_the_server_refused_is_not_the_latest(bench: Workbench, cluster: FakeCluster) -> None:
    plan_id = await applied(bench, cluster)
    refused = await make_preview(bench, name="selinux-type")
    cluster.refuse = Invalid("denied", status=422)
    with pytest.raises(Invalid):
        await run_apply(bench, refused)
    cluster.refuse = None
    assert (await undo_preview(bench)).plan.facts["undoes"] == plan_id


async def test_ids_that_are_wrong_or_of_an_undo_are_said(bench: Workbench, cluster: FakeCluster) -> None:
    await applied(bench, cluster)
    shown = await undo_preview(bench)
    await run_apply(bench, shown)
    with pytest.raises(NothingToUndo, match="is an undo itself"):
        await undo_preview(bench, shown.plan_id)
    with pytest.raises(StateError, match="no plan's id"):
        await undo_preview(bench, "yesterday")
    assert NothingToUndo("x").exit_code == 1


@pytest.mark.parametrize(
    "document", [[], {}, {"server": "https://127.0.0.1:6443", "plan": {"facts": {}, "target": {}}}]
)
async def test_a_broken_plan_on_disk_is_an_error_of_ours(bench: Workbench, document: object) -> None:
    plan_id = bench.journal.new_id(bench.clock.now())
    bench.journal.keep(plan_id, "plan", document)
    with pytest.raises(CnituiError):
        await undo_preview(bench, plan_id)


async def test_an_undo_needs_the_typed_name_as_well(bench: Workbench, cluster: FakeCluster, tmp_path: Path) -> None:
    await applied(bench, cluster)
    written = len(cluster.written)
    with pytest.raises(CnituiError, match="not that of the context"):
        await run_apply(bench, await undo_preview(bench), Confirmation("other"))
    assert len(cluster.written) == written


async def test_on_delete_leaves_the_running_pods_alone(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.stored = daemonset(strategy="OnDelete")
    cluster.controller = heals
    await run_apply(bench, await make_preview(bench, strategy="OnDelete"))
    cluster.controller = lambda _: None
    shown = await undo_preview(bench)
    assert (shown.plan.restarts, shown.plan.deletes) == ((), ())
    assert "OnDelete" in shown.plan.rollout
    steps = await run_apply(bench, shown)
    assert getattr(steps[-1], "outcome", "") == "done"
