"""Whether the machine that answered is the node that was asked for: its own ids beside those that its kubelet reported.

An address, a Host block or a jump host may lead elsewhere, and then the readings of one machine would be held against
another, and a repair would be carried out on the wrong one. What the two ids prove:

- The same machine-id and boot id: it is the node.
- Another machine-id: another machine. One exception: the boot id is the node's, and no other node's. Then the kernel
  is the one the kubelet reported, so the machine-id was changed since, or it is a container on that machine.
- The same machine-id, another boot id: the machine was started again, and its kubelet has not reported since. Where
  several nodes have the machine-id (clones of one image), that proves nothing: the boot id decides, if anything does.
- What is not told, here or by the kubelet, proves nothing.

The boot id alone is no identity either: nodes that are containers of one host (kind, LXD) share it. The host's name is
not asked, since it says whatever somebody wrote; the DMI's UUID is root's alone, and `sudo cat` is more than a user who
only reads should be given.

Sources: kubernetes pkg/kubelet/nodestatus/setters.go (MachineInfo: ids of the start of the kubelet); machine-id(5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import Identity, IdentityStanding, NodeStatus
from cnitui.domain.listing import listed
from cnitui.domain.parsing.machine_ids import boot_id, machine_id
from cnitui.late_dataclass import dataclass

Among = Callable[[], Iterable[NodeStatus]]
"""All nodes there are; asked only where something does not agree."""
MOST_NAMED = 3


def nobody() -> Iterable[NodeStatus]:
    """No other nodes are known."""
    return ()


def identified(node: NodeStatus, machine: str, boot: str, among: Among = nobody) -> Identity:
    """What the ids that were read (`parse_machine_ids`) say of the machine that was to be this node."""
    own_machine, own_boot = machine_id(node.machine_id), boot_id(node.boot_id)
    if machine and boot and (machine, boot) == (own_machine, own_boot):
        return Identity("same", "machine-id and boot id are those that its kubelet reported", machine, boot)
    others = [other for other in among() if other.name != node.name]
    if machine and own_machine and machine != own_machine:
        standing, because = _another_id(node, machine, boot, others)
    elif machine and own_machine:
        standing, because = _same_id(node, machine, boot, others)
    else:
        standing, because = _boot_alone(node, machine, boot, others)
    return Identity(standing, because, machine, boot)


def _another_id(
    node: NodeStatus, machine: str, boot: str, others: Sequence[NodeStatus]
) -> tuple[IdentityStanding, str]:
    own_boot = boot_id(node.boot_id)
    if boot and boot == own_boot and not _of_boot(others, boot):
        return "unclear", (
            f"its machine-id {machine} is not the reported {machine_id(node.machine_id)}, but the boot id is: the file "
            "was changed since the kubelet started, or this is a container on the node"
        )
    who = _of_machine(others, machine)
    is_who = f", that of {listed(who, MOST_NAMED)}" if who else ""
    return "other", f"its machine-id is {machine}{is_who}; {node.name} reported {machine_id(node.machine_id)}"


def _same_id(node: NodeStatus, machine: str, boot: str, others: Sequence[NodeStatus]) -> tuple[IdentityStanding, str]:
    own_boot, twins = boot_id(node.boot_id), _of_machine(others, machine)
    if not twins:
        if boot and own_boot and boot != own_boot:
            return "rebooted", "machine-id is the reported one, boot id is not: it was started again since"
        return "same", "machine-id is the one that its kubelet reported, and no other node's"
    clones = f"{listed(twins, MOST_NAMED)} has the same machine-id, as clones of one image do"
    who = [name for name in _of_boot(others, boot) if name in twins] if boot != own_boot else []
    if who:
        return "other", f"{clones}, and its boot id {boot} is that of {listed(who, MOST_NAMED)}, not of {node.name}"
    if boot and boot == own_boot and not _of_boot(others, boot):
        return "same", "boot id is the one that its kubelet reported, and no other node's"
    return "unclear", f"{clones}, and the boot id does not tell them apart"


def _boot_alone(
    node: NodeStatus, machine: str, boot: str, others: Sequence[NodeStatus]
) -> tuple[IdentityStanding, str]:
    own_boot, who = boot_id(node.boot_id), _of_boot(others, boot)
    if boot and boot == own_boot and not who:
        return "same", "boot id is the one that its kubelet reported, and no other node's"
    if boot and own_boot and boot != own_boot and len(who) == 1:
        return "other", f"its boot id {boot} is that of {who[0]}; {node.name} reported {own_boot}"
    if not machine and not boot:
        return "unknown", "the machine told neither machine-id nor boot id"
    if not own_boot or not boot:
        return "unknown", f"of the ids of {node.name} none is known both as reported and as read"
    if boot and boot == own_boot:
        return "unknown", f"machine-id cannot be compared, and {listed(who, MOST_NAMED)} runs on the same kernel"
    return "unclear", "machine-id cannot be compared, and the boot id is not the reported one"


def _of_machine(nodes: Iterable[NodeStatus], machine: str) -> tuple[str, ...]:
    return tuple(node.name for node in nodes if machine and machine_id(node.machine_id) == machine)


def _of_boot(nodes: Iterable[NodeStatus], boot: str) -> tuple[str, ...]:
    return tuple(node.name for node in nodes if boot and boot_id(node.boot_id) == boot)


# --- over several nodes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OddMachine:
    """A node for which a machine answered that is not plainly it; `because` is told of that machine."""

    node: str
    standing: IdentityStanding
    because: str


def odd_machines(case: CaseFile, nodes: Iterable[str]) -> tuple[OddMachine, ...]:
    """Of the nodes that were read, those for which another machine answered, or one that may be another.

    One of which nothing can be compared is not odd, unless it answered for another name as well.
    """
    read = {node: case.value(Identity, node) for node in nodes}
    found = {node: one for node, one in read.items() if one is not None}
    same = _alike(found)
    return tuple(
        OddMachine(name, one.standing, _because(one, same.get(name, ())))
        for name, one in found.items()
        if name in same or one.standing not in ("same", "unknown")
    )


def _because(found: Identity, others: Sequence[str]) -> str:
    return f"{found.because}; the same machine answered for {listed(others, MOST_NAMED)}" if others else found.because


def _alike(found: Mapping[str, Identity]) -> Mapping[str, tuple[str, ...]]:
    """Names that are not proven to be their nodes, and the other names for which the same machine answered."""
    by_ids: dict[tuple[str, str], list[str]] = {}
    for name, one in found.items():
        if one.machine_id and one.boot_id:
            by_ids.setdefault((one.machine_id, one.boot_id), []).append(name)
    return {
        name: tuple(other for other in names if other != name)
        for names in by_ids.values()
        if len(names) > 1
        for name in names
        if found[name].standing in ("unknown", "unclear")
    }


def doubled(found: Mapping[str, Identity]) -> Mapping[str, str]:
    """Names that must not be written to, because the same machine answered for another name as well; and why."""
    return {
        name: f"the same machine answers for {listed(others, MOST_NAMED)}" for name, others in _alike(found).items()
    }
