"""Nodes read by Jobs: only those that were confirmed, each Job audited, bounded, and gone on every way out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from cnitui.domain.facts import ContainerStatus, Event, NodeStatus, Run
from cnitui.domain.node_job import LIFETIME_SECONDS, reference
from cnitui.engine.jobs import shell as module
from cnitui.engine.jobs.preview import JobsPreview, Leftover
from cnitui.engine.jobs.shell import AT_ONCE, JobShell
from cnitui.engine.ports import NodeCommand
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.preview import Problem
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import Forbidden, NodeError, NodeJobFailed, NodeUnconfirmed, StateError, UsageError
from tests.engine.jobs.conftest import ENDED, SEEN, JobCluster, confirmed
from tests.engine.remedy_steps import events_of

NODE = NodeStatus("worker-01")
COMMANDS = (
    NodeCommand("hello", ("echo", "hello")),
    NodeCommand("reach-service", ("echo", "reached"), waits=True),
    NodeCommand("no", ("sh", "-c", "echo why >&2; exit 7"), root=True),
)


async def test_nothing_is_created_before_somebody_confirmed_it(shell: JobShell, jobs_cluster: JobCluster) -> None:
    with pytest.raises(NodeUnconfirmed) as refused:
        await shell.run(NODE, COMMANDS)
    assert "Press b" in refused.value.next_step
    assert jobs_cluster.log == []


async def test_a_confirmation_of_some_nodes_is_none_of_others(shell: JobShell, jobs_cluster: JobCluster) -> None:
    await confirmed(shell)
    with pytest.raises(NodeUnconfirmed):
        await shell.run(NodeStatus("worker-03"), COMMANDS)
    assert jobs_cluster.log == []


@pytest.mark.parametrize(
    ("seen", "typed"),
    [(SEEN, "another"), (SEEN, ""), (replace(SEEN, problems=(Problem("forbidden", "you may not"),)), "lab")],
)
async def test_a_wrong_name_or_a_problem_gives_no_leave(shell: JobShell, seen: JobsPreview, typed: str) -> None:
    with pytest.raises(UsageError):
        await shell.confirm(seen, Confirmation(typed))
    assert not shell.allows("worker-01")


async def test_all_commands_answer_from_one_job_those_that_wait_beside_the_others(
    shell: JobShell, jobs_cluster: JobCluster
) -> None:
    await confirmed(shell)
    answers = {one.name: one for one in await shell.run(NODE, COMMANDS)}
    assert (answers["hello"].stdout, answers["reach-service"].stdout) == ("hello\n", "reached\n")
    assert (answers["no"].stderr.strip(), answers["no"].status) == ("why", 7)
    (job,) = jobs_cluster.made
    assert [one["name"] for one in job["spec"]["template"]["spec"]["containers"]] == ["read", "reach-service"]


async def test_the_job_is_deleted_by_its_uid_and_both_writes_are_in_the_audit_log(
    shell: JobShell, jobs_cluster: JobCluster, jobs_bench: Workbench
) -> None:
    await confirmed(shell)
    await shell.run(NODE, COMMANDS)
    (name,) = jobs_cluster.jobs
    words = f"Job kube-system/{name}"
    assert jobs_cluster.written == [("create", words), ("delete", f"{words} uid-{name}")]
    assert events_of(jobs_bench) == ["node-access", "node-job", "node-job-removed"]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (replace(ENDED, state="waiting", current=None, waiting_reason="ErrImagePull", waiting_message="no route"),
         "did not start: ErrImagePull: no route"),
        (replace(ENDED, current=Run("c", exit_code=128, reason="StartError", message="stat /usr/sbin/chroot: no such")),
         "cannot run its program: stat /usr/sbin/chroot"),
        (replace(ENDED, state="running", current=Run("c")), f"still Completed after {LIFETIME_SECONDS} s"),
        (None, "got no pod: pods are forbidden"),
    ],
)  # fmt: skip
async def test_a_job_that_does_not_run_is_told_and_removed(
    shell: JobShell, jobs_cluster: JobCluster, outcome: ContainerStatus | None, told: str
) -> None:
    await confirmed(shell)
    jobs_cluster.outcome = outcome
    jobs_cluster.event_list = (Event("Warning", "FailedCreate", "pods are forbidden"),)
    with pytest.raises(NodeJobFailed) as failed:
        await shell.run(NODE, COMMANDS)
    assert told in failed.value.what
    assert jobs_cluster.others == {}


async def test_a_refused_job_is_told(shell: JobShell, jobs_cluster: JobCluster) -> None:
    await confirmed(shell)
    jobs_cluster.refuse = Forbidden("jobs.batch is forbidden", status=403)
    with pytest.raises(NodeJobFailed, match="could not be created: jobs"):
        await shell.run(NODE, COMMANDS)


async def test_without_an_audit_line_nothing_is_created(
    shell: JobShell, jobs_cluster: JobCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await confirmed(shell)

    def full(*_: object) -> None:
        raise StateError("the disk is full")

    monkeypatch.setattr(shell.bench.journal, "audit", full)
    with pytest.raises(NodeError, match="the disk is full"):
        await shell.run(NODE, COMMANDS)
    assert jobs_cluster.log == []


@pytest.mark.parametrize("after", ["create", "wait"])
async def test_a_cancelled_read_leaves_no_job_behind(
    shell: JobShell, jobs_cluster: JobCluster, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await confirmed(shell)
    reached = asyncio.Event()
    go_on = asyncio.Event()
    if after == "create":
        create = jobs_cluster.create

        async def slow(*args: Any, **named: Any) -> object:
            reached.set()
            await go_on.wait()
            return await create(*args, **named)

        monkeypatch.setattr(jobs_cluster, "create", slow)
    else:

        async def hanging(*_: object) -> object:
            reached.set()
            return await asyncio.Event().wait()

        monkeypatch.setattr(jobs_cluster, "pods", hanging)
    reading = asyncio.create_task(shell.run(NODE, COMMANDS))
    await reached.wait()
    reading.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(reading, return_exceptions=True)
    assert [verb for verb, _ in jobs_cluster.written] == ["create", "delete"]
    assert jobs_cluster.others == {}


async def test_dead_nodes_hold_up_no_other(
    jobs_cluster: JobCluster, jobs_bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    nodes = [f"worker-{number:02d}" for number in range(AT_ONCE + 2)]
    places = tuple(replace(SEEN.places[0], node=name) for name in nodes)
    shell = await confirmed(JobShell(jobs_bench), replace(SEEN, places=places))
    pods, alive = jobs_cluster.pods, nodes[-1]

    async def dead(namespace: str, selector: str = "") -> object:
        found = await pods(namespace, selector)
        if all(pod.node == alive for pod in found):
            return found
        return await asyncio.Event().wait()

    monkeypatch.setattr(jobs_cluster, "pods", dead)
    reading = {name: asyncio.create_task(shell.run(NodeStatus(name), COMMANDS)) for name in nodes}
    async with asyncio.timeout(20):
        answers = await reading.pop(alive)
    assert answers[0].stdout == "hello\n"
    for task in reading.values():
        task.cancel()
    await asyncio.gather(*reading.values(), return_exceptions=True)
    assert jobs_cluster.others == {}


async def test_few_jobs_run_at_once(
    jobs_cluster: JobCluster, jobs_bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [f"worker-{number:02d}" for number in range(30)]
    places = tuple(replace(SEEN.places[0], node=name) for name in nodes)
    shell = await confirmed(JobShell(jobs_bench), replace(SEEN, places=places))
    under_way = most = 0
    create, delete = jobs_cluster.create, jobs_cluster.delete

    async def counted(*args: Any, **named: Any) -> object:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        return await create(*args, **named)

    async def removed(*args: Any, **named: Any) -> None:
        nonlocal under_way
        under_way -= 1
        await delete(*args, **named)

    monkeypatch.setattr(jobs_cluster, "create", counted)
    monkeypatch.setattr(jobs_cluster, "delete", removed)
    await asyncio.gather(*(shell.run(NodeStatus(name), COMMANDS[:1]) for name in nodes))
    assert 1 < most <= AT_ONCE
    assert under_way == 0


async def test_what_an_earlier_sitting_left_is_removed_with_the_confirmation(
    shell: JobShell, jobs_cluster: JobCluster
) -> None:
    left = Leftover(reference("cnitui-node-old", "kube-system"), "uid-old", "worker-01")
    await confirmed(shell, replace(SEEN, leftovers=(left,)))
    assert jobs_cluster.written == [("delete", "Job kube-system/cnitui-node-old uid-old")]


async def test_a_system_without_a_shell_is_told_and_nothing_is_tried(shell: JobShell, jobs_cluster: JobCluster) -> None:
    await confirmed(shell)
    with pytest.raises(NodeError, match=r"worker-01 runs Talos \(v1.8.0\), which has no shell"):
        await shell.run(replace(NODE, os_image="Talos (v1.8.0)"), COMMANDS)
    assert jobs_cluster.log == []


def test_by_hand_is_a_line_that_a_person_can_paste(shell: JobShell) -> None:
    assert shell.by_hand(NODE).startswith("kubectl debug node/worker-01 -it --profile=sysadmin --image=")
