"""Tries a plan on failing nodes before it is rolled out: the container as the server would store it, run once."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace

from cnitui.domain.experiment import SECONDS, Attempt, Try, trial
from cnitui.domain.facts import PodStatus
from cnitui.domain.listing import listed
from cnitui.domain.node_job import Job, Place
from cnitui.domain.remedies.template import Missing
from cnitui.engine.jobs.experiment import Under, attempt_by, failing_attempt, failing_pod
from cnitui.engine.jobs.kept import keep
from cnitui.engine.jobs.preview import JobsPreview, clear, if_killed, preview_jobs
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.workbench import Workbench, touches_template
from cnitui.engine.state import State
from cnitui.errors import UsageError
from cnitui.late_dataclass import dataclass

MOST = 8
"""Nodes that a plan is tried on at most: it really changes each of them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A failing node to try a plan on: its pod, the container that fails, and how that ended last."""

    pod: PodStatus
    container: str
    expected: Attempt


@dataclass(frozen=True, slots=True)
class TryDesign:
    """A try before it is carried out; there is at least one subject."""

    preview: Preview
    subjects: tuple[Subject, ...]

    def job(self, subject: Subject) -> Job:
        """The container of the patched template, alone on the node; raises UsageError when it is not there."""
        name = f"cnitui-try-{secrets.token_hex(4)}"
        try:
            return trial(name, self.preview.after, subject.container, subject.pod.node, None, ("", ""))
        except Missing as error:
            raise UsageError(f"the plan has no container {subject.container}: {error}") from error

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"Try on {listed([one.pod.node for one in self.subjects], 3)}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What is created where and for how long, and what it does, in sentences."""
        first, *others = self.subjects
        nodes = listed([one.pod.node for one in self.subjects], MOST)
        each = ", one node after the other until one fails" if others else ""
        return (
            f"a Job in {first.pod.namespace} runs {first.container} once on {nodes}{each}, as the DaemonSet would",
            f"if it succeeds it really installs the CNI on {nodes}; the DaemonSet and all other nodes stay as they are",
            f"{'each' if others else 'the'} Job is deleted as soon as it has ended",
            if_killed(SECONDS),
        )


def triable(state: State) -> bool:
    """Whether what is previewed could be tried: a change of the template, not applied, while something fails."""
    seen = state.repair.preview
    if seen is None or seen.blocked or state.repair.applied is seen or state.repair.undoing:
        return False
    return touches_template(seen.plan) and bool(state.failing)


def design_try(state: State, wanted: Iterable[str] = ()) -> TryDesign:
    """A try of what is previewed on those of the wanted nodes that fail, else on one node of each group.

    Raises UsageError when there is nothing to try, or on too many nodes.
    """
    seen = state.repair.preview
    if seen is None or not triable(state):
        raise UsageError("there is nothing previewed that could be tried")
    failing = {pod.node for pod in state.failing}
    chosen = [node for node in wanted if node in failing]
    if len(chosen) > MOST:
        raise UsageError(f"{len(chosen)} nodes are marked", f"A plan is tried on at most {MOST} nodes; unmark some.")
    nodes = chosen or [next(iter((*cohort.agreeing, *cohort.members))) for cohort in state.cohorts[:MOST]] or [""]
    pods = [failing_pod(state, node) for node in nodes]
    return TryDesign(seen, tuple(Subject(pod, *failing_attempt(state, pod)) for pod in pods))


async def preview_try(bench: Workbench, plan: TryDesign) -> JobsPreview:
    """What the server says to it; raises ClusterErrors and UsageError."""
    jobs = [plan.job(subject) for subject in plan.subjects]
    places = [Place(one.pod.node, one.pod.namespace, job.image) for one, job in zip(plan.subjects, jobs, strict=True)]
    return replace(await preview_jobs(bench, places, jobs), told=plan.lines)


async def try_out(
    bench: Workbench, plan: TryDesign, seen: JobsPreview, confirmation: Confirmation
) -> AsyncGenerator[Under | Try, None]:
    """Carry it out, node by node until one fails; what came of each is kept in the journal.

    Raises UsageError without the right confirmation, NodeJobFailed when a Job did not run, StateError without an audit
    line.
    """
    seen.require(confirmation.context)
    await clear(bench, seen)
    preview = plan.preview
    for number, one in enumerate(plan.subjects, 1):
        place = f", node {number} of {len(plan.subjects)}" if len(plan.subjects) > 1 else ""
        yield Under(f"{one.container} on {one.pod.node}{place}, as the DaemonSet would have it")
        tried = await attempt_by(bench, plan.job(one))
        at = bench.clock.now()
        found = Try(preview.plan_id, preview.plan.title, one.pod.node, one.container, one.expected, tried, at)
        keep(bench, found)
        yield found
        if not found.works:
            return


def covered(state: State, tries: Iterable[Try]) -> bool:
    """Whether tries that work speak for everything that fails: one member of each group, any node without groups."""
    worked = {one.node for one in tries if one.works}
    return bool(worked) and all(not worked.isdisjoint(cohort.members) for cohort in state.cohorts)
