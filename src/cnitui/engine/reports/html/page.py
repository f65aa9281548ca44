"""A report's document as what a page shows, in its order: plain, bounded texts, and the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnitui.domain.documents import Document, as_mapping
from cnitui.engine.reports.html.findings import CLAIMS, claim_of, others, steps_of
from cnitui.engine.reports.html.happened import (
    change_of,
    changed_of,
    checks_of,
    diff_of,
    in_short,
    moments,
    pair_of,
    trials,
    wordless,
)
from cnitui.engine.reports.html.lanes import picture, timeline_of
from cnitui.engine.reports.html.parts import Claim, Page, Rows
from cnitui.engine.reports.html.reading import clock, day, maps, text, texts, time

IN_TITLE = 3
IN_FULL = 6
"""Nodes whose attempts are shown side by side; the others have a line each."""


def page_of(document: Document) -> Page:
    """The page of a report's document, be it of a sitting or of a plan."""
    diagnosis, plan = as_mapping(document.get("diagnosis")), as_mapping(document.get("plan"))
    causes = maps(diagnosis.get("causes"))
    told = as_mapping(document.get("before_and_now"))
    actions = maps(document.get("actions"))
    applied_at = time(told.get("at"))
    checks = checks_of(document.get("verification"))
    pairs = tuple(sorted((pair_of(one) for one in maps(told.get("attempts"))), key=wordless))
    claims = tuple(claim_of(cause) for cause in causes if cause.get("verdict") in CLAIMS)
    return Page(
        title=_title(causes),
        lead=_lead(claims, diagnosis),
        stamp=_stamp(document, checks),
        facts=tuple(_facts(document, plan)),
        claims=claims,
        others=tuple(others(causes)),
        steps=tuple(steps_of(one) for one in maps(document.get("advice"))),
        drawing=picture(timeline_of(document), actions, applied_at),
        moments=tuple(moments(document)),
        diff=tuple(diff_of(document)),
        change=change_of(document, plan),
        pairs=pairs[:IN_FULL],
        other_pairs=tuple((pair.node, in_short(pair.before), in_short(pair.now)) for pair in pairs[IN_FULL:]),
        changes=tuple(changed_of(one) for one in maps(told.get("changes"))),
        more_nodes=_number(told.get("more_nodes")),
        applied_at=day(applied_at),
        trials=tuple(trials(document)),
        checks=checks,
        actions=tuple((clock(time(one.get("at"))), text(one.get("what"))) for one in actions),
        undecided=tuple(
            (text(one.get("command")), text(one.get("why"))) for one in maps(diagnosis.get("next_evidence"))
        ),
        unread=(
            *((f"machine of {text(one.get('node'))}", _machine(one)) for one in maps(diagnosis.get("machines"))),
            *((text(one.get("what")), text(one.get("why"))) for one in maps(diagnosis.get("unavailable"))),
        ),
        hidden=tuple((text(one.get("count")), text(one.get("what"))) for one in maps(document.get("hidden"))),
    )


def _machine(told: Document) -> str:
    return f"{text(told.get('standing'))}: {text(told.get('because'))}"


# --- the head -------------------------------------------------------------------------------------------------------


def _title(causes: Sequence[Document]) -> str:
    told = (*(texts(cause.get(part)) for cause in causes for part in ("nodes", "alike")),)
    nodes = list(dict.fromkeys(node for part in told for node in part))
    few = f"Calico on {', '.join(nodes)}" if nodes else "Calico"
    return few if len(nodes) <= IN_TITLE else f"Calico on {len(nodes):,} nodes"


def _lead(claims: Sequence[Claim], diagnosis: Document) -> str:
    if claims:
        first = claims[0]
        return f"{first.verdict.capitalize()}: {first.title}."
    if diagnosis.get("status") == "healthy":
        return "All Calico pods are healthy."
    return "The evidence does not determine a cause."


def _stamp(document: Document, checks: Rows) -> tuple[str, str]:
    """What it came to, in a word or two."""
    outcome = text(as_mapping(document.get("outcome")).get("state"))
    taken_back = as_mapping(document.get("undone")) or as_mapping(document.get("circumstances")).get("taken back")
    if taken_back:
        return "taken back", "open"
    if checks:
        passed = sum(check[1] == "pass" for check in checks)
        failed = any(check[1] == "fail" for check in checks)
        return f"verified: {passed} of {len(checks)} pass", "bad" if failed else "good" if passed == len(
            checks
        ) else "open"
    if as_mapping(document.get("change")) or document.get("plan"):
        return f"applied: {outcome or 'not verified'}", "open"
    return "nothing was changed", "open"


def _facts(document: Document, plan: Document) -> Iterator[tuple[str, str]]:
    told = {str(name): text(value) for name, value in as_mapping(document.get("circumstances")).items()}
    if plan:
        own = {name: text(plan.get(name)) for name in ("context", "server", "user")}
        told |= {"plan": text(document.get("id")), "applied": day(time(plan.get("at"))) or text(plan.get("at")), **own}
        outcome, undone = as_mapping(document.get("outcome")), as_mapping(document.get("undone"))
        told["outcome"] = ", ".join(filter(None, (text(outcome.get("state")), text(outcome.get("words")))))
        told["taken back"] = f"by plan {text(undone.get('by'))}, {text(undone.get('at'))}" if undone else ""
    yield from ((name, value) for name, value in told.items() if value)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
