"""Goes on with a plan that an earlier sitting applied: from what was kept of it, and what the cluster shows of it now.

Nothing is written to the cluster: the controller went on by itself. What was not begun is previewed anew instead.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cnitui.domain.documents import Document, as_mapping, moment
from cnitui.domain.plan import Plan
from cnitui.domain.remedies.confinement import setting_from
from cnitui.domain.remedies.template import Missing, at, current
from cnitui.engine.repair.apply import Unrecorded, note, own_pods, rollout_target
from cnitui.engine.repair.kept_plan import plan_of
from cnitui.engine.repair.node_documents import DONE
from cnitui.engine.repair.node_documents import NODES as NODE_STATES
from cnitui.engine.repair.preview import Effect, Preview, object_diff
from cnitui.engine.repair.rollout import PATIENCE, Patience, Rollout, Target, follow
from cnitui.engine.repair.workbench import (
    BEGUN,
    CANCELLED,
    OUTCOME,
    PLAN,
    PRE_IMAGE,
    REFUSED,
    UNDONE,
    Workbench,
    kept_part,
    target_of,
)
from cnitui.errors import CnituiError, Stale
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A plan in force: as it was previewed, with the object as it is now, and what its rollout is to reach."""

    preview: Preview
    target: Target


async def taken_up(bench: Workbench, plan_id: str) -> TakenUp:
    """The plan, where it is still in force.

    Raises Stale (refused, never written, or taken back since), CnituiError (a plan of nodes: nothing goes on there by
    itself), StateError (broken file) and the ClusterErrors of looking.
    """
    document = as_mapping(bench.journal.load(plan_id, PLAN))
    _require_written(bench, plan_id)
    body = as_mapping(document.get("plan"))
    if body.get("nodes"):
        raise _of_nodes(bench, plan_id)
    plan = plan_of(body, plan_id)
    before, now = as_mapping(bench.journal.load(plan_id, PRE_IMAGE)), await bench.api.get(target_of(plan))
    if not _in_force(bench, plan_id, plan, before, now):
        raise Stale(f"Plan {plan_id} is not in force: what it set is not there", "Choose the solution again (step 7).")
    effect = Effect(target_of(plan), before, now)
    connection = bench.api.connection
    seen = Preview(
        plan=plan,
        plan_id=plan_id,
        context=connection.context,
        server=connection.server,
        at=moment(document.get("at")) or bench.clock.now(),
        before=before,
        after=now,
        diff=object_diff(bench, effect),
        by_server=True,
        warnings=(),
        permissions=(),
        problems=(),
    )
    return TakenUp(seen, await _target(bench, plan, now))


async def follow_on(
    bench: Workbench, found: TakenUp, patience: Patience = PATIENCE
) -> AsyncGenerator[Rollout | Unrecorded, None]:
    """The rollout from where it is to its end, which is kept; raises nothing but bugs and cancellation."""
    outcome = CANCELLED
    try:
        async with aclosing(follow(bench.api, bench.clock, found.target, patience)) as states:
            async for state in states:
                outcome = state.outcome or outcome
                yield state
    finally:
        note(bench, found.preview, outcome)


def _require_written(bench: Workbench, plan_id: str) -> None:
    if kept_part(bench.journal, plan_id, OUTCOME).get("state") in (None, REFUSED):
        raise Stale(f"Plan {plan_id} was never stored by the server", "Choose the solution again (step 7).")
    if kept_part(bench.journal, plan_id, UNDONE):
        raise Stale(f"Plan {plan_id} was taken back", "Choose a solution again (step 7).")


def _in_force(bench: Workbench, plan_id: str, plan: Plan, before: Document, now: Document) -> bool:
    """Whether the field is what the plan made of it; of a plan without a field, whether it got beyond its record."""
    if at(before, ("metadata", "uid")) != at(now, ("metadata", "uid")):
        return False
    try:
        setting = setting_from(plan.facts)
        return current(now, setting) != current(before, setting)
    except (KeyError, TypeError, ValueError, Missing):
        return kept_part(bench.journal, plan_id, OUTCOME).get("state") != BEGUN


def _of_nodes(bench: Workbench, plan_id: str) -> CnituiError:
    """How far the nodes of a plan got; the others are for a new plan, since nothing goes on by itself there."""
    kept = kept_part(bench.journal, plan_id, NODE_STATES)
    done = sum(as_mapping(one).get("state") == DONE for one in kept.values())
    words = f"Plan {plan_id} changed {done} of {len(kept)} nodes and then stopped"
    return CnituiError(words, "u takes it back; or choose the solution again (step 7) for the others.")


async def _target(bench: Workbench, plan: Plan, now: Document) -> Target:
    """As the sitting that applied it would have it; which pods were there then is in the plan."""
    old = (pod.uid for pod in (*plan.restarts, *plan.deletes))
    nodes = [pod.node for pod in await own_pods(bench, plan, now)]
    return rollout_target(plan, now, old, [*nodes, *(pod.node for pod in plan.restarts)])
