"""What a scenario is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cnitui.lab.machine.node import Node


@dataclass(frozen=True)
class Scenario:
    """`privileged` is install-cni's; `prepare` breaks (or not) one fresh machine at a time.

    `lacks` names objects of Calico's manifest that are not there, as `Kind/name`, `ruleless` ClusterRoles whose rules
    somebody took out.
    """

    name: str
    summary: str
    prepare: Callable[[Node], None]
    privileged: bool = True
    strategy: str = "RollingUpdate"
    lacks: frozenset[str] = frozenset()
    ruleless: frozenset[str] = frozenset()

    def prepare_all(self, nodes: Sequence[Node], _: random.Random) -> None:
        """Breaks (or not) all machines."""
        for node in nodes:
            node.scenario = self.name
            self.prepare(node)
