"""From a case to a diagnosis: every cause judged for every failing node, grouped and ranked.

Pure and quick enough to be called on every new reading. The engine's own part is small: it derives what follows from
the facts, answers for a cause whose need is missing, and puts names into the commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes._words import ASK_DESCRIBE, ASK_LOG
from cnitui.domain.causes.base import Cause, ruled_out, undetermined
from cnitui.domain.evidence import CaseFile, Observed, Unavailable
from cnitui.domain.facts import (
    CLUSTER_FACTS,
    INSTALL_CNI,
    ApiEndpoints,
    AttemptLogs,
    DaemonSetStatus,
    InstallCni,
    Milestones,
    NodeStatus,
    PodRows,
    PodStatus,
)
from cnitui.domain.finding import Diagnosis, Finding, Judgement, Missing, NextEvidence, Status, Verdict
from cnitui.domain.parsing.installer_log import milestones
from cnitui.domain.ranking import UNKNOWN, claims, ranked
from cnitui.domain.signs import Sign, Signs, with_signs
from cnitui.domain.view import View

MOST_COMMANDS = 8
_PLACEHOLDER = re.compile(r"\{(\w{1,20})\}")
_SAFE_NAME = re.compile(r"[\w./:@\[\]-]{1,253}")


def diagnose(case: CaseFile, catalogue: Sequence[Cause] = CATALOGUE) -> Diagnosis:
    """Judge every cause of the catalogue for every failing node of the case."""
    status, failing, healthy = _state(case)
    if status == "healthy":
        return Diagnosis(status, _all_ruled_out(catalogue), (), _missing(case, ()), (), healthy)
    subjects = failing or ("",)
    for node in subjects:
        case = derived(case, node)
    verdicts = {node: _judged(case, node, catalogue) for node in subjects}
    findings = [
        _finding(case, cause, verdicts[nodes[0]][cause.id], tuple(filter(None, nodes)))
        for nodes in _groups(verdicts)
        for cause in catalogue
    ]
    order = ranked(findings, [cause.id for cause in catalogue])
    return Diagnosis(
        status, order, _next_evidence(order), _missing(case, subjects), tuple(filter(None, failing)), healthy
    )


def _all_ruled_out(catalogue: Sequence[Cause]) -> tuple[Finding, ...]:
    """Every id is listed whatever the state, so that readers of the JSON need no case of their own."""
    return tuple(Finding(cause.id, cause.title, ruled_out("nothing fails")) for cause in catalogue)


def _finding(case: CaseFile, cause: Cause, judgement: Judgement, nodes: tuple[str, ...]) -> Finding:
    known = {**_names(case, nodes[0] if nodes else "")}
    known["node"] = ", ".join(node for node in nodes if _SAFE_NAME.fullmatch(node))
    fix = _filled(cause.fix, known, _IN_A_SENTENCE)
    return Finding(cause.id, cause.title, judgement, nodes, cause.remedies, fix)


def derived(case: CaseFile, node: str) -> CaseFile:
    """The case with what follows from its facts: the milestones of the newest attempt, and the signs."""
    logs = case.reading(AttemptLogs, node)
    if isinstance(logs, Observed) and case.reading(Milestones, node) is None and _is_installer(logs.value.container):
        latest = logs.value.latest
        if latest is not None:
            case = case.with_readings([(Milestones, node, Observed(milestones(latest), logs.source))])
    return with_signs(case, node) if case.reading(Signs, node) is None else case


def _is_installer(container: str) -> bool:
    return container in ("", INSTALL_CNI) or "install" in container


# --- which nodes ----------------------------------------------------------------------------------------------------


def _state(case: CaseFile) -> tuple[Status, tuple[str, ...], tuple[str, ...]]:
    """Whether anything fails, the failing nodes and the healthy ones."""
    pods = [pod for node in case.subjects(PodStatus) if (pod := case.value(PodStatus, node)) is not None]
    if not pods:
        return _state_without_pods(case)
    failing = tuple(sorted(pod.node for pod in pods if pod.failing is not None or _ails(case, pod)))
    healthy = tuple(sorted(pod.node for pod in pods if pod.node not in failing))
    if failing:
        return "failing", failing, healthy
    return ("failing" if _pods_missing(case) else "healthy"), (), healthy


def _ails(case: CaseFile, pod: PodStatus) -> bool:
    """Whether a pod that runs is not ready and something known was said about it; just started is no trouble."""
    if pod.phase == "Pending" or not pod.total or pod.ready >= pod.total:
        return False
    signs = derived(case, pod.node).value(Signs, pod.node)
    return signs is not None and any(sign.strength for sign in signs.found)


def _pods_missing(case: CaseFile) -> bool:
    """Whether the DaemonSet wants pods that do not exist: not admitted, or not created."""
    daemonset = case.value(DaemonSetStatus)
    return daemonset is not None and daemonset.desired > daemonset.current


def _state_without_pods(case: CaseFile) -> tuple[Status, tuple[str, ...], tuple[str, ...]]:
    rows = case.value(PodRows)
    if rows is not None and rows.rows and all(_well(row.status, row.ready) for row in rows.rows) and _silent(case):
        return "healthy", (), tuple(row.node for row in rows.rows if row.node)
    subjects = {subject for fact, subject, reading in case if isinstance(reading, Observed) and _speaks(fact)}
    if not subjects:
        return "undetermined", (), ()
    well = {row.node for row in (rows.rows if rows else ()) if row.node and _well(row.status, row.ready)}
    ill = {row.node for row in (rows.rows if rows else ()) if row.node and not _well(row.status, row.ready)}
    named = tuple(sorted(filter(None, subjects - (well - ill))))
    return "failing", named or ("",), tuple(sorted(well - ill))


def _silent(case: CaseFile) -> bool:
    """Whether nothing was said that tells of trouble: of nobody, or of programs that are none of the pod network's."""
    signs = derived(case, "").value(Signs)
    return signs is None or not any(_tells(sign) for sign in signs.found)


def _tells(sign: Sign) -> bool:
    return not sign.message.normal and sign.speaker != "foreign" and sign.message.kind != "probe"


def _speaks(fact: type[object]) -> bool:
    """Whether a fact is about the incident rather than about the cluster at large."""
    return fact not in CLUSTER_FACTS and fact is not NodeStatus


def _well(status: str, ready: str) -> bool:
    have, _, want = ready.partition("/")
    return status == "Completed" or (status == "Running" and have == want)


# --- judging --------------------------------------------------------------------------------------------------------


def _judged(case: CaseFile, node: str, catalogue: Sequence[Cause]) -> dict[str, Judgement]:
    judgements = {cause.id: _judge(case, node, cause) for cause in catalogue}
    known = next((cause for cause, judgement in judgements.items() if judgement.verdict.confident), "")
    if known and UNKNOWN in judgements:
        judgements[UNKNOWN] = ruled_out(f"{known} is {judgements[known].verdict.words}")
    return judgements


def _judge(case: CaseFile, node: str, cause: Cause) -> Judgement:
    view = View(case, node, cause.declared)
    missing = [need for need in cause.needs if view.use(need) is None]
    judgement = _without(view, missing[0]) if missing else cause.judge(view)
    names = _names(case, node)
    ask = tuple(NextEvidence(_filled(step.command, names), step.why) for step in judgement.ask)
    return Judgement(
        judgement.verdict,
        judgement.because,
        judgement.evidence_for,
        judgement.evidence_against,
        ask,
        judgement.weight,
    )


def _without(view: View, need: type[object]) -> Judgement:
    why = view.why_missing(need)
    return undetermined(f"{_words_of(need)}: {why}" if need is not Signs else "nothing about it could be read")


def _names(case: CaseFile, node: str) -> Mapping[str, str]:
    pod = case.value(PodStatus, node)
    install = case.value(InstallCni, node)
    logs = case.value(AttemptLogs, node)
    failing = pod.failing if pod else None
    api = case.value(ApiEndpoints)
    found = {
        "node": node,
        "pod": pod.name if pod else (logs.pod if logs else ""),
        "namespace": pod.namespace if pod else "",
        "container": failing.name if failing else (logs.container if logs else ""),
        "bin_dir": install.bin_dir if install else "/opt/cni/bin",
        "net_dir": install.net_dir if install else "/etc/cni/net.d",
        "service": api.service if api else "",
        "endpoint": api.endpoints[0] if api and api.endpoints else "",
        "daemonset": pod.owner.rpartition("/")[2] if pod else "",
    }
    return {name: value for name, value in found.items() if value and _SAFE_NAME.fullmatch(value)}


_STAND_INS = {
    "node": "NODE",
    "pod": "POD",
    "namespace": "kube-system",
    "container": "install-cni",
    "service": "SERVICE_IP:443",
    "endpoint": "APISERVER:6443",
    "daemonset": "calico-node",
}


_IN_A_SENTENCE = {
    "node": "the node",
    "pod": "the pod",
    "namespace": "its namespace",
    "container": "install-cni",
    "daemonset": "the DaemonSet",
}


def _filled(text: str, names: Mapping[str, str], stand_ins: Mapping[str, str] = _STAND_INS) -> str:
    def name(found: re.Match[str]) -> str:
        return names.get(found[1]) or stand_ins.get(found[1]) or found[0]

    return _PLACEHOLDER.sub(name, text)


def _groups(verdicts: Mapping[str, Mapping[str, Judgement]]) -> Iterable[tuple[str, ...]]:
    """Nodes whose judgements are alike in every verdict; different nodes can have different causes."""
    groups: dict[tuple[tuple[Verdict, int], ...], list[str]] = {}
    for node, judgements in verdicts.items():
        key = tuple((judgement.verdict, judgement.weight) for judgement in judgements.values())
        groups.setdefault(key, []).append(node)
    return (tuple(nodes) for nodes in groups.values())


# --- what is open ---------------------------------------------------------------------------------------------------


def _next_evidence(order: Sequence[Finding]) -> tuple[NextEvidence, ...]:
    """The commands that would settle what is open, those of the leading findings first; none where all is settled."""
    settled = {finding.nodes for finding in order if finding.verdict is Verdict.CONFIRMED}
    open_ones = [finding for finding in order if finding.nodes not in settled]
    if not open_ones:
        return ()
    wanted = [finding for finding in open_ones if claims(finding)]
    steps = [step for finding in wanted for step in finding.judgement.ask]
    fallback = [step for finding in open_ones if finding.cause == UNKNOWN for step in finding.judgement.ask]
    unique: dict[str, NextEvidence] = {}
    for step in steps or fallback or _FIRST_STEPS:
        unique.setdefault(step.command, step)
    return tuple(unique.values())[:MOST_COMMANDS]


_FIRST_STEPS = tuple(NextEvidence(_filled(step.command, {}), step.why) for step in (ASK_LOG, ASK_DESCRIBE))


def _missing(case: CaseFile, subjects: Sequence[str]) -> tuple[Missing, ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for fact, subject, reading in case.unavailable():
        if not subjects or subject in subjects or fact in CLUSTER_FACTS:
            found.setdefault((_words_of(fact), _why(reading)), []).append(subject)
    return tuple(Missing(_where(words, nodes), why) for (words, why), nodes in found.items())


def _why(reading: Unavailable) -> str:
    return f"{reading.why}; {reading.next_step}" if reading.next_step else reading.why


def _where(words: str, nodes: Sequence[str]) -> str:
    named = ", ".join(sorted(filter(None, nodes)))
    return f"{words} of {named}" if named else words


def _words_of(fact: type[object]) -> str:
    """`AttemptLogs` to `attempt logs`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", fact.__name__).lower()
