"""What was seen, from where, and what could not be seen.

Could not look is not the same as looked and found nothing, so a reading is either `Observed` or `Unavailable`; a
fact that nobody asked for is simply absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Generic, TypeVar, cast

from cnitui.late_dataclass import dataclass

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a reading comes from, exact enough to repeat it.

    `command` is what a person would type (`kubectl …`, `ssh worker-01 …`) or the name of a pasted or replayed file;
    `node` is empty for the cluster as a whole; `at` is when we looked (UTC), None for pasted text.
    """

    command: str
    node: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observed(Generic[F]):
    """A fact and its source."""

    value: F
    source: Source


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A fact we asked for and did not get: `why` in words, `next_step` what would make it available."""

    why: str
    source: Source
    next_step: str = ""


Reading = Observed[F] | Unavailable
Key = tuple[type[object], str]
Dossier = Mapping[type[object], Reading[object]]
"""All readings about one subject, by fact type."""

NOTHING: Dossier = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Every reading of one incident, by subject (a node's name, or "" for the cluster) and fact type.

    Immutable: `with_readings` answers a new one, so a judgement can never change under its reader. A subject's dossier
    is the same object as long as none of its readings changed, so `is` tells whom a change concerns, and a change costs
    what it touches.
    """

    _dossiers: Mapping[str, Dossier] = field(default_factory=lambda: MappingProxyType({}))

    def with_readings(self, readings: Iterable[tuple[type[object], str, Reading[object]]]) -> CaseFile:
        """A case file in which the given readings replace earlier ones of the same fact and subject."""
        touched: dict[str, dict[type[object], Reading[object]]] = {}
        for fact, subject, reading in readings:
            if subject not in touched:
                touched[subject] = dict(self.dossier(subject))
            touched[subject][fact] = reading
        return self._with(touched) if touched else self

    def without(self, keys: Iterable[Key]) -> CaseFile:
        """A case file that has forgotten these readings."""
        touched: dict[str, dict[type[object], Reading[object]]] = {}
        for fact, subject in keys:
            if fact in touched.get(subject, self.dossier(subject)):
                touched.setdefault(subject, dict(self.dossier(subject))).pop(fact)
        return self._with(touched) if touched else self

    def _with(self, touched: Mapping[str, Dossier]) -> CaseFile:
        merged = {**self._dossiers, **{subject: MappingProxyType(mine) for subject, mine in touched.items()}}
        for subject, mine in touched.items():
            if not mine:
                del merged[subject]
        return CaseFile(MappingProxyType(merged))

    def only(self, *subjects: str) -> CaseFile:
        """The part of the case that is about these subjects."""
        mine = {subject: found for subject in subjects if (found := self._dossiers.get(subject)) is not None}
        return CaseFile(MappingProxyType(mine))

    def with_observed(self, value: object, source: Source, subject: str = "") -> CaseFile:
        """Shorthand for one observed fact, keyed by its own type."""
        return self.with_readings([(type(value), subject, Observed(value, source))])

    def with_unavailable(self, fact: type[object], why: str, source: Source, subject: str = "") -> CaseFile:
        """Shorthand for one fact that could not be read."""
        return self.with_readings([(fact, subject, Unavailable(why, source))])

    def dossier(self, subject: str = "") -> Dossier:
        """All readings about one subject."""
        return self._dossiers.get(subject, NOTHING)

    def reading(self, fact: type[F], subject: str = "") -> Reading[F] | None:
        """The reading, or None when nobody asked."""
        return cast("Reading[F] | None", self.dossier(subject).get(fact))

    def value(self, fact: type[F], subject: str = "") -> F | None:
        """The fact itself; None when it is unavailable or was never asked for."""
        reading = self.reading(fact, subject)
        return reading.value if isinstance(reading, Observed) else None

    def subjects(self, fact: type[object]) -> tuple[str, ...]:
        """The subjects that have a reading of this fact, sorted."""
        return tuple(sorted(subject for subject, mine in self._dossiers.items() if fact in mine))

    def unavailable(self) -> Iterator[tuple[type[object], str, Unavailable]]:
        """All that was asked for and not got."""
        for fact, subject, reading in self:
            if isinstance(reading, Unavailable):
                yield fact, subject, reading

    def __iter__(self) -> Iterator[tuple[type[object], str, Reading[object]]]:
        for subject, mine in self._dossiers.items():
            for fact, reading in mine.items():
                yield fact, subject, reading

    def __len__(self) -> int:
        return sum(map(len, self._dossiers.values()))
