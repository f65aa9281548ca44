"""A plan tried on one node: only what is previewed, only its own container, and nothing else is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.remedies.situation import Document
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Heading
from cnitui.engine.jobs.trying import design_try, triable
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.preview import Preview, Problem
from cnitui.engine.repair.state import RepairState
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.reports.account import as_report
from cnitui.engine.state import State
from cnitui.errors import UsageError
from tests.engine.fake_cluster import FakeCluster, daemonset
from tests.engine.guide.states import NOON, incident
from tests.engine.jobs.test_laboratory import Bench, laboratory, last_words
from tests.engine.remedy_steps import make_preview


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
    job = design_try(planned(seen)).job()
    assert security(job.document) == {"privileged": True}
    assert security(replace_after(seen, daemonset())) is None
    assert job.node == "worker-01"


def replace_after(seen: Preview, after: Document) -> Document:
    return design_try(planned(replace(seen, after=after))).job().document


@pytest.mark.parametrize(("code", "state"), [(0, "unknown"), (1, "fail")])
async def test_step_8_and_the_report_tell_of_it(
    seen: Preview, jobs_bench: Workbench, code: int, state: str, tmp_path: Path
) -> None:
    fake = Bench(**{"try": (code, last_words())})
    made, _ = laboratory(jobs_bench, fake)
    plan, asked = await made.preview_try(planned(seen))
    assert asked.problems == ()
    await made.carry_out(plan, asked, Confirmation("lab"))
    tried = made.trials.of_plan(seen.plan_id)
    assert tried is not None
    assert (tried.works, [verb for verb, _ in fake.written]) == (code == 0, ["create", "delete"])
    after = replace(planned(replace(seen, problems=(Problem("evidence", "x", overridable=True),))), trials=made.trials)
    view = guide(after)[7]
    assert (view.state, view.blocks[0]) == (state, Heading("Tried on worker-01"))
    assert "## Tried on worker-01" in as_report(after, NOON)
    assert json.loads(as_report(after, NOON, markdown=False))["tries"][0]["works"] is (code == 0)


async def test_only_what_is_previewed_and_not_applied_can_be_tried(seen: Preview) -> None:
    assert triable(planned(seen))
    nothing, applied = incident(), RepairState(preview=seen, applied=seen)
    blocked = replace(seen, problems=(Problem("readonly", "switched off"),))
    for state in (nothing, replace(incident(), repair=applied), planned(blocked)):
        assert not triable(state)
        with pytest.raises(UsageError, match="nothing previewed"):
            design_try(state)
