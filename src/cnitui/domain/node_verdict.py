"""Every cause of the catalogue judged for one node, on that node's own readings and on nothing else.

Quick enough to be done at every new reading. The engine's own part is small: it derives what follows from the facts,
answers for a cause whose need is missing, and puts names into the commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cnitui.domain.causes.base import Cause, ruled_out, undetermined
from cnitui.domain.evidence import CaseFile, Observed, Unavailable
from cnitui.domain.facts import (
    CLUSTER_FACTS,
    INSTALL_CNI,
    ApiEndpoints,
    AttemptLogs,
    Identity,
    InstallCni,
    Milestones,
    PodStatus,
    SelinuxMode,
    Transcript,
)
from cnitui.domain.finding import Judgement, Missing, NextEvidence, Verdict
from cnitui.domain.parsing.installer_log import milestones
from cnitui.domain.proof import proven
from cnitui.domain.ranking import UNKNOWN
from cnitui.domain.signs import Signs, last_messages, with_signs
from cnitui.domain.view import View
from cnitui.late_dataclass import dataclass

SAFE_NAME = re.compile(r"[\w./:@\[\]-]{1,253}")
_PLACEHOLDER = re.compile(r"\{(\w{1,20})\}")

_TOLD_BY_EACH: tuple[type[object], ...] = (AttemptLogs, SelinuxMode)
"""One fact that every look at a pod tells of, and one that every look at a node does, if only why it is not known."""

Key = tuple[tuple[Verdict, int], ...]
"""The verdict and weight of every cause, in the catalogue's order."""


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """What every cause says about one node, what could not be read of it, and the names that fill its commands."""

    node: str
    judgements: Mapping[str, Judgement]
    missing: tuple[Missing, ...] = ()
    names: Mapping[str, str] | None = None
    said: frozenset[str] = frozenset()
    """The known messages in the failing attempt's last words; empty when those were not read."""
    whole: bool = True
    """False while the pod or the node has not been asked: nothing is known to be missing, and nothing is there."""
    proven: bool = False
    """Whether an experiment confirmed what it blames."""

    @property
    def key(self) -> Key:
        """Nodes of the same key share their findings; different nodes can have different causes."""
        return tuple((judgement.verdict, judgement.weight) for judgement in self.judgements.values())

    @property
    def blamed(self) -> frozenset[str]:
        """The causes a person may act on: two nodes agree when these are the same."""
        return frozenset(cause for cause, judgement in self.judgements.items() if judgement.verdict.confident)


def judge_node(case: CaseFile, node: str, catalogue: Sequence[Cause]) -> NodeVerdict:
    """Judge one node ("" for facts that nobody placed); only its own part of the case is looked at."""
    mine = derived(case.only(node, ""), node)
    judgements = {cause.id: _judge(mine, node, cause) for cause in catalogue}
    by_experiment = proven(mine, node, judgements, catalogue)
    judgements |= by_experiment
    known = next((cause for cause, judgement in judgements.items() if judgement.verdict.confident), "")
    if known and UNKNOWN in judgements:
        judgements[UNKNOWN] = ruled_out(f"{known} is {judgements[known].verdict.words}")
    whole = all(mine.reading(fact, node) is not None for fact in _TOLD_BY_EACH)
    missing, names = missing_of(mine, node), names_of(mine, node)
    shown = any(judgement.verdict.confident for judgement in by_experiment.values())
    return NodeVerdict(node, judgements, missing, names, last_messages(mine, node), whole, shown)


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


def _judge(case: CaseFile, node: str, cause: Cause) -> Judgement:
    view = View(case, node, cause.declared)
    missing = [need for need in cause.needs if view.use(need) is None]
    judgement = _without(view, missing[0]) if missing else cause.judge(view)
    if not judgement.ask:
        return judgement
    names = names_of(case, node)
    ask = tuple(NextEvidence(filled(step.command, names), step.why) for step in judgement.ask)
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
    return undetermined(f"{words_of(need)}: {why}" if need is not Signs else "nothing about it could be read")


# --- names ----------------------------------------------------------------------------------------------------------


def names_of(case: CaseFile, node: str) -> Mapping[str, str]:
    """The observed names that commands and sentences about this node carry, without those no shell should see."""
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
    return safe_names(found)


def safe_names(found: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the names that may stand in a command; for the others there are stand-ins."""
    return {name: value for name, value in found.items() if value and SAFE_NAME.fullmatch(value)}


_STAND_INS = {
    "node": "NODE",
    "pod": "POD",
    "namespace": "kube-system",
    "container": "install-cni",
    "service": "SERVICE_IP:443",
    "endpoint": "APISERVER:6443",
    "daemonset": "calico-node",
}

IN_A_SENTENCE = {
    "node": "the node",
    "pod": "the pod",
    "namespace": "its namespace",
    "container": "install-cni",
    "daemonset": "the DaemonSet",
}


def filled(text: str, names: Mapping[str, str], stand_ins: Mapping[str, str] = _STAND_INS) -> str:
    """A command or sentence with the names put in; what is not known gets its stand-in."""

    def name(found: re.Match[str]) -> str:
        return names.get(found[1]) or stand_ins.get(found[1]) or found[0]

    return _PLACEHOLDER.sub(name, text)


# --- what is missing ------------------------------------------------------------------------------------------------


def missing_of(case: CaseFile, subject: str) -> tuple[Missing, ...]:
    """What was asked about one subject and not got; facts about the cluster are told once, with the subject "".

    A transcript is not missed: it is what the other facts were read from. Nor is the machine's identity, without which
    they are not read either.
    """
    return tuple(
        Missing(words_of(fact), f"{reading.why}; {reading.next_step}" if reading.next_step else reading.why)
        for fact, reading in case.dossier(subject).items()
        if isinstance(reading, Unavailable)
        and fact not in (Transcript, Identity)
        and (not subject or fact not in CLUSTER_FACTS)
    )


def words_of(fact: type[object]) -> str:
    """`AttemptLogs` to `attempt logs`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", fact.__name__).lower()
