"""What one cause may see of a case: the facts it declared, of one node, and nothing else."""

from __future__ import annotations

from typing import TypeVar

from cnitui.domain.evidence import CaseFile, Observed, Source, Unavailable
from cnitui.domain.facts import CLUSTER_FACTS
from cnitui.domain.finding import Evidence

F = TypeVar("F")


class Undeclared(LookupError):
    """A cause read a fact that it lists neither under `needs` nor under `uses`: a bug in the cause."""


class View:
    """The facts of one node (and of the cluster) that a cause declared.

    `use` answers None for a fact that is missing, so a judge has to say what it does not know; `need` is for the facts
    without which the engine would not have asked the judge.
    """

    def __init__(self, case: CaseFile, node: str, declared: frozenset[type[object]]) -> None:
        self._case = case
        self._declared = declared
        self.node = node

    def _subject(self, fact: type[object]) -> str:
        if fact not in self._declared:
            raise Undeclared(fact.__name__)
        return "" if fact in CLUSTER_FACTS else self.node

    def use(self, fact: type[F]) -> F | None:
        """The fact if it was observed, else None."""
        return self._case.value(fact, self._subject(fact))

    def need(self, fact: type[F]) -> F:
        """A declared need; raises LookupError when it is missing (the engine asks no judge then)."""
        value = self.use(fact)
        if value is None:
            raise LookupError(f"{fact.__name__} is not in the case")
        return value

    def why_missing(self, fact: type[object]) -> str:
        """Why a fact is not there, in words; "" when it is there."""
        reading = self._case.reading(fact, self._subject(fact))
        if isinstance(reading, Unavailable):
            return reading.why
        return "" if isinstance(reading, Observed) else "nobody looked"

    def source(self, fact: type[object]) -> Source:
        """Where the fact (or the attempt to read it) comes from."""
        reading = self._case.reading(fact, self._subject(fact))
        return reading.source if reading is not None else Source("")

    def quote(self, fact: type[object], quote: str, position: str = "") -> Evidence:
        """Evidence that cites this fact's source."""
        return Evidence(self.source(fact).command, quote, position)
