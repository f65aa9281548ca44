"""Orders carried out by Jobs: once, until a command fails, and told apart from what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.exchange import NodeCommand, NodeOrder
from cnitui.domain.facts import Event, NodeStatus, PodStatus
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.jobs.writer import JobWriter
from cnitui.errors import NodeJobFailed, NodeUnconfirmed
from tests.engine.jobs.conftest import ENDED, JobCluster, confirmed

NODE = NodeStatus("worker-01")


@pytest.fixture(autouse=True)
def plain_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Job's script runs right here, as whoever runs the test."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def order(*argvs: tuple[str, ...]) -> NodeOrder:
    commands = (NodeCommand(f"step-{number}", argv, root=True) for number, argv in enumerate(argvs, 1))
    return NodeOrder("20260101T000000Z-0000", "worker-01", tuple(commands))


async def test_commands_run_in_order_quoted_until_one_fails(
    shell: JobShell, jobs_cluster: JobCluster, tmp_path: Path
) -> None:
    await confirmed(shell)
    made = tmp_path / "a b; touch c $(id)"
    carried = await JobWriter(shell).write(NODE, order(("touch", str(made)), ("false",), ("touch", f"{made}-2")))
    assert [output.status for output in carried.outputs] == [0, 1]
    assert (carried.failed, carried.lost) == (carried.outputs[1], "")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("a")] == [made.name]
    (job,) = jobs_cluster.made
    assert job["metadata"]["name"].startswith("cnitui-relabel-")
    assert job["spec"]["backoffLimit"] == 0
    assert not jobs_cluster.others


async def test_all_done_is_neither_failed_nor_lost(shell: JobShell) -> None:
    await confirmed(shell)
    carried = await JobWriter(shell).write(NODE, order(("true",), ("true",)))
    assert (len(carried.outputs), carried.failed, carried.lost) == (2, None, "")


async def test_a_node_that_nobody_confirmed_gets_no_job(shell: JobShell, jobs_cluster: JobCluster) -> None:
    with pytest.raises(NodeUnconfirmed):
        await JobWriter(shell).write(NODE, order(("true",)))
    assert jobs_cluster.made == []


async def test_a_job_that_never_began_did_nothing_and_one_that_did_not_end_is_not_known(
    shell: JobShell, jobs_cluster: JobCluster
) -> None:
    await confirmed(shell)
    jobs_cluster.outcome = None
    with pytest.raises(NodeJobFailed, match="got no pod"):
        await JobWriter(shell).write(NODE, order(("true",)))
    jobs_cluster.outcome = replace(ENDED, state="running")
    carried = await JobWriter(shell).write(NODE, order(("true",)))
    assert carried.outputs == ()
    assert "was still" in carried.lost


async def test_what_a_pod_did_that_went_in_the_middle_is_not_known(
    shell: JobShell, jobs_cluster: JobCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Job controller deletes the pods of a Job that is past its deadline."""
    await confirmed(shell)
    jobs_cluster.outcome = replace(ENDED, state="running")
    jobs_cluster.event_list = (Event("Warning", "DeadlineExceeded", "Job was active longer than specified deadline"),)
    look = jobs_cluster.pods

    async def once(*arguments: str) -> tuple[PodStatus, ...]:
        monkeypatch.setattr(jobs_cluster, "pods", gone)
        return await look(*arguments)

    async def gone(*_: str) -> tuple[PodStatus, ...]:
        return ()

    monkeypatch.setattr(jobs_cluster, "pods", once)
    carried = await JobWriter(shell).write(NODE, order(("true",)))
    assert carried.outputs == ()
    assert carried.lost == "worker-01: the Job's pod is gone: Job was active longer than specified deadline"
