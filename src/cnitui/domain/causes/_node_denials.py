"""Denials whose source is a program of the node: kubelet, runtime, packet filter. They stop the pod network too.

Not a cause. The source domain says who was refused, the target what is to be fixed. They count only while no attempt of
the failing container is known: a node's programs are refused this and that while all is well.
Domains: SELinux reference policy and container-selinux (init, container, iptables, unconfined modules).
"""

from __future__ import annotations

import re

from cnitui.domain.causes._labels import MISPLACED_TYPES
from cnitui.domain.causes._words import started
from cnitui.domain.causes.base import likely
from cnitui.domain.facts import AvcDenials
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.selinux import Avc
from cnitui.domain.view import View

NODE_DOMAINS = frozenset(
    {"init_t", "kubelet_t", "container_runtime_t", "docker_t", "iptables_t", "spc_t", "pod_t", "unconfined_service_t",
     "insmod_t", "kmod_t", "ifconfig_t", "kernel_t"}
)  # fmt: skip
_OF_THE_SYSTEM = frozenset({"init_t", "kernel_t"})
"""Domains of systemd and the kernel, and of containers on hosts whose runtime has none of its own: what is refused
there counts when a program or a path of the pod network is named."""
_PROGRAMS = re.compile(
    r"kubelet|containerd|dockerd|crio|runc|conmon|shim|calico|felix|bird|confd|cni|flannel|cilium|multus|weave|"
    r"ip6?tables|ipset|nft|modprobe|^ip$|^tc$|k3s|rke2",
    re.IGNORECASE,
)
_PATHS = re.compile(r"cni|calico|kube|etcd|flannel|cilium|k3s|rke2|xtables", re.IGNORECASE)


def refused_to_the_node(view: View, *, misplaced: bool) -> Judgement | None:
    """What was refused to a program of the node: for a label that is out of place, or (`misplaced` False) by policy."""
    found = view.use(AvcDenials)
    if found is None or started(view) is not None:
        return None
    mine = (record for record in found.records if _is_the_nodes(record) and _out_of_place(record) is misplaced)
    record = next(mine, None)
    if record is None:
        return None
    quote = view.quote(AvcDenials, record.raw, record.position)
    return likely(_because(record, misplaced=misplaced), quote, ask=_ask(record))


def _out_of_place(record: Avc) -> bool:
    target = record.tcontext.type if record.tcontext is not None else ""
    return target in MISPLACED_TYPES or (_is_a_start(record) and not _is_executable(target))


def _is_a_start(record: Avc) -> bool:
    """systemd was refused to start a program: it may execute whatever carries a label of a program."""
    return record.scontext is not None and record.scontext.type == "init_t" and "execute" in record.permissions


def _is_executable(target: str) -> bool:
    return not target or target.endswith("_exec_t") or target in ("bin_t", "lib_t")


def _is_the_nodes(record: Avc) -> bool:
    if (
        record.permissive is True
        or record.terminal
        or record.scontext is None
        or record.scontext.type not in NODE_DOMAINS
    ):
        return False
    named = f"{record.path} {record.name}"
    started = named if _is_a_start(record) else ""  # systemd's comm is then the end of the program's name, in brackets
    ours = _PROGRAMS.search(f"{record.comm} {started}") is not None
    if record.scontext.type in _OF_THE_SYSTEM and not ours:
        return bool(_PATHS.search(named))
    return ours or bool(_PATHS.search(named)) or record.tclass == "bpf"


def _because(record: Avc, *, misplaced: bool) -> str:
    target = record.path or record.name or "the target"
    kind = record.tcontext.type if record.tcontext else "?"
    refused = f"SELinux refused {record.summary} to {record.comm}, a program of the node"
    return f"{refused}: {target} is {kind}, a label from elsewhere" if misplaced else refused


def _ask(record: Avc) -> tuple[NextEvidence, ...]:
    target = record.path or record.name
    if not re.fullmatch(r"[\w./-]{1,200}", target):
        return ()
    command = f"ssh {{node}} 'ls -Z {target}; matchpathcon {target}'"
    return (NextEvidence(command, "the label it has and the one meant for it"),)
