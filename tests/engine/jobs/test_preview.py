"""What would be created is asked of the server, told in full, and stored nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cnitui.domain.node_job import KEPT_SECONDS, LABELS, LIFETIME_SECONDS, SITTING
from cnitui.engine.jobs.preview import JobsPreview, clear, preview_jobs
from cnitui.engine.repair.situate import ENFORCE
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import Invalid
from tests.engine.jobs.conftest import PLACES, JobCluster


async def seen(bench: Workbench) -> JobsPreview:
    return await preview_jobs(bench, PLACES)


async def test_it_says_what_where_and_for_how_long_and_writes_nothing(
    jobs_bench: Workbench, jobs_cluster: JobCluster
) -> None:
    jobs_cluster.warnings = ("would violate PodSecurity",)
    shown = await seen(jobs_bench)
    text = "\n".join(shown.lines)
    for words in ("kube-system", "worker-01, worker-02", "calico/cni:v3.27.0", "90 s", "60 s", "privileged"):
        assert words in text
    assert shown.warnings == ("would violate PodSecurity",)
    assert shown.problems == ()
    assert (jobs_cluster.written, jobs_cluster.others) == ([], {})


@pytest.mark.parametrize("right", ["create jobs.batch", "delete jobs.batch", "get pods/log"])
async def test_a_missing_right_is_a_problem_and_nothing_is_tried(
    jobs_bench: Workbench, jobs_cluster: JobCluster, right: str
) -> None:
    jobs_cluster.forbidden = frozenset({f"{right} in kube-system", f"{right}  in kube-system"})
    shown = await seen(jobs_bench)
    assert [problem.words.startswith(f"you may not {right}") for problem in shown.problems] == [True]
    assert jobs_cluster.log == []


async def test_read_only_is_a_problem(jobs_cluster: JobCluster, jobs_bench: Workbench) -> None:
    bench = Workbench(jobs_cluster, jobs_bench.journal, jobs_bench.clock, jobs_bench.render, readonly=True)
    assert [problem.kind for problem in (await seen(bench)).problems] == ["readonly"]
    assert jobs_cluster.log == []


@pytest.mark.parametrize(("level", "kinds"), [("baseline", ["pod-security"]), ("privileged", []), ("", [])])
async def test_the_namespaces_pod_security_is_asked(
    jobs_bench: Workbench, jobs_cluster: JobCluster, level: str, kinds: list[str]
) -> None:
    jobs_cluster.namespace_labels = {ENFORCE: level} if level else {}
    assert [problem.kind for problem in (await seen(jobs_bench)).problems] == kinds


async def test_a_refused_dry_run_is_a_problem(jobs_bench: Workbench, jobs_cluster: JobCluster) -> None:
    jobs_cluster.refuse = Invalid("policy denies hostPath", status=422)
    assert [problem.words for problem in (await seen(jobs_bench)).problems] == ["policy denies hostPath"]


def left(bench: Workbench, *, ended: bool = False, age: float = 5, sitting: str = "another") -> dict[str, Any]:
    """A Job of ours as the server has it, made `age` seconds ago."""
    born = bench.clock.now() - timedelta(seconds=age)
    return {
        "metadata": {
            "name": "cnitui-node-old",
            "uid": "u-1",
            "labels": {**LABELS, SITTING: sitting},
            "creationTimestamp": f"{born:%Y-%m-%dT%H:%M:%SZ}",
        },
        "spec": {"activeDeadlineSeconds": LIFETIME_SECONDS, "template": {"spec": {"nodeName": "worker-02"}}},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]} if ended else {"active": 1},
    }


async def test_jobs_of_an_earlier_sitting_are_found_and_told(jobs_bench: Workbench, jobs_cluster: JobCluster) -> None:
    jobs_cluster.others["jobs", "cnitui-node-old"] = left(jobs_bench, ended=True)
    shown = await seen(jobs_bench)
    assert [(one.ref.name, one.uid, one.node) for one in shown.leftovers] == [("cnitui-node-old", "u-1", "worker-02")]
    assert "removed as well: Job kube-system/cnitui-node-old of an earlier sitting, on worker-02" in shown.lines


@pytest.mark.parametrize(
    ("age", "ended", "runs"),
    [(5, False, True), (5, True, False), (LIFETIME_SECONDS + KEPT_SECONDS + 1, False, False)],
    ids=["under way", "ended", "past its deadline"],
)
async def test_a_job_that_somebody_may_wait_for_is_left_alone(
    jobs_bench: Workbench, jobs_cluster: JobCluster, age: float, ended: bool, runs: bool
) -> None:
    jobs_cluster.others["jobs", "cnitui-node-old"] = left(jobs_bench, ended=ended, age=age)
    shown = await seen(jobs_bench)
    (one,) = shown.leftovers
    assert one.runs is runs
    await clear(jobs_bench, shown)
    assert [verb for verb, _ in jobs_cluster.written] == ([] if runs else ["delete"])
    assert any(line.startswith("left alone" if runs else "removed as well") for line in shown.lines)


async def test_jobs_of_this_sitting_are_no_leftovers(jobs_bench: Workbench, jobs_cluster: JobCluster) -> None:
    jobs_cluster.others["jobs", "cnitui-node-old"] = left(jobs_bench, ended=True, sitting=jobs_bench.sitting)
    assert (await seen(jobs_bench)).leftovers == ()


async def test_a_trials_preview_tells_of_leftovers_too(jobs_bench: Workbench, jobs_cluster: JobCluster) -> None:
    jobs_cluster.others["jobs", "cnitui-node-old"] = left(jobs_bench, ended=True)
    shown = replace(await seen(jobs_bench), told=("a Job runs the container",))
    assert [line[:7] for line in shown.lines] == ["a Job r", "removed"]
