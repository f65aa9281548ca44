"""What experiments say about the causes of one node: cause and effect outweigh traces.

An experiment speaks of the failure it was made on. Once the container ends otherwise, or runs from another template, it
says nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cnitui.domain.causes.base import Cause
from cnitui.domain.evidence import CaseFile
from cnitui.domain.experiment import Experiment, Experiments, attempt_of
from cnitui.domain.facts import AttemptLogs, PodStatus
from cnitui.domain.finding import Evidence, Judgement, Verdict

WEIGHT = 3
"""Above every message: among confirmed causes the one by experiment comes first."""


def proven(
    case: CaseFile, node: str, judgements: Mapping[str, Judgement], catalogue: Sequence[Cause]
) -> dict[str, Judgement]:
    """The judgements that experiments on the node replace, by cause; later experiments outweigh earlier ones."""
    replaced: dict[str, Judgement] = {}
    for found in _standing(case, node):
        family = {cause: judgements[cause] for cause in _family(found.cause, catalogue) if cause in judgements}
        if found.conclusion == "ruled_out":
            own = {cause: _refuted(found, traced) for cause, traced in family.items()}
        elif found.conclusion == "confirmed":
            cause = _meant(found.cause, family)
            own = {cause: _confirmed(found, family[cause])} if cause else {}
        else:
            continue
        replaced = {cause: held for cause, held in replaced.items() if cause not in family} | own
    return replaced


def _standing(case: CaseFile, node: str) -> Iterator[Experiment]:
    """The experiments on what fails there now."""
    experiments, pod = case.value(Experiments, node), case.value(PodStatus, node)
    failing = pod.failing if pod else None
    if experiments is None or pod is None or failing is None:
        return
    logs, run = case.value(AttemptLogs, node), failing.last_failure
    lines = logs.latest.lines if logs and logs.latest else ()
    now = attempt_of(run.exit_code if run else None, lines)
    for found in experiments.made:
        same = (found.container, found.revision) == (failing.name, pod.revision)
        if same and (found.expected.ends_like(now) if lines else found.expected.exit_code == now.exit_code):
            yield found


def _family(cause: str, catalogue: Sequence[Cause]) -> tuple[str, ...]:
    """The causes that the same change tells from all others, this one first."""
    own = next((one.variant for one in catalogue if one.id == cause), None)
    others = (one.id for one in catalogue if one.variant is not None and one.variant == own and one.id != cause)
    return (cause, *others)


def _meant(cause: str, family: Mapping[str, Judgement]) -> str:
    """The one that is confirmed: what traces single out among those that the change cannot tell apart, else the cause.

    "" when the evidence rules it out: what else the change takes away is not in the catalogue.
    """
    traced = next((one for one, judgement in family.items() if judgement.verdict.confident), "")
    if traced:
        return traced
    own = family.get(cause)
    return cause if own is not None and own.verdict is not Verdict.RULED_OUT else ""


def _quotes(found: Experiment) -> tuple[Evidence, ...]:
    return tuple(Evidence(found.source, f"{which}: {ended}") for which, ended in found.rows)


def _confirmed(found: Experiment, before: Judgement) -> Judgement:
    """What traces had confirmed stays one finding with the nodes of which they say the same."""
    if before.verdict is Verdict.CONFIRMED:
        return replace(before, evidence_for=(*before.evidence_for, *_quotes(found)))
    return Judgement(
        Verdict.CONFIRMED,
        f"by experiment: {found.sentence}",
        (*_quotes(found), *before.evidence_for),
        before.evidence_against,
        weight=WEIGHT,
    )


def _refuted(found: Experiment, before: Judgement) -> Judgement:
    return Judgement(
        Verdict.RULED_OUT,
        f"by experiment: {found.sentence}",
        before.evidence_for,
        (*_quotes(found), *before.evidence_against),
    )
