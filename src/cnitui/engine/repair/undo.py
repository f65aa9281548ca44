"""Takes a plan back: finds what it set, in the object as it is now, and plans the reverse.

The undo is itself a plan: previewed by the server, confirmed, written down and applied like any other. It touches the
one field that was set, so what others changed since stays; it refuses when somebody changed that field. What was
created is deleted, by its uid. Pods that were deleted are not brought back: their controllers have replaced them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnitui.domain.documents import Document, as_mapping, mappings
from cnitui.domain.facts import DaemonSetStatus, PodStatus
from cnitui.domain.plan import Access, ObjectRef, Plan, Removal
from cnitui.domain.remedies.confinement import held, restart_of, setting_from
from cnitui.domain.remedies.rollout_words import rollout_words
from cnitui.domain.remedies.template import (
    Missing,
    Setting,
    at,
    current,
    patch_command,
    reverting_change,
    setting_change,
)
from cnitui.domain.rolling import forecast
from cnitui.engine.repair.node_undo import undo_of_nodes
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import selector_of
from cnitui.engine.repair.situate import by_way_of
from cnitui.engine.repair.workbench import CREATED, OUTCOME, PLAN, PRE_IMAGE, REFUSED, UNDONE, Workbench, kept_part
from cnitui.errors import CnituiError, NotFound, NothingToUndo, Stale, StateError

UNDO = "undo"


async def undo_preview(bench: Workbench, plan_id: str = "") -> Preview:
    """The preview of taking a plan back: that of the id, else the latest one applied to this cluster.

    Raises NothingToUndo, Stale (the field or the object is another one by now), StateError (unknown id, broken file)
    and the ClusterErrors of reading the object.
    """
    kept = plan_to_undo(bench, plan_id)
    document = as_mapping(bench.journal.load(kept, PLAN))
    _require_undoable(bench, kept, document)
    body = as_mapping(document.get("plan"))
    if "nodes" in body:
        return await preview(bench, by_way_of(bench, await undo_of_nodes(bench, kept, body)))
    if body.get("no_undo"):
        raise NothingToUndo(f"Plan {kept} cannot be taken back: {body['no_undo']}", "Nothing was done.")
    if body.get("creates"):
        return await preview(bench, await _removing_plan(bench, kept, body))
    target, setting = _target(body, kept), _setting(body, kept)
    before = as_mapping(bench.journal.load(kept, PRE_IMAGE))
    now = await bench.api.get(target)
    if at(before, ("metadata", "uid")) != at(now, ("metadata", "uid")):
        raise Stale(f"{target.words} is not the object that plan {kept} changed", "It was made anew since.")
    pods = await bench.api.pods(target.namespace, selector_of(now))
    version = bench.api.connection.version
    return await preview(bench, _undo_plan(kept, body, setting, before, now, pods, version))


def plan_to_undo(bench: Workbench, plan_id: str = "") -> str:
    """The plan of the id, else the latest one applied to this cluster; raises NothingToUndo."""
    return plan_id or _latest(bench)


def _latest(bench: Workbench) -> str:
    for plan_id in reversed(bench.journal.plans()):
        try:
            document = as_mapping(bench.journal.load(plan_id, PLAN))
        except StateError:
            continue
        here = document.get("server") == bench.api.connection.server
        if here and at(document, ("plan", "remedy")) != UNDO and _was_written(bench, plan_id):
            return plan_id
    raise NothingToUndo("There is nothing to undo on this cluster", "cnitui keeps a plan for everything it applies.")


def _was_written(bench: Workbench, plan_id: str) -> bool:
    """Whether the plan may have been stored by the server and was not taken back since."""
    if kept_part(bench.journal, plan_id, UNDONE):
        return False
    return kept_part(bench.journal, plan_id, OUTCOME).get("state") not in (REFUSED, None)


def _require_undoable(bench: Workbench, plan_id: str, document: Document) -> None:
    connection = bench.api.connection
    if document.get("server") != connection.server:
        words = f"Plan {plan_id} was applied to context {document.get('context')}, {document.get('server')}"
        raise CnituiError(words, f"This is {connection.context}, {connection.server}: choose the other context.")
    if at(document, ("plan", "remedy")) == UNDO:
        raise NothingToUndo(f"Plan {plan_id} is an undo itself", "Apply the remedy again to take it back.")


def _target(body: Document, plan_id: str) -> ObjectRef:
    found = as_mapping(body.get("target"))
    try:
        return ObjectRef(**{str(key): str(value) for key, value in found.items()})
    except TypeError as error:
        raise StateError(f"Plan {plan_id} names no object") from error


def _setting(body: Document, plan_id: str) -> Setting:
    facts = {str(key): str(value) for key, value in as_mapping(body.get("facts")).items()}
    try:
        return setting_from(facts)
    except (KeyError, ValueError, TypeError) as error:
        raise StateError(f"Plan {plan_id} does not say what it set") from error


async def _removing_plan(bench: Workbench, plan_id: str, body: Document) -> Plan:
    """The plan that deletes what a plan created, as far as it is there and is still what was created."""
    made = mappings(kept_part(bench.journal, plan_id, CREATED).get("objects"))
    removals = tuple([found for one in made if (found := await _removal(bench, plan_id, one)) is not None])
    if not removals:
        raise NothingToUndo(f"Nothing that plan {plan_id} created is there any more", "Nothing was done.")
    targets = [removal.target for removal in removals]
    return Plan(
        remedy=UNDO,
        title=f"Take back plan {plan_id}: {body.get('title')}",
        cause="",
        changes=(),
        removes=removals,
        access=tuple(Access("delete", one.group, one.resource, one.namespace, one.name) for one in targets),
        warnings=("what was refused before the plan is refused again, at the next start of each pod",),
        rollout="No pod restarts by it; running pods go on until they start anew.",
        undo_by_hand=" && ".join(str(one.get("by_hand")) for one in mappings(body.get("creates"))),
        facts=MappingProxyType({"undoes": plan_id, "daemonset": str(at(body, ("facts", "daemonset")) or "")}),
    )


async def _removal(bench: Workbench, plan_id: str, made: Document) -> Removal | None:
    target, uid = _target(made, plan_id), str(made.get("uid", ""))
    try:
        now = await bench.api.get(target)
    except NotFound:
        return None
    if not uid or at(now, ("metadata", "uid")) != uid:
        raise Stale(f"{target.words} is not the object that plan {plan_id} created", "It was made anew since.")
    return Removal(target, uid)


def _undo_plan(
    plan_id: str,
    body: Document,
    setting: Setting,
    before: Document,
    now: Document,
    pods: tuple[PodStatus, ...],
    version: str,
) -> Plan:
    try:
        change = reverting_change(now, before, setting)
    except (Missing, ValueError) as error:
        raise Stale(
            f"Plan {plan_id} cannot be taken back: {error}", "Somebody changed it since; nothing was done."
        ) from error
    if change is None:
        raise NothingToUndo(f"{setting.container} is as it was before plan {plan_id}", "Nothing was done.")
    target, again, old = change.target, setting_change(before, setting), current(before, setting)
    status = _status(target, now)
    own = [pod for pod in pods if pod.owner in ("", f"DaemonSet/{target.name}")]
    restarts = tuple(restart_of(pod) for pod in sorted(own, key=lambda pod: (pod.failing is None, pod.node)))
    return Plan(
        remedy=UNDO,
        title=f"Take back plan {plan_id}: {body.get('title')}",
        cause="",
        changes=(change,),
        restarts=() if status.strategy == "OnDelete" else restarts,
        access=(Access("patch", "apps", "daemonsets", target.namespace, target.name),),
        warnings=(f"{setting.container} runs as before the plan again: where that failed, it will fail again",),
        rollout=_rollout(status, own, version, frozenset(pod.uid for pod in own if held(pod, setting) == old)),
        undo_by_hand=patch_command(again, any_generation=True) if again else "",
        facts=MappingProxyType(_facts(plan_id, target, status.strategy, as_mapping(body.get("facts")))),
    )


def _facts(plan_id: str, target: ObjectRef, strategy: str, undone: Document) -> Mapping[str, str]:
    """The field stays named, so that a rollout can tell by it which pods are as before."""
    field = {key: str(undone[key]) for key in ("container", "field", "value")}
    return {"undoes": plan_id, "daemonset": f"{target.namespace}/{target.name}", "strategy": strategy, **field}


def _status(target: ObjectRef, daemonset: Document) -> DaemonSetStatus:
    """How the object as the server answered it rolls out."""
    strategy = as_mapping(at(daemonset, ("spec", "updateStrategy")))
    rolling, desired = as_mapping(strategy.get("rollingUpdate")), at(daemonset, ("status", "desiredNumberScheduled"))
    return DaemonSetStatus(
        target.namespace,
        target.name,
        strategy=str(strategy.get("type") or "RollingUpdate"),
        max_unavailable=str(rolling.get("maxUnavailable", 1)),
        max_surge=str(rolling.get("maxSurge", 0)),
        desired=desired if isinstance(desired, int) else 0,
    )


def _rollout(status: DaemonSetStatus, pods: list[PodStatus], version: str, renewed: frozenset[str]) -> str:
    if status.strategy == "OnDelete":
        return "The update strategy is OnDelete: running pods stay as they are until somebody deletes them."
    return rollout_words(forecast(status, pods, version, renewed), status, version)
