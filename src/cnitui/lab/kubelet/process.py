"""A running program in a container: its identity, its clock, and the steps it takes.

Programs are generators: what they do happens when they are resumed, what they yield is printed `delay` seconds later,
what they return is the exit code (None: it runs until it is stopped). One driver serves live attempts and past ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.containers import Attempt, Container
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World


@dataclass(frozen=True)
class Output:
    """Something printed `delay` seconds after the program was resumed; `text` may hold `{stamp}` for that moment."""

    delay: float
    text: str = ""
    stamped: bool = False
    silent: bool = False


@dataclass
class Process:
    """What a program knows of itself; `time` is set by the driver before each step."""

    node: Node
    time: datetime
    pid: int
    ppid: int
    label: str | None
    comm: str = ""
    exe: str = ""
    container: Object = field(default_factory=dict)
    pod: Object = field(default_factory=dict)
    world: World | None = None
    """The cluster around it; None in tests of a program alone."""

    def variable(self, name: str) -> str | None:
        """The value of an environment variable of the container; None when it has none of that name."""
        for one in self.container.get("env") or ():
            if one["name"] == name:
                return str(one["value"]) if "value" in one else self._resolved(one.get("valueFrom") or {})
        return None

    def _resolved(self, source: Object) -> str:
        wanted = source.get("configMapKeyRef")
        if wanted is None or self.world is None:
            return self.node.name if "fieldRef" in source else ""
        held = self.world.store.find("configmaps", self.pod["metadata"]["namespace"], wanted["name"])
        return str((held or {}).get("data", {}).get(wanted["key"], ""))


Steps = Generator[Output, None, int | None]
Program = Callable[[Process], Steps]


@dataclass
class Run:
    """A program under way in one attempt of a container."""

    container: Container
    process: Process
    steps: Steps
    attempt: Attempt


def log(level: str, message: str, delay: float = 0.002) -> Output:
    """A line of Calico's installer, format of v3.23 to v3.27 (`cni-installer/<nil> <nil>`)."""
    return Output(delay, f"[{level}][1] cni-installer/<nil> <nil>: {message}", stamped=True)


def plain(text: str, delay: float = 0.001) -> Output:
    """A line without a stamp."""
    return Output(delay, text)


def wait(delay: float) -> Output:
    """Time that passes in silence."""
    return Output(delay, silent=True)
