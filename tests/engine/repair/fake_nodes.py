"""Nodes whose labels a test sets: a shell that answers from them, and a writer that does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cnitui.domain.facts import NodeStatus
from cnitui.domain.plan import Access
from cnitui.domain.relabelling import spec
from cnitui.engine.ports import Carried, CommandOutput, NodeCommand, NodeOrder
from cnitui.engine.repair.leave import SAME_MACHINE
from cnitui.errors import NodeError

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"
OWN = {BIN: "system_u:object_r:bin_t:s0", NET: "system_u:object_r:etc_t:s0"}
FILE_T = "system_u:object_r:container_file_t:s0"


@dataclass
class FakeNode:
    """Labels and local rules of one node; `says` overrides the answer to a command by its name."""

    labels: dict[str, str] = field(default_factory=lambda: dict(OWN))
    rules: dict[str, str] = field(default_factory=dict)
    says: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def default(self, path: str) -> str:
        return self.rules.get(spec(path), OWN[path])

    def answer(self, command: NodeCommand) -> tuple[str, str, int]:
        if command.name in self.says:
            return self.says[command.name]
        rows = {
            "label-mode": "Enforcing\n",
            "label-now": "".join(f"drwxr-xr-x. 2 root root {label} 4096 Jan  1 10:00 {path}\n"
                                 for path, label in self.labels.items()),
            "label-defaults": "".join(f"{path}\t{self.default(path)}\n" for path in self.labels),
            "label-rules": "".join(f"{rule:<50} all files          {label} \n" for rule, label in self.rules.items()),
        }  # fmt: skip
        return rows.get(command.name, ""), "", 0

    def obey(self, argv: Sequence[str]) -> None:
        match list(argv):
            case ["semanage", "fcontext", "-d", rule]:
                del self.rules[rule]
            case ["semanage", "fcontext", *options, rule]:
                self.rules[rule] = f"system_u:object_r:{options[options.index('-t') + 1]}:s0"
            case ["restorecon", "-RFv", *paths]:
                self.labels |= {path: self.default(path) for path in paths}
            case ["chcon", label, path]:
                self.labels[path] = label
            case other:
                raise AssertionError(other)


@dataclass
class FakeNodes:
    """Both ports; `failing` names the step that fails on a node, `lost` the one after which nothing is heard."""

    nodes: dict[str, FakeNode]
    trouble: dict[str, NodeError] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    machines: dict[str, str] = field(default_factory=dict)
    """The machine-id that a node has when it is written to, where that is not the one that it tells."""
    hanging: asyncio.Event | None = None
    orders: list[NodeOrder] = field(default_factory=list)
    means = "by a fake"

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        if node.name in self.trouble:
            raise self.trouble[node.name]
        answers = [(command, self.nodes[node.name].answer(command)) for command in commands]
        return tuple(CommandOutput(command.name, " ".join(command.argv), *said) for command, said in answers)

    def accesses(self, namespace: str) -> tuple[Access, ...]:
        return ()

    async def write(self, node: NodeStatus, order: NodeOrder) -> Carried:
        self.orders.append(order)
        if self.hanging is not None:
            await self.hanging.wait()
        done: list[CommandOutput] = []
        for number, command in enumerate(order.commands, 1):
            if self.lost.get(node.name) == number:
                return Carried(tuple(done), "connection reset")
            failed = self.failing.get(node.name) == number
            done.append(
                CommandOutput(
                    command.name, " ".join(command.argv), "", "no\x1b[2J [room]\n" if failed else "", int(failed)
                )
            )
            if failed:
                break
            if command.name == SAME_MACHINE:
                if self.machines.get(node.name, command.argv[2]) != command.argv[2]:
                    return Carried((*done[:-1], replace(done[-1], status=1)))
                continue
            self.nodes[node.name].obey(command.argv)
        return Carried(tuple(done))

    def by_hand(self, node: NodeStatus) -> str:
        return f"ssh {node.name}"

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        return
