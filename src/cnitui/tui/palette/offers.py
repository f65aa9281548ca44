"""Commands as data, and which of them a typed line means; worked out at each key, so that enter runs what is shown.

Textual's own palette gathers its matches in the background: a name typed fast would run what an earlier letter had
found, and here a name may be that of another cluster.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import field

from cnitui.late_dataclass import dataclass

MOST = 200
"""Rows that are ever listed; who wants one further down types another letter."""
Run = Callable[[], Awaitable[object] | object]


@dataclass(frozen=True, slots=True)
class Offer:
    """One command: `line` is what stands for it behind `:`, `key` the key that does the same."""

    line: str
    what: str
    run: Run = field(compare=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that a command takes, and what is known of it."""

    name: str
    note: str = ""


async def _nothing_to_learn() -> None:
    """The candidates are known."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A command that takes a name.

    `candidates` are the names as they are known now; `learn` finds out more of them and may take its time. Where a
    wrong guess would matter, `exact` refuses a part that several names have. `free` takes names that nobody knows of.
    """

    name: str
    what: str
    candidates: Callable[[], Iterable[Candidate]]
    run: Callable[[str], Awaitable[object] | object]
    learn: Callable[[], Awaitable[None]] = _nothing_to_learn
    exact: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What the palette lists: an offer to run, or a beginning that enter and tab complete."""

    line: str
    what: str
    key: str = ""
    run: Run | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be typed here and now."""

    offers: tuple[Offer, ...] = ()
    verbs: tuple[Verb, ...] = ()

    def verb(self, line: str) -> Verb | None:
        """The verb that a line has begun: its name, and a space."""
        word, space, _ = line.lstrip().partition(" ")
        return next((verb for verb in self.verbs if verb.name == word), None) if space else None

    def rows(self, line: str) -> tuple[Row, ...]:
        """What the line may mean, the best first; all there is for an empty one."""
        verb = self.verb(line)
        if verb is not None:
            return tuple(_row(verb, candidate) for candidate in _named(verb, argument(line)))
        typed = line.strip().casefold()
        everything = [Row(offer.line, offer.what, offer.key, offer.run) for offer in self.offers]
        everything += [Row(f"{verb.name} ", verb.what) for verb in self.verbs]
        ranked = [(rank, row) for row in everything if (rank := _rank(row.line, row.what, typed)) is not None]
        ranked.sort(key=lambda pair: pair[0])
        return tuple(row for _, row in ranked)[:MOST]

    def meant(self, line: str, chosen: Row | None) -> Row | str:
        """What enter runs: the row that a person `chose`, else what the line says; or why it does not say enough."""
        if chosen is not None:
            return chosen
        if not line.strip():
            return "type a command, or choose one with the arrow keys"
        rows, verb = self.rows(line), self.verb(line)
        if verb is None:
            return rows[0] if rows else f"there is no command {line.strip()[:60]!r}"
        typed = argument(line)
        if not typed:
            return f"{verb.name} takes a name: type it, or choose one with the arrow keys"
        if not rows:
            return _row(verb, Candidate(typed)) if verb.free else f"nothing is named {typed[:60]!r}"
        whole = rows[0].line == f"{verb.name} {typed}"
        if verb.exact and len(rows) > 1 and not whole:
            return f"{len(rows)} names have {typed[:60]!r} in them: type more, or choose one with the arrow keys"
        return rows[0]


def argument(line: str) -> str:
    """What stands behind the verb."""
    return line.lstrip().partition(" ")[2].strip()


def _row(verb: Verb, candidate: Candidate) -> Row:
    name = candidate.name
    return Row(f"{verb.name} {name}", candidate.note, run=lambda: verb.run(name))


def _named(verb: Verb, typed: str) -> Sequence[Candidate]:
    """Those that begin with what was typed, then those that have it in them; in the order they came."""
    wanted = typed.casefold()
    beginning: list[Candidate] = []
    inside: list[Candidate] = []
    for candidate in verb.candidates():
        name = candidate.name.casefold()
        if name.startswith(wanted):
            beginning.append(candidate)
        elif wanted in name:
            inside.append(candidate)
    exact = [one for one in beginning if one.name == typed]
    return (exact + [one for one in beginning if one.name != typed] + inside)[:MOST]


def _rank(line: str, what: str, typed: str) -> int | None:
    """How well it fits, 0 best: the name, its beginning, a word's beginning, a part of it, its explanation."""
    name = line.strip().casefold()
    if name == typed:
        return 0
    if name.startswith(typed):
        return 1
    if any(word.startswith(typed) for word in name.split()):
        return 2
    if typed in name:
        return 3
    words = typed.split()
    return 4 if words and all(word in f"{name} {what.casefold()}" for word in words) else None
