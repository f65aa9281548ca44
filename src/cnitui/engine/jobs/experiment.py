"""Carries out a controlled experiment: previewed, confirmed, the control first, the variant if that failed alike."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from functools import cache

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import Cause
from cnitui.domain.documents import Document
from cnitui.domain.experiment import SECONDS, Attempt, Experiment, attempt_of, trial
from cnitui.domain.facts import ApiEndpoints, AttemptLogs, PodStatus
from cnitui.domain.node_job import Job, Place
from cnitui.domain.parsing.container_log import parse_log
from cnitui.domain.remedies.template import Missing, daemonset_ref
from cnitui.domain.variant import Variant
from cnitui.engine.jobs.kept import keep
from cnitui.engine.jobs.preview import JobsPreview, clear, if_killed, preview_jobs
from cnitui.engine.jobs.run import run_job
from cnitui.engine.probes.node_commands import host_and_port
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.state import State
from cnitui.errors import UsageError
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Design:
    """An experiment before it is carried out: `expected` is how the container ended last in the DaemonSet."""

    cause: Cause
    change: Variant
    pod: PodStatus
    container: str
    expected: Attempt
    daemonset: Document
    endpoint: tuple[str, str]

    def job(self, change: Variant | None) -> Job:
        """The control (no change) or the variant, as a Job."""
        name = f"cnitui-{'control' if change is None else 'variant'}-{secrets.token_hex(4)}"
        return trial(name, self.daemonset, self.container, self.pod.node, change, self.endpoint)

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"Experiment on {self.pod.node}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What is created where and for how long, and what it does, in sentences."""
        node, namespace = self.pod.node, self.pod.namespace
        return (
            f"control: a Job in {namespace} runs {self.container} once on {node}, alone, as the DaemonSet has it",
            f"variant: if that fails as it does now, another Job runs it with {self.change.words}",
            f"a variant that succeeds really installs the CNI on {node}, as the fix would; nothing else is touched",
            "each Job is deleted as soon as it has ended",
            if_killed(SECONDS),
        )


@cache
def variants() -> Mapping[str, Variant]:
    """The causes that an experiment can tell, and by which change."""
    return {cause.id: cause.variant for cause in CATALOGUE if cause.variant is not None}


async def design(bench: Workbench, state: State, cause: str, node: str = "") -> Design:
    """An experiment on a failing node (the first one read, unless named); raises UsageError when there can be none."""
    found = next((one for one in CATALOGUE if one.id == cause), None)
    if found is None or found.variant is None:
        known = ", ".join(sorted(variants()))
        raise UsageError(f"no experiment can tell {cause!r} from other causes", f"There is one for: {known}.")
    pod = failing_pod(state, node)
    container, expected = failing_attempt(state, pod)
    _, _, name = pod.owner.partition("/")
    return Design(
        found, found.variant, pod, container, expected,
        await bench.api.get(daemonset_ref(pod.namespace, name or "calico-node")), _endpoint(state, found.variant),
    )  # fmt: skip


def failing_attempt(state: State, pod: PodStatus) -> tuple[str, Attempt]:
    """The pod's failing container, and how it ended last; raises UsageError for one that would not end by itself."""
    failing = pod.failing
    assert failing is not None
    if not failing.init:
        raise UsageError(
            f"{failing.name} on {pod.node} runs for ever once it works", "Only a container that ends can be tried."
        )
    logs = state.case.value(AttemptLogs, pod.node)
    run, latest = failing.last_failure, logs.latest if logs else None
    return failing.name, attempt_of(run.exit_code if run else None, latest.lines if latest else ())


def failing_pod(state: State, node: str = "") -> PodStatus:
    """A pod of which an attempt has failed, one that was read before others; raises UsageError when there is none."""
    failing = [pod for pod in state.failing if pod.failing is not None and pod.failing.last_failure is not None]
    read = [pod for pod in failing if state.case.value(AttemptLogs, pod.node) is not None]
    found = next((pod for pod in (*read, *failing) if node in ("", pod.node)), None)
    if found is None:
        raise UsageError(f"no attempt has failed on {node or 'any node'}, so there is nothing to try")
    return found


def _endpoint(state: State, change: Variant) -> tuple[str, str]:
    """Host and port of the API server itself, where the variant wants it."""
    if not change.endpoint:
        return "", ""
    known = state.case.value(ApiEndpoints)
    address = host_and_port(next(iter(known.endpoints), "")) if known else None
    if address is None:
        raise UsageError("the API server's own address is not known", "You may need the right to list EndpointSlices.")
    return address


async def preview_experiment(bench: Workbench, plan: Design) -> JobsPreview:
    """What the server says to it: rights, Pod Security, a dry run of both Jobs; raises ClusterErrors and UsageError."""
    try:
        jobs = plan.job(None), plan.job(plan.change)
    except Missing as error:
        raise UsageError(f"the DaemonSet has no container {plan.container} any more: {error}") from error
    place = Place(plan.pod.node, plan.pod.namespace, jobs[0].image)
    return replace(await preview_jobs(bench, (place,), jobs), told=plan.lines)


@dataclass(frozen=True, slots=True)
class Under:
    """What is going on."""

    words: str


async def experiment(
    bench: Workbench, plan: Design, seen: JobsPreview, confirmation: Confirmation
) -> AsyncGenerator[Under | Experiment, None]:
    """Carry it out, telling what goes on; the last one is the Experiment.

    Raises UsageError without the right confirmation, NodeJobFailed when a Job did not run, StateError without an audit
    line. What was found is kept in the journal.
    """
    seen.require(confirmation.context)
    await clear(bench, seen)
    yield Under(f"control: {plan.container} on {plan.pod.node}, as the DaemonSet has it")
    control = await _attempt(bench, plan, None)
    found = Experiment(
        plan.cause.id, plan.cause.title, plan.change.words, plan.pod.node, plan.container, plan.expected, control,
        revision=plan.pod.revision,
    )  # fmt: skip
    yield Under(f"control: {control.told}")
    if control.exit_code != 0 and control.ends_like(plan.expected):
        yield Under(f"variant: with {plan.change.words}")
        variant = await _attempt(bench, plan, plan.change)
        found = replace(found, variant=variant)
        yield Under(f"variant: {variant.told}")
    found = replace(found, at=bench.clock.now())
    keep(bench, found)
    yield found


async def _attempt(bench: Workbench, plan: Design, change: Variant | None) -> Attempt:
    return await attempt_by(bench, plan.job(change))


async def attempt_by(bench: Workbench, job: Job) -> Attempt:
    """Run a Job of one container and tell how that ended."""
    ended = await run_job(bench, job)
    (container,) = job.containers
    status = ended.pod.container(container)
    run = status.current if status is not None else None
    return attempt_of(run.exit_code if run else None, parse_log(ended.said[container]))
