"""What is asked of the reference and of every failing node: SELinux, the lookalikes on the host, the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cnitui.domain.clocks import astray
from cnitui.domain.comparison import OF_THIS_POD, UNKNOWN, Question, unknown
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    FileAttributes,
    Filesystem,
    FreeSpace,
    InstallCni,
    Mounts,
    NodeClock,
    NodeStatus,
    Platform,
    PodStatus,
    SelinuxMode,
)
from cnitui.domain.selinux import CONFINED_CONTAINER_TYPES, Avc, Label

F = TypeVar("F")
NO_DENIALS = "none on record"


# --- questions about SELinux ----------------------------------------------------------------------------------------


def selinux_questions(bin_dir: str, net_dir: str) -> tuple[tuple[str, Question], ...]:
    """What the SELinux pane shows, in its order."""
    paths = list(dict.fromkeys((_parent(bin_dir), bin_dir, _parent(net_dir), net_dir)))
    return (
        ("mode now", _mode),
        ("configured", _configured),
        *((path, _label_of(path)) for path in paths),
        (f"files in {bin_dir}", _files_in(bin_dir)),
        (f"files in {net_dir}", _files_in(net_dir)),
        (f"policy default, {_short(bin_dir)}", _default_of(bin_dir)),
        (f"policy default, {_short(net_dir)}", _default_of(net_dir)),
        ("install-cni runs as", _runs_as),
        ("a confined one needs", _needs),
        ("denials", _denials),
        *host_questions(bin_dir, net_dir),
    )


def host_questions(bin_dir: str, net_dir: str) -> tuple[tuple[str, Question], ...]:
    """The lookalikes: what else on the host stops an installer."""
    return (
        (f"mount, {_short(bin_dir)}", _mount_of(bin_dir)),
        (f"mount, {_short(net_dir)}", _mount_of(net_dir)),
        (f"free, {_short(bin_dir)}", _free_on(bin_dir)),
        ("immutable", _immutable),
    )


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] or "/"


def _short(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _mode(case: CaseFile, node: str) -> str:
    fact = case.value(SelinuxMode, node)
    return fact.current.lower() if fact else unknown(case, SelinuxMode, node)


def _configured(case: CaseFile, node: str) -> str:
    fact = case.value(SelinuxMode, node)
    if fact is None:
        return unknown(case, SelinuxMode, node)
    return " ".join(part for part in (fact.configured.lower(), fact.policy) if part)


def _label_of(path: str) -> Question:
    def label(case: CaseFile, node: str) -> str:
        fact = case.value(CniDirectories, node)
        if fact is None:
            return unknown(case, CniDirectories, node)
        if path in fact.missing:
            return "does not exist"
        entry = fact.directories.get(path)
        return (str(entry.label) if entry.label else "no label") if entry else f"{UNKNOWN} not listed"

    return label


def _files_in(path: str) -> Question:
    def files(case: CaseFile, node: str) -> str:
        fact = case.value(CniDirectories, node)
        if fact is None:
            return unknown(case, CniDirectories, node)
        entries = fact.files.get(path)
        if entries is None:
            return f"{UNKNOWN} not listed"
        labels = sorted({str(entry.label) if entry.label else "no label" for entry in entries})
        return f"{len(entries)}: {', '.join(labels)}" if entries else "empty"

    return files


def _default_of(path: str) -> Question:
    def default(case: CaseFile, node: str) -> str:
        fact = case.value(CniDirectories, node)
        if fact is None:
            return unknown(case, CniDirectories, node)
        label = fact.defaults.get(path)
        return label.type if label else f"{UNKNOWN} not told"

    return default


def _runs_as(case: CaseFile, node: str) -> str:
    """The label the process had; a runtime that sets none leaves the process unconfined (spc_t)."""
    fact = case.value(ContainerLabel, node)
    install = case.value(InstallCni, node)
    if fact is not None and fact.known:
        return _without_user(fact.label) if fact.label else "spc_t (no label set)"
    if install is not None and install.security.privileged:
        return "spc_t (privileged)"
    return unknown(case, ContainerLabel, node) or f"{UNKNOWN} not told"


def _without_user(label: Label) -> str:
    return f"{label.type}:{label.level}" if label.level else label.type


def _needs(case: CaseFile, node: str) -> str:
    fact = case.value(ContainerLabel, node)
    if fact is None or not fact.known:
        return ""
    confined = fact.label is not None and fact.label.type in CONFINED_CONTAINER_TYPES
    return "container_file_t:s0 on both" if confined else "nothing: not confined"


def _denials(case: CaseFile, node: str) -> str:
    fact = case.value(AvcDenials, node)
    if fact is None:
        return unknown(case, AvcDenials, node)
    install = case.value(InstallCni, node)
    mine = [avc for avc in fact.records if install is None or avc.comm == install.process]
    own = _of_this_pod(mine, case.value(PodStatus, node))
    if mine and not own:
        return f"{NO_DENIALS}{OF_THIS_POD}"
    mine = own
    if not mine:
        return NO_DENIALS
    last = mine[-1]
    when = f" · last {last.time:%H:%M:%S}" if last.time else ""
    softened = "" if last.enforced else " (permissive)"
    return f"{len(mine)} · {last.summary}{softened}{when}"


def _of_this_pod(denials: list[Avc], pod: PodStatus | None) -> list[Avc]:
    """Of a pod that is well, those since it was made: the log still holds what the one before it met."""
    if pod is None or pod.failing is not None or pod.created_at is None:
        return denials
    return [avc for avc in denials if avc.time is None or avc.time > pod.created_at]


def denials_since(at: datetime) -> Question:
    """As the question about denials, of those alone that came after `at`: an audit log keeps the older ones."""

    def denials(case: CaseFile, node: str) -> str:
        fact = case.value(AvcDenials, node)
        if fact is None:
            return unknown(case, AvcDenials, node)
        later = replace(fact, records=tuple(avc for avc in fact.records if avc.time is None or avc.time > at))
        told = _denials(case.with_observed(later, Source(""), node), node)
        return "none since then" if told.startswith(NO_DENIALS) else told

    return denials


def condition_questions(types: Iterable[str]) -> tuple[tuple[str, Question], ...]:
    """What a Node says of each of these conditions: `True KubeletReady`."""

    def told(kind: str) -> Question:
        return _of(NodeStatus, lambda node: node.conditions.get(kind, "").partition(": ")[0])

    return tuple((f"node {kind}", told(kind)) for kind in types)


def _mount_of(path: str) -> Question:
    def mount(case: CaseFile, node: str) -> str:
        fact = case.value(Mounts, node)
        if fact is None:
            return unknown(case, Mounts, node)
        found = fact.of(path)
        if found is None:
            return f"{UNKNOWN} not told"
        telling = [option for option in found.options if option in ("rw", "ro", "noexec", "nosuid")]
        return f"{found.target} {found.fstype} {','.join(telling)}"

    return mount


def _free_on(path: str) -> Question:
    def free(case: CaseFile, node: str) -> str:
        fact = case.value(FreeSpace, node)
        if fact is None:
            return unknown(case, FreeSpace, node)
        found = next((fs for fs in fact.filesystems if fs.path == path), None)
        return _room(found) if found else f"{UNKNOWN} not told"

    return free


def _room(filesystem: Filesystem) -> str:
    """Coarse on purpose: `plenty` on both sides is equal, a number that changes by the minute never would be."""
    if filesystem.available_kib == 0 or filesystem.inodes_free == 0:
        return "full" if filesystem.available_kib == 0 else "no inodes left"
    if filesystem.available_kib is not None and filesystem.available_kib < 200 * 1024:
        return f"{filesystem.available_kib // 1024} MiB"
    return "enough" if filesystem.available_kib is not None else f"{UNKNOWN} not told"


def _immutable(case: CaseFile, node: str) -> str:
    fact = case.value(FileAttributes, node)
    if fact is None:
        return unknown(case, FileAttributes, node)
    flagged = sorted(path for path, letters in fact.attributes.items() if set("ia") & set(letters))
    return ", ".join(flagged) or "no"


# --- questions about everything else --------------------------------------------------------------------------------


def machine_questions() -> tuple[tuple[str, Question], ...]:
    """Pod, operating system, kernel and runtime: why the master works and the workers do not."""
    return (
        ("pod", _of(PodStatus, _pod_state)),
        ("template revision", _of(PodStatus, lambda pod: pod.revision)),
        ("install-cni image", _of(InstallCni, lambda install: install.image)),
        ("install-cni privileged", _of(InstallCni, _privileges)),
        ("node Ready", _of(NodeStatus, lambda node: f"{node.ready} {node.ready_reason}".strip())),
        ("role", _of(NodeStatus, lambda node: ", ".join(node.roles) or "worker")),
        ("taints", _of(NodeStatus, lambda node: ", ".join(node.taints) or "none")),
        ("OS image", _of(NodeStatus, lambda node: node.os_image)),
        ("kernel", _of(NodeStatus, lambda node: node.kernel)),
        ("runtime", _of(NodeStatus, lambda node: node.runtime)),
        ("kubelet", _of(NodeStatus, lambda node: node.kubelet)),
        ("architecture", _of(NodeStatus, lambda node: node.architecture)),
        ("distribution", _of(Platform, lambda platform: f"{platform.distribution} {platform.version}".strip())),
        *RUNTIME_QUESTIONS,
    )


def _of(fact: type[F], tell: Callable[[F], str]) -> Question:
    def question(case: CaseFile, node: str) -> str:
        value = case.value(fact, node)
        return tell(value) if value is not None else unknown(case, fact, node)

    return question


def _pod_state(pod: PodStatus) -> str:
    """Which container fails, not the status word: that alternates, and would set nodes apart that are alike."""
    return f"{pod.failing.name} fails" if pod.failing else pod.status


def _privileges(install: InstallCni) -> str:
    kind = f", SELinux type {install.security.selinux_type}" if install.security.selinux_type else ""
    return ("yes" if install.security.privileged else "no") + kind


def _labelling(label: ContainerLabel) -> str:
    if label.labelling is None:
        return f"{UNKNOWN} not told"
    return "yes" if label.labelling else "no"


def _clock(case: CaseFile, node: str) -> str:
    fact = case.value(NodeClock, node)
    if fact is None:
        return unknown(case, NodeClock, node)
    if fact.ahead is None:
        return f"{UNKNOWN} the API server told the node no time"
    return (
        f"{words} {'of ' if words.endswith('ahead') else ''}the API server's"
        if (words := astray(case, node))
        else "in step with the API server's"
    )


RUNTIME_QUESTIONS: tuple[tuple[str, Question], ...] = (
    ("runtime sets SELinux labels", _of(ContainerLabel, _labelling)),
    ("clock", _clock),
)
"""About the node's container runtime, and its clock."""
