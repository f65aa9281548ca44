"""The report of a sitting in the form somebody wants: Markdown for a ticket, JSON for a program, HTML for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from cnitui.domain.documents import Document
from cnitui.engine.reports.account import account_of, as_document
from cnitui.engine.reports.account_markdown import as_account_markdown
from cnitui.engine.state import State

Form = Literal["markdown", "json", "html"]
FORMS: dict[str, Form] = {".md": "markdown", ".json": "json", ".html": "html", ".htm": "html"}
"""The form that a file's name asks for."""


def as_report(state: State, at: datetime, form: Form = "markdown") -> str:
    """The report; raises StateError before anything was judged."""
    account = account_of(state, at)
    if form == "markdown":
        return as_account_markdown(account)
    return as_text(as_document(account), form)


def as_text(document: Document, form: Literal["json", "html"]) -> str:
    """A report's document as text."""
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    from cnitui.engine.reports.html.render import as_html  # what draws pages is imported when one is drawn

    return as_html(document)
