"""Tries a plan on one failing node before it is rolled out: the container as the server would store it, run once."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from cnitui.domain.experiment import SECONDS, Attempt, Try, trial
from cnitui.domain.facts import PodStatus
from cnitui.domain.node_job import Job, Place
from cnitui.domain.remedies.template import Missing
from cnitui.engine.jobs.experiment import Under, attempt_by, failing_attempt, failing_pod
from cnitui.engine.jobs.preview import JobsPreview, if_killed, preview_jobs
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.state import State
from cnitui.errors import UsageError


@dataclass(frozen=True, slots=True)
class TryDesign:
    """A try before it is carried out."""

    preview: Preview
    pod: PodStatus
    container: str
    expected: Attempt

    def job(self) -> Job:
        """The container of the patched template, alone on the node; raises UsageError when it is not there."""
        name = f"cnitui-try-{secrets.token_hex(4)}"
        try:
            return trial(name, self.preview.after, self.container, self.pod.node, None, ("", ""))
        except Missing as error:
            raise UsageError(f"the plan has no container {self.container}: {error}") from error

    @property
    def lines(self) -> tuple[str, ...]:
        """What is created where and for how long, and what it does, in sentences."""
        node, namespace = self.pod.node, self.pod.namespace
        return (
            f"a Job in {namespace} runs {self.container} once on {node}, alone, as the DaemonSet would have it",
            f"if it succeeds it really installs the CNI on {node}; the DaemonSet and all other nodes stay as they are",
            "the Job is deleted as soon as it has ended",
            if_killed(SECONDS),
        )


def triable(state: State) -> bool:
    """Whether what is previewed could be tried: a change of the template, not applied, while something fails."""
    seen = state.repair.preview
    if seen is None or seen.blocked or state.repair.applied is seen or state.repair.undoing:
        return False
    return bool(seen.plan.changes and state.failing)


def design_try(state: State) -> TryDesign:
    """A try of what is previewed, on a failing node; raises UsageError when there is nothing to try."""
    seen = state.repair.preview
    if seen is None or not triable(state):
        raise UsageError("there is nothing previewed that could be tried")
    pod = failing_pod(state)
    container, expected = failing_attempt(state, pod)
    return TryDesign(seen, pod, container, expected)


async def preview_try(bench: Workbench, plan: TryDesign) -> JobsPreview:
    """What the server says to it; raises ClusterErrors and UsageError."""
    job = plan.job()
    place = Place(plan.pod.node, plan.pod.namespace, job.image)
    return replace(await preview_jobs(bench, (place,), (job,)), told=plan.lines)


async def try_out(
    bench: Workbench, plan: TryDesign, seen: JobsPreview, confirmation: Confirmation
) -> AsyncGenerator[Under | Try, None]:
    """Carry it out; the last one is the Try.

    Raises UsageError without the right confirmation, NodeJobFailed when the Job did not run, StateError without an
    audit line.
    """
    seen.require(confirmation.context)
    yield Under(f"{plan.container} on {plan.pod.node}, as the DaemonSet would have it")
    tried = await attempt_by(bench, plan.job())
    preview = plan.preview
    yield Try(preview.plan_id, preview.plan.title, plan.pod.node, plan.container, plan.expected, tried)


def try_document(found: Try) -> dict[str, object]:
    """As data, for reports."""
    return {
        "plan": found.plan_id,
        "node": found.node,
        "container": found.container,
        "works": found.works,
        "because": found.sentence,
        "expected": found.expected.told,
        "tried": found.tried.told,
        "log": list(found.tried.log),
    }
