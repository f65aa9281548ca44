"""What a report's page is made of: plain, bounded texts, ready to be shown."""

from __future__ import annotations

from cnitui.domain.documents import Document
from cnitui.engine.reports.html.lanes import Picture
from cnitui.late_dataclass import dataclass

Rows = tuple[tuple[str, ...], ...]


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
