"""What to tell the incident channel: some lines of plain text, without secrets, that stand for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cnitui.domain.finding import Diagnosis, Finding, Verdict
from cnitui.domain.listing import listed
from cnitui.domain.redaction import redacted
from cnitui.domain.remedies import Advice
from cnitui.domain.report import literal
from cnitui.engine.repair.workbench import target_of
from cnitui.engine.state import State

MOST_CAUSES = 3
"""Causes that are told one by one."""
LONGEST = 280
"""Characters of a line: a chat folds a longer message away."""


def channel_summary(state: State, at: datetime) -> str:
    """Where it fails, why and how that is known, what was done and what is next; `at` is when this was so."""
    return "\n".join(_cut(line) for line in redacted(map(literal, _lines(state, at))))


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _lines(state: State, at: datetime) -> Iterator[str]:
    yield _extent(state, at)
    if state.ill:
        yield from _who(state)
        yield from _why(state)
    yield from _done(state)
    if state.ill:
        yield from _next(state)
    yield _versions(state)


def _extent(state: State, at: datetime) -> str:
    """`prod-eu: Calico fails on 2 of 3 nodes, since 2026-11-30 10:49 UTC (as of 04:10 UTC)`."""
    where, now = state.connection.context or "the cluster", f"as of {at:%Y-%m-%d %H:%M} UTC"
    if state.recorded is not None:
        now = f"as of {state.recorded.at:%Y-%m-%d %H:%M} UTC, from a case file"
    total, failing = len(state.rows), len(state.failing)
    if failing:
        since = f", since {state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else ""
        return f"{where}: Calico fails on {failing:,} of {total:,} nodes{since} ({now})"
    if state.ill:
        return f"{where}: Calico's pods are missing ({now})"
    ready = state.roster.ready
    words = (
        f"Calico runs on all {total:,} nodes" if ready == total else f"Calico is ready on {ready:,} of {total:,} nodes"
    )
    return f"{where}: {words} ({now})"


def _who(state: State) -> Iterator[str]:
    nodes = sorted({pod.node for pod in state.failing if pod.node})
    if not nodes:
        return
    machines = [machine for name in nodes if (machine := state.node(name)) is not None]
    cut_off = sum(machine.ready != "True" for machine in machines)
    told = f"; {cut_off:,} of them NotReady" if cut_off else "; all of them Ready"
    how = listed(list(dict.fromkeys(cohort.likeness.failure for cohort in state.cohorts)), 2)
    yield f"Nodes: {listed(nodes)}{told}" + (f". Seen: {how}" if how else "")


def _why(state: State) -> Iterator[str]:
    diagnosis = state.diagnosis
    if diagnosis is None:
        yield "Cause: not judged yet"
        return
    if not diagnosis.confident:
        yield from _open(diagnosis, settled=state.settled)
        return
    for finding in diagnosis.confident[:MOST_CAUSES]:
        yield from _proof(finding)
    more = len(diagnosis.confident) - MOST_CAUSES
    if more > 0:
        yield f"and {more} more causes on other nodes"


def _proof(finding: Finding) -> Iterator[str]:
    alike = f", {len(finding.alike):,} more alike" if finding.alike else ""
    on = f" on {listed(finding.nodes, 3)}{alike}" if finding.nodes else ""
    yield f"Cause, {finding.verdict.words}: {finding.title} ({finding.cause}){on}"
    proof = next(iter(finding.judgement.evidence_for), None)
    quote = f": {proof.quote}" if proof is not None else ""
    yield f"Proof: {finding.judgement.because}{quote}"


def _open(diagnosis: Diagnosis, *, settled: bool) -> Iterator[str]:
    possible = [one.cause for one in diagnosis.findings if one.verdict is Verdict.POSSIBLE and one.cause != "unknown"]
    could = f"; could be {listed(possible, 4)}" if possible else ""
    yield f"Cause: {'not proven' if settled else 'still being looked for'}{could}"


def _done(state: State) -> Iterator[str]:
    """What we changed, and what came of it; that nothing was changed is news, too."""
    repair = state.repair
    if repair.applied is None:
        yield from ["Changed so far: nothing"] if state.ill else []
        return
    if repair.undone:
        yield f"Changed and taken back: {repair.applied.plan.title}"
        return
    checks = repair.checks
    passed = f"; {sum(one.state == 'pass' for one in checks)} of {len(checks)} checks pass" if checks else ""
    target = target_of(repair.applied.plan).words
    yield f"Changed: {repair.applied.plan.title} ({target}){passed}. Back: cnitui undo {repair.applied.plan_id}"


def _next(state: State) -> Iterator[str]:
    repair, diagnosis = state.repair, state.diagnosis
    if repair.applied is not None and not repair.undone and repair.phase != "verified":
        yield "Next: wait for the rollout and its verification"
        return
    entry = repair.outlook.entries[0] if repair.outlook.entries else None
    if isinstance(entry, Advice):
        if entry.cure is not None:
            yield f"Next: {entry.cure.title}"
        elif entry.steps:
            yield f"Next: {entry.steps[0].words}"
    elif entry is not None and entry.fits:
        yield f"Next: {entry.remedy.title}"
    elif diagnosis is not None and diagnosis.next_evidence:
        ask = diagnosis.next_evidence[0]
        yield f"Next: {ask.command} ({ask.why})"


def _versions(state: State) -> str:
    install = state.install
    calico = f"Calico {' by '.join(filter(None, (install.version, install.method)))}" if install else ""
    kubernetes = f"Kubernetes {state.server_version}" if state.server_version else ""
    owners = f"owned by {listed(state.daemonset.managers)}" if state.daemonset and state.daemonset.managers else ""
    return ", ".join(filter(None, (calico, owners, kubernetes, "told by cnitui")))
