"""Experiments of a sitting: on the first open cause that can be told so, and their course and end in the state."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from cnitui.domain.facts import AttemptLogs, ContainerStatus, PodStatus, Run
from cnitui.domain.finding import Verdict
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Heading, Item
from cnitui.engine.jobs.laboratory import Laboratory, provable
from cnitui.engine.ports import LogRequest
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.reports.forms import as_report
from cnitui.errors import UsageError
from tests.engine.guide.states import NOON, cluster, finding, found, incident
from tests.engine.jobs.conftest import JobCluster
from tests.schemas import objections


class Bench(JobCluster):
    """Jobs whose containers end as told, by the second word of the Job's name."""

    def __init__(self, **ends: tuple[int, bytes]) -> None:
        super().__init__()
        self.ends = ends
        self.outcome = ContainerStatus("install-cni", init=False, state="terminated")

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]:
        (pod,) = await super().pods(namespace, selector, field_selector)
        code, _ = self.ends[selector.removeprefix("job-name=").split("-")[1]]
        return (replace(pod, containers=(replace(pod.containers[0], current=Run("c", exit_code=code)),)),)

    async def read_log(self, request: LogRequest) -> bytes:
        return b"2026-11-28T12:00:00.000000000Z " + self.ends[request.pod.split("-")[1]][1]


def laboratory(jobs_bench: Workbench, cluster: JobCluster) -> tuple[Laboratory, list[str]]:
    told: list[str] = []
    made = Laboratory(replace(jobs_bench, api=cluster), lambda: told.append(made.trials.under_way), lambda _: None)
    return made, told


def last_words() -> bytes:
    """What the failing container of the founding incident said last."""
    logs = incident().case.value(AttemptLogs, "worker-01")
    assert logs is not None
    assert logs.latest is not None
    return logs.latest.lines[-1].text.encode()


async def carried_out(jobs_bench: Workbench, **ends: tuple[int, bytes]) -> tuple[Laboratory, list[str]]:
    made, told = laboratory(jobs_bench, Bench(**ends))
    plan, seen = await made.preview(incident())
    assert seen.problems == ()
    await made.carry_out(plan, seen, Confirmation("lab"))
    return made, told


async def test_a_variant_that_succeeds_confirms_and_all_of_it_is_told(jobs_bench: Workbench) -> None:
    made, told = await carried_out(jobs_bench, control=(1, last_words()), variant=(0, b"Done"))
    (proven,) = made.trials.found
    assert (proven.conclusion, made.trials.under_way) == ("confirmed", "")
    assert any("variant" in words for words in told)
    view = guide(replace(incident(), trials=made.trials))[5]
    assert Heading("Experiment on worker-01") in view.blocks
    assert any(isinstance(block, Item) and block.text.startswith("variant, with") for block in view.blocks)


async def test_a_control_that_ends_otherwise_ends_the_experiment(jobs_bench: Workbench) -> None:
    made, _ = await carried_out(jobs_bench, control=(2, b"another thing"))
    (experiment,) = made.trials.found
    assert (experiment.conclusion, experiment.variant) == ("differs", None)


async def test_every_job_is_gone_afterwards_and_what_was_found_is_kept(jobs_bench: Workbench) -> None:
    cluster = Bench(control=(1, last_words()), variant=(0, b"Done"))
    made, _ = laboratory(jobs_bench, cluster)
    plan, seen = await made.preview(incident())
    await made.carry_out(plan, seen, Confirmation("lab"))
    assert [verb for verb, _ in cluster.written] == ["create", "delete", "create", "delete"]
    (kept,) = jobs_bench.journal.plans()
    document = jobs_bench.journal.load(kept, "trial")
    assert isinstance(document, dict)
    assert (document["conclusion"], document["cause"]) == ("confirmed", "selinux-denial")


async def test_what_goes_wrong_is_kept_as_the_error(jobs_bench: Workbench) -> None:
    cluster = Bench()
    made, _ = laboratory(jobs_bench, cluster)
    plan, seen = await made.preview(incident())
    await made.carry_out(plan, seen, Confirmation("another"))
    assert "is not the context's name" in made.trials.error
    assert (made.trials.under_way, cluster.written) == ("", [])
    (told,) = (block for block in guide(replace(incident(), trials=made.trials))[5].blocks[:1])
    assert isinstance(told, Item)
    assert "It came to no end" in told.text


def test_the_first_open_cause_that_an_experiment_can_tell_is_taken() -> None:
    state = found(
        cluster(),
        finding("disk-full", Verdict.LIKELY, "worker-01"),
        finding("selinux-denial", Verdict.RULED_OUT, "worker-01"),
        finding("kube-proxy-service-vip", Verdict.POSSIBLE, "worker-01"),
    )
    assert provable(state) == "kube-proxy-service-vip"
    assert provable(found(cluster(), finding("disk-full", Verdict.CONFIRMED, "worker-01"))) == ""


async def test_without_such_a_cause_it_is_said(jobs_bench: Workbench) -> None:
    made, _ = laboratory(jobs_bench, Bench())
    with pytest.raises(UsageError, match="no cause that is still open"):
        await made.preview(found(cluster(), finding("disk-full", Verdict.CONFIRMED, "worker-01")))


async def test_a_cancelled_experiment_leaves_nothing_behind(
    jobs_bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(control=(1, b"x"))
    made, told = laboratory(jobs_bench, bench)
    plan, seen = await made.preview(incident())
    waiting = asyncio.Event()

    async def hanging(*_: object) -> object:
        waiting.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(bench, "pods", hanging)
    carrying = asyncio.create_task(made.carry_out(plan, seen, Confirmation("lab")))
    await waiting.wait()
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
    assert (made.trials.under_way, bench.others) == ("", {})
    assert told[-1] == ""


async def test_the_report_tells_of_control_variant_and_outcome(jobs_bench: Workbench) -> None:
    made, _ = await carried_out(jobs_bench, control=(1, last_words()), variant=(0, b"Done"))
    state = replace(incident(), trials=made.trials)
    text = as_report(state, NOON)
    assert "## Experiment on worker-01" in text
    assert "- variant, with " in text
    report = json.loads(as_report(state, NOON, "json"))
    assert objections(report) == []
    (document,) = report["experiments"]
    assert document["conclusion"] == "confirmed"
