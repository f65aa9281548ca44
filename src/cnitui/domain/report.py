"""A diagnosis for others: JSON of the schema `cnitui/diagnosis/v2`, text for terminals, Markdown.

The schema is stable; keys may be added, none changes its meaning. Everything quoted is data and stays literal. In all
of them the nodes that were read are kept apart from those that only fail alike: docs/diagnosis-json.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from cnitui.domain.finding import Diagnosis, Evidence, Finding, NextEvidence, Verdict
from cnitui.domain.identity import OddMachine
from cnitui.domain.likeness import Cohort
from cnitui.domain.listing import listed

SCHEMA = "cnitui/diagnosis/v2"
_MOST_QUOTES = 5
_BIDIRECTIONAL = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *_BIDIRECTIONAL))


def as_data(diagnosis: Diagnosis) -> dict[str, object]:
    """The diagnosis as plain data, ready for JSON."""
    return {
        "schema": SCHEMA,
        "status": diagnosis.status,
        "causes": [_finding_data(finding) for finding in diagnosis.findings],
        "next_evidence": [{"command": step.command, "why": step.why} for step in diagnosis.next_evidence],
        "unavailable": [{"what": missing.what, "why": missing.why} for missing in diagnosis.unavailable],
        "waiting": [{"node": one.node, "why": one.why} for one in diagnosis.waiting],
        "groups": [_cohort_data(cohort) for cohort in diagnosis.cohorts],
        "machines": [
            {"node": one.node, "standing": one.standing, "because": one.because} for one in diagnosis.machines
        ],
    }


def _cohort_data(cohort: Cohort) -> dict[str, object]:
    likeness = cohort.likeness
    return {
        "id": cohort.id,
        "nodes": list(cohort.members),
        "read": list(cohort.agreeing),
        "unclear": list(cohort.unclear),
        "causes": list(cohort.causes),
        "apart_from": cohort.apart_from,
        "container": likeness.container,
        "ending": likeness.ending,
        "image": likeness.image,
        "revision": likeness.revision,
        "os_image": likeness.os_image,
        "kernel": likeness.kernel,
        "runtime": likeness.runtime,
        "role": likeness.role,
        "pool": likeness.pool,
    }


def as_json(diagnosis: Diagnosis) -> str:
    """The same as text, two spaces deep, with a newline at the end."""
    return json.dumps(as_data(diagnosis), indent=2, ensure_ascii=False) + "\n"


def _finding_data(finding: Finding) -> dict[str, object]:
    judgement = finding.judgement
    return {
        "id": finding.cause,
        "verdict": finding.verdict.value,
        "nodes": list(finding.nodes),
        "alike": list(finding.alike),
        "for": [_evidence_data(piece) for piece in judgement.evidence_for],
        "against": [_evidence_data(piece) for piece in judgement.evidence_against],
        "remedies": list(finding.remedies),
        "title": finding.title,
        "because": judgement.because,
        "fix": finding.fix,
    }


def _evidence_data(piece: Evidence) -> dict[str, str]:
    return {"source": piece.source, "position": piece.position, "quote": piece.quote}


# --- text -----------------------------------------------------------------------------------------------------------


def as_text(diagnosis: Diagnosis) -> str:
    """For a terminal: what is the matter, why we think so, what to ask next, and what was ruled out."""
    return "\n".join(_text_lines(diagnosis)) + "\n"


def _text_lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield headline(diagnosis)
    groups = tuple(_cohort_lines(diagnosis))
    yield from ("", *groups) if groups else ()
    for finding in claiming(diagnosis):
        yield ""
        yield f"{finding.verdict.words.upper()}: {finding.title} [{finding.cause}]{on_nodes(finding)}"
        yield f"  {literal(finding.judgement.because)}"
        yield from _quotes("  for     ", finding.judgement.evidence_for)
        yield from _quotes("  against ", finding.judgement.evidence_against)
        if finding.verdict.confident and finding.fix:
            yield f"  fix: {literal(finding.fix)}"
    if diagnosis.next_evidence:
        yield from ("", "To decide what is open:")
        yield from (f"  {literal(step.command)}\n      {step.why}" for step in diagnosis.next_evidence)
    if diagnosis.machines:
        yield from ("", "Which machine answered:")
        yield from (f"  {literal(one.node)}: {literal(machine_words(one))}" for one in diagnosis.machines)
    if diagnosis.unavailable:
        yield from ("", "Could not be read:")
        yield from (f"  {literal(missing.what)}: {literal(missing.why)}" for missing in diagnosis.unavailable)
    if diagnosis.status != "healthy":
        yield from _rest(diagnosis)


def _rest(diagnosis: Diagnosis) -> Iterator[str]:
    """What claims nothing, those with the same reason on one line."""
    for verdict in (Verdict.UNDETERMINED, Verdict.RULED_OUT):
        groups: dict[tuple[str, str], list[str]] = {}
        for finding in diagnosis.findings:
            if finding.verdict is verdict:
                key = (literal(finding.judgement.because), on_nodes(finding))
                groups.setdefault(key, []).append(finding.cause)
        if groups:
            yield from ("", f"{verdict.words.capitalize()}:")
        yield from (f"  {', '.join(causes)}{where}: {why}" for (why, where), causes in groups.items())


def headline(diagnosis: Diagnosis) -> str:
    """One line: the state, and the leading cause with its verdict when there is one."""
    if diagnosis.status == "healthy":
        return "All Calico pods are healthy."
    if diagnosis.waiting:
        told = [f"{one.node} ({literal(one.why)})" for one in diagnosis.waiting]
        return f"No Calico pod has failed, but not all are ready: {listed(told, 3)}."
    if diagnosis.status == "undetermined":
        return "Nothing could be judged: no pod, log or event of Calico is in the evidence."
    leading = diagnosis.leading
    where = f" on {_some(diagnosis.failing_nodes)}" if diagnosis.failing_nodes else ""
    if leading is None:
        return f"Calico fails{where}; the evidence does not determine a cause."
    if leading.verdict.confident:
        return f"Calico fails{where}. {leading.verdict.words.capitalize()}: {leading.title}."
    return f"Calico fails{where}; the evidence does not decide. First candidate: {leading.title}."


_STANDINGS = {
    "other": "another machine; nothing it answered is held against the node",
    "rebooted": "the node, started again",
    "unclear": "not certain that it is the node",
    "unknown": "not known whether it is the node",
    "same": "the node",
}


def machine_words(one: OddMachine) -> str:
    """`another machine; …: its machine-id is 4f…, it is that of worker-02; worker-01 reported 9a…`."""
    return f"{_STANDINGS[one.standing]}: {one.because}"


def claiming(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """The findings that are at least possible."""
    return tuple(finding for finding in diagnosis.findings if finding.verdict.rank <= Verdict.POSSIBLE.rank)


def literal(text: str) -> str:
    """Foreign text on one line, without anything that a terminal obeys."""
    return text.translate(_CONTROL).replace("\n", " ").replace("\t", " ").strip()


def _quotes(label: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    for piece in evidence[:_MOST_QUOTES]:
        where = ", ".join(filter(None, (piece.source, piece.position)))
        yield f"{label}{literal(piece.quote)}"
        if where:
            yield f"{' ' * len(label)}({literal(where)})"
    if len(evidence) > _MOST_QUOTES:
        yield f"{' ' * len(label)}and {len(evidence) - _MOST_QUOTES} more"


NAMED = 12
"""Nodes named one by one."""


def _some(nodes: Sequence[str]) -> str:
    """The nodes by their names, or of many how many there are and the first of them."""
    return ", ".join(nodes) if len(nodes) <= NAMED else f"{len(nodes):,} nodes ({listed(nodes, 3)})"


def on_nodes(finding: Finding) -> str:
    """` on worker-01, worker-02`, and how many more fail alike and were not read; "" where no node could be told."""
    alike = f"; {len(finding.alike):,} more fail alike and were not read" if finding.alike else ""
    return f" on {_some(finding.nodes)}{alike}" if finding.nodes else ""


def _cohort_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """The groups, where they say more than the findings do."""
    if len(diagnosis.failing_nodes) <= NAMED and len(diagnosis.cohorts) < 2:
        return
    yield "Groups of nodes that fail alike:"
    for cohort in diagnosis.cohorts:
        yield f"  {cohort.id}  {cohort_words(cohort)}"


def cohort_words(cohort: Cohort) -> str:
    """`1,998 nodes, install-cni exit 1, pool blue: 3 read, all agree: selinux-denial (worker-0001, …)`."""
    likeness = cohort.likeness
    marks = [likeness.failure, f"pool {likeness.pool}" if likeness.pool else "", likeness.role]
    what = ", ".join(literal(mark) for mark in marks if mark)
    return f"{counted(len(cohort.members))}, {what}: {agreement(cohort)} ({listed(cohort.members, 3)})"


def counted(nodes: int) -> str:
    """`1 node`, `1,998 nodes`."""
    return f"{nodes:,} node" if nodes == 1 else f"{nodes:,} nodes"


def agreement(cohort: Cohort) -> str:
    """How many were read and what they say: `3 read, all agree: selinux-denial`; who could not be read is told."""
    if not cohort.read:
        return "none read yet"
    unclear = f", {len(cohort.unclear):,} could not be read well enough" if cohort.unclear else ""
    if not cohort.agreeing:
        return f"{cohort.read:,} read{unclear}"
    blamed = ", ".join(cohort.causes) or "no cause stands out"
    count = len(cohort.agreeing)
    agree = "all read" if cohort.read == len(cohort.members) else f"{count:,} read"
    apart = f", unlike group {cohort.apart_from}" if cohort.apart_from else ""
    return f"{agree}{', all agree' if count > 1 else ''}{unclear}: {blamed}{apart}"


_NODE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""As the API server takes them (kubernetes apimachinery, IsDNS1123Subdomain): none is an option of a program."""


def nodes_of(diagnosis: Diagnosis, cause: str) -> str:
    """The names of the nodes that a cause was found on, or that fail alike and were not read: one a line."""
    findings = (finding for finding in diagnosis.confident if finding.cause == cause)
    names = dict.fromkeys(node for finding in findings for node in (*finding.nodes, *finding.alike))
    return "".join(f"{name}\n" for name in names if _NODE_NAME.fullmatch(name))


# --- Markdown -------------------------------------------------------------------------------------------------------


def as_markdown(diagnosis: Diagnosis) -> str:
    """For a ticket: the same, every foreign word in a code span."""
    return "\n".join(_markdown_lines(diagnosis)) + "\n"


def _markdown_lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield from ("# Diagnosis", "", headline(diagnosis))
    title, *groups = *_cohort_lines(diagnosis), ""
    if groups:
        yield from ("", title, "", *(f"- {code_safe(line.strip())}" for line in groups if line))
    for finding in claiming(diagnosis):
        yield from ("", f"## {finding.verdict.words.capitalize()}: {finding.title}{on_nodes(finding)}", "")
        yield f"`{finding.cause}`: {code_safe(finding.judgement.because)}."
        yield from _markdown_quotes("For", finding.judgement.evidence_for)
        yield from _markdown_quotes("Against", finding.judgement.evidence_against)
        if finding.verdict.confident and finding.fix:
            yield from ("", f"Fix: {code_safe(finding.fix)}.")
    if diagnosis.next_evidence:
        yield from ("", "## What would decide", "")
        yield from (_markdown_step(step) for step in diagnosis.next_evidence)
    if diagnosis.machines:
        yield from ("", "## Which machine answered", "")
        yield from (f"- {code_safe(one.node)}: {code_safe(machine_words(one))}" for one in diagnosis.machines)
    if diagnosis.unavailable:
        yield from ("", "## Could not be read", "")
        yield from (f"- {code_safe(missing.what)}: {code_safe(missing.why)}" for missing in diagnosis.unavailable)
    yield from ("", "## All causes", "", "| cause | verdict | nodes | because |", "|---|---|---|---|")
    for finding in diagnosis.findings:
        because = code_safe(finding.judgement.because).replace("|", "\\|")
        yield f"| `{finding.cause}` | {finding.verdict.words} | {on_nodes(finding).removeprefix(' on ')} | {because} |"


def _markdown_quotes(title: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    if evidence:
        yield from ("", f"{title}:", "")
    for piece in evidence:
        where = ", ".join(filter(None, (piece.source, piece.position)))
        yield f"- {code(piece.quote)}" + (f" ({code(where)})" if where else "")


def _markdown_step(step: NextEvidence) -> str:
    return f"- {code(step.command)}: {step.why}"


def code(text: str) -> str:
    """Foreign text as a code span that it cannot break out of."""
    plain = literal(text)
    fence = "`" * (max((len(run) for run in _runs_of_ticks(plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def _runs_of_ticks(text: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in text).split() if run]


def code_safe(text: str) -> str:
    """Foreign text inside a sentence: what Markdown or HTML would take for a mark is escaped."""
    return "".join(f"\\{c}" if c in "\\`*_<>[]#" else c for c in literal(text))
