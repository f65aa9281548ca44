"""Asks a node, and takes its answers only when the node itself gave them: the one way from here to a node's shell.

Which machine answers is asked in the same round trip as all else, each time: names, addresses and connections change.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnitui.domain.evidence import Observed
from cnitui.domain.exchange import CommandOutput, NodeCommand
from cnitui.domain.facts import Identity, NodeStatus
from cnitui.domain.identity import Among, identified, nobody
from cnitui.domain.parsing.machine_ids import parse_machine_ids
from cnitui.engine.ports import NodeShell
from cnitui.engine.probes.cluster import Readings
from cnitui.errors import AnotherMachine
from cnitui.late_dataclass import dataclass

IDENTITY = NodeCommand("identity", ("cat", "/etc/machine-id", "/proc/sys/kernel/random/boot_id"))
"""Anybody may read both. By Jobs they are the node's own as well: those run in the node's root."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was answered, that of `IDENTITY` last, and by whom; None where nobody asked (case files of old)."""

    outputs: tuple[CommandOutput, ...]
    identity: Identity | None

    @property
    def stranger(self) -> Identity | None:
        """Another machine than the node, if one answered."""
        return self.identity if self.identity is not None and self.identity.is_another else None

    @property
    def who(self) -> tuple[CommandOutput, ...]:
        """The answer that tells which machine it was."""
        return tuple(output for output in self.outputs if output.name == IDENTITY.name)


async def hear(shell: NodeShell, node: NodeStatus, commands: Sequence[NodeCommand], among: Among = nobody) -> Heard:
    """All outputs, whoever gave them; raises what `run` raises."""
    outputs = await shell.run(node, (*commands, IDENTITY))
    told = next((output.stdout for output in outputs if output.name == IDENTITY.name), None)
    return Heard(outputs, identified(node, *parse_machine_ids(told), among) if told is not None else None)


async def ask(shell: NodeShell, node: NodeStatus, commands: Sequence[NodeCommand], among: Among = nobody) -> Heard:
    """The same of the node alone: raises AnotherMachine when it was another one that answered."""
    heard = await hear(shell, node, commands, among)
    if heard.stranger is not None:
        raise another_machine(node.name, heard.stranger, shell.by_hand(node))
    return heard


def another_machine(node: str, found: Identity, by_hand: str) -> AnotherMachine:
    """The error that tells of it."""
    return AnotherMachine(
        f"{node}: another machine answered: {found.because}",
        f"See where `{by_hand}` leads (ssh configuration, nodes in config.yaml, DNS), correct it and start cnitui "
        "anew; a machine that was just installed anew is known once its kubelet has reported",
        node=node,
    )


def obstacle(readings: Readings, node: str, by_hand: str) -> AnotherMachine | None:
    """That another machine answered for the node, where these readings tell so."""
    told = (reading.value for fact, _, reading in readings if fact is Identity and isinstance(reading, Observed))
    found = next((one for one in told if isinstance(one, Identity) and one.is_another), None)
    return another_machine(node, found, by_hand) if found is not None else None
