"""What was asked of a cluster and its nodes, and what exactly came back: the raw side of a case file.

A piece is one answer, or why there was none; a recording is all of them. Facts are read from it by the parsers that
read a live answer, so a case file is judged as the cluster was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from cnitui.domain.exchange import LogRequest, NodeCommand
from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.facts import PodStatus
from cnitui.domain.plan import ObjectRef
from cnitui.late_dataclass import dataclass

PieceKind = Literal["object", "list", "log", "kept", "events", "endpoints", "command", "node", "trial"]
"""`kept` is the log of attempts that the kubelet no longer serves, by node and container, as a log pane saw it.

`trial` is an experiment or a try, by node and number, as a document (`domain.trial_documents`).

`list` and `node` are there only when they failed: a watch that was refused, a node that could not be reached.
"""


KeptLog = tuple[str, str, bytes]
"""Node, container, and lines in which comments (`# …`) stand between attempts."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there was no answer: the name of the error (one of `cnitui.errors`) and its two sentences."""

    error: str
    what: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One answer as it came, or its failure.

    `key` tells the request among those of its kind (see the functions below). `source` is what a person would type,
    `at` is UTC. `data` is the answer in bytes; of a command it is the standard output, with `errors`, exit `status` and
    the `command` line as it ran on the node. `cut` tells that the answer was longer than the bound.
    """

    kind: PieceKind
    key: tuple[str, ...]
    source: str
    at: datetime
    node: str = ""
    data: bytes = b""
    errors: bytes = b""
    status: int = 0
    command: str = ""
    cut: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """All pieces of one moment, and who was asked.

    `reach` maps a node to how a person reaches it (`ssh worker-01`); `left_out` says in words what a bound kept out;
    `audit` holds our own audit lines of the same context.
    """

    at: datetime
    context: str
    server: str = ""
    server_version: str = ""
    namespace: str = ""
    node_access: str = "ssh"
    reach: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pieces: tuple[Piece, ...] = ()
    left_out: tuple[str, ...] = ()
    audit: bytes = b""


@dataclass(frozen=True, slots=True)
class Recorded:
    """That what is shown comes from a case file: its name and when it was collected (UTC).

    `kept` are the logs that the kubelet could not serve any more: node, container and lines. `nodes` are those of
    which the file holds evidence; of a large cluster it is not all. `trials` are experiments and tries.
    """

    name: str
    at: datetime
    kept: tuple[KeptLog, ...] = ()
    nodes: frozenset[str] = frozenset()
    trials: tuple[Experiment | Try, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """One kind of secret that was taken out of one text: how often."""

    what: str
    count: int
    where: str = ""


# --- which request a piece answers ----------------------------------------------------------------------------------


def object_key(ref: ObjectRef) -> tuple[str, ...]:
    """Resource, namespace ("" for none) and name."""
    return (ref.resource, ref.namespace, ref.name)


def log_key(request: LogRequest) -> tuple[str, ...]:
    """Namespace, pod, container and `previous` or ""; bounds do not tell logs apart."""
    return (request.namespace, request.pod, request.container, "previous" if request.previous else "")


def events_key(pod: PodStatus) -> tuple[str, ...]:
    """Namespace and name of the object the events are about."""
    return (pod.namespace, pod.name)


def command_key(node: str, command: NodeCommand) -> tuple[str, ...]:
    """Node, the command's name, `root` or "", and its words."""
    return (node, command.name, "root" if command.root else "", *command.argv)
