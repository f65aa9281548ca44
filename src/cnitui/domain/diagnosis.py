"""From judged nodes to a diagnosis: findings grouped by what they come to, ranked, with what to ask next.

Pure. `diagnose` judges a case from the beginning; who keeps one up to date judges nodes by themselves, as they change,
and puts the same pieces together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import nsmallest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes._words import ASK_DESCRIBE, ASK_LOG
from cnitui.domain.causes.base import Cause, ruled_out, undetermined
from cnitui.domain.cohorts import cohorts_of
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import Identity, PodStatus
from cnitui.domain.finding import Diagnosis, Finding, Missing, NextEvidence, Verdict, Waiting
from cnitui.domain.identity import odd_machines
from cnitui.domain.likeness import Cohort
from cnitui.domain.listing import listed
from cnitui.domain.node_verdict import (
    IN_A_SENTENCE,
    SAFE_NAME,
    Key,
    NodeVerdict,
    filled,
    judge_node,
    missing_of,
    safe_names,
)
from cnitui.domain.ranking import UNKNOWN, claims, ranked
from cnitui.domain.standing import Standing, standing_of
from cnitui.late_dataclass import dataclass

MOST_COMMANDS = 8
NAMED = 12
"""Nodes named one by one in a sentence."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Nodes for which every cause came to the same; the verdict of one of them speaks for all.

    `nodes` were read and judged each on its own readings; `alike` fail alike and were not read.
    """

    speaker: NodeVerdict
    nodes: tuple[str, ...]
    alike: tuple[str, ...] = ()


def diagnose(case: CaseFile, catalogue: Sequence[Cause] = CATALOGUE) -> Diagnosis:
    """Judge every cause of the catalogue for every failing node of the case."""
    return replace(_diagnosed(case, catalogue), machines=odd_machines(case, case.subjects(Identity)))


def _diagnosed(case: CaseFile, catalogue: Sequence[Cause]) -> Diagnosis:
    standing = standing_of(case)
    if standing.status == "healthy":
        missing = told_missing((node, missing_of(case, node)) for node in _subjects_of(case))
        return healthy_diagnosis(standing, missing, catalogue)
    verdicts = {node: judge_node(case, node, catalogue) for node in standing.subjects}
    groups = [Judged(verdicts[nodes[0]], tuple(filter(None, nodes))) for nodes in _groups(verdicts)]
    missing = told_missing((("", missing_of(case, "")), *((node, found.missing) for node, found in verdicts.items())))
    return diagnosis_of(standing, groups, missing, cohorts_of(case, verdicts), catalogue)


def _subjects_of(case: CaseFile) -> Iterable[str]:
    return dict.fromkeys(subject for _, subject, _ in case)


def _groups(verdicts: Mapping[str, NodeVerdict]) -> Iterable[tuple[str, ...]]:
    groups: dict[Key, list[str]] = {}
    for node, verdict in verdicts.items():
        groups.setdefault(verdict.key, []).append(node)
    return (tuple(nodes) for nodes in groups.values())


def healthy_diagnosis(
    standing: Standing, missing: tuple[Missing, ...], catalogue: Sequence[Cause] = CATALOGUE
) -> Diagnosis:
    """Nothing fails. Every id is listed all the same, so that readers of the JSON need no case of their own."""
    findings = tuple(Finding(cause.id, cause.title, ruled_out("nothing fails")) for cause in catalogue)
    return Diagnosis(standing.status, findings, unavailable=missing, healthy_nodes=standing.healthy)


def waiting_diagnosis(
    healthy: Diagnosis,
    waiting: tuple[Waiting, ...],
    commands: Sequence[NextEvidence],
    catalogue: Sequence[Cause] = CATALOGUE,
) -> Diagnosis:
    """Nothing has failed, but not all is ready: nothing is ruled out by that, and `commands` would tell more."""
    because = f"nothing has failed yet; not ready: {listed([one.node for one in waiting], NAMED)}"
    findings = tuple(Finding(cause.id, cause.title, undetermined(because)) for cause in catalogue)
    return replace(
        healthy,
        status="undetermined",
        findings=findings,
        next_evidence=tuple(commands)[:MOST_COMMANDS],
        waiting=waiting,
    )


def ask_waiting(pod: PodStatus) -> NextEvidence:
    """What would tell more about a pod that is not ready though nothing of it has failed."""
    names = safe_names({"namespace": pod.namespace, "pod": pod.name})
    return NextEvidence(filled(ASK_DESCRIBE.command, names), "its events say what it waits for")


def diagnosis_of(
    standing: Standing,
    groups: Sequence[Judged],
    missing: tuple[Missing, ...],
    cohorts: tuple[Cohort, ...] = (),
    catalogue: Sequence[Cause] = CATALOGUE,
) -> Diagnosis:
    """The diagnosis that judged nodes come to; costs what there are groups, not what there are nodes."""
    findings = [_finding(group, cause) for group in groups for cause in catalogue]
    order = ranked(findings, [cause.id for cause in catalogue])
    steps = _next_evidence(order)
    return Diagnosis(standing.status, order, steps, missing, standing.failing, standing.healthy, cohorts)


def _finding(group: Judged, cause: Cause) -> Finding:
    judgement = group.speaker.judgements[cause.id]
    known = dict(group.speaker.names or {})
    known["node"] = listed([node for node in group.nodes if SAFE_NAME.fullmatch(node)], NAMED)
    fix = filled(cause.fix, known, IN_A_SENTENCE)
    return Finding(cause.id, cause.title, judgement, group.nodes, cause.remedies, fix, group.alike)


# --- what is open ---------------------------------------------------------------------------------------------------


def _next_evidence(order: Sequence[Finding]) -> tuple[NextEvidence, ...]:
    """The commands that would settle what is open, those of the leading findings first; none where all is settled."""
    settled = {finding.nodes for finding in order if finding.verdict is Verdict.CONFIRMED}
    open_ones = [finding for finding in order if finding.nodes not in settled]
    if not open_ones:
        return ()
    wanted = [finding for finding in open_ones if claims(finding)]
    steps = [step for finding in wanted for step in finding.judgement.ask]
    named = [step for one in open_ones if one.verdict is Verdict.UNDETERMINED for step in one.judgement.ask]
    unknown = [step for finding in open_ones if finding.cause == UNKNOWN for step in finding.judgement.ask]
    unique: dict[str, NextEvidence] = {}
    for step in steps or (*unknown, *named) or _FIRST_STEPS:
        unique.setdefault(step.command, step)
    return tuple(unique.values())[:MOST_COMMANDS]


_FIRST_STEPS = tuple(NextEvidence(filled(step.command, {}), step.why) for step in (ASK_LOG, ASK_DESCRIBE))


def told_missing(by_node: Iterable[tuple[str, Sequence[Missing]]]) -> tuple[Missing, ...]:
    """What could not be read, each thing and reason once, with the nodes it concerns."""
    found: dict[Missing, list[str]] = {}
    for node, missing in by_node:
        for one in missing:
            found.setdefault(one, []).append(node)
    return told_lacking(found)


def told_lacking(found: Mapping[Missing, Collection[str]]) -> tuple[Missing, ...]:
    """The same from things and the nodes that lack them, in an order that does not depend on who was read first."""
    told = (Missing(where_words(one.what, nodes), one.why) for one, nodes in found.items())
    return tuple(sorted(told, key=lambda missing: (missing.what, missing.why)))


def where_words(what: str, nodes: Collection[str]) -> str:
    """`attempt logs of worker-01, worker-02`, bounded."""
    named = nsmallest(NAMED, filter(None, nodes))
    more = sum(map(bool, nodes)) - len(named) if len(nodes) > NAMED else 0
    return f"{what} of {', '.join(named)}{f' and {more:,} more' if more else ''}" if named else what
