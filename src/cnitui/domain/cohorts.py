"""Cohorts: nodes that look alike are one thing until one of them, once read, says otherwise.

Of the members that were read most decide what the cohort is. One that blames other causes leaves it, together with
those that say the same. One that could not be read well enough stays, and is counted apart, unless its failing
container's last words are others than those of the members that could.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.likeness import Cohort, Likeness, likeness_of
from cnitui.domain.node_verdict import Key, NodeVerdict
from cnitui.late_dataclass import dataclass

Blamed = frozenset[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What reading one node came to.

    `clear` is False when so much was missing, or is still to come, that it may as well agree. `proven` is one that an
    experiment confirmed: it speaks for nodes of the same last words whose traces blame nothing.
    `said` are the known messages in its failing container's last words, empty when those were not read.
    """

    key: Key
    blamed: Blamed
    clear: bool
    said: frozenset[str] = frozenset()
    proven: bool = False

    def fits(self, decided: Opinion) -> bool:
        """Whether this one, though it decides nothing, may be of the same kind as one that does."""
        if self.clear:
            return not self.blamed and decided.proven and self.said == decided.said
        return self.said <= decided.said

    def agrees(self, other: Opinion) -> bool:
        """Whether it is no other kind than `other`, as far as it goes."""
        return (self.clear and self.blamed == other.blamed) or self.fits(other)


def opinion_of(verdict: NodeVerdict) -> Opinion:
    """The opinion that a verdict is."""
    blamed = verdict.blamed
    clear = bool(blamed) or (verdict.whole and not verdict.missing)
    return Opinion(verdict.key, blamed, clear, verdict.said, verdict.proven)


@dataclass(frozen=True, slots=True)
class Part:
    """A cohort before it has a name: the causes, who agrees, who is unclear, all members, and whether by experiment."""

    causes: Blamed
    members: tuple[str, ...]
    agreeing: tuple[str, ...]
    unclear: tuple[str, ...] = ()
    proven: bool = False


def parts_of(members: Iterable[str], opinions: Mapping[str, Opinion]) -> tuple[Part, ...]:
    """Members of one likeness divided by what reading them came to; the part that holds the unread ones comes first."""
    everybody = sorted(members)
    said = _settled({node: opinions[node] for node in everybody if node in opinions})
    votes = Counter(blamed for _, places in said.values() for blamed in places)
    main = max(votes, key=lambda blamed: (votes[blamed], len(blamed))) if votes else frozenset[str]()
    apart: dict[Blamed, list[str]] = {}
    for node, (_, places) in said.items():
        if main not in places:
            apart.setdefault(places[0], []).append(node)
    gone = {node for nodes in apart.values() for node in nodes}
    rest = tuple(node for node in everybody if node not in gone)
    return (_part(main, rest, said), *(_part(blamed, tuple(nodes), said) for blamed, nodes in apart.items()))


Placed = tuple[Opinion, tuple[Blamed, ...]]
"""An opinion, and the causes of the parts that it may belong to; there is at least one."""


def _settled(said: Mapping[str, Opinion]) -> dict[str, Placed]:
    """Where each opinion belongs: a clear one to its own causes, another to those of each clear one that it fits.

    One that fits none, or where there is no clear one, blames nothing, and that counts as clear.
    """
    clear = {(one.blamed, one.said, one.proven): one for one in said.values() if one.clear}.values()
    placed: dict[str, Placed] = {}
    for node, opinion in said.items():
        fitting = tuple(dict.fromkeys(one.blamed for one in clear if opinion.fits(one)))
        settled = opinion if opinion.clear is not bool(fitting) else replace(opinion, clear=not fitting)
        placed[node] = settled, fitting or (opinion.blamed,)
    return placed


def _part(blamed: Blamed, members: tuple[str, ...], said: Mapping[str, Placed]) -> Part:
    read = [(node, said[node][0]) for node in members if node in said]
    agreeing = tuple(node for node, opinion in read if opinion.clear)
    unclear = tuple(node for node, opinion in read if not opinion.clear)
    return Part(blamed, members, agreeing, unclear, any(opinion.proven for _, opinion in read))


def named(likeness: Likeness, parts: Iterable[Part], names: Iterable[str]) -> tuple[Cohort, ...]:
    """The parts as cohorts; `names` gives each its id."""
    found: list[Cohort] = []
    for part, name in zip(parts, names, strict=False):
        apart = found[0].id if found else ""
        causes = tuple(sorted(part.causes))
        found.append(Cohort(name, likeness, part.members, part.agreeing, part.unclear, causes, apart, part.proven))
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
