"""A report's document as what a page shows, in its order: plain, bounded texts, and the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.listing import listed
from cnitui.engine.reports.html.lanes import Picture, picture, timeline_of
from cnitui.engine.reports.html.reading import clock, day, items, maps, text, texts, time

Rows = tuple[tuple[str, ...], ...]
CHECK_TITLES = {
    "pods": "calico-node runs on every node",
    "nodes": "every node is Ready",
    "files": "CNI binaries and configuration are in place",
    "test-pod": "a test pod gets an address",
}
CLAIMS = ("confirmed", "likely", "possible")
MOST_QUOTES = 12
MOST_NAMED = 12
IN_TITLE = 3
IN_FULL = 6
"""Nodes whose attempts are shown side by side; the others have a line each."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A piece of evidence and where it is from; `side` is for or against."""

    side: str
    quote: str
    source: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A cause that is at least possible."""

    verdict: str
    title: str
    cause: str
    nodes: str
    because: str
    fix: str
    quotes: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """How an attempt ended, in short, and its last lines."""

    ended: str
    good: bool
    about: str
    times: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A node's attempts of both moments."""

    node: str
    before: Ran | None
    now: Ran | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed on some nodes, as rows of what, before, now; and what stayed."""

    nodes: str
    changed: Rows
    same: Rows


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment or a try."""

    title: str
    because: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    lead: str
    stamp: tuple[str, str]
    """What it came to, and whether that is good, bad or open."""
    facts: Rows
    claims: tuple[Claim, ...]
    others: Rows
    steps: tuple[tuple[str, Rows], ...]
    drawing: Picture | None
    moments: Rows
    diff: tuple[tuple[str, str], ...]
    change: Document
    pairs: tuple[Pair, ...]
    other_pairs: Rows
    """Further nodes in a line each."""
    changes: tuple[Changed, ...]
    more_nodes: int
    applied_at: str
    trials: tuple[Trial, ...]
    checks: Rows
    actions: Rows
    undecided: Rows
    unread: Rows
    hidden: Rows


def page_of(document: Document) -> Page:
    """The page of a report's document, be it of a sitting or of a plan."""
    diagnosis, plan = as_mapping(document.get("diagnosis")), as_mapping(document.get("plan"))
    causes = maps(diagnosis.get("causes"))
    told = as_mapping(document.get("before_and_now"))
    actions = maps(document.get("actions"))
    applied_at = time(told.get("at"))
    checks = _checks(document.get("verification"))
    pairs = tuple(sorted((_pair(one) for one in maps(told.get("attempts"))), key=_wordless))
    claims = tuple(_claim(cause) for cause in causes if cause.get("verdict") in CLAIMS)
    return Page(
        title=_title(causes),
        lead=_lead(claims, diagnosis),
        stamp=_stamp(document, checks),
        facts=tuple(_facts(document, plan)),
        claims=claims,
        others=tuple(_others(causes)),
        steps=tuple(_steps(one) for one in maps(document.get("advice"))),
        drawing=picture(timeline_of(document), actions, applied_at),
        moments=tuple(_moments(document)),
        diff=tuple(_diff(document)),
        change=_change(document, plan),
        pairs=pairs[:IN_FULL],
        other_pairs=tuple((pair.node, _in_short(pair.before), _in_short(pair.now)) for pair in pairs[IN_FULL:]),
        changes=tuple(_changed(one) for one in maps(told.get("changes"))),
        more_nodes=_number(told.get("more_nodes")),
        applied_at=day(applied_at),
        trials=tuple(_trials(document)),
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


def _named(nodes: Sequence[str]) -> str:
    return (
        listed(tuple(nodes), MOST_NAMED) if len(nodes) <= MOST_NAMED else f"{len(nodes):,} nodes ({listed(nodes, 3)})"
    )


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


# --- findings -------------------------------------------------------------------------------------------------------


def _claim(cause: Document) -> Claim:
    alike = texts(cause.get("alike"))
    more = f"; {len(alike):,} more fail alike and were not read" if alike else ""
    quotes = (*_quotes("for", cause.get("for")), *_quotes("against", cause.get("against")))
    return Claim(
        verdict=text(cause.get("verdict")),
        title=text(cause.get("title")),
        cause=text(cause.get("id")),
        nodes=_named(texts(cause.get("nodes"))) + more,
        because=text(cause.get("because")),
        fix=text(cause.get("fix")),
        quotes=quotes,
    )


def _quotes(side: str, value: object) -> Iterator[Quoted]:
    for one in maps(value, MOST_QUOTES):
        where = ", ".join(filter(None, (text(one.get("source")), text(one.get("position")))))
        yield Quoted(side, text(one.get("quote")), where)


def _others(causes: Sequence[Document]) -> Iterator[tuple[str, ...]]:
    """What claims nothing, those with the same reason together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        if cause.get("verdict") not in CLAIMS:
            key = (text(cause.get("verdict")).replace("_", " "), text(cause.get("because")))
            groups.setdefault(key, []).append(text(cause.get("id")))
    yield from ((", ".join(ids), verdict, because) for (verdict, because), ids in groups.items())


def _steps(advice: Document) -> tuple[str, Rows]:
    rows = tuple((text(step.get("words")), text(step.get("command"))) for step in maps(advice.get("steps")))
    return text(advice.get("cause")), rows


# --- what happened --------------------------------------------------------------------------------------------------


def _moments(document: Document) -> Iterator[tuple[str, ...]]:
    for one in maps(timeline_of(document).get("moments")):
        yield day(time(one.get("at"))), text(one.get("node")) or "–", text(one.get("kind")), text(one.get("words"))


def _diff(document: Document) -> Iterator[tuple[str, str]]:
    """Each line with what it is."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    for number, line in enumerate(items_of_diff(document)):
        yield ("head" if number < 2 else kinds.get(line[:1], "same")), line


def items_of_diff(document: Document) -> tuple[str, ...]:
    """The difference's lines, with their indentation."""
    lines = as_mapping(document.get("change")).get("diff")
    return tuple(kept_indent(str(line)) for line in lines[:2000]) if isinstance(lines, list) else ()


def kept_indent(line: str) -> str:
    """`text` strips; the blanks in front of a line of YAML are its meaning."""
    return line[: len(line) - len(line.lstrip(" "))] + text(line)


def _change(document: Document, plan: Document) -> Document:
    change, body = as_mapping(document.get("change")), as_mapping(plan.get("plan"))
    by_hand = texts(change.get("by_hand")) or tuple(text(one.get("by_hand")) for one in maps(body.get("changes")))
    restarts = texts(change.get("restarts")) or tuple(
        f"{text(pod.get('pod'))} on {text(pod.get('node'))}" for pod in maps(body.get("restarts"))
    )
    title = text(change.get("title")) or text(body.get("title"))
    if not title:
        return {}
    target = text(change.get("object")) or _target(as_mapping(body.get("target")))
    return {"title": title, "object": target, "by_hand": by_hand, "restarts": listed(restarts, MOST_NAMED)}


def _target(target: Document) -> str:
    name = "/".join(text(target[key]) for key in ("namespace", "name") if target.get(key))
    return f"{text(target.get('kind'))} {name}".strip()


def _pair(one: Document) -> Pair:
    return Pair(text(one.get("node")), _ran(one.get("before")), _ran(one.get("now")))


def _wordless(pair: Pair) -> bool:
    """Nodes of which both logs were read come first."""
    return not (pair.before and pair.before.words and pair.now and pair.now.words)


def _in_short(ran: Ran | None) -> str:
    return " · ".join(filter(None, (ran.ended, ran.times, *ran.words[-1:]))) if ran else "none known"


def _ran(value: object) -> Ran | None:
    one = as_mapping(value)
    if not one:
        return None
    code = one.get("exit_code")
    ended = "still running" if code is None else f"exit {text(code)}"
    reason = text(one.get("reason"))
    started, finished = time(one.get("started")), time(one.get("finished"))
    about = f"{text(one.get('container'))} in {text(one.get('pod'))}"
    times = " · ".join(filter(None, (day(started or finished).removesuffix(" UTC"), _lasted(started, finished))))
    shown = f"{ended} {reason}".strip() if reason not in ("", "Completed") else ended
    return Ran(shown, code == 0, about, times, tuple(kept_indent(str(line)) for line in items(one.get("words"), 20)))


def _lasted(started: datetime | None, finished: datetime | None) -> str:
    """`for 3 s`; a pod's status knows whole seconds only."""
    if started is None or finished is None:
        return ""
    seconds = int((finished - started).total_seconds())
    return f"for {seconds:,} s" if seconds >= 1 else "for less than 1 s"


def _changed(one: Document) -> Changed:
    rows = maps(one.get("rows"))
    told = [
        (bool(row.get("changed")), (text(row.get("what")), text(row.get("before")), text(row.get("now"))))
        for row in rows
    ]
    nodes = _named(texts(one.get("nodes")))
    return Changed(
        nodes,
        tuple(cells for changed, cells in told if changed),
        tuple(cells for changed, cells in told if not changed),
    )


def _trials(document: Document) -> Iterator[Trial]:
    parts = (
        ("experiments", "Experiment", ("expected", "control", "variant")),
        ("tries", "Tried", ("expected", "tried")),
    )
    for key, word, names in parts:
        for one in maps(document.get(key)):
            rows = tuple(
                (name, f"exit {text(ended.get('exit_code'))}", text(ended.get("last_words")))
                for name in names
                if (ended := as_mapping(one.get(name)))
            )
            title = f"{word} on {text(one.get('node'))}: {text(one.get('title'))}".removesuffix(": ")
            yield Trial(title, text(one.get("because")), rows)


def _checks(value: object) -> Rows:
    """Check, outcome and words; a kept verification has other names for them than a sitting's."""
    found = maps(value) or maps(as_mapping(value).get("checks"))
    return tuple(
        (
            text(one.get("title")) or CHECK_TITLES.get(text(one.get("id")), text(one.get("id"))),
            text(one.get("outcome") or one.get("state")),
            "; ".join((text(one.get("words")), *texts(one.get("details"), 50))),
        )
        for one in found
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
