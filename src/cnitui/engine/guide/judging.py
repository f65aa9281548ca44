"""Steps 5 and 6: what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.experiment import Conclusion
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Verdict
from cnitui.domain.ranking import UNKNOWN, claims
from cnitui.engine.guide.blocks import Block, Command, Heading, Item, Paragraph, Quote, Role, StepState
from cnitui.engine.guide.choosing import first_step
from cnitui.engine.guide.names import brief, on
from cnitui.engine.guide.outline import Outline
from cnitui.engine.jobs.trials import Trials
from cnitui.engine.state import State

VERDICT_ROLES: dict[Verdict, Role] = {
    Verdict.CONFIRMED: "bad",
    Verdict.LIKELY: "warn",
    Verdict.POSSIBLE: "warn",
    Verdict.UNDETERMINED: "dim",
    Verdict.RULED_OUT: "good",
}
CONCLUSION_ROLES: dict[Conclusion, Role] = {
    "confirmed": "bad",
    "ruled_out": "good",
    "works_now": "good",
    "differs": "warn",
    "further": "warn",
}


def other_causes(state: State) -> Outline:
    """Step 5: every cause of the catalogue."""
    diagnosis = state.diagnosis
    if diagnosis is None:
        return Outline("running", "waiting", "Nothing has been judged yet.")
    if not state.ill:
        return Outline("pass", "nothing fails", "Nothing fails, so no cause is looked for.")
    counts = {verdict: sum(f.verdict is verdict for f in diagnosis.findings) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict.words}" for verdict, count in counts.items() if count)
    open_ones = counts[Verdict.POSSIBLE] + counts[Verdict.UNDETERMINED]
    blocks = [block for group in folded(diagnosis.findings) for block in _group_blocks(group)]
    summary = f"{open_ones} open" if open_ones else "all decided"
    stance: StepState = "fail" if diagnosis.confident else "unknown"
    stance = stance if state.settled else "running"
    return Outline(stance, summary, f"{told}.", tuple(blocks))


def folded(findings: Sequence[Finding]) -> Iterator[tuple[Finding, ...]]:
    """The findings by verdict; those that have nothing but the same reason are one. `unknown` follows what decides."""
    groups: dict[object, list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: (one.verdict.rank, one.cause == UNKNOWN)):
        judgement = finding.judgement
        alone = judgement.evidence_for or judgement.evidence_against or claims(finding)
        key = (finding.cause, finding.nodes) if alone else (finding.verdict, judgement.because, finding.nodes)
        groups.setdefault(key, []).append(finding)
    yield from map(tuple, groups.values())


def _group_blocks(group: tuple[Finding, ...]) -> list[Block]:
    first = group[0]
    if len(group) == 1:
        return _finding_blocks(first)
    text = f"{first.verdict.words.upper()}  {', '.join(finding.cause for finding in group)}{on(first.nodes)}"
    return [Item(text, VERDICT_ROLES[first.verdict], first.judgement.because)]


def _finding_blocks(finding: Finding) -> list[Block]:
    where = on(finding.nodes)
    judgement = finding.judgement
    text = f"{finding.verdict.words.upper()}  {finding.title} ({finding.cause}){where}"
    blocks: list[Block] = [Item(text, VERDICT_ROLES[finding.verdict], judgement.because)]
    blocks.extend(_quotes("for", judgement.evidence_for))
    blocks.extend(_quotes("against", judgement.evidence_against))
    return blocks


def _quotes(side: str, evidence: Sequence[Evidence], most: int = 2) -> list[Block]:
    shown: list[Block] = [_quote(side, item) for item in evidence[:most]]
    if len(evidence) > most:
        shown.append(Paragraph(f"    and {len(evidence) - most} more {side}", "dim"))
    return shown


def _quote(side: str, evidence: Evidence) -> Quote:
    """With the whole source, and what it is in short: the place first, for the end is what a narrow screen cuts."""
    source, position = evidence.source, evidence.position
    whole = f"{source} · {position}" if position else source
    short = f"{position} of {brief(source)}" if position else brief(source)
    return Quote(evidence.quote, f"{side} · {whole}", f"{side} · {short}")


def root_cause(state: State) -> Outline:
    """Step 6: the leading cause, or what is missing to have one."""
    diagnosis = state.diagnosis
    if diagnosis is None:
        return Outline("running", "waiting", "Nothing has been judged yet.")
    if not state.ill:
        return Outline("pass", "nothing fails", "Nothing fails, so there is no cause to find.")
    leading = diagnosis.leading
    tried = tuple(_experiments(state, diagnosis))
    if leading is None or leading.cause == "unknown" or not leading.verdict.confident:
        undecided = _undecided(state, diagnosis, leading)
        return replace(undecided, blocks=(*tried, *undecided.blocks))
    blocks: list[Block] = [*tried]
    for finding in diagnosis.confident:
        blocks.extend(_proof(finding))
    blocks.extend(_open_questions(diagnosis))
    blocks.extend(first_step(state.repair))
    return Outline("fail", leading.cause, f"{leading.verdict.words.capitalize()}: {leading.title}.", tuple(blocks))


def _experiments(state: State, diagnosis: Diagnosis) -> Iterator[Block]:
    """What is being tried, and what was found so, unless that is the proof that follows."""
    yield from going_on(state.trials)
    proofs = [finding.judgement.because for finding in diagnosis.confident]
    untold = (one for one in state.trials.found if not any(one.sentence in proof for proof in proofs))
    for found in reversed(tuple(untold)):
        yield Heading(f"Experiment on {found.node}")
        yield Item(found.sentence, CONCLUSION_ROLES[found.conclusion])
        yield from (Item(f"{which}: {ended}") for which, ended in found.rows)


def going_on(trials: Trials) -> Iterator[Block]:
    """The experiment or try that is under way, or that came to no end."""
    if trials.under_way:
        yield Item(f"{trials.under_way} …", "accent")
    if trials.error:
        yield Item("It came to no end.", "warn", trials.error)


def _proof(finding: Finding) -> list[Block]:
    judgement = finding.judgement
    where = on(finding.nodes)
    blocks: list[Block] = [
        Heading(f"{finding.title}{where}"),
        Item(judgement.because, VERDICT_ROLES[finding.verdict]),
    ]
    blocks.extend(_quotes("for", judgement.evidence_for, most=4))
    blocks.extend(_quotes("against", judgement.evidence_against, most=4))
    explanation = next((cause.explanation for cause in CATALOGUE if cause.id == finding.cause), {})
    for heading in ("Why it breaks", "What rules it out"):
        if explanation.get(heading):
            title = "What would disprove it" if heading == "What rules it out" else heading
            blocks += [Heading(title), Paragraph(_flowing(explanation[heading]))]
    return blocks


def _flowing(text: str) -> str:
    """A docstring's paragraphs without their line breaks."""
    return "\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _undecided(state: State, diagnosis: Diagnosis, leading: Finding | None) -> Outline:
    candidates = [f for f in diagnosis.findings if f.verdict is Verdict.POSSIBLE and f.cause != "unknown"]
    blocks: list[Block] = [Heading("Candidates")] if candidates else []
    blocks.extend(
        Item(f"{f.title} ({f.cause}){on(f.nodes)}", VERDICT_ROLES[f.verdict], f.judgement.because) for f in candidates
    )
    blocks.extend(_open_questions(diagnosis))
    if candidates:  # their quotes come last: what to do next is the point of this page
        blocks.append(Heading("What speaks for and against them"))
        for finding in candidates:
            blocks.extend(_finding_blocks(finding))
    if not state.settled:
        return Outline("running", "investigating", "The evidence is still coming in.", tuple(blocks))
    titles = ", ".join(dict.fromkeys(f.cause for f in candidates))
    headline = f"Not proven. It could be: {titles}." if titles else "The evidence does not decide."
    if leading is not None and leading.cause == "unknown" and not candidates:
        headline = f"The evidence does not decide: {leading.judgement.because}."
    return Outline("unknown", "not proven", headline, tuple(blocks))


def _open_questions(diagnosis: Diagnosis) -> list[Block]:
    blocks: list[Block] = []
    if diagnosis.next_evidence:
        blocks.append(Heading("What would settle what is open"))
        blocks.extend(Command(ask.command, ask.why) for ask in diagnosis.next_evidence[:6])
    if diagnosis.unavailable:
        blocks.append(Heading("What could not be read"))
        blocks.extend(Item(missing.what, "warn", missing.why) for missing in diagnosis.unavailable[:12])
    return blocks
