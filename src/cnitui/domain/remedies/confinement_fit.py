"""Whether lifting install-cni's confinement can help, and what speaks against it."""

from __future__ import annotations

from cnitui.domain.listing import listed
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits
from cnitui.domain.remedies.confinement import in_template, pods_to_delete, runs_with, setting_of
from cnitui.domain.remedies.owners import owner_warnings
from cnitui.domain.remedies.situation import PERMISSIVE_LEVELS, SELINUX_CAUSES, Situation
from cnitui.domain.remedies.template import Missing, Setting

_STOPS = "SELinux stops an installer that is not privileged"


def fit(remedy: str, situation: Situation) -> Fit:
    """Whether lifting install-cni's confinement can help here."""
    if not situation.failing_nodes:
        return DoesNotFit(remedy, "nothing fails")
    elsewhere = _fails_elsewhere(situation)
    if elsewhere:
        return DoesNotFit(remedy, elsewhere)
    ruled_out = _ruled_out(situation)
    if ruled_out:
        return DoesNotFit(remedy, ruled_out)
    already = _already(remedy, situation)
    if already:
        return DoesNotFit(remedy, already)
    missing = missing_evidence(situation)
    why = _why(situation, lacking=bool(missing))
    return Fits(remedy, why, (*missing, *owner_warnings(situation), *pod_security_warnings(situation)))


def _why(situation: Situation, *, lacking: bool) -> str:
    told = situation.findings_by_nodes(SELINUX_CAUSES)
    proven = [node for findings, nodes in told if findings and findings[0].verdict.confident for node in nodes]
    if proven and lacking:
        return f"{_STOPS} on {listed(sorted(proven))}, not on every failing node"
    return "it may be SELinux, but that is not proven" if lacking else _STOPS


def missing_evidence(situation: Situation) -> tuple[str, ...]:
    """What a confident SELinux verdict still lacks, per failing node that no experiment speaks for."""
    lacking: dict[str, list[str]] = {}
    covered = {node for cohort in situation.diagnosis.cohorts for node in cohort.spoken_for(SELINUX_CAUSES)}
    for findings, told in situation.findings_by_nodes(SELINUX_CAUSES):
        nodes = [node for node in told if node not in covered]
        if not nodes or (findings and findings[0].verdict.confident):
            continue
        best = findings[0] if findings else None
        words = f"{best.cause} is {best.verdict.words}: {best.judgement.because}" if best else "SELinux was not judged"
        lacking.setdefault(words, []).extend(nodes)
    return tuple(f"{listed(nodes)}: {words}" for words, nodes in lacking.items())


def _fails_elsewhere(situation: Situation) -> str:
    failing = situation.failing_containers
    if situation.diagnosis.cohorts and not failing:
        return "the pods cannot start: none of their containers has run"
    if failing and situation.container not in failing:
        return f"{listed(sorted(failing))} fails, not {situation.container}"
    return ""


def _ruled_out(situation: Situation) -> str:
    reasons: list[str] = []
    for findings, _ in situation.findings_by_nodes(SELINUX_CAUSES):
        if not findings or findings[0].verdict.value != "ruled_out":
            return ""
        denial = next((f for f in findings if f.cause == SELINUX_CAUSES[0]), findings[0])
        reasons.append(denial.judgement.because)
    return f"SELinux is ruled out: {reasons[0]}" if reasons else ""


def _already(remedy: str, situation: Situation) -> str:
    setting, status = setting_of(remedy, situation.container), situation.daemonset
    try:
        if in_template(situation, setting) != setting.value:
            return ""
    except Missing as missing:
        return str(missing)
    if status is not None and pods_to_delete(situation, status, setting):
        return ""
    return nothing_to_do(setting, situation)


def nothing_to_do(setting: Setting, situation: Situation) -> str:
    """Why patching would change nothing, and which pods run an older template nevertheless."""
    words = f"the template already has {setting.words} on {setting.container}"
    old = tuple(pod.node for pod in situation.pods if pod.spec(setting.container) and not runs_with(pod, setting))
    if old:
        return f"{words}; the pods on {listed(old)} still run an older template, which the rollout has yet to replace"
    return f"{words}: patching would change nothing, so look at the other causes"


def pod_security_warnings(situation: Situation) -> tuple[str, ...]:
    """What the namespace's Pod Security level does to new calico-node pods, none when it lets them be."""
    level = situation.pod_security
    if level is None or level in PERMISSIVE_LEVELS:
        return ()
    words = (
        f"namespace {situation.namespace} enforces Pod Security {level!r}: no new calico-node pod would be admitted "
        "(host network, host paths, privileged), so each pod the rollout removes stays away (FailedCreate)"
    )
    return (words,)
