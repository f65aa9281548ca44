"""The report of what is on disk: of a plan that was applied, else of an investigation in which none was."""

from __future__ import annotations

from collections.abc import Mapping

from cnitui.domain.documents import as_mapping
from cnitui.domain.investigation import Investigation
from cnitui.engine.investigations.earlier import REPORT, kept_investigation
from cnitui.engine.ports import Journal, Shelf
from cnitui.engine.reports.forms import Form, as_text
from cnitui.engine.reports.plan_report import as_plan_markdown, latest_plan, plan_report
from cnitui.errors import StateError


def kept_report(journal: Journal, shelf: Shelf, kept_id: str, form: Form) -> str:
    """The report under an id, of a plan or of an investigation; without one the latest. Raises StateError."""
    investigation = _investigation(journal, shelf, kept_id)
    if investigation is not None and not investigation.plan:
        return _told(as_mapping(shelf.load(investigation.id, REPORT)), form)
    report = plan_report(journal, investigation.plan if investigation is not None else kept_id)
    return as_plan_markdown(report) if form == "markdown" else as_text(report, form)


def _investigation(journal: Journal, shelf: Shelf, kept_id: str) -> Investigation | None:
    """The investigation that is meant; None when a plan is."""
    ids = shelf.ids()
    if kept_id:
        return kept_investigation(shelf, kept_id) if kept_id in ids else None
    found = next((kept for one in reversed(ids) if (kept := kept_investigation(shelf, one)) is not None), None)
    plan = latest_plan(journal)
    return found if found is not None and (found.plan or found.id > plan) else None


def _told(kept: Mapping[str, object], form: Form) -> str:
    if form == "markdown":
        return str(kept.get("markdown", ""))
    document = kept.get("document")
    if not isinstance(document, Mapping):
        raise StateError("The investigation on disk has no report", "`cnitui diagnose` reports findings.")
    return as_text(document, form)
