"""What to do about each cause: the fix family of the catalogue as concrete steps with the observed names filled in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnitui.domain.finding import Evidence
from cnitui.domain.remedies.base import Fits, Remedy, Step
from cnitui.domain.remedies.by_hand import OBSERVED
from cnitui.domain.remedies.by_hand.confined import STEPS as CONFINED
from cnitui.domain.remedies.by_hand.many import one_first
from cnitui.domain.remedies.by_hand.seen import Seen
from cnitui.domain.remedies.by_hand.table import STEPS
from cnitui.domain.remedies.cures import CURES
from cnitui.domain.remedies.situation import Situation
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """The steps against one cause on the nodes it was found on: `title` names it, `because` and `seen` are its proof.

    `fix` is what they come to, in one sentence. `cure` is the tool's own plan against this cause, None where it has
    none that fits here; `no_cure` is why the one it has would not help.
    """

    cause: str
    nodes: tuple[str, ...]
    steps: tuple[Step, ...]
    title: str = ""
    because: str = ""
    fix: str = ""
    seen: tuple[Evidence, ...] = ()
    cure: Remedy | None = None
    no_cure: str = ""


def advice(cause: str, situation: Situation, refused: Mapping[str, str] = MappingProxyType({})) -> Advice:
    """Steps for one cause on the nodes it was found on, the one that helps first; none for an id we do not know.

    `refused` are the plans of which it is known that they would not be made here, by their ids, and why.
    """
    findings = [found for found in situation.diagnosis.findings if found.cause == cause]
    found = max(findings, key=lambda one: (one.verdict.confident, bool(one.nodes)), default=None)
    seen = Seen(situation, cause, found)
    told = tuple(OBSERVED[cause](seen)) if found is not None and cause in OBSERVED else ()
    told = told if cause in CONFINED else one_first(told, seen)
    table = (Step(words.format_map(seen.names), seen.filled(typed)) for words, typed in STEPS.get(cause, ()))
    steps = told or tuple(table)
    if found is None:
        return Advice(cause, (), steps)
    judgement, cure = found.judgement, CURES.get(cause)
    fits = cure is not None and isinstance(cure.fit(situation), Fits)
    why_not = refused.get(cure.id, "") if cure is not None and fits else ""
    return Advice(
        cause,
        (*found.nodes, *found.alike),
        steps,
        found.title,
        judgement.because,
        found.fix,
        judgement.evidence_for,
        cure if fits and not why_not else None,
        why_not,
    )
