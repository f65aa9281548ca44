"""What a cause is made of; its module's docstring is its documentation.

A cause's module holds the headings `What it looks like`, `Why it breaks`, `How we know`, `What rules it out`, `Fix
and its risk`, `References` in its docstring, a pure `judge` and the constant `CAUSE`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Literal

from cnitui.domain.finding import Evidence, Judgement, NextEvidence, Verdict
from cnitui.domain.variant import Variant
from cnitui.domain.view import View
from cnitui.late_dataclass import dataclass

HEADINGS = (
    "What it looks like",
    "Why it breaks",
    "How we know",
    "What rules it out",
    "Fix and its risk",
    "References",
)

Family = Literal["host", "pod", "trust", "control-plane", "configuration", "network", "undecided"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One known failure cause.

    `needs` is what it cannot be judged without, `uses` what is taken when it is there. `remedies` are ids of
    `cnitui.domain.remedies`, the fitting one first. `fix` is the fix family in one sentence, `{node}`, `{pod}`,
    `{namespace}`, `{daemonset}`, `{bin_dir}` and `{net_dir}` filled in with the observed names.
    """

    id: str
    title: str
    judge: Callable[[View], Judgement]
    needs: tuple[type[object], ...]
    uses: tuple[type[object], ...] = ()
    remedies: tuple[str, ...] = ()
    fix: str = ""
    family: Family = "undecided"
    variant: Variant | None = None
    """The one change of the failing container that tells this cause from others, where there is one."""

    @property
    def declared(self) -> frozenset[type[object]]:
        """Every fact the judge may read."""
        return frozenset((*self.needs, *self.uses))

    @property
    def explanation(self) -> dict[str, str]:
        """The docstring of the cause's module, by heading."""
        text = sys.modules[self.judge.__module__].__doc__ or ""
        parts = re.split(rf"^({'|'.join(HEADINGS)})\n", text, flags=re.MULTILINE)
        return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def confirmed(because: str, *evidence: Evidence, against: tuple[Evidence, ...] = ()) -> Judgement:
    """Conclusive evidence, rivals excluded."""
    return Judgement(Verdict.CONFIRMED, because, evidence, against, weight=2)


def likely(
    because: str, *evidence: Evidence, against: tuple[Evidence, ...] = (), ask: tuple[NextEvidence, ...] = ()
) -> Judgement:
    """Specific positive evidence, a rival still open."""
    return Judgement(Verdict.LIKELY, because, evidence, against, ask, weight=2)


def possible(
    because: str,
    *evidence: Evidence,
    against: tuple[Evidence, ...] = (),
    ask: tuple[NextEvidence, ...] = (),
    weight: int = 0,
) -> Judgement:
    """It fits, nothing specific for it; `weight` ranks it among the possible."""
    return Judgement(Verdict.POSSIBLE, because, evidence, against, ask, weight)


def undetermined(because: str, *evidence: Evidence, ask: tuple[NextEvidence, ...] = (), weight: int = 0) -> Judgement:
    """What would decide could not be read; `weight` ranks it among what is undetermined."""
    return Judgement(Verdict.UNDETERMINED, because, evidence, ask=ask, weight=weight)


def ruled_out(because: str, *against: Evidence) -> Judgement:
    """The evidence contradicts it."""
    return Judgement(Verdict.RULED_OUT, because, evidence_against=against)
