"""What a scenario is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cnitui.lab.jsontypes import Object
from cnitui.lab.machine.node import Node
from cnitui.lab.objects.resources import Resource
from cnitui.lab.objects.trust import Trust


@dataclass
class Installation:
    """What was applied to the cluster, before any of it is stored: somebody may have changed it.

    `objects` are by `Kind/name`, in the order they are created; `daemon_set` is calico-node's, `deployments` are those
    of Calico beside kube-controllers.
    """

    objects: dict[str, tuple[Resource, Object]]
    daemon_set: Object
    trust: Trust
    deployments: list[Object] = field(default_factory=list)

    @property
    def install_cni(self) -> Object:
        """The container of that name in the DaemonSet's template."""
        return self._container("initContainers", "install-cni")

    @property
    def calico_node(self) -> Object:
        """The agent's container there."""
        return self._container("containers", "calico-node")

    def _container(self, where: str, name: str) -> Object:
        listed = self.daemon_set["spec"]["template"]["spec"][where]
        return next(one for one in listed if one["name"] == name)

    def of(self, name: str) -> Object:
        """The object of that `Kind/name`."""
        return self.objects[name][1]


def sound(node: Node) -> None:
    """Nothing is wrong with the machine; workers label containers, which a privileged install-cni does not notice."""
    node.selinux.runtime_labels = not node.control_plane


def as_shipped(_: Installation) -> None:
    """Nobody changed anything."""


@dataclass(frozen=True)
class Scenario:
    """`privileged` is install-cni's; `prepare` breaks (or not) one fresh machine at a time, `alter` what was applied.

    `summary` tells what is wrong, `seen` only what somebody sees who is called at night. `causes` are the answers: ids
    of the taxonomy, the right one first, then others that are fair on the same evidence; none where nothing fails.
    `lacks` names objects of Calico's manifest that are not there, as `Kind/name`, `ruleless` ClusterRoles whose rules
    somebody took out.
    """

    name: str
    summary: str
    prepare: Callable[[Node], None] = sound
    privileged: bool = True
    strategy: str = "RollingUpdate"
    lacks: frozenset[str] = frozenset()
    ruleless: frozenset[str] = frozenset()
    alter: Callable[[Installation], None] = as_shipped
    seen: str = ""
    causes: tuple[str, ...] = ()

    def prepare_all(self, nodes: Sequence[Node], _: random.Random) -> None:
        """Breaks (or not) all machines."""
        for node in nodes:
            node.scenario = self.name
            self.prepare(node)

    def alter_all(self, installation: Installation) -> None:
        """Changes what was applied."""
        self.alter(installation)
