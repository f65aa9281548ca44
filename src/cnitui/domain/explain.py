"""The catalogue for reading: one cause or remedy, the list of all, and `docs/causes.md`."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import HEADINGS, Cause
from cnitui.domain.parsing.messages import KnownMessage, Weight, messages
from cnitui.domain.remedies import REMEDIES, Remedy, remedy
from cnitui.domain.remedies.cures import CURES, NO_CURE
from cnitui.errors import UsageError

_FAMILIES = {
    "host": "The host refuses the file operation",
    "pod": "The pod or image cannot run",
    "trust": "Identity and trust",
    "control-plane": "The control plane cannot be reached",
    "configuration": "Calico objects, configuration, versions",
    "network": "Node networking",
    "undecided": "Undecided",
}


def explanation(name: str = "") -> str:
    """The text of one cause or remedy, or the list of all; raises UsageError for an id that is none."""
    if not name:
        return "\n".join(_listed())
    cause = next((known for known in CATALOGUE if known.id == name), None)
    remedy = next((known for known in REMEDIES if known.id == name), None)
    if cause is not None:
        return "\n".join(_told(cause))
    if remedy is not None:
        return "\n".join(_remedy_told(remedy))
    close = difflib.get_close_matches(name, _ids(), 1)
    hint = f"did you mean {close[0]}?" if close else "`cnitui explain` lists them"
    raise UsageError(f"there is no cause or remedy {name[:80]!r}", hint)


def _ids() -> list[str]:
    return [*(cause.id for cause in CATALOGUE), *(remedy.id for remedy in REMEDIES)]


def _listed() -> Iterator[str]:
    width = max(map(len, _ids()))
    for family, title in _FAMILIES.items():
        members = [cause for cause in CATALOGUE if cause.family == family]
        if members:
            yield title
            yield from (f"  {cause.id:<{width}}  {cause.title}" for cause in members)
            yield ""
    yield "Remedies"
    yield from (f"  {remedy.id:<{width}}  {remedy.title}" for remedy in REMEDIES)
    yield ""
    yield "`cnitui explain CAUSE` tells what it looks like, how we know it and what rules it out,"
    yield "`cnitui explain REMEDY` what it does, costs and risks."


def _told(cause: Cause) -> Iterator[str]:
    yield f"{cause.id}: {cause.title}"
    for heading in HEADINGS:
        yield from ("", heading, cause.explanation.get(heading, ""))
    messages = _messages_of(cause.id)
    if messages:
        yield from ("", "Messages that speak for it")
        yield from (f"  {message.example}" for message in messages)
    if cause.remedies:
        yield from ("", f"Remedies: {', '.join(cause.remedies)}")
    yield from ("", f"Carried out by cnitui: {_carried_out(cause)}")


def _carried_out(cause: Cause) -> str:
    """Which plan the tool has against a cause, or why it has none."""
    plans = [name for name in cause.remedies if remedy(name).applicable]
    cure = CURES.get(cause.id)
    if cure is not None:
        back = cure.undo or "nothing is to be taken back"
        return f"{cure.id}: {cure.title[:1].lower()}{cure.title[1:]} ({back})"
    return ", ".join(plans) or f"none: {NO_CURE[cause.id]}"


def _remedy_told(one: Remedy) -> Iterator[str]:
    yield f"{one.id}: {one.title}"
    yield from ("", one.summary)
    yield from ("", "Trade-offs", *(f"  {line}" for line in one.trade_offs))
    rows = {"Risk": one.risk, "Touches": one.blast_radius, "Undo": one.undo or "it cannot be taken back"}
    by_hand = "you, by the commands that step 7 of the guide fills in"
    rows["Applied by"] = "cnitui, once previewed and confirmed" if one.applicable else by_hand
    yield from ("", *(f"{name}: {words}" for name, words in rows.items()))
    if one.correction:
        yield from ("", textwrap.fill(f"What the founding guide gets wrong: {one.correction}", 110))
    causes = [cause.id for cause in CATALOGUE if one.id in cause.remedies]
    yield from ("", f"Causes: {', '.join(causes)}") if causes else ()


def _messages_of(cause: str) -> list[KnownMessage]:
    """The messages that speak for a cause, strongest first, without those that merely fit."""
    telling = [message for message in messages() if message.causes.get(cause, Weight.FITS) > Weight.FITS]
    return sorted(telling, key=lambda message: -message.causes[cause])


def as_document() -> str:
    """`docs/causes.md`: the whole catalogue, generated so that it cannot drift."""
    return "\n".join(_document()) + "\n"


def _document() -> Iterator[str]:
    yield "# Causes"
    yield ""
    yield "Generated from the catalogue by `python -m cnitui.domain.explain`; a test keeps it true."
    for family, title in _FAMILIES.items():
        members = [cause for cause in CATALOGUE if cause.family == family]
        if members:
            yield from ("", f"## {title}")
        for cause in members:
            yield from _section(cause)
    yield from ("", "## What cnitui carries out", "")
    yield "One safe call to the API server is a plan: previewed, guarded and, where it can be, taken back."
    yield from ("", "| cause | plan, or why there is none |", "|---|---|")
    yield from (f"| {cause.id} | {_carried_out(cause)} |" for cause in CATALOGUE)


def _section(cause: Cause) -> Iterator[str]:
    yield from ("", f"### {cause.id}: {cause.title}")
    for heading in HEADINGS:
        yield from ("", f"**{heading}.** {cause.explanation.get(heading, '')}")
    messages = _messages_of(cause.id)
    if messages:
        yield from ("", "**Messages that speak for it.**", "")
        for message in messages:
            reports = f" ({', '.join(message.reports)})" if message.reports else ""
            yield f"- `{message.example}`: {message.meaning}{reports}"
    if cause.remedies:
        yield from ("", f"**Remedies.** {', '.join(f'`{remedy}`' for remedy in cause.remedies)}")


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_document())
