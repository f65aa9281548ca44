"""Carries out exactly what was previewed: journal first, one guarded patch, then the rollout node by node.

Order on disk: plan, pre-image, audit line, and only then the write; whatever ends the process in between, `undo` finds
what it needs. Apart from what the plan creates, patches, removes and deletes nothing is written.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from cnitui.domain.derive import healthy
from cnitui.domain.documents import Document
from cnitui.domain.facts import PodStatus
from cnitui.domain.plan import Change, Creation, ObjectRef, Plan, PodRestart
from cnitui.domain.remedies.confinement import looks_new
from cnitui.domain.remedies.template import at
from cnitui.engine.ports import Answer
from cnitui.engine.repair.leave import Confirmation as Confirmation
from cnitui.engine.repair.leave import require_allowed
from cnitui.engine.repair.preview import Preview, appeared, generation_of, require_fresh, stale
from cnitui.engine.repair.rollout import (
    NEW_TEMPLATE,
    PATIENCE,
    Patience,
    Rollout,
    Target,
    follow,
    refusals_of,
    selector_of,
)
from cnitui.engine.repair.workbench import (
    APPLIED,
    BEGUN,
    CANCELLED,
    CREATED,
    OUTCOME,
    PLAN,
    PRE_IMAGE,
    REFUSED,
    UNDONE,
    UNKNOWN,
    Workbench,
    plain,
    plan_document,
    plan_hash,
    renewed_nodes,
    subject_of,
    target_of,
    touches_template,
    verb_of,
)
from cnitui.errors import ClusterError, CnituiError, Conflict, Invalid, NotFound, ReadOnly, StateError
from cnitui.late_dataclass import dataclass

T = TypeVar("T")
SUCCESSOR_WITHIN, LOOK_EVERY = 60.0, 0.5
"""Seconds that a deleted pod's successor may take, and between two looks."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Plan, pre-image and audit line are on disk; nothing is written to the cluster yet."""

    plan_id: str
    pre_image: Path


@dataclass(frozen=True, slots=True)
class Written:
    """The server has stored the change; `warnings` are its own."""

    target: ObjectRef
    generation: str
    warnings: tuple[str, ...] = ()
    verb: str = "patched"


@dataclass(frozen=True, slots=True)
class PodDeleted:
    """A failing pod was deleted, so that the controller makes a new one."""

    pod: PodRestart
    error: CnituiError | None = None


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """The write was made, but what came after could not be written to the journal."""

    error: StateError


@dataclass(frozen=True, slots=True)
class NodeWritten:
    """What became of one node's commands; `words` say how far they got."""

    node: str
    state: str
    words: str


Progress = Recorded | Written | NodeWritten | PodDeleted | Unrecorded | Rollout


async def apply(
    bench: Workbench, preview: Preview, confirmation: Confirmation, patience: Patience = PATIENCE
) -> AsyncGenerator[Progress, None]:
    """Apply the previewed plan and follow its rollout to an outcome.

    Raises ReadOnly, UsageError (wrong name typed, reason missing), StateError (no audit line, no write), Stale (the
    object has changed: look again) and the ClusterErrors of the write. Cancelling after `Written` leaves the rollout
    to the controller, which goes on by itself.
    """
    require_allowed(bench, preview, confirmation)
    plan = preview.plan
    if plan.nodes:
        raise ValueError("changes of nodes are not patches: see carry_out")
    before = await bench.api.get(target_of(plan))
    for change in plan.changes:
        require_fresh(change, before if change.target == target_of(plan) else await bench.api.get(change.target))
    old, ref = await own_pods(bench, plan, before), target_of(plan)
    refusals = await refusals_of(bench.api, ref.namespace, ref.name)
    pre_image = record(bench, preview, confirmation, before, verb_of(plan))
    yield Recorded(preview.plan_id, pre_image)
    after: Document = before
    async with aclosing(_write_all(bench, preview)) as writing:
        async for written, stored in writing:
            after = stored if written.target == target_of(plan) else after
            yield written
    for unrecorded in note(bench, preview, APPLIED):
        yield unrecorded
    for pod in plan.deletes:
        yield await delete_pod(bench, preview, pod)
    outcome = CANCELLED
    try:
        target = rollout_target(plan, after, (pod.uid for pod in old), (pod.node for pod in old), refusals)
        async with aclosing(follow(bench.api, bench.clock, target, patience)) as states:
            async for state in states:
                outcome = state.outcome or outcome
                yield state
    finally:
        note(bench, preview, outcome)


def record(bench: Workbench, preview: Preview, confirmation: Confirmation, before: Document, verb: str) -> Path:
    """Everything `undo` needs, then the audit line; raises StateError, and nothing was written to the cluster."""
    plan, journal = preview.plan, bench.journal
    document = plan_document(plan, preview.plan_id, bench.api.connection, bench.clock.now())
    journal.keep(preview.plan_id, PLAN, document)
    path = journal.keep(preview.plan_id, PRE_IMAGE, plain(before))
    journal.keep(preview.plan_id, OUTCOME, {"state": BEGUN, "at": bench.clock.now().isoformat()})
    bench.audit(
        "apply",
        subject_of(plan),
        verb,
        id=preview.plan_id,
        remedy=plan.remedy,
        hash=plan_hash(plan),
        override=confirmation.override.strip(),
        overridden=[problem.words for problem in preview.needs_override],
    )
    return path


async def _write_all(bench: Workbench, preview: Preview) -> AsyncGenerator[tuple[Written, Document], None]:
    """Create, patch and remove, in this order, each with the object as it was stored.

    The uid of each created object is on disk before the next write, so that exactly those can be taken back.
    """
    made: list[dict[str, object]] = []
    for creation in preview.plan.creates:
        answer = await _create(bench, preview, creation)
        made.append({"target": asdict(creation.target), "uid": str(at(answer.object, ("metadata", "uid")) or "")})
        bench.journal.keep(preview.plan_id, CREATED, {"objects": made})
        yield Written(creation.target, "", answer.warnings, "created"), answer.object
    for change in preview.plan.changes:
        answer = await _patch(bench, preview, change)
        yield Written(change.target, generation_of(answer.object), answer.warnings), answer.object
    for removal in preview.plan.removes:
        await _written(bench, preview, bench.api.delete(removal.target, uid=removal.uid))
        yield Written(removal.target, "", verb="deleted"), {}


async def _create(bench: Workbench, preview: Preview, creation: Creation) -> Answer:
    try:
        return await _written(bench, preview, bench.api.create(creation.target, creation.body, dry_run=False))
    except Conflict as error:
        raise appeared(creation) from error


async def _patch(bench: Workbench, preview: Preview, change: Change) -> Answer:
    try:
        return await _written(bench, preview, bench.api.patch(change.target, "json", change.body, dry_run=False))
    except CnituiError as error:
        raise await _explained(bench, change, error) from error


async def _written(bench: Workbench, preview: Preview, writing: Awaitable[T]) -> T:
    """The answer to a write; how a failed one ended is noted before its error is raised."""
    try:
        return await writing
    except CnituiError as error:
        refused = isinstance(error, ReadOnly) or (isinstance(error, ClusterError) and 400 <= error.status < 500)
        note(bench, preview, REFUSED if refused else UNKNOWN, str(error))
        raise


async def _explained(bench: Workbench, change: Change, error: CnituiError) -> CnituiError:
    """A broken guard and a refusal by admission are both 422: look which it was, since the server does not say."""
    if isinstance(error, NotFound):
        return stale(change, "it is gone")
    if not isinstance(error, Conflict | Invalid):
        return error
    try:
        require_fresh(change, await bench.api.get(change.target))
    except CnituiError as found:
        return found
    return stale(change, str(error)) if isinstance(error, Conflict) else error


async def delete_pod(bench: Workbench, preview: Preview, pod: PodRestart) -> PodDeleted | Unrecorded:
    """Delete one pod of the plan by its UID: the audit line first."""
    target = ObjectRef("", "v1", "pods", "Pod", pod.pod, pod.namespace or target_of(preview.plan).namespace)
    try:
        bench.audit("delete", target, "delete", id=preview.plan_id, uid=pod.uid)
    except StateError as error:
        return Unrecorded(error)
    try:
        await bench.api.delete(target, uid=pod.uid)
        if pod.awaited:
            await _successor(bench, pod)
    except ClusterError as error:
        return PodDeleted(pod, error)
    return PodDeleted(pod)


async def _successor(bench: Workbench, pod: PodRestart) -> None:
    """Wait for the pod that its controller makes in place of a deleted one; raises ClusterError when none comes."""
    base, until = pod.pod.rpartition("-")[0], bench.clock.now() + timedelta(seconds=SUCCESSOR_WITHIN)
    while bench.clock.now() < until:
        found = await bench.api.pods(pod.namespace, field_selector=f"spec.nodeName={pod.node}")
        if any(healthy(one) and one.uid != pod.uid and one.name.rpartition("-")[0] == base for one in found):
            return
        await bench.clock.sleep(LOOK_EVERY)
    raise ClusterError(f"no successor of {pod.pod} is Running on {pod.node} after {SUCCESSOR_WITHIN:.0f} s")


def note(bench: Workbench, preview: Preview, outcome: str, words: str = "") -> tuple[Unrecorded, ...]:
    """Write down how it went; the write is made by now, so failing to say so is reported, not raised."""
    plan = preview.plan
    document = {"state": outcome, "at": bench.clock.now().isoformat(), "words": words}
    try:
        bench.journal.keep(preview.plan_id, OUTCOME, document)
        if outcome == APPLIED and "undoes" in plan.facts:
            bench.journal.keep(plan.facts["undoes"], UNDONE, {"by": preview.plan_id} | document)
        verb = "change nodes" if plan.nodes else verb_of(plan)
        bench.audit(outcome, subject_of(plan), verb, id=preview.plan_id, hash=plan_hash(plan), words=words)
    except StateError as error:
        return (Unrecorded(error),)
    return ()


async def own_pods(bench: Workbench, plan: Plan, daemonset: Document) -> tuple[PodStatus, ...]:
    """The pods of the plan's DaemonSet that are on a node; raises ClusterErrors."""
    target = target_of(plan)
    pods = await bench.api.pods(target.namespace, selector_of(daemonset))
    return tuple(pod for pod in pods if pod.owner in ("", f"DaemonSet/{target.name}") and pod.node)


def rollout_target(
    plan: Plan, daemonset: Document, old: Iterable[str], nodes: Iterable[str], refusals: frozenset[str] = frozenset()
) -> Target:
    """What the plan's rollout is to reach, with the DaemonSet as it is after the write.

    `old` are the UIDs of the pods before it, `nodes` those that are to have a pod, `refusals` what the controller had
    been refused before.
    """
    target, known, by_template = target_of(plan), frozenset(old), touches_template(plan)
    return Target(
        target.namespace,
        target.name,
        selector_of(daemonset),
        generation_of(daemonset) if by_template else "",
        looks_new(plan, daemonset, known) if by_template else lambda pod: pod.uid not in known,
        nodes=tuple(sorted(set(nodes))),
        renewed=renewed_nodes(plan),
        known_refusals=refusals,
        goal=NEW_TEMPLATE if by_template else "have a pod that runs",
    )
