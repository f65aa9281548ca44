"""Cohorts: nodes that look alike are one thing until one of them, once read, says otherwise.

Of the members that were read most decide what the cohort is. One that blames other causes leaves it, together with
those that say the same. One that could not be read well enough stays, and is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.likeness import Cohort, Likeness, likeness_of
from cnitui.domain.node_verdict import Key, NodeVerdict

Blamed = frozenset[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What reading one node came to; `clear` is False when so much was missing that it may as well agree."""

    key: Key
    blamed: Blamed
    clear: bool


def opinion_of(verdict: NodeVerdict) -> Opinion:
    """The opinion that a verdict is."""
    blamed = verdict.blamed
    return Opinion(verdict.key, blamed, bool(blamed) or not verdict.missing)


@dataclass(frozen=True, slots=True)
class Part:
    """A cohort before it has a name: the causes, who agrees, who is unclear, and all members."""

    causes: Blamed
    members: tuple[str, ...]
    agreeing: tuple[str, ...]
    unclear: tuple[str, ...] = ()


def parts_of(members: Iterable[str], opinions: Mapping[str, Opinion]) -> tuple[Part, ...]:
    """Members of one likeness divided by what reading them came to; the part that holds the unread ones comes first."""
    everybody = sorted(members)
    said = {node: opinions[node] for node in everybody if node in opinions}
    if not any(opinion.clear for opinion in said.values()):  # where nobody could be read better, all count
        said = {node: replace(opinion, clear=True) for node, opinion in said.items()}
    votes = Counter(opinion.blamed for opinion in said.values() if opinion.clear)
    main = max(votes, key=lambda blamed: (votes[blamed], len(blamed))) if votes else frozenset[str]()
    apart: dict[Blamed, list[str]] = {}
    for node, opinion in said.items():
        if opinion.clear and opinion.blamed != main:
            apart.setdefault(opinion.blamed, []).append(node)
    gone = {node for nodes in apart.values() for node in nodes}
    agreeing = tuple(node for node, opinion in said.items() if opinion.clear and node not in gone)
    unclear = tuple(node for node, opinion in said.items() if not opinion.clear)
    rest = tuple(node for node in everybody if node not in gone)
    odd = (Part(blamed, tuple(nodes), tuple(nodes)) for blamed, nodes in apart.items())
    return (Part(main, rest, agreeing, unclear), *odd)


def named(likeness: Likeness, parts: Iterable[Part], names: Iterable[str]) -> tuple[Cohort, ...]:
    """The parts as cohorts; `names` gives each its id."""
    found: list[Cohort] = []
    for part, name in zip(parts, names, strict=False):
        apart = found[0].id if found else ""
        causes = tuple(sorted(part.causes))
        found.append(Cohort(name, likeness, part.members, part.agreeing, part.unclear, causes, apart))
    return tuple(found)


def letters() -> Iterable[str]:
    """A, B, … Z, AA, AB, …: short names for what people point at."""
    for number in count(1):
        yield letter(number)


def letter(number: int) -> str:
    """The name of the number-th cohort, from 1."""
    name = ""
    while number:
        number, digit = divmod(number - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def biggest_first(cohorts: Iterable[Cohort]) -> tuple[Cohort, ...]:
    """The order in which cohorts are told."""
    return tuple(sorted(cohorts, key=lambda cohort: (-len(cohort.members), cohort.id)))


def cohorts_of(case: CaseFile, verdicts: Mapping[str, NodeVerdict]) -> tuple[Cohort, ...]:
    """The cohorts of a case in which every failing node has been judged; none where no pod was shown."""
    alike: dict[Likeness, list[str]] = {}
    for node in verdicts:
        pod = case.value(PodStatus, node)
        likeness = likeness_of(pod, case.value(NodeStatus, node)) if pod is not None else None
        if likeness is not None:
            alike.setdefault(likeness, []).append(node)
    opinions = {node: opinion_of(verdict) for node, verdict in verdicts.items()}
    names = iter(letters())
    found = [named(likeness, parts_of(nodes, opinions), names) for likeness, nodes in alike.items()]
    return biggest_first(cohort for cohorts in found for cohort in cohorts)
