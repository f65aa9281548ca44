"""One cause on its nodes, as steps speak of it: names fit for a command, what was quoted, who runs where.

Names come from the cluster: one that is not plain never enters a command; a capital word stands in its place.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from cnitui.domain.facts import ApiEndpoints, ContainerSpec, PodStatus
from cnitui.domain.finding import Finding
from cnitui.domain.listing import listed
from cnitui.domain.plan import Step
from cnitui.domain.remedies.base import command
from cnitui.domain.remedies.situation import Situation
from cnitui.late_dataclass import dataclass

F = TypeVar("F")
T = TypeVar("T")
FEW = 3
"""Nodes or pods in one command line: more of them are taken one first, then by a file (`many`)."""
LONGEST_QUOTE = 200
_PLAIN = re.compile(r"[\w./@][\w.:/@-]{0,255}", re.ASCII)
"""What may stand in a command unquoted, in two shells one after the other (ours and the node's), and is no option."""
_SIMPLE_LINE = re.compile(r"[\w.:/@ =-]+", re.ASCII)


def plain(value: str, instead: str) -> str:
    """The value where it may stand in a command, else the word for it."""
    return value if _PLAIN.fullmatch(value) else instead


def few(several: Sequence[T]) -> Sequence[T]:
    """All of a few, the first of many."""
    return several if len(several) <= FEW else several[:1]


@dataclass(frozen=True)
class Seen:
    """A cause, the nodes it was found on, and the situation they are in; `finding` is None where it was not found."""

    situation: Situation
    cause: str
    finding: Finding | None = None

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Those it was found on, read or alike; all that fail where none could be told."""
        mine = (*self.finding.nodes, *self.finding.alike) if self.finding else ()
        return mine or self.situation.failing_nodes

    @property
    def where(self) -> str:
        """`worker-01, worker-02`."""
        return listed(self.nodes) or "the nodes"

    @cached_property
    def said(self) -> str:
        """Everything that was quoted for it."""
        return "\n".join(piece.quote for piece in self.finding.judgement.evidence_for) if self.finding else ""

    def values(self, fact: type[F]) -> dict[str, F]:
        """What was read of these nodes."""
        found = ((node, self.situation.case.value(fact, node)) for node in self.nodes)
        return {node: value for node, value in found if value is not None}

    def one(self, fact: type[F]) -> F | None:
        """The same of the first of them of which it was read."""
        return next(iter(self.values(fact).values()), None)

    @cached_property
    def pods(self) -> tuple[PodStatus, ...]:
        """Their pods."""
        return tuple(self.values(PodStatus).values())

    @property
    def spec(self) -> ContainerSpec | None:
        """What the container that fails was started with."""
        pod = self.pods[0] if self.pods else None
        telling = pod.telling if pod else None
        return pod.spec(telling.name) if pod and telling else None

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names that commands are filled in with."""
        found, pod = self.situation, self.pods[0] if self.pods else None
        bin_dir, net_dir = found.directories
        endpoints, telling = found.case.value(ApiEndpoints), pod.telling if pod else None
        service = endpoints.service if endpoints else ""
        observed = {
            "node": self.nodes[0] if self.nodes else "",
            "pod": pod.name if pod else "",
            "namespace": found.namespace,
            "daemonset": found.daemonset_name,
            "container": telling.name if telling else found.container,
            "bin_dir": bin_dir,
            "net_dir": net_dir,
            "version": found.install.version if found.install else "",
            "image": self.spec.image if self.spec else "",
            "service": service,
            "service_host": service.rpartition(":")[0],
            "endpoint": endpoints.endpoints[0] if endpoints and endpoints.endpoints else "",
        }
        return {name: plain(value, name.upper()) for name, value in observed.items()}

    def filled(self, line: str) -> str:
        """A line with the observed names."""
        return line.format_map(self.names)

    def ssh(self, line: str, nodes: tuple[str, ...] = ()) -> str:
        """The line as it is run on these nodes, on all of them where none are given; on the first of many."""
        typed = line if _SIMPLE_LINE.fullmatch(line) else shlex.quote(line)
        chosen = [plain(node, "NODE") for node in few(nodes or self.nodes)] or ["NODE"]
        if len(chosen) == 1:
            return f"ssh {chosen[0]} {typed}"
        return f"for node in {' '.join(chosen)}; do ssh $node {typed}; done"

    def kubectl(self, *words: str) -> str:
        """A command in Calico's namespace, every word quoted where it needs it."""
        return command("kubectl", "-n", self.names["namespace"], *words)

    def of_daemonset(self, words: str, line: str) -> Step:
        """A change of the DaemonSet; who owns it takes it back, so it is the owner's to make."""
        owners = ", ".join(self.situation.managers)
        where = f" {owners} takes this back: make the change there." if owners else ""
        return Step(f"{words}{'.' if where else ''}{where}", line)

    def restart(self) -> Iterator[Step]:
        """The failing pods made anew, so that nobody waits for the end of a back-off."""
        names = [plain(pod.name, "POD") for pod in few([pod for pod in self.pods if pod.failing is not None])]
        if names:
            which = "pods" if len(names) > 1 else "pod"
            yield Step(
                f"Start the {which} afresh, so that no back-off is waited for", self.kubectl("delete", "pod", *names)
            )

    def quoted(self, pattern: str, group: int | str = 1, instead: str = "") -> str:
        """The part of what was said that a pattern finds, fit for a command; `instead` where there is none."""
        match = re.search(pattern, self.said)
        return plain(str(match[group] or ""), instead) if match else instead
