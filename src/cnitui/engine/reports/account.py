"""The report of a sitting: what was found, what was done about it and how it ended, for a ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from cnitui.domain.report import as_data, as_markdown, code, code_safe
from cnitui.domain.trial_documents import trial_document
from cnitui.engine.state import State
from cnitui.errors import StateError

SCHEMA = "cnitui/report/v1"


def as_report(state: State, at: datetime, *, markdown: bool = True) -> str:
    """The report as Markdown or as JSON; raises StateError before anything was judged."""
    diagnosis = state.repair.diagnosed or state.diagnosis
    if diagnosis is None:
        raise StateError("There is nothing to report yet", "Wait until the pods were read.")
    if not markdown:
        return json.dumps(_data(state, at), indent=2, ensure_ascii=False) + "\n"
    parts = (*_circumstances(state, at), as_markdown(diagnosis).rstrip("\n"), *_experiments(state))
    parts = (*parts, *_to_do(state), *_actions(state))
    parts = (*parts, *_tries(state), *_verification(state))
    return "\n".join(parts) + "\n"


def _circumstances(state: State, at: datetime) -> Iterator[str]:
    yield from ("# Report", "")
    yield from (f"- {name}: {code_safe(value)}" for name, value in _told(state, at).items() if value)
    yield ""


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
    }


def _to_do(state: State) -> Iterator[str]:
    """The steps against each cause, for whoever reads this and has the cluster before them."""
    for advice in state.repair.advice if state.failing else ():
        yield from ("", f"## What to do against {code_safe(advice.cause)}", "")
        for step in advice.steps:
            yield f"- {code_safe(step.words)}" + (f": {code(step.command)}" if step.command else "")


def _experiments(state: State) -> Iterator[str]:
    """What was tried on a node: control, variant, and what follows from them."""
    for found in state.trials.found:
        yield from ("", f"## Experiment on {code_safe(found.node)}", "", code_safe(found.sentence), "")
        yield from (f"- {code_safe(which)}: {code_safe(ended)}" for which, ended in found.rows)


def _tries(state: State) -> Iterator[str]:
    """What was tried on one node before it was rolled out."""
    for found in state.trials.tries:
        yield from (
            "",
            f"## Tried on {code_safe(found.node)}: {code_safe(found.title)}",
            "",
            code_safe(found.sentence),
            "",
        )
        yield from (f"- {code_safe(which)}: {code_safe(ended)}" for which, ended in found.rows)


def _actions(state: State) -> Iterator[str]:
    yield from ("", "## Actions", "")
    actions = state.repair.actions
    yield from (f"- {action.at:%H:%M:%S} {code_safe(action.words)}" for action in actions)
    if not actions:
        yield "Nothing was changed."


def _verification(state: State) -> Iterator[str]:
    if not state.repair.checks:
        return
    yield from ("", "## Verification", "", "| check | outcome | |", "|---|---|---|")
    for check in state.repair.checks:
        words = code_safe("; ".join(filter(None, (check.words, *check.details)))).replace("|", "\\|")
        yield f"| {check.title} | {check.state} | {words} |"


def _data(state: State, at: datetime) -> dict[str, object]:
    repair = state.repair
    context, server = state.connection.context, state.connection.server
    diagnosis = repair.diagnosed or state.diagnosis
    return {
        "schema": SCHEMA,
        "circumstances": {name: value for name, value in _told(state, at).items() if value},
        "diagnosis": as_data(diagnosis) if diagnosis else None,
        "experiments": [trial_document(found, context, server) for found in state.trials.found],
        "tries": [trial_document(found, context, server) for found in state.trials.tries],
        "actions": [{"at": action.at.isoformat(), "what": action.words} for action in repair.actions],
        "verification": [
            {"id": check.id, "title": check.title, "outcome": check.state, "words": check.words}
            for check in repair.checks
        ],
    }
