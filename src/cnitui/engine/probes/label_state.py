"""How a node labels its CNI directories and whether that can be changed there: read before a relabelling is planned,
and once more just before it is carried out. Nothing here writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from cnitui.domain.facts import Identity, NodeStatus
from cnitui.domain.identity import Among, doubled, nobody
from cnitui.domain.parsing.complaints import no_sudo, not_installed
from cnitui.domain.parsing.fcontext import parse_fcontext
from cnitui.domain.parsing.ls import parse_ls
from cnitui.domain.parsing.matchpathcon import parse_matchpathcon
from cnitui.domain.parsing.selinux_mode import parse_getenforce
from cnitui.domain.relabelling import LabelState, Unread, concerning, spec
from cnitui.domain.remedies.relabel_systems import instead_steps, system_of
from cnitui.engine.ports import NodeCommand, NodeShell
from cnitui.engine.probes.identity import Heard, ask
from cnitui.engine.probes.node_answers import Answers
from cnitui.engine.probes.node_failures import why_not
from cnitui.errors import NodeError

STORE = "/etc/selinux"
"""semanage writes the rules below it, and the policy's store with them."""
_WHICH = "Find out where each of the names leads; at most one of them is right"
_OWN = "semanage fcontext -l -n | grep -F {patterns}"


def label_commands(directories: Sequence[str]) -> tuple[NodeCommand, ...]:
    """What is asked; the directories are such that `relabelling.why_not` has nothing against."""
    patterns = " ".join(f'-e "${number}"' for number in range(1, len(directories) + 1))
    own = ("sh", "-c", _OWN.format(patterns=patterns), "sh", *map(spec, directories))
    return (
        NodeCommand("label-mode", ("getenforce",)),
        NodeCommand("label-now", ("ls", "-ldZ", *directories)),
        NodeCommand("label-defaults", ("matchpathcon", *directories)),
        NodeCommand("label-rules", ("semanage", "fcontext", "-l", "-C", "-n"), root=True),
        NodeCommand("label-policy", own, root=True),
        *(NodeCommand(f"label-writable-{path}", ("test", "-w", path), root=True) for path in (*directories, STORE)),
    )


async def read_labels(
    shell: NodeShell, nodes: Iterable[NodeStatus], directories: Sequence[str], among: Among = nobody
) -> Mapping[str, LabelState | Unread]:
    """The state of each node, or why it is not known or could not be changed; raises nothing of a node.

    Where one machine answers for two names, and neither is proven to be its node, both are left alone.
    """
    wanted = tuple(nodes)
    read = await asyncio.gather(*(_read(shell, node, directories, among) for node in wanted))
    found = {node.name: one for node, one in zip(wanted, read, strict=True)}
    twice = doubled({name: heard.identity for name, (_, heard) in found.items() if heard and heard.identity})
    return {name: Unread(twice[name], _WHICH) if name in twice else state for name, (state, _) in found.items()}


async def read_label_state(
    shell: NodeShell, node: NodeStatus, directories: Sequence[str], among: Among = nobody
) -> LabelState | Unread:
    """One node, in one round trip; Unread as well when another machine answers for it."""
    return (await _read(shell, node, directories, among))[0]


async def _read(
    shell: NodeShell, node: NodeStatus, directories: Sequence[str], among: Among
) -> tuple[LabelState | Unread, Heard | None]:
    try:
        heard = await ask(shell, node, label_commands(directories), among)
    except NodeError as error:
        return Unread(error.what, error.next_step), None
    state = _understood(Answers(heard.outputs), node, shell.by_hand(node), directories)
    return (state if isinstance(state, Unread) else _by_whom(state, heard.identity)), heard


def _understood(answers: Answers, node: NodeStatus, by_hand: str, directories: Sequence[str]) -> LabelState | Unread:
    obstacle = _obstacle(answers, node, by_hand, directories)
    if obstacle is not None:
        return obstacle
    state = _state(answers, directories)
    return state if isinstance(state, Unread) else _read_only(answers, by_hand, directories) or state


def _by_whom(state: LabelState, found: Identity | None) -> LabelState:
    if found is None:
        return state
    doubt = "" if found.standing == "same" else found.because
    return replace(state, machine=found.machine_id, doubt=doubt)


def _obstacle(answers: Answers, node: NodeStatus, by_hand: str, directories: Sequence[str]) -> Unread | None:
    mode = parse_getenforce(answers.out("label-mode"))
    if mode is not None and mode.current == "Disabled":
        return Unread("SELinux is disabled there")
    rules = answers.get("label-rules")
    if rules is None or rules.status != 0:
        return _without_rules(answers, node, by_hand, directories)
    return None


def _read_only(answers: Answers, by_hand: str, directories: Sequence[str]) -> Unread | None:
    for path in (*directories, STORE):
        output = answers.get(f"label-writable-{path}")
        if output is not None and output.stderr.strip():
            return Unread(*why_not(output, by_hand))
        if output is None or output.status != 0:
            return Unread(f"{path} cannot be written there, so no rule or label of it can be changed")
    return None


def _without_rules(answers: Answers, node: NodeStatus, by_hand: str, directories: Sequence[str]) -> Unread:
    output = answers.get("label-rules")
    if output is None:
        return Unread("its rules were not asked for when this was recorded")
    if not no_sudo(output.stderr) and not_installed(output.stderr, output.status):
        system = system_of(node.os_image)
        if system.install:
            return Unread("semanage is not installed there", f"It comes with: sudo {' '.join(system.install)}")
        first = instead_steps(system, directories)[0]
        return Unread("semanage is not installed there", f"Until something relabels the directories: {first.command}")
    return Unread(*why_not(output, by_hand))


def _state(answers: Answers, directories: Sequence[str]) -> LabelState | Unread:
    entries = {entry.path.rstrip("/"): entry for entry in parse_ls(answers.out("label-now"))}
    labels = {path: entries[path].label for path in directories if path in entries and entries[path].kind == "d"}
    missing = next((path for path in directories if labels.get(path) is None), "")
    if missing:
        return Unread(f"{missing} is no directory whose label could be read")
    defaults = parse_matchpathcon(answers.out("label-defaults"))
    own = set(map(spec, directories))
    defined = {rule.spec for rule in parse_fcontext(answers.out("label-policy"))} & own
    return LabelState(
        MappingProxyType({path: str(label) for path, label in labels.items()}),
        MappingProxyType({path: str(label) for path, label in defaults.items() if path in labels}),
        concerning(parse_fcontext(answers.out("label-rules")), directories),
        tuple(sorted(defined)),
    )
