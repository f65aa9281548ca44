"""What a typed line means: the best first, a name whole or not at all, and nothing run that was not shown."""

from __future__ import annotations

import pytest

from cnitui.tui.palette.offers import Candidate, Catalogue, Offer, Row, Verb

RAN: list[str] = []
NODES = [Candidate(f"worker-{number}", "Running") for number in range(1, 2001)]


def offer(line: str, what: str = "") -> Offer:
    return Offer(line, what, lambda: RAN.append(line))


def verb(name: str, names: list[Candidate], *, exact: bool = False, free: bool = False) -> Verb:
    return Verb(name, "", lambda: names, lambda one: RAN.append(f"{name}={one}"), exact=exact, free=free)


CATALOGUE = Catalogue(
    (offer("logs: search", "Search in this log"), offer("logs"), offer("save", "Save the log"), offer("quit")),
    (
        verb("node", NODES),
        verb("ctx", [Candidate("prod"), Candidate("prod-eu"), Candidate("prod-us")], exact=True),
        verb("ns", [Candidate("all"), Candidate("kube-system")], exact=True, free=True),
    ),
)


def lines(typed: str) -> list[str]:
    return [row.line for row in CATALOGUE.rows(typed)]


def run(typed: str, chosen: Row | None = None) -> str:
    """What enter does: what ran, or what is said instead."""
    RAN.clear()
    meant = CATALOGUE.meant(typed, chosen)
    if isinstance(meant, str):
        return meant
    assert meant.run is not None
    meant.run()
    return RAN[0]


def test_the_name_itself_comes_before_what_begins_with_it_and_that_before_explanations() -> None:
    assert lines("logs") == ["logs", "logs: search"]
    assert lines("log") == ["logs: search", "logs", "save"]
    assert lines("save log") == ["save"]
    assert lines("n") == ["node ", "ns ", "logs: search"] or lines("n")[:2] == ["node ", "ns "]
    assert lines("xyzzy") == []


def test_a_verb_lists_its_names_those_that_begin_so_first() -> None:
    assert lines("ctx ") == ["ctx prod", "ctx prod-eu", "ctx prod-us"]
    assert lines("ctx us") == ["ctx prod-us"]
    assert lines("node worker-17")[:2] == ["node worker-17", "node worker-170"]


@pytest.mark.parametrize(
    ("typed", "does"),
    [
        ("logs", "logs"),
        ("qu", "quit"),
        ("node worker-17", "node=worker-17"),
        ("node 1999", "node=worker-1999"),
        ("node nobody", "nothing is named 'nobody'"),
        ("ctx prod", "ctx=prod"),
        ("ctx us", "ctx=prod-us"),
        ("ctx prod-", "2 names have 'prod-' in them: type more, or choose one with the arrow keys"),
        ("ctx staging", "nothing is named 'staging'"),
        ("ctx ", "ctx takes a name: type it, or choose one with the arrow keys"),
        ("ns all", "ns=all"),
        ("ns kube", "ns=kube-system"),
        ("ns calico-system", "ns=calico-system"),
        ("", "type a command, or choose one with the arrow keys"),
        ("xyzzy", "there is no command 'xyzzy'"),
    ],
)
def test_enter_runs_what_is_meant_or_says_what_is_missing(typed: str, does: str) -> None:
    assert run(typed) == does


def test_what_a_person_chose_runs_whatever_is_typed() -> None:
    chosen = CATALOGUE.rows("ctx prod")[2]
    assert run("ctx prod", chosen) == "ctx=prod-us"


def test_of_two_thousand_nodes_a_bounded_list_is_shown() -> None:
    for typed in ("node ", "node w", "node worker-1", "node worker-17"):
        assert 0 < len(CATALOGUE.rows(typed)) <= 200
