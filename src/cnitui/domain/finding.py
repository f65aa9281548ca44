"""Verdicts on causes, and the evidence they rest on."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from cnitui.domain.identity import OddMachine
from cnitui.domain.likeness import Cohort
from cnitui.late_dataclass import dataclass


class Verdict(Enum):
    """How sure we are of one cause; ordered, strongest claim first.

    Confirmed: conclusive evidence, every named rival excluded. Likely: specific positive evidence, a rival still open.
    Possible: it fits, nothing specific for it. Undetermined: a need is unavailable. Confident is confirmed or likely.
    """

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNDETERMINED = "undetermined"
    RULED_OUT = "ruled_out"

    @property
    def rank(self) -> int:
        """0 for the strongest claim."""
        return _RANKS[self]

    @property
    def confident(self) -> bool:
        """Whether a person may act on it."""
        return self in (Verdict.CONFIRMED, Verdict.LIKELY)

    @property
    def words(self) -> str:
        """For people: `ruled out`."""
        return self.value.replace("_", " ")


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence: which source, where in it (`attempt 192 line 4`, `metadata.generation`), and its words."""

    source: str
    quote: str
    position: str = ""


@dataclass(frozen=True, slots=True)
class NextEvidence:
    """The command that would settle what is open, and why it would."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Something we asked for and did not get."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one cause says about one node: the verdict, the reason in one sentence, evidence for and against.

    `because` completes "<verdict>: …". `ask` lists commands that would decide what is open.
    """

    verdict: Verdict
    because: str
    evidence_for: tuple[Evidence, ...] = ()
    evidence_against: tuple[Evidence, ...] = ()
    ask: tuple[NextEvidence, ...] = ()
    weight: int = 0
    """Among equal verdicts the heavier comes first: how specific the evidence is (0 none, 1 some, 2 a message)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement on one cause, for the group of nodes it is the same on (empty: no node could be told).

    `nodes` were read, and the judgement rests on their readings; `alike` fail alike as far as the API's lists show, and
    were not read: nothing is confirmed on them. `fix` is the cause's fix family in one sentence, with observed names.
    """

    cause: str
    title: str
    judgement: Judgement
    nodes: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    fix: str = ""
    alike: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The judgement's verdict."""
        return self.judgement.verdict


@dataclass(frozen=True, slots=True)
class Waiting:
    """A node whose pod is not ready and of which nothing has failed yet; `why` completes "NODE: …"."""

    node: str
    why: str


Status = Literal["healthy", "failing", "undetermined"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings, best first, with what to ask next and what could not be read.

    `status` is healthy (nothing fails), failing (something fails, whether or not we know why) or undetermined (we could
    not even tell whether something fails).
    """

    status: Status
    findings: tuple[Finding, ...] = ()
    next_evidence: tuple[NextEvidence, ...] = ()
    unavailable: tuple[Missing, ...] = ()
    failing_nodes: tuple[str, ...] = ()
    healthy_nodes: tuple[str, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    """The failing nodes by what they have in common, the largest first."""
    waiting: tuple[Waiting, ...] = ()
    """Who is not ready yet though nothing of it has failed: then it is not known whether all is well."""
    machines: tuple[OddMachine, ...] = ()
    """Nodes for which another machine answered, or one that may be another."""

    @property
    def leading(self) -> Finding | None:
        """The first finding that claims anything (possible or stronger), else None."""
        first = self.findings[0] if self.findings else None
        return first if first and first.verdict.rank <= Verdict.POSSIBLE.rank else None

    @property
    def confident(self) -> tuple[Finding, ...]:
        """The findings a person may act on; independent causes can coexist."""
        return tuple(finding for finding in self.findings if finding.verdict.confident)
