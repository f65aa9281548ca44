"""A plan tried on one node: only what is previewed, only its own container, and nothing else is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.documents import Document
from cnitui.domain.likeness import Cohort
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Heading
from cnitui.engine.jobs.trying import MOST, covered, design_try, triable
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.preview import Preview, Problem
from cnitui.engine.repair.state import RepairState
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.reports.forms import as_report
from cnitui.engine.state import State
from cnitui.errors import UsageError
from tests.engine.fake_cluster import FakeCluster, daemonset
from tests.engine.guide.states import NOON, WORKERS, cluster, incident, judged, read
from tests.engine.jobs.test_laboratory import Bench, laboratory, last_words
from tests.engine.remedy_steps import make_preview
from tests.schemas import objections


@pytest.fixture
async def seen(bench: Workbench, cluster: FakeCluster) -> Preview:
    """install-cni made privileged, as the server would store it."""
    return await make_preview(bench)


def planned(seen: Preview) -> State:
    return replace(incident(), repair=RepairState(preview=seen, phase="planned"))


def security(document: Any) -> object:
    """The securityContext of the Job's one container."""
    pod = document["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return container.get("securityContext")


async def test_the_job_runs_the_container_as_the_server_would_store_it(seen: Preview) -> None:
    plan = design_try(planned(seen))
    job = plan.job(plan.subjects[0])
    assert security(job.document) == {"privileged": True}
    assert security(replace_after(seen, daemonset())) is None
    assert job.node == "worker-01"


def replace_after(seen: Preview, after: Document) -> Document:
    plan = design_try(planned(replace(seen, after=after)))
    return plan.job(plan.subjects[0]).document


@pytest.mark.parametrize(("code", "state"), [(0, "unknown"), (1, "fail")])
async def test_step_8_and_the_report_tell_of_it(
    seen: Preview, jobs_bench: Workbench, code: int, state: str, tmp_path: Path
) -> None:
    fake = Bench(**{"try": (code, last_words())})
    made, _ = laboratory(jobs_bench, fake)
    plan, asked = await made.preview_try(planned(seen))
    assert asked.problems == ()
    await made.carry_out(plan, asked, Confirmation("lab"))
    (tried,) = made.trials.of_plan(seen.plan_id)
    assert (tried.works, [verb for verb, _ in fake.written]) == (code == 0, ["create", "delete"])
    after = replace(planned(replace(seen, problems=(Problem("evidence", "x", overridable=True),))), trials=made.trials)
    view = guide(after)[7]
    assert (view.state, view.blocks[0]) == (state, Heading("Tried on worker-01"))
    assert "## Tried on worker-01" in as_report(after, NOON)
    report = json.loads(as_report(after, NOON, "json"))
    assert report["tries"][0]["works"] is (code == 0)
    assert objections(report) == []


async def test_only_what_is_previewed_and_not_applied_can_be_tried(seen: Preview) -> None:
    assert triable(planned(seen))
    nothing, applied = incident(), RepairState(preview=seen, applied=seen)
    blocked = replace(seen, problems=(Problem("readonly", "switched off"),))
    for state in (nothing, replace(incident(), repair=applied), planned(blocked)):
        assert not triable(state)
        with pytest.raises(UsageError, match="nothing previewed"):
            design_try(state)


def alike(state: State, *groups: tuple[str, ...]) -> State:
    """The state whose failing nodes are in these groups."""
    assert state.diagnosis is not None
    likeness = state.cohorts[0].likeness
    cohorts = tuple(Cohort("AB"[number], likeness, nodes, nodes[:1]) for number, nodes in enumerate(groups))
    return replace(state, diagnosis=replace(state.diagnosis, cohorts=cohorts))


def nodes_of(state: State, *wanted: str) -> list[str]:
    return [one.pod.node for one in design_try(state, wanted).subjects]


async def test_it_is_tried_where_the_user_wants_it_else_on_one_of_each_group(seen: Preview) -> None:
    one, two = alike(planned(seen), WORKERS), alike(planned(seen), WORKERS[:1], WORKERS[1:])
    assert nodes_of(one, "worker-02") == ["worker-02"]
    assert nodes_of(one) == nodes_of(one, "master-01") == ["worker-01"], "a healthy node tells nothing"
    assert nodes_of(two) == ["worker-01", "worker-02"]
    assert nodes_of(one, *WORKERS) == ["worker-01", "worker-02"]


async def test_more_nodes_than_a_try_takes_are_refused(seen: Preview) -> None:
    many = tuple(f"worker-{number:02d}" for number in range(1, MOST + 2))
    state = replace(planned(seen), roster=incident_of(many).roster)
    with pytest.raises(UsageError, match=f"{MOST + 1} nodes are marked"):
        design_try(state, many)


def incident_of(nodes: tuple[str, ...]) -> State:
    return judged(read(cluster(failing=nodes)))


async def test_the_first_one_that_fails_ends_it(seen: Preview, jobs_bench: Workbench) -> None:
    fake = Bench(**{"try": (1, last_words())})
    made, _ = laboratory(jobs_bench, fake)
    plan, asked = await made.preview_try(planned(seen), WORKERS)
    assert "worker-01, worker-02, one node after the other until one fails" in asked.lines[0]
    await made.carry_out(plan, asked, Confirmation("lab"))
    assert [one.node for one in made.trials.tries] == ["worker-01"]
    refuting = made.trials.refuting(seen.plan_id)
    assert refuting is not None
    assert refuting.node == "worker-01"


async def test_tries_that_work_stand_for_evidence_only_where_every_group_was_tried(
    seen: Preview, jobs_bench: Workbench
) -> None:
    made, _ = laboratory(jobs_bench, Bench(**{"try": (0, b"Done")}))
    two = alike(planned(seen), WORKERS[:1], WORKERS[1:])
    for nodes, enough in ((WORKERS[:1], False), (WORKERS[1:], True)):
        plan, asked = await made.preview_try(two, nodes)
        await made.carry_out(plan, asked, Confirmation("lab"))
        assert covered(two, made.trials.of_plan(seen.plan_id)) is enough
    assert made.trials.refuting(seen.plan_id) is None
    assert not covered(two, ())
