"""What a plan would do, asked of the server itself: a dry run, the permissions, and all that stands in the way.

Nothing is stored by it. The preview is the only thing `apply` takes, so what was shown is what is done.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

import jsonpatch

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import Change, Creation, ObjectRef, Plan
from cnitui.domain.remedies.situation import PERMISSIVE_LEVELS
from cnitui.domain.remedies.template import at, broken_guards
from cnitui.engine.ports import Answer, Permission
from cnitui.engine.repair.workbench import Workbench, plain, plan_hash, subject_of, target_of, verb_of
from cnitui.errors import Conflict, Forbidden, Invalid, Stale, StateError
from cnitui.late_dataclass import dataclass

NOISE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
"""Metadata that the server keeps for itself and nobody previews."""
NOISY_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.daemonset.template.generation",
)
CONTEXT_LINES = 3
DRY_RUN_UNSUPPORTED = "does not support dry run"
"""How the API server refuses a dry run because of a webhook with side effects; the write itself may still work."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way of applying; `overridable` by an explicit reason, which is recorded."""

    kind: Literal["readonly", "forbidden", "refused", "pod-security", "state", "evidence"]
    words: str
    overridable: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan, and what the server says to it.

    `before` and `after` are the whole DaemonSet, `diff` the lines of the unified diffs of all objects that change,
    without the server's own bookkeeping. `by_server` is False when the server would not compute one of them (no
    permission) and we did.
    """

    plan: Plan
    plan_id: str
    context: str
    server: str
    at: datetime
    before: Document
    after: Document
    diff: tuple[str, ...]
    by_server: bool
    warnings: tuple[str, ...]
    permissions: tuple[Permission, ...]
    problems: tuple[Problem, ...]

    @property
    def blocked(self) -> tuple[Problem, ...]:
        """What no override helps against."""
        return tuple(problem for problem in self.problems if not problem.overridable)

    @property
    def needs_override(self) -> tuple[Problem, ...]:
        """What must be overridden with a reason."""
        return tuple(problem for problem in self.problems if problem.overridable)


async def preview(bench: Workbench, plan: Plan) -> Preview:
    """Ask the server what the plan would store.

    Raises Stale when the object is no longer what the plan was made for, and the ClusterErrors of reading it.
    """
    before = await bench.api.get(target_of(plan))
    problems = [*_known_problems(bench, plan)]
    effects, found = await _dry_run(bench, plan, before)
    problems += found
    permissions = tuple([await bench.api.may(access) for access in plan.access])
    problems += _forbidden(permissions, problems)
    connection, now = bench.api.connection, bench.clock.now()
    return Preview(
        plan=plan,
        plan_id=bench.journal.new_id(now),
        context=connection.context,
        server=connection.server,
        at=now,
        before=before,
        after=next((effect.after for effect in effects if effect.target == target_of(plan)), before),
        diff=tuple(line for effect in effects for line in object_diff(bench, effect)),
        by_server=all(effect.by_server for effect in effects),
        warnings=tuple(dict.fromkeys(warning for effect in effects for warning in effect.warnings)),
        permissions=permissions,
        problems=tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """One object as it is and as it would be; empty where it is not there. `by_server` False: as we compute it."""

    target: ObjectRef
    before: Document
    after: Document
    by_server: bool = True
    warnings: tuple[str, ...] = ()


def require_fresh(change: Change, document: Document) -> None:
    """Raise Stale when a guard of the change does not hold for the object."""
    broken = broken_guards(change, document)
    if broken:
        raise stale(change, f"{broken[0].path} is not {broken[0].expected!r} any more")


def stale(change: Change, why: str) -> Stale:
    """The error of a plan that came too late."""
    return Stale(f"{change.target.words} has changed since the plan was made: {why}", "Look again and plan anew.")


def object_diff(bench: Workbench, effect: Effect) -> tuple[str, ...]:
    """Unified diff of two states of an object, without line ends."""
    words = effect.target.words
    new = "as the server would store it" if effect.by_server else "as cnitui computes it; the server did not say"
    old_lines, new_lines = (_lines(bench, document) for document in (effect.before, effect.after))
    return tuple(
        difflib.unified_diff(old_lines, new_lines, f"{words} (now)", f"{words} ({new})", n=CONTEXT_LINES, lineterm="")
    )


def _lines(bench: Workbench, document: Document) -> list[str]:
    return bench.render(quiet(document)).splitlines() if document else []


def quiet(document: Document) -> Document:
    """The object without status and the server's bookkeeping."""
    metadata = {key: value for key, value in as_mapping(document.get("metadata")).items() if key not in NOISE}
    annotations = as_mapping(metadata.get("annotations"))
    kept = {key: value for key, value in annotations.items() if key not in NOISY_ANNOTATIONS}
    metadata = metadata | ({"annotations": kept} if kept else {})
    if not kept:
        metadata.pop("annotations", None)
    rest = {key: value for key, value in document.items() if key not in ("metadata", "status")}
    return {**{k: rest.pop(k) for k in ("apiVersion", "kind") if k in rest}, "metadata": metadata, **rest}


def _known_problems(bench: Workbench, plan: Plan) -> list[Problem]:
    problems = [Problem("evidence", words, overridable=True) for words in plan.missing_evidence]
    level = plan.facts.get("pod_security", "")
    if level not in PERMISSIVE_LEVELS:
        words = f"the namespace enforces Pod Security {level!r}: new calico-node pods would be refused"
        problems.append(Problem("pod-security", words, overridable=True))
    if not bench.may_write:
        problems.append(Problem("readonly", "writes are switched off for this context (read-only)"))
    elif plan.nodes and bench.writer is None:
        problems.append(Problem("forbidden", "nodes are left alone here (--node-access none)"))
    return problems


async def _dry_run(bench: Workbench, plan: Plan, before: Document) -> tuple[list[Effect], list[Problem]]:
    """Everything that is created, patched and removed, as the server would store it, and what it refuses."""
    if not (plan.creates or plan.changes or plan.removes):
        return [], []
    patched = [await _as_patched(bench, plan, change, before) for change in plan.changes]
    created = [Effect(one.target, {}, one.body, by_server=False) for one in plan.creates]
    removed = [Effect(one.target, await bench.api.get(one.target), {}) for one in plan.removes]
    problems = _try_audit(bench, plan)
    asked = [*(_ask_create(bench, one) for one in plan.creates), *(_ask_patch(bench, one) for one in plan.changes)]
    seen: list[Effect] = []
    for effect, asking in zip((*created, *patched), asked, strict=True):
        answer, found = await asking
        problems += found
        told = replace(effect, after=answer.object, by_server=True, warnings=answer.warnings) if answer else effect
        seen.append(told)
    return [*seen, *removed], problems


async def _as_patched(bench: Workbench, plan: Plan, change: Change, daemonset: Document) -> Effect:
    """The object of a change and what we think becomes of it; raises Stale when it is another one by now."""
    held = daemonset if change.target == target_of(plan) else await bench.api.get(change.target)
    require_fresh(change, held)
    return Effect(change.target, held, _locally(change, held), by_server=False)


async def _ask_patch(bench: Workbench, change: Change) -> tuple[Answer | None, list[Problem]]:
    try:
        return await bench.api.patch(change.target, "json", change.body, dry_run=True), []
    except Forbidden as error:
        return None, [Problem("forbidden", str(error))]
    except (Conflict, Invalid) as error:
        require_fresh(change, await bench.api.get(change.target))
        return None, [_refused(error)]


async def _ask_create(bench: Workbench, creation: Creation) -> tuple[Answer | None, list[Problem]]:
    try:
        return await bench.api.create(creation.target, creation.body, dry_run=True), []
    except Forbidden as error:
        return None, [Problem("forbidden", str(error))]
    except Conflict as error:
        raise appeared(creation) from error
    except Invalid as error:
        return None, [_refused(error)]


def appeared(creation: Creation) -> Stale:
    """The error of an object that somebody else made meanwhile."""
    return Stale(f"{creation.target.words} is there by now, made by somebody else", "Look again and plan anew.")


def _refused(error: Conflict | Invalid) -> Problem:
    return Problem("refused", str(error), overridable=DRY_RUN_UNSUPPORTED in str(error))


def _try_audit(bench: Workbench, plan: Plan) -> list[Problem]:
    """Log the dry run; a log that cannot be written now could not take the write's line either."""
    try:
        bench.audit("dry-run", subject_of(plan), verb_of(plan), dry_run=True, hash=plan_hash(plan))
    except StateError as error:
        return [Problem("state", str(error))]
    return []


def _forbidden(permissions: tuple[Permission, ...], known: list[Problem]) -> list[Problem]:
    if any(problem.kind == "forbidden" for problem in known):
        return []
    refused = [permission for permission in permissions if not permission.allowed]
    return [Problem("forbidden", f"you may not {permission.access.words}") for permission in refused]


def _locally(change: Change, before: Document) -> Document:
    """The object as the patch alone would leave it, when the server does not say."""
    operations = [dict(operation) for operation in change.operations]
    return as_mapping(jsonpatch.apply_patch(copy.deepcopy(plain(before)), operations))


def generation_of(document: Mapping[str, object]) -> str:
    """The pod template's generation, which the pods made from it carry as a label; "" when the server keeps none.

    The API server keeps it as an annotation (kubernetes pkg/apis/apps/v1/conversion.go).
    """
    return str(at(document, ("metadata", "annotations", "deprecated.daemonset.template.generation")) or "")
