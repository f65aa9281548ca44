"""Confinement, denials and labels: what both SELinux causes are judged by.

Not a cause. A process is refused by SELinux only when it is confined: the mode is enforcing, its domain is not
permissive, and the runtime gave it a label (containerd `enable_selinux`, off by default; no runtime labels a privileged
container: containerd internal/cri/server/container_create.go, containers/container-selinux container.te).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from cnitui.domain.causes._host import ASK_AVC, ASK_LABELS
from cnitui.domain.causes._words import claims, judge_words
from cnitui.domain.causes.base import possible, ruled_out
from cnitui.domain.facts import (
    AttemptLogs,
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    InstallCni,
    PodStatus,
    Run,
    SelinuxMode,
    Statements,
)
from cnitui.domain.finding import Evidence, Judgement, NextEvidence
from cnitui.domain.parsing.line_time import LoggedTime, logged_time
from cnitui.domain.parsing.messages import Weight
from cnitui.domain.selinux import CONFINED_CONTAINER_TYPES, UNCONFINED_CONTAINER_TYPES, Avc
from cnitui.domain.signs import Signs
from cnitui.domain.speakers import speaker_of
from cnitui.domain.variant import Variant
from cnitui.domain.view import View
from cnitui.late_dataclass import dataclass

SELINUX: tuple[type[object], ...] = (Statements, SelinuxMode, AvcDenials, CniDirectories, ContainerLabel)
ASK: tuple[NextEvidence, ...] = (ASK_AVC, ASK_LABELS)
WITHOUT_SELINUX = Variant(
    "seLinuxOptions.type: spc_t, which takes away nothing but SELinux's say",
    MappingProxyType({"seLinuxOptions": {"type": "spc_t"}}),
)
"""Tells SELinux from all else; which of the two SELinux causes it is, labels and denials tell."""

INSTALLER_PROCESSES = frozenset(
    {"install", "calico", "calico-ipam", "install-cni.sh", "cp", "mv", "rm", "mkdir", "chmod", "touch", "sh", "bash"}
)
_TRIED_BY_HAND = frozenset(
    {"cat", "ls", "stat", "head", "tail", "less", "more", "vi", "vim", "nano", "echo", "id", "find", "touch"}
)
"""Programs with which people try what is refused: their denials tell of the test, and not of what fails."""
_SLACK = timedelta(seconds=2)
_BETWEEN_ATTEMPTS = timedelta(hours=2)
_ZONES = timedelta(hours=14)
MOST_TIMED_LINES = 2000


@dataclass(frozen=True, slots=True)
class Confinement:
    """Whether SELinux has a say over the failing container at all; `evidence` says how we know."""

    state: Literal["confined", "unconfined", "unknown"]
    because: str
    evidence: tuple[Evidence, ...] = ()


def confinement(view: View) -> Confinement:
    """The mode first, then the label that the process really got, then what its spec leads to."""
    return _mode_off(view) or _labelled(view) or _specified(view) or Confinement("unknown", _unknown_why(view))


def _mode_off(view: View) -> Confinement | None:
    mode = view.use(SelinuxMode)
    if mode is None:
        return None
    if mode.current.lower() in ("permissive", "disabled"):
        quote = view.quote(SelinuxMode, mode.current)
        return Confinement("unconfined", f"SELinux is {mode.current.lower()} on this node", (quote,))
    label = view.use(ContainerLabel)
    domain = label.label.type if label and label.label else "container_t"
    if domain in mode.permissive_domains:
        quote = view.quote(SelinuxMode, f"permissive domains: {', '.join(mode.permissive_domains)}")
        return Confinement("unconfined", f"the domain {domain} is permissive by policy", (quote,))
    return None


def _labelled(view: View) -> Confinement | None:
    label = view.use(ContainerLabel)
    if label is not None and not label.known and label.labelling is False:
        off = view.quote(ContainerLabel, label.raw or "the runtime does not label containers")
        return Confinement("unconfined", "the runtime does not label containers, so none is confined", (off,))
    if label is None or not label.known:
        return None
    quote = view.quote(ContainerLabel, label.raw or str(label.label or "no label"))
    if label.label is None:
        return Confinement("unconfined", "the runtime gives the container no label, so it is not confined", (quote,))
    if label.label.type in UNCONFINED_CONTAINER_TYPES:
        return Confinement("unconfined", f"the container runs as {label.label.type}, which is not confined", (quote,))
    return Confinement("confined", f"the container runs as {label.label.type}", (quote,))


def _specified(view: View) -> Confinement | None:
    install = view.use(InstallCni)
    if install is None:
        return None
    if install.security.privileged:
        quote = view.quote(InstallCni, "privileged: true", f"{install.container} securityContext")
        return Confinement(
            "unconfined", "install-cni of this very pod runs privileged, so it is not confined", (quote,)
        )
    if install.security.selinux_type in UNCONFINED_CONTAINER_TYPES:
        kind = install.security.selinux_type
        quote = view.quote(InstallCni, f"seLinuxOptions.type: {kind}", f"{install.container} securityContext")
        return Confinement(
            "unconfined", f"install-cni of this very pod runs as {kind}, which is not confined", (quote,)
        )
    return None


def _unknown_why(view: View) -> str:
    missing = [name for name, fact in _NEEDED if view.use(fact) is None]
    return f"not known: {', '.join(missing)}" if missing else "it is not known whether the runtime labels containers"


_NEEDED: tuple[tuple[str, type[object]], ...] = (
    ("the SELinux mode", SelinuxMode),
    ("the label of the container", ContainerLabel),
    ("whether install-cni is privileged", InstallCni),
)


def not_confined(view: View) -> Judgement | None:
    """Ruled out, when SELinux has no say over this container."""
    found = confinement(view)
    if found.state == "unconfined":
        return ruled_out(found.because, *found.evidence)
    return None


def unprivileged(view: View) -> bool:
    """Whether install-cni is known to run without privileges."""
    install = view.use(InstallCni)
    return install is not None and not install.security.privileged


def enforces(view: View) -> bool:
    """Whether the mode is known to be enforcing."""
    mode = view.use(SelinuxMode)
    return mode is not None and mode.current.lower().startswith("enforc")


def from_words(view: View, cause: str) -> Judgement:
    """What the messages say; where they do not decide, that SELinux enforces is quoted beside them."""
    spoken = judge_words(view, cause, ask=ASK)
    mode = view.use(SelinuxMode)
    if spoken.verdict.confident or not claims(spoken):
        return spoken
    enforcing = (view.quote(SelinuxMode, mode.current),) if mode is not None and enforces(view) else ()
    return possible(spoken.because, *spoken.evidence_for, *enforcing, ask=ASK, weight=hinted(view, cause))


def hinted(view: View, cause: str) -> int:
    """How much the words speak for an SELinux cause: less than for its rivals until SELinux itself is in evidence.

    A process that is known to be confined is such evidence. An audit log that holds only what was refused to others is
    the contrary.
    """
    supporting = view.need(Signs).supporting(cause, Weight.SUGGESTS)
    named = bool(view.need(Signs).named_for(cause)) or any(sign.message.id in _SELINUX_WORDS for sign in supporting)
    weight = (2 if supporting else 0) + (1 if enforces(view) else 0) - (0 if named or enforces(view) else 1)
    return weight - (2 if _denied_to_others_alone(view) else 0) + (1 if confinement(view).state == "confined" else 0)


def _denied_to_others_alone(view: View) -> bool:
    """Whether somebody looked for denials and found only what was refused to others."""
    found = view.use(AvcDenials)
    return found is not None and bool(found.records) and not denials(view)


_SELINUX_WORDS = frozenset(
    {
        "selinux-hint",
        "selinux-process-attribute",
        "selinux-relabel-refused",
        "audit-syscall",
        "selinux-prevents",
        "selinux-label-advice",
    }
)


# --- denials --------------------------------------------------------------------------------------------------------

Timing = Literal["inside", "outside", "unknown"]


@dataclass(frozen=True, slots=True)
class Denial:
    """An access that SELinux refused to the failing container; `timing` is where it lies against its attempts."""

    avc: Avc
    timing: Timing
    evidence: Evidence


def denials(view: View) -> tuple[Denial, ...]:
    """The refused accesses that are this container's by domain and process, those inside an attempt first."""
    found = view.use(AvcDenials)
    if found is None:
        return ()
    mine = [
        Denial(avc, _timing(view, avc), view.quote(AvcDenials, avc.raw, avc.position))
        for avc in found.records
        if avc.permissive is not True and not avc.terminal and _by_container(view, avc)
    ]
    return tuple(sorted(mine, key=lambda denial: ("inside", "unknown", "outside").index(denial.timing)))


def _by_container(view: View, avc: Avc) -> bool:
    label = view.use(ContainerLabel)
    domain = label.label.type if label and label.label else ""
    if avc.scontext is not None and avc.scontext.type not in CONFINED_CONTAINER_TYPES | {domain}:
        return False
    install = view.use(InstallCni)
    if install is None:
        return avc.comm not in _TRIED_BY_HAND
    return avc.comm in INSTALLER_PROCESSES | {install.process}


def _timing(view: View, avc: Avc) -> Timing:
    runs = _runs(view)
    if avc.time is None:
        return "unknown"
    if not runs:
        return "outside" if _long_before_or_after(avc.time, logged_times(view)) else "unknown"
    if any(_inside(avc.time, run) for run in runs):
        return "inside"
    pod = view.use(PodStatus)
    began = min(run.started_at for run in runs if run.started_at is not None)
    earlier = pod.created_at if pod and pod.created_at else began
    return "unknown" if earlier <= avc.time <= began else "outside"


def _runs(view: View) -> list[Run]:
    logs = view.use(AttemptLogs)
    pod = view.use(PodStatus)
    failing = pod.failing if pod else None
    known = [attempt.run for attempt in logs.attempts] if logs else []
    known += [run for run in (failing.last, failing.current) if run] if failing else []
    return [run for run in known if run.started_at is not None]


def logged_times(view: View) -> tuple[LoggedTime, ...]:
    """When the failing container's log was written, by its own lines or by those of the pod network's programs."""
    logs = view.use(AttemptLogs)
    latest = logs.latest if logs else None
    lines = latest.lines if latest else ()
    stamped = tuple(LoggedTime(line.time, exact=True) for line in lines if line.time is not None)
    said = view.use(Statements)
    texts = [line.text for line in lines] or [
        line.text for line in (said.lines if said else ()) if speaker_of(line.origin, line.text) == "ours"
    ]
    return stamped or tuple(found for text in texts[:MOST_TIMED_LINES] if (found := logged_time(text)) is not None)


def _long_before_or_after(moment: datetime, times: tuple[LoggedTime, ...]) -> bool:
    """Whether a denial lies outside of all that was logged; without its zone a log's time may be off by half a day."""
    if not times:
        return False
    slack = _BETWEEN_ATTEMPTS if all(time.exact for time in times) else _BETWEEN_ATTEMPTS + _ZONES
    moments = [time.moment for time in times]
    return not min(moments) - slack <= moment <= max(moments) + slack


def _inside(moment: datetime, run: Run) -> bool:
    if run.started_at is None or moment < run.started_at - _SLACK:
        return False
    return run.finished_at is None or moment <= run.finished_at + _SLACK
