"""What happened, as a report has it: moments, the change, attempts before and now, trials and checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.listing import listed
from cnitui.engine.reports.html.lanes import timeline_of
from cnitui.engine.reports.html.parts import Changed, Pair, Ran, Rows, Trial
from cnitui.engine.reports.html.reading import MOST_NAMED, day, items, kept_indent, maps, named, text, texts, time

CHECK_TITLES = {
    "pods": "calico-node runs on every node",
    "nodes": "every node is Ready",
    "files": "CNI binaries and configuration are in place",
    "test-pod": "a test pod gets an address",
}


def moments(document: Document) -> Iterator[tuple[str, ...]]:
    """Each moment of the timeline: when, where, what, in what words."""
    for one in maps(timeline_of(document).get("moments")):
        yield day(time(one.get("at"))), text(one.get("node")) or "–", text(one.get("kind")), text(one.get("words"))


def diff_of(document: Document) -> Iterator[tuple[str, str]]:
    """Each line with what it is."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    for number, line in enumerate(_lines_of_diff(document)):
        yield ("head" if number < 2 else kinds.get(line[:1], "same")), line


def _lines_of_diff(document: Document) -> tuple[str, ...]:
    """The difference's lines, with their indentation."""
    lines = as_mapping(document.get("change")).get("diff")
    return tuple(kept_indent(str(line)) for line in lines[:2000]) if isinstance(lines, list) else ()


def change_of(document: Document, plan: Document) -> Document:
    """What was to be changed, by hand too; empty without a plan."""
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


def pair_of(one: Document) -> Pair:
    """A node's attempts of both moments."""
    return Pair(text(one.get("node")), _ran(one.get("before")), _ran(one.get("now")))


def wordless(pair: Pair) -> bool:
    """Nodes of which both logs were read come first."""
    return not (pair.before and pair.before.words and pair.now and pair.now.words)


def in_short(ran: Ran | None) -> str:
    """An attempt in one line."""
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


def changed_of(one: Document) -> Changed:
    """What changed on some nodes."""
    rows = maps(one.get("rows"))
    told = [
        (bool(row.get("changed")), (text(row.get("what")), text(row.get("before")), text(row.get("now"))))
        for row in rows
    ]
    nodes = named(texts(one.get("nodes")))
    return Changed(
        nodes,
        tuple(cells for changed, cells in told if changed),
        tuple(cells for changed, cells in told if not changed),
    )


def trials(document: Document) -> Iterator[Trial]:
    """The experiments, then the tries."""
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


def checks_of(value: object) -> Rows:
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
