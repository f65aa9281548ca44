"""Which remedies fit a diagnosis and what to do by hand, worked out when somebody asks: most states are not asked.

At thousands of failing nodes it takes longer than a key press may wait for, and what a new state changes about it is
mostly nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from types import MappingProxyType

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.evidence import CaseFile
from cnitui.domain.finding import Diagnosis
from cnitui.domain.remedies import REMEDIES, Advice, Fit, Fits, Remedy, Situation, Step, advice
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One remedy, whether it fits here, and how a person carries it out."""

    remedy: Remedy
    fit: Fit
    steps: tuple[Step, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it applies here."""
        return isinstance(self.fit, Fits)


Entry = Option | Advice
_REMEDIES_OF = {cause.id: frozenset(cause.remedies) for cause in CATALOGUE}


def key_of(entry: Entry) -> str:
    """What an entry is chosen by; that of steps says so, for there is nothing to preview about them without a cure."""
    if isinstance(entry, Option):
        return entry.remedy.id
    return entry.cure.id if entry.cure else f"{STEPS}{entry.cause}"


STEPS = "steps:"


@dataclass(frozen=True, eq=False)
class Outlook:
    """The remedies as judged on one case and its diagnosis; without a diagnosis there are none.

    `refused` says of plans against a cause, by their ids, why they would not be made: somebody has looked already.
    """

    case: CaseFile = CaseFile()
    diagnosis: Diagnosis | None = None
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def _situation(self) -> Situation | None:
        """What both remedies and steps are worked out from; it remembers what it was asked about all pods."""
        return Situation(self.case, self.diagnosis) if self.diagnosis is not None else None

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """All remedies: those that fit first, and among equals those of the leading cause."""
        situation = self._situation
        if situation is None:
            return ()
        leading = situation.diagnosis.leading
        options = (Option(one, one.fit(situation), one.steps(situation)) for one in REMEDIES)
        first = leading.remedies if leading else ()
        return tuple(sorted(options, key=lambda option: (not option.fits, _place(option.remedy.id, first))))

    @cached_property
    def advice(self) -> tuple[Advice, ...]:
        """The steps against each cause that a person may act on."""
        situation = self._situation
        if situation is None:
            return ()
        causes = dict.fromkeys(finding.cause for finding in situation.diagnosis.confident)
        return tuple(advice(cause, situation, self.refused) for cause in causes)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All there is to choose from, what helps first: remedies that fit, steps against the causes, then the rest.

        Steps against a cause that no remedy cures come before the remedies when that cause leads.
        """
        fitting = [option for option in self.options if option.fits]
        cured = {cause for cause, names in _REMEDIES_OF.items() if any(one.remedy.id in names for one in fitting)}
        alone = [one for one in self.advice if one.cause not in cured]
        beside = [one for one in self.advice if one.cause in cured]
        leading = self.advice[0] if self.advice else None
        helping: list[Entry] = [*alone, *fitting] if leading in alone else [*fitting, *alone]
        return (*helping, *beside, *(option for option in self.options if not option.fits))

    @cached_property
    def previewable(self) -> frozenset[str]:
        """The keys of the entries that a plan may be made of: the remedies that fit, and the cures."""
        cured = {key_of(one) for one in self.advice if one.cure is not None}
        return frozenset({one.remedy.id for one in self.options if one.fits} | cured)


def _place(name: str, first: tuple[str, ...]) -> int:
    """The leading cause's own remedies come first, in its order."""
    return first.index(name) if name in first else len(first)


NO_OUTLOOK = Outlook()
