"""The report of a plan that was applied, from what the journal kept of it; needs no cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cnitui.domain.documents import Document, as_mapping, items, mappings
from cnitui.domain.experiment import Experiment
from cnitui.domain.redaction import Redactor
from cnitui.domain.report import code, code_safe
from cnitui.domain.trial_documents import trial_document
from cnitui.engine.jobs.kept import kept_trials
from cnitui.engine.jobs.trials import trials_of
from cnitui.engine.ports import Journal
from cnitui.engine.repair.node_documents import NODES
from cnitui.engine.repair.workbench import ACCOUNT, DIAGNOSIS, OUTCOME, PLAN, UNDONE, VERIFICATION, kept_part
from cnitui.engine.reports.account import hidden_data
from cnitui.engine.reports.account_markdown import before_and_now_lines
from cnitui.errors import StateError

SCHEMA = "cnitui/plan-report/v1"
_PARTS = (DIAGNOSIS, OUTCOME, VERIFICATION, UNDONE, NODES)
EXPERIMENTS, TRIES = "experiments", "tries"
_TOLD = ("circumstances", "change", "before_and_now", "timeline", "actions", "advice")
"""What the sitting that applied the plan told, and its report has from there."""
_CONFIDENT = ("confirmed", "likely")


def plan_report(journal: Journal, plan_id: str = "") -> Document:
    """Everything kept of a plan (the latest without an id) as plain data without secrets; raises StateError."""
    chosen = plan_id or latest_plan(journal)
    if not chosen:
        raise StateError(
            "No plan was applied yet, so there is nothing to report", "`cnitui diagnose` reports findings."
        )
    plan = as_mapping(journal.load(chosen, PLAN))
    parts = {name: kept_part(journal, chosen, name) for name in _PARTS}
    account = kept_part(journal, chosen, ACCOUNT)
    told = {name: account.get(name) for name in _TOLD}
    redactor = Redactor()
    report = {"schema": SCHEMA, "id": chosen, PLAN: plan, **parts, **_trials(journal, chosen, plan), **told}
    clean = as_mapping(redactor.document(report, "report"))
    before = [one for one in mappings(account.get("hidden")) if isinstance(one.get("count"), int)]
    return {**clean, "hidden": [*before, *hidden_data(redactor.hidden)]}


def latest_plan(journal: Journal) -> str:
    """The id of the latest plan, "" when none was applied; raises StateError."""
    return next((one for one in reversed(journal.plans()) if _is_plan(journal, one)), "")


def _trials(journal: Journal, plan_id: str, plan: Document) -> dict[str, list[dict[str, object]]]:
    """The plan's own tries, and the experiments on its cluster within the day before it."""
    context, server, applied = (str(plan.get(name, "")) for name in ("context", "server", "at"))
    try:
        until = datetime.fromisoformat(applied)
    except ValueError:
        return {EXPERIMENTS: [], TRIES: []}
    found = kept_trials(journal, context, server, until)
    trials = trials_of(one for one in found if isinstance(one, Experiment) or one.plan_id == plan_id)
    return {
        EXPERIMENTS: [trial_document(one, context, server) for one in trials.found],
        TRIES: [trial_document(one, context, server) for one in trials.tries],
    }


def _is_plan(journal: Journal, kept_id: str) -> bool:
    """Experiments are kept beside plans."""
    try:
        journal.load(kept_id, PLAN)
    except StateError:
        return False
    return True


def as_plan_markdown(report: Document) -> str:
    """For a ticket: findings, the change, how it went, verification, and whether it was taken back."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Document) -> Iterator[str]:
    kept = as_mapping(report[PLAN])
    body = as_mapping(kept.get("plan"))
    yield from (f"# Report of plan {_words(report['id'])}", "", f"{_words(body.get('title'))}.", "")
    yield from (f"- {name}: {_words(kept.get(name))}" for name in ("at", "context", "server", "user") if kept.get(name))
    if not body.get("nodes"):
        yield f"- object: {_object(as_mapping(body.get('target')))}"
    yield from _findings(as_mapping(report[DIAGNOSIS]))
    yield from _trial_lines("Experiments", report[EXPERIMENTS], ("expected", "control", "variant"))
    yield from _trial_lines("Tried first", report[TRIES], ("expected", "tried"))
    yield from ("", "## Actions", "")
    written = (*mappings(body.get("creates")), *mappings(body.get("changes")))
    yield from (f"- by hand: {code(str(change.get('by_hand') or ''))}" for change in written)
    yield from _node_lines(mappings(body.get("nodes")), as_mapping(report[NODES]))
    restarts = mappings(body.get("restarts"))
    yield from (f"- restarts pod {_words(pod.get('pod'))} on {_words(pod.get('node'))}" for pod in restarts)
    yield f"- outcome: {_outcome(as_mapping(report[OUTCOME]))}"
    undone = as_mapping(report[UNDONE])
    if undone:
        yield f"- taken back by plan {_words(undone.get('by'))} at {_words(undone.get('at'))}"
    yield from before_and_now_lines(as_mapping(report.get("before_and_now")))
    yield from _verification(as_mapping(report[VERIFICATION]))
    hidden = ", ".join(
        f"{_words(one.get('count'))} × {_words(one.get('what'))}" for one in mappings(report.get("hidden"))
    )
    yield from ("", f"Hidden in this report: {hidden}.") if hidden else ()


def _node_lines(changes: Sequence[Document], kept: Document) -> Iterator[str]:
    """Each node's commands, and how far they got."""
    for change in changes:
        node = str(change.get("node", ""))
        state = as_mapping(kept.get(node))
        told = ", ".join(filter(None, (_words(state.get("state") or "not known"), _words(state.get("words")))))
        yield f"- on {_words(node)}: {told}"
        yield from (f"  - {code(str(step))}" for step in items(change.get("steps")))


def _findings(diagnosis: Document) -> Iterator[str]:
    causes = [cause for cause in mappings(diagnosis.get("causes")) if cause.get("verdict") in _CONFIDENT]
    if not diagnosis:
        return
    yield from ("", "## Findings", "")
    for cause in causes:
        nodes = ", ".join(str(node) for node in items(cause.get("nodes")))
        claim = f"{_words(cause.get('verdict'))}: {_words(cause.get('title'))} on {_words(nodes)}"
        yield f"- {claim}; {_words(cause.get('because'))}"
    if not causes:
        yield "No cause was confirmed or likely."


def _trial_lines(title: str, trials: object, parts: Sequence[str]) -> Iterator[str]:
    for number, one in enumerate(mappings(trials)):
        yield from ("", f"## {title}", "") if number == 0 else ()
        yield f"- {_words(one.get('at'))}, {_words(one.get('node'))}: {_words(one.get('because'))}"
        for part in parts:
            ended = as_mapping(one.get(part))
            if ended:
                yield f"  - {part}: exit {_words(ended.get('exit_code'))}, {code(str(ended.get('last_words', '')))}"


def _verification(kept: Document) -> Iterator[str]:
    yield from ("", "## Verification", "")
    checks = mappings(kept.get("checks"))
    for check in checks:
        yield f"- {_words(check.get('id'))}: {_words(check.get('state'))}, {_words(check.get('words'))}"
    if not checks:
        yield "Nothing was verified."


def _outcome(kept: Document) -> str:
    told = (_words(kept.get("state") or "not known"), _words(kept.get("words")), _words(kept.get("at")))
    return ", ".join(filter(None, told))


def _object(target: Document) -> str:
    name = "/".join(str(target[key]) for key in ("namespace", "name") if target.get(key))
    return f"{_words(target.get('kind'))} {_words(name)}"


def _words(value: object) -> str:
    return code_safe(str(value)) if value is not None else ""
