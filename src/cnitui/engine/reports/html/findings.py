"""The findings of a report: what the causes claim and on what evidence, and what a person does against them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnitui.domain.documents import Document
from cnitui.engine.reports.html.parts import Claim, Quoted, Rows
from cnitui.engine.reports.html.reading import maps, named, text, texts

CLAIMS = ("confirmed", "likely", "possible")
MOST_QUOTES = 12


def claim_of(cause: Document) -> Claim:
    """A cause with its evidence."""
    alike = texts(cause.get("alike"))
    more = f"; {len(alike):,} more fail alike and were not read" if alike else ""
    quotes = (*_quotes("for", cause.get("for")), *_quotes("against", cause.get("against")))
    return Claim(
        verdict=text(cause.get("verdict")),
        title=text(cause.get("title")),
        cause=text(cause.get("id")),
        nodes=named(texts(cause.get("nodes"))) + more,
        because=text(cause.get("because")),
        fix=text(cause.get("fix")),
        quotes=quotes,
    )


def _quotes(side: str, value: object) -> Iterator[Quoted]:
    for one in maps(value, MOST_QUOTES):
        where = ", ".join(filter(None, (text(one.get("source")), text(one.get("position")))))
        yield Quoted(side, text(one.get("quote")), where)


def others(causes: Sequence[Document]) -> Iterator[tuple[str, ...]]:
    """What claims nothing, those with the same reason together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        if cause.get("verdict") not in CLAIMS:
            key = (text(cause.get("verdict")).replace("_", " "), text(cause.get("because")))
            groups.setdefault(key, []).append(text(cause.get("id")))
    yield from ((", ".join(ids), verdict, because) for (verdict, because), ids in groups.items())


def steps_of(advice: Document) -> tuple[str, Rows]:
    """The cause, and each step's words and command."""
    rows = tuple((text(step.get("words")), text(step.get("command"))) for step in maps(advice.get("steps")))
    return text(advice.get("cause")), rows
