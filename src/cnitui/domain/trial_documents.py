"""Experiments and tries as documents, for the journal, reports and case files, and back.

Schemas `cnitui/experiment/v1` and `cnitui/try/v1`: docs/diagnosis-json.md. A case file may come from anybody, so what
is read back is checked and bounded.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cnitui.domain.documents import LONGEST_TEXT, Document, as_mapping, stamp, text_of
from cnitui.domain.experiment import Attempt, Experiment, Try

EXPERIMENT_SCHEMA, TRY_SCHEMA = "cnitui/experiment/v1", "cnitui/try/v1"
_MOST_LINES = 10_000
"""Lines of an attempt's log that are read back."""


def trial_document(found: Experiment | Try, context: str, server: str) -> dict[str, object]:
    """What was found, and on which cluster, as data."""
    made = _experiment_document(found) if isinstance(found, Experiment) else _try_document(found)
    return {**made, "context": context, "server": server}


def _experiment_document(found: Experiment) -> dict[str, object]:
    return {
        "schema": EXPERIMENT_SCHEMA,
        "at": stamp(found.at),
        "cause": found.cause,
        "title": found.title,
        "node": found.node,
        "container": found.container,
        "revision": found.revision,
        "changed": found.changed,
        "conclusion": found.conclusion,
        "because": found.sentence,
        "expected": _attempt_document(found.expected),
        "control": _attempt_document(found.control),
        "variant": _attempt_document(found.variant) if found.variant else None,
    }


def _try_document(found: Try) -> dict[str, object]:
    return {
        "schema": TRY_SCHEMA,
        "at": stamp(found.at),
        "plan": found.plan_id,
        "title": found.title,
        "node": found.node,
        "container": found.container,
        "works": found.works,
        "because": found.sentence,
        "expected": _attempt_document(found.expected),
        "tried": _attempt_document(found.tried),
    }


def trial_of(document: Document) -> Experiment | Try:
    """What was written; raises ValueError when the document is neither."""
    match document.get("schema"):
        case str(schema) if schema == EXPERIMENT_SCHEMA:
            return _experiment(document)
        case str(schema) if schema == TRY_SCHEMA:
            return _try(document)
    raise ValueError(f"schema: expected {EXPERIMENT_SCHEMA} or {TRY_SCHEMA}")


def _experiment(document: Document) -> Experiment:
    variant = document.get("variant")
    return Experiment(
        cause=text_of(document, "cause"),
        title=text_of(document, "title"),
        changed=text_of(document, "changed"),
        node=text_of(document, "node"),
        container=text_of(document, "container"),
        expected=_attempt(document.get("expected")),
        control=_attempt(document.get("control")),
        variant=_attempt(variant) if variant is not None else None,
        revision=text_of(document, "revision"),
        at=_moment(document),
    )


def _try(document: Document) -> Try:
    return Try(
        plan_id=text_of(document, "plan"),
        title=text_of(document, "title"),
        node=text_of(document, "node"),
        container=text_of(document, "container"),
        expected=_attempt(document.get("expected")),
        tried=_attempt(document.get("tried")),
        at=_moment(document),
    )


def _attempt_document(attempt: Attempt) -> dict[str, object]:
    return {"exit_code": attempt.exit_code, "last_words": attempt.words, "log": list(attempt.log)}


def _attempt(document: object) -> Attempt:
    kept = as_mapping(document)
    code, log = kept.get("exit_code"), kept.get("log")
    if not isinstance(code, int | None) or not isinstance(log, list):
        raise ValueError("an attempt has an exit_code and a log")  # noqa: TRY004 - a document of the wrong form is a wrong value
    return Attempt(code, text_of(kept, "last_words"), tuple(str(line)[:LONGEST_TEXT] for line in log[:_MOST_LINES]))


def _moment(document: Document) -> datetime | None:
    at = document.get("at")
    moment = datetime.fromisoformat(at) if isinstance(at, str) else None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo else moment
