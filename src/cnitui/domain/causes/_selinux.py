"""Confinement, denials and labels: what both SELinux causes are judged by.

Not a cause. A process is refused by SELinux only when it is confined: the mode is enforcing, its domain is not
permissive, and the runtime gave it a label (containerd `enable_selinux`, off by default; no runtime labels a privileged
container: containerd internal/cri/server/container_create.go, containers/container-selinux container.te).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cnitui.domain.causes._host import ASK_AVC, ASK_LABELS, Refusal
from cnitui.domain.causes.base import ruled_out
from cnitui.domain.facts import (
    AttemptLogs,
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    DirectoryEntry,
    InstallCni,
    PodStatus,
    Run,
    SelinuxMode,
)
from cnitui.domain.finding import Evidence, Judgement, NextEvidence
from cnitui.domain.parsing.messages import Weight
from cnitui.domain.selinux import CONFINED_CONTAINER_TYPES, UNCONFINED_CONTAINER_TYPES, Avc, Label
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

SELINUX: tuple[type[object], ...] = (SelinuxMode, AvcDenials, CniDirectories, ContainerLabel)
ASK: tuple[NextEvidence, ...] = (ASK_AVC, ASK_LABELS)

CONTAINER_FILE_TYPES = frozenset({"container_file_t", "svirt_sandbox_file_t", "container_ro_file_t"})
"""Types of container content: container_t may use them, if the categories fit (container.te)."""

MISPLACED_TYPES = frozenset(
    {
        "usr_t", "container_var_lib_t", "default_t", "unlabeled_t", "file_t", "user_home_t", "admin_home_t",
        "home_root_t", "user_tmp_t", "tmp_t", "mnt_t", "container_log_t", "container_home_t", "data_home_t",
    }
)  # fmt: skip
"""Types that no policy means for a CNI directory: inherited from a parent, or brought along by a move."""

FILE_CLASSES = frozenset({"dir", "file", "lnk_file", "chr_file", "blk_file", "sock_file", "fifo_file", ""})
INSTALLER_PROCESSES = frozenset(
    {"install", "calico", "calico-ipam", "install-cni.sh", "cp", "mv", "rm", "mkdir", "chmod", "touch", "sh", "bash"}
)
_SLACK = timedelta(seconds=2)


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
    switched_off = view.need(Signs).of("stated-selinux-off")
    if switched_off and found.state == "unknown" and not denials(view):
        return ruled_out("somebody says that SELinux does not enforce there", switched_off[0].evidence)
    return None


def unprivileged(view: View) -> bool:
    """Whether install-cni is known to run without privileges."""
    install = view.use(InstallCni)
    return install is not None and not install.security.privileged


def enforces(view: View) -> bool:
    """Whether the mode is known to be enforcing."""
    mode = view.use(SelinuxMode)
    return mode is not None and mode.current.lower().startswith("enforc")


def hinted(view: View, cause: str) -> int:
    """How much the words speak for an SELinux cause: less than for its rivals until SELinux itself is in evidence."""
    supporting = view.need(Signs).supporting(cause, Weight.SUGGESTS)
    named = any(sign.message.id in _SELINUX_WORDS for sign in supporting)
    return (2 if supporting else 0) + (1 if enforces(view) else 0) - (0 if named or enforces(view) else 1)


_SELINUX_WORDS = frozenset(
    {
        "selinux-hint",
        "selinux-process-attribute",
        "audit-syscall",
        "stated-selinux",
        "stated-selinux-cure",
        "stated-label",
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
        if avc.permissive is not True and _by_container(view, avc)
    ]
    return tuple(sorted(mine, key=lambda denial: ("inside", "unknown", "outside").index(denial.timing)))


def _by_container(view: View, avc: Avc) -> bool:
    label = view.use(ContainerLabel)
    domain = label.label.type if label and label.label else ""
    if avc.scontext is not None and avc.scontext.type not in CONFINED_CONTAINER_TYPES | {domain}:
        return False
    install = view.use(InstallCni)
    if install is None:
        return True
    return avc.comm in INSTALLER_PROCESSES | {install.process}


def _timing(view: View, avc: Avc) -> Timing:
    runs = _runs(view)
    if avc.time is None or not runs:
        return "unknown"
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


def _inside(moment: datetime, run: Run) -> bool:
    if run.started_at is None or moment < run.started_at - _SLACK:
        return False
    return run.finished_at is None or moment <= run.finished_at + _SLACK


# --- labels ---------------------------------------------------------------------------------------------------------

Fault = Literal["policy", "label", "either"]
"""Whose fault a denial is: the policy's (its own label is refused), the label's, or it cannot be told."""


def fault_of(view: View, avc: Avc) -> Fault:
    """Read the target's label: the policy's own default means the policy, another one the label."""
    target, source = avc.tcontext, avc.scontext
    if target is None:
        return "either"
    if avc.tclass not in FILE_CLASSES or (source is not None and source.type == target.type):
        return "policy"
    if target.type in CONTAINER_FILE_TYPES or foreign_categories(target, source):
        return "label"
    default = _default_of(view, avc)
    if default:
        return "policy" if default == target.type else "label"
    if target.type == "usr_t":
        return "either"
    return "label" if target.type in MISPLACED_TYPES else "policy"


def foreign_categories(target: Label, source: Label | None) -> bool:
    """Whether the object carries categories that the process lacks (policy/mcs of the reference policy)."""
    theirs = {part for part in target.categories.split(",") if part}
    ours = {part for part in (source.categories if source else "").split(",") if part}
    return bool(theirs) and not theirs <= ours


def _default_of(view: View, avc: Avc) -> str:
    directories = view.use(CniDirectories)
    if directories is None:
        return ""
    by_name = {path.rpartition("/")[2]: label.type for path, label in directories.defaults.items()}
    by_path = {path: label.type for path, label in directories.defaults.items()}
    return by_path.get(avc.path, "") or by_name.get(avc.name, "")


def directory_entry(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """The entry of the directory that was refused, when it was listed."""
    directories = view.use(CniDirectories)
    if directories is None or refused is None:
        return None
    return directories.directories.get(refused.directory)


def labelled_for_containers(entry: DirectoryEntry | None) -> bool:
    """Whether a confined container of any categories may write it."""
    return (
        entry is not None
        and entry.label is not None
        and (entry.label.type in CONTAINER_FILE_TYPES and not entry.label.categories)
    )


def odd_file(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """A file in a rightly labelled directory that carries a label of its own: moved in from elsewhere."""
    directories = view.use(CniDirectories)
    if directories is None or refused is None or not labelled_for_containers(directory_entry(view, refused)):
        return None
    files = directories.files.get(refused.directory, ())
    odd = [found for found in files if found.label and found.label.type not in CONTAINER_FILE_TYPES]
    words = " ".join(piece.quote for piece in refused.evidence)
    named = [found for found in odd if found.path.rpartition("/")[2] in words]
    return next(iter(named or odd), None)


def foreign_file(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """A file or the directory itself whose categories the container's process lacks."""
    directories = view.use(CniDirectories)
    label = view.use(ContainerLabel)
    if directories is None or refused is None or label is None or label.label is None:
        return None
    entry = directories.directories.get(refused.directory)
    candidates = [*([entry] if entry else []), *directories.files.get(refused.directory, ())]
    ours = label.label
    return next((found for found in candidates if found.label and foreign_categories(found.label, ours)), None)
