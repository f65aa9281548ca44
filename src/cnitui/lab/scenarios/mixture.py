"""Several faults in one cluster: `A+B` on a pool of nodes each, `A+B:10` with ten of B hidden among the others.

What the manifest says of install-cni holds for every node. So where one part needs an unprivileged install-cni, the
machines of a part that does not have a runtime that labels no containers, as with another image: their fault alone
counts then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.scenario import Installation, Scenario

POOL_LABEL = "node-pool"
POOLS = ("blue", "green", "amber", "violet", "grey")
"""Names that give nothing away."""


@dataclass(frozen=True)
class Part:
    """A scenario and the number of workers it has; None: a pool of its own, as large as the other pools."""

    scenario: Scenario
    count: int | None = None


@dataclass(frozen=True)
class Mixture:
    """Parts side by side; nodes of a counted part are strewn among those of the pools and carry their labels."""

    name: str
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self._pools) <= len(POOLS):
            raise ValueError(f"{self.name!r}: between 1 and {len(POOLS)} parts have no count")

    @property
    def _pools(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.count is None)

    @property
    def summary(self) -> str:
        """What is mixed."""
        return "; ".join(
            part.scenario.summary if part.count is None else f"on {part.count} of them: {part.scenario.summary}"
            for part in self.parts
        )

    @property
    def privileged(self) -> bool:
        """Whether install-cni is privileged: only if no part needs it not to be."""
        return all(part.scenario.privileged for part in self.parts)

    @property
    def strategy(self) -> str:
        """The DaemonSet's update strategy: that of the first part."""
        return self.parts[0].scenario.strategy

    @property
    def lacks(self) -> frozenset[str]:
        """The objects that any part lacks: they are the whole cluster's."""
        return frozenset().union(*(part.scenario.lacks for part in self.parts))

    @property
    def ruleless(self) -> frozenset[str]:
        """The roles that are without rules for any part."""
        return frozenset().union(*(part.scenario.ruleless for part in self.parts))

    @property
    def seen(self) -> str:
        """What is seen of all of it."""
        return "; ".join(part.scenario.seen for part in self.parts)

    @property
    def causes(self) -> tuple[str, ...]:
        """The answers of all parts."""
        return tuple(dict.fromkeys(cause for part in self.parts for cause in part.scenario.causes))

    def alter_all(self, installation: Installation) -> None:
        """Changes what was applied, part after part: it is the whole cluster's."""
        for part in self.parts:
            part.scenario.alter(installation)

    def prepare_all(self, nodes: Sequence[Node], rng: random.Random) -> None:
        """Breaks the machines; ValueError when there are fewer workers than the parts need."""
        workers = [node for node in nodes if not node.control_plane]
        for pool, pool_nodes in zip(POOLS, _shares(workers, len(self._pools)), strict=False):
            for node in pool_nodes if len(self._pools) > 1 else ():
                node.labels[POOL_LABEL] = pool
        chosen = self._chosen(workers, rng)
        for node in nodes:
            self._prepare(node, chosen.get(node.name, self._pools[0].scenario))

    def _prepare(self, node: Node, scenario: Scenario) -> None:
        node.scenario = scenario.name
        scenario.prepare(node)
        if scenario.privileged and not self.privileged:
            node.selinux.runtime_labels = False

    def _chosen(self, workers: Sequence[Node], rng: random.Random) -> dict[str, Scenario]:
        """The scenario of each worker."""
        found = {
            node.name: part.scenario
            for part, nodes in zip(self._pools, _shares(workers, len(self._pools)), strict=True)
            for node in nodes
        }
        counted = [part.scenario for part in self.parts for _ in range(part.count or 0)]
        if len(counted) + len(self._pools) > len(workers):
            raise ValueError(f"{self.name!r} needs at least {len(counted) + len(self._pools)} workers")
        odd = rng.sample([node.name for node in workers], len(counted))
        return {**found, **dict(zip(odd, counted, strict=True))}


def _shares(workers: Sequence[Node], pools: int) -> Iterator[Sequence[Node]]:
    """The workers in so many runs of about one size."""
    for place in range(pools):
        yield workers[len(workers) * place // pools : len(workers) * (place + 1) // pools]
