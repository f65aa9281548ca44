"""What a sitting found and did, gathered once and without secrets: every form of its report is made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cnitui.domain.comparison import Change
from cnitui.domain.documents import stamp
from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import Hidden
from cnitui.domain.redaction import Redactor
from cnitui.domain.remedies import Advice, Step
from cnitui.domain.report import as_data
from cnitui.domain.trial_documents import trial_document
from cnitui.engine.guide.before_after import Attempted, Pair, all_changes, pairs
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.state import Action
from cnitui.engine.repair.verify import Check
from cnitui.engine.repair.workbench import target_of
from cnitui.engine.state import Before, State
from cnitui.engine.timeline.lanes import Lane, lanes_of
from cnitui.engine.timeline.moments import Moment, NodeRun, runs, timeline
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass

SCHEMA = "cnitui/report/v1"
MOST_NODES = 50
"""Nodes that are told one by one."""
MOST_MOMENTS = 1000
MOST_RUNS = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that was applied: what it changed where, and the pods that it restarted as `pod on node`."""

    plan_id: str
    title: str
    target: str
    diff: tuple[str, ...]
    by_hand: tuple[str, ...]
    restarts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """The nodes that failed before a plan was applied `at` (UTC), then and now; `more` of them are not told."""

    at: datetime
    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that a report tells; `hidden` is what was taken out of it."""

    told: Mapping[str, str]
    context: str
    server: str
    diagnosis: Diagnosis
    advice: tuple[Advice, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    tries: tuple[Try, ...] = ()
    actions: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()
    applied: Applied | None = None
    repaired: Repaired | None = None
    moments: tuple[Moment, ...] = ()
    runs: tuple[NodeRun, ...] = ()
    lanes: tuple[Lane, ...] = ()
    hidden: tuple[Hidden, ...] = ()


def account_of(state: State, at: datetime) -> Account:
    """The account of this state; raises StateError before anything was judged."""
    repair, before = state.repair, state.before
    diagnosis = repair.diagnosed or (before.state.diagnosis if before else None) or state.diagnosis
    if diagnosis is None:
        raise StateError("There is nothing to report yet", "Wait until the pods were read.")
    whole = Account(
        told={name: value for name, value in _told(state, at).items() if value},
        context=state.connection.context,
        server=state.connection.server,
        diagnosis=diagnosis,
        advice=tuple(map(_with_plan, repair.advice)) if state.failing else (),
        experiments=state.trials.found,
        tries=state.trials.tries,
        actions=repair.actions,
        checks=repair.checks,
        applied=_applied(repair.applied) if repair.applied else None,
        repaired=_repaired(before, state) if before else None,
        moments=timeline(state)[-MOST_MOMENTS:],
        runs=runs(state)[-MOST_RUNS:],
        lanes=lanes_of(before.state if before else state),
    )
    redactor = Redactor()
    clean = redactor.fact(whole, "report")
    return replace(clean, hidden=redactor.hidden)


def _with_plan(advice: Advice) -> Advice:
    """The tool's own plan is the first step, where it has one that helps."""
    if advice.cure is None:
        return advice
    first = Step(f"{advice.cure.title}: cnitui previews it in step 7. By hand:")
    return replace(advice, steps=(first, *advice.steps))


def _told(state: State, at: datetime) -> dict[str, str]:
    install, case = state.install, state.recorded
    return {
        "context": state.connection.context,
        "at": f"{at:%Y-%m-%d %H:%M:%S} UTC",
        "case file": f"{case.name}, collected {case.at:%Y-%m-%d %H:%M:%S} UTC" if case else "",
        "Kubernetes": state.server_version,
        "Calico": " by ".join(filter(None, (install.version, install.method))) if install else "",
        "DaemonSet": f"{install.namespace}/{install.daemonset}" if install else "",
        "plan": state.repair.applied.plan_id if state.repair.applied else "",
        "override": state.repair.override,
        "taken back": "yes" if state.repair.undone else "",
    }


def _applied(seen: Preview) -> Applied:
    plan = seen.plan
    return Applied(
        seen.plan_id,
        plan.title,
        target_of(plan).words,
        seen.diff,
        tuple(change.by_hand for change in plan.changes if change.by_hand),
        tuple(f"{pod.pod} on {pod.node}" for pod in plan.restarts[:MOST_NODES]),
    )


def _repaired(before: Before, state: State) -> Repaired:
    nodes = before.nodes[:MOST_NODES]
    changes = all_changes(before, state, nodes) if state.case is not before.state.case else ()
    return Repaired(before.at, pairs(before, state, nodes), changes, len(before.nodes) - len(nodes))


# --- as data --------------------------------------------------------------------------------------------------------


def as_document(account: Account) -> dict[str, object]:
    """The account as plain data of the schema `cnitui/report/v1`, ready for JSON."""
    return {
        "schema": SCHEMA,
        "circumstances": dict(account.told),
        "diagnosis": as_data(account.diagnosis),
        "advice": [
            {"cause": one.cause, "steps": [{"words": step.words, "command": step.command} for step in one.steps]}
            for one in account.advice
        ],
        "experiments": [trial_document(found, account.context, account.server) for found in account.experiments],
        "tries": [trial_document(found, account.context, account.server) for found in account.tries],
        "actions": [{"at": action.at.isoformat(), "what": action.words} for action in account.actions],
        "verification": [
            {
                "id": check.id,
                "title": check.title,
                "outcome": check.state,
                "words": check.words,
                "details": list(check.details),
            }
            for check in account.checks
        ],
        "change": _applied_data(account.applied),
        "before_and_now": _repaired_data(account.repaired),
        "timeline": _timeline_data(account),
        "hidden": hidden_data(account.hidden),
    }


def hidden_data(hidden: tuple[Hidden, ...]) -> list[dict[str, object]]:
    """What was taken out, by kind."""
    counts: dict[str, int] = {}
    for one in hidden:
        counts[one.what] = counts.get(one.what, 0) + one.count
    return [{"what": what, "count": count} for what, count in sorted(counts.items())]


def _applied_data(applied: Applied | None) -> dict[str, object] | None:
    if applied is None:
        return None
    return {
        "plan": applied.plan_id,
        "title": applied.title,
        "object": applied.target,
        "diff": list(applied.diff),
        "by_hand": list(applied.by_hand),
        "restarts": list(applied.restarts),
    }


def _repaired_data(repaired: Repaired | None) -> dict[str, object] | None:
    if repaired is None:
        return None
    return {
        "at": repaired.at.isoformat(),
        "attempts": [
            {"node": pair.node, "before": _attempt_data(pair.before), "now": _attempt_data(pair.after)}
            for pair in repaired.pairs
        ],
        "changes": [_change_data(change) for change in repaired.changes],
        "more_nodes": repaired.more,
    }


def _attempt_data(one: Attempted | None) -> dict[str, object] | None:
    if one is None:
        return None
    run = one.run
    return {
        "container": one.container,
        "pod": one.pod,
        "started": stamp(run.started_at),
        "finished": stamp(run.finished_at),
        "exit_code": run.exit_code,
        "reason": run.reason,
        "words": list(one.words),
    }


def _change_data(change: Change) -> dict[str, object]:
    rows = [
        {"what": row.label, "before": row.cells[0], "now": row.cells[1], "changed": row.any_differs}
        for row in change.rows
    ]
    return {"nodes": list(change.nodes), "rows": rows}


def _timeline_data(account: Account) -> dict[str, object]:
    return {
        "lanes": [{"node": lane.node, "title": lane.title} for lane in account.lanes],
        "attempts": [
            {
                "node": one.node,
                "container": one.container,
                "started": stamp(one.run.started_at),
                "finished": stamp(one.run.finished_at),
                "exit_code": one.run.exit_code,
            }
            for one in account.runs
        ],
        "moments": [
            {"at": one.at.isoformat(), "kind": one.kind, "node": one.node, "words": one.words, "role": one.role}
            for one in account.moments
        ],
    }
