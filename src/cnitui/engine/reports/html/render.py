"""Fills the page's template; every text is escaped by it, whatever it holds."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from cnitui import __version__
from cnitui.domain.documents import Document
from cnitui.engine.reports.html.page import page_of

TEMPLATES = Path(__file__).parent


def as_html(document: Document) -> str:
    """The report as one page; the same document gives the same bytes."""
    return _template().render(page=page_of(document), version=__version__)


@lru_cache(1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")
