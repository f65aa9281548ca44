"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnitui.lab.machine.node import Node


@dataclass(frozen=True)
class Scenario:
    """`privileged` is install-cni's; `prepare` breaks (or not) one fresh machine at a time."""

    name: str
    summary: str
    prepare: Callable[[Node], None]
    privileged: bool = True
    strategy: str = "RollingUpdate"
