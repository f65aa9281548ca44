"""Applying: exactly the previewed plan, the journal first, and nothing else written."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.facts import Event
from cnitui.domain.finding import Verdict
from cnitui.engine.repair.apply import Confirmation, PodDeleted, Recorded, Unrecorded, Written, apply
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import ClusterUnreachable, CnituiError, Invalid, ReadOnly, Stale, StateError, UsageError
from cnitui.gateways.journal import FileJournal
from tests.conftest import PROJECT
from tests.engine.fake_cluster import GENERATION, FakeCluster, daemonset, heals, pod
from tests.engine.remedy_steps import SOON, YES, audit_of, events_of, make_preview, readonly, run_apply


async def test_a_confirmed_plan_is_recorded_written_and_followed_to_its_end(
    bench: Workbench, cluster: FakeCluster
) -> None:
    cluster.controller = heals
    shown = await make_preview(bench)
    steps = await run_apply(bench, shown)
    assert isinstance(steps[0], Recorded)
    assert isinstance(steps[1], Written)
    last = steps[-1]
    assert isinstance(last, Rollout)
    assert (last.outcome, last.words) == ("done", "3 of 3 nodes run the new template")
    assert cluster.written == [("patch", "DaemonSet kube-system/calico-node")]
    assert events_of(bench) == ["dry-run", "apply", "applied", "done"]


async def test_the_audit_line_says_who_where_what_and_why(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.controller = heals
    shown = await make_preview(bench, verdict=Verdict.POSSIBLE)
    await run_apply(bench, shown, Confirmation("lab", "  incident 7, agreed with the team  "))
    line = audit_of(bench)[1]
    assert {key: line[key] for key in ("context", "user", "server", "object", "verb", "dry_run", "id", "override")} == {
        "context": "lab",
        "user": "admin",
        "server": "https://127.0.0.1:6443",
        "object": "DaemonSet kube-system/calico-node",
        "verb": "patch",
        "dry_run": False,
        "id": shown.plan_id,
        "override": "incident 7, agreed with the team",
    }
    assert line["overridden"] == ["worker-01, worker-02: selinux-denial is possible: a denial is on record"]
    assert line["hash"] == audit_of(bench)[0]["hash"]


async def test_plan_pre_image_and_audit_line_are_on_disk_before_the_write(
    bench: Workbench, cluster: FakeCluster
) -> None:
    shown = await make_preview(bench)
    before = cluster.stored
    async with aclosing(apply(bench, shown, YES, SOON)) as steps:
        assert isinstance(await anext(steps), Recorded)
        assert cluster.written == []
        assert bench.journal.load(shown.plan_id, "preimage") == before
        assert bench.journal.load(shown.plan_id, "outcome") == {"state": "begun", "at": "2026-11-23T12:00:00+00:00"}
        assert events_of(bench)[-1] == "apply"


async def test_no_audit_line_no_write(bench: Workbench, cluster: FakeCluster, tmp_path: Path) -> None:
    shown = await make_preview(bench)
    (tmp_path / "file").write_text("")
    broken = Workbench(cluster, FileJournal(tmp_path / "file"), bench.clock, bench.render)
    with pytest.raises(StateError):
        await run_apply(broken, shown)
    assert cluster.written == []


@pytest.mark.parametrize("typed", ["", "LAB", "lab ", "prod"])
async def test_the_contexts_name_must_be_typed_exactly(bench: Workbench, cluster: FakeCluster, typed: str) -> None:
    shown = await make_preview(bench)
    with pytest.raises(UsageError, match="not that of the context"):
        await run_apply(bench, shown, Confirmation(typed))
    assert cluster.written == []


async def test_missing_evidence_needs_a_reason(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench, verdict=Verdict.UNDETERMINED)
    with pytest.raises(UsageError, match="A reason is needed"):
        await run_apply(bench, shown, Confirmation("lab", "   "))
    assert cluster.written == []


async def test_read_only_refuses(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench)
    with pytest.raises(ReadOnly):
        await run_apply(readonly(bench), shown)
    cluster.connection = replace(cluster.connection, readonly=True)
    with pytest.raises(ReadOnly):
        await run_apply(bench, shown)
    assert cluster.written == []


async def test_a_blocked_preview_cannot_be_applied(bench: Workbench, cluster: FakeCluster) -> None:
    cluster.refuse = Invalid("denied by policy", status=422)
    shown = await make_preview(bench)
    cluster.refuse = None
    with pytest.raises(CnituiError, match="denied by policy"):
        await run_apply(bench, shown, Confirmation("lab", "I insist"))
    assert cluster.written == []


async def test_a_preview_of_another_cluster_is_stale(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench)
    cluster.connection = replace(cluster.connection, server="https://127.0.0.1:9")
    with pytest.raises(Stale):
        await run_apply(bench, shown)


async def test_a_change_between_preview_and_apply_is_stale_and_nothing_is_written(
    bench: Workbench, cluster: FakeCluster
) -> None:
    shown = await make_preview(bench)
    cluster.stored["spec"]["template"]["spec"]["initContainers"].reverse()
    with pytest.raises(Stale, match="Look again"):
        await run_apply(bench, shown)
    assert cluster.written == []
    assert events_of(bench) == ["dry-run"]


async def test_a_change_in_the_last_moment_is_refused_by_the_server_and_told_as_stale(
    bench: Workbench, cluster: FakeCluster
) -> None:
    shown = await make_preview(bench)
    async with aclosing(apply(bench, shown, YES, SOON)) as steps:
        await anext(steps)
        cluster.stored["metadata"]["generation"] += 1
        with pytest.raises(Stale, match="/metadata/generation is not 3 any more"):
            await anext(steps)
    assert events_of(bench)[-2:] == ["apply", "refused"]
    assert "securityContext" not in cluster.stored["spec"]["template"]["spec"]["initContainers"][1]


async def test_a_refusal_by_admission_at_the_write_keeps_its_words(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench)
    cluster.refuse = Invalid("denied by policy", status=422)
    with pytest.raises(Invalid, match="denied by policy"):
        await run_apply(bench, shown)


async def test_a_lost_answer_is_kept_as_unknown(bench: Workbench, cluster: FakeCluster) -> None:
    shown = await make_preview(bench)
    cluster.refuse = ClusterUnreachable("connection reset")
    with pytest.raises(ClusterUnreachable):
        await run_apply(bench, shown)
    kept = bench.journal.load(shown.plan_id, "outcome")
    assert isinstance(kept, dict)
    assert kept["state"] == "unknown"


async def test_cancelling_the_rollout_leaves_it_to_the_controller_and_says_so(
    bench: Workbench, cluster: FakeCluster
) -> None:
    shown = await make_preview(bench)
    running = asyncio.Event()

    async def watch() -> None:
        async with aclosing(apply(bench, shown, YES, replace(SOON, stall=1e9))) as steps:
            async for step in steps:
                if isinstance(step, Rollout):
                    running.set()

    task = asyncio.create_task(watch())
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events_of(bench)[-1] == "cancelled"
    assert cluster.written == [("patch", "DaemonSet kube-system/calico-node")]


async def test_new_pods_that_fail_again_end_the_rollout_as_failing(bench: Workbench, cluster: FakeCluster) -> None:
    def still_broken(it: FakeCluster) -> None:
        generation = it.stored["metadata"]["annotations"][GENERATION]
        it.show(
            pod("master-01"),
            pod("worker-01", failing=True, generation=generation, restarts=2),
            pod("worker-02", failing=True, generation=generation, restarts=3),
        )

    cluster.controller = still_broken
    last = (await run_apply(bench, await make_preview(bench)))[-1]
    assert isinstance(last, Rollout)
    assert last.outcome == "failing"
    assert [(n.node, n.phase) for n in last.nodes] == [
        ("master-01", "old"),
        ("worker-01", "failing"),
        ("worker-02", "failing"),
    ]


async def test_pods_that_cannot_be_created_stall_with_the_controllers_words(
    bench: Workbench, cluster: FakeCluster
) -> None:
    def refused(it: FakeCluster) -> None:
        it.show(pod("master-01"))
        it.event_list = (Event("Warning", "FailedCreate", "violates PodSecurity baseline", count=4),)

    cluster.controller = refused
    last = (await run_apply(bench, await make_preview(bench)))[-1]
    assert isinstance(last, Rollout)
    assert last.outcome == "stalled"
    assert last.nodes[1].words == "no pod: violates PodSecurity baseline (4 times)"


async def test_on_delete_deletes_the_failing_pods_and_waits_for_those_only(
    bench: Workbench, cluster: FakeCluster
) -> None:
    cluster.stored = daemonset(strategy="OnDelete")

    def recreate(it: FakeCluster) -> None:
        gone = {words.split()[-1] for verb, words in it.written if verb == "delete"}
        generation = it.stored["metadata"]["annotations"][GENERATION]
        it.show(*(pod(p.node, generation=generation) if p.uid in gone else p for p in it.pod_list))

    cluster.controller = recreate
    steps = await run_apply(bench, await make_preview(bench, strategy="OnDelete"))
    assert [step.pod.node for step in steps if isinstance(step, PodDeleted)] == ["worker-01", "worker-02"]
    last = steps[-1]
    assert isinstance(last, Rollout)
    assert last.outcome == "done"
    assert events_of(bench) == ["dry-run", "apply", "applied", "delete", "delete", "done"]
    assert [words for verb, words in cluster.written if verb == "delete"] == [
        "Pod kube-system/calico-node-worker-01-3 uid-calico-node-worker-01-3",
        "Pod kube-system/calico-node-worker-02-3 uid-calico-node-worker-02-3",
    ]


async def test_a_disk_that_fills_up_after_the_write_is_reported_and_not_raised(
    bench: Workbench, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_event: str, _details: object) -> None:
        raise StateError("audit.jsonl cannot be written: No space left on device")

    def then_full(it: FakeCluster) -> None:
        heals(it)
        monkeypatch.setattr(bench.journal, "audit", full)

    cluster.controller = then_full
    steps = await run_apply(bench, await make_preview(bench))
    assert any(isinstance(step, Unrecorded) for step in steps)
    last = steps[-1]
    assert isinstance(last, Rollout)
    assert last.outcome == "done"


KILLED_IN_THE_WRITE = """
import asyncio, os, signal, sys
from pathlib import Path
from cnitui.engine.repair.workbench import Workbench
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeClock, FakeCluster
from tests.engine.remedy_steps import make_preview, run_apply

async def main():
    cluster, clock = FakeCluster(), FakeClock()
    bench = Workbench(cluster, FileJournal(Path(sys.argv[1]), clock.now), clock, dump_yaml)
    cluster.controller = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    await run_apply(bench, await make_preview(bench))

asyncio.run(main())
"""


def test_a_kill_in_the_middle_of_the_write_leaves_plan_pre_image_and_audit_line(bench: Workbench) -> None:
    assert isinstance(bench.journal, FileJournal)
    folder = bench.journal.folder
    killed = subprocess.run([sys.executable, "-c", KILLED_IN_THE_WRITE, str(folder)], cwd=PROJECT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (plan_id,) = bench.journal.plans()
    assert bench.journal.load(plan_id, "preimage") == daemonset()
    kept = bench.journal.load(plan_id, "outcome")
    assert isinstance(kept, dict)
    assert kept["state"] == "begun"
    assert events_of(bench) == ["dry-run", "apply"]


async def test_after_such_a_kill_another_run_can_take_it_back(bench: Workbench, cluster: FakeCluster) -> None:
    def die(_: FakeCluster) -> None:
        raise KeyboardInterrupt  # nothing of ours catches it, as nothing catches a kill

    cluster.controller = die
    with pytest.raises(KeyboardInterrupt):
        await run_apply(bench, await make_preview(bench))
    cluster.controller = heals
    await run_apply(bench, await undo_preview(bench))
    assert cluster.stored["spec"]["template"] == daemonset()["spec"]["template"]
