"""What the engine needs from the outside, said by the engine; gateways and replay implement it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

from cnitui.domain.exchange import Answer as Answer
from cnitui.domain.exchange import Carried as Carried
from cnitui.domain.exchange import Changed as Changed
from cnitui.domain.exchange import CommandOutput as CommandOutput
from cnitui.domain.exchange import Connection as Connection
from cnitui.domain.exchange import Interrupted as Interrupted
from cnitui.domain.exchange import Listed as Listed
from cnitui.domain.exchange import LogRequest as LogRequest
from cnitui.domain.exchange import NodeCommand as NodeCommand
from cnitui.domain.exchange import NodeOrder as NodeOrder
from cnitui.domain.exchange import Page as Page
from cnitui.domain.exchange import Permission as Permission
from cnitui.domain.exchange import Removed as Removed
from cnitui.domain.exchange import Update as Update
from cnitui.domain.facts import ApiEndpoints, DaemonSetStatus, Event, NodeStatus, PodStatus
from cnitui.domain.operator.observation import Objects
from cnitui.domain.plan import Access, ObjectRef, PatchType
from cnitui.domain.recording import Hidden, Recording
from cnitui.late_dataclass import dataclass

T = TypeVar("T")


class ClusterApi(Protocol):
    """The Kubernetes API, as far as we need it.

    Every method raises `ClusterError`s (or `KubeconfigError` at first contact) and nothing else; watches raise nothing
    but cancellation, they yield `Interrupted`.
    """

    @property
    def connection(self) -> Connection: ...

    @property
    def silence(self) -> float:
        """Seconds since anything was heard from the server; 0.0 before the first contact."""
        ...

    async def ping(self) -> None:
        """Ask something cheap; raises ClusterUnreachable when nothing comes within the request timeout."""
        ...

    async def connect(self) -> str:
        """Load the kubeconfig, make first contact; answers the server's version (`v1.31.0`)."""
        ...

    def watch_pods(self, namespace: str, selector: str) -> AsyncIterator[Update[PodStatus]]:
        """Pods matching a label selector; namespace "" watches all, falling back to the given ones when refused."""
        ...

    def watch_nodes(self) -> AsyncIterator[Update[NodeStatus]]: ...

    def watch_daemonsets(self, namespace: str, selector: str) -> AsyncIterator[Update[DaemonSetStatus]]: ...

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]: ...

    async def nodes(self) -> tuple[NodeStatus, ...]: ...

    async def daemonsets(self, namespace: str, selector: str = "") -> tuple[DaemonSetStatus, ...]: ...

    async def events(self, namespace: str, involved: str = "") -> tuple[Event, ...]:
        """Events of a namespace, newest last; `involved` limits them to one object's name."""
        ...

    async def api_endpoints(self) -> ApiEndpoints:
        """The Service `default/kubernetes` and what is behind it."""
        ...

    async def read_log(self, request: LogRequest) -> bytes:
        """A log as it is now, with timestamps at the start of each line."""
        ...

    def follow_log(self, request: LogRequest) -> AsyncIterator[bytes]:
        """Chunks of a log with timestamps, until the container ends (then the iterator ends)."""
        ...

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        """One object as plain data."""
        ...

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Mapping[str, object], ...]:
        """All objects of the ref's resource in its namespace that a label selector names, as plain data."""
        ...

    async def patch(
        self, ref: ObjectRef, kind: PatchType, body: object, *, dry_run: bool, manager: str = "cnitui"
    ) -> Answer: ...

    async def create(self, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool) -> Answer: ...

    async def delete(
        self, ref: ObjectRef, *, uid: str, grace_seconds: int | None = None, dependents: bool = False
    ) -> None:
        """Delete the object if it still is the one of that uid; one that is gone already is no error.

        With `dependents` what it owns goes too: the pods of a Job stay otherwise.
        """
        ...

    async def may(self, access: Access) -> Permission:
        """A SelfSubjectAccessReview."""
        ...

    async def close(self) -> None: ...


class ObjectsApi(Protocol):
    """Objects of the API as plain data, whatever their kind; raises as `ClusterApi` does."""

    @property
    def connection(self) -> Connection: ...

    async def connect(self) -> str:
        """As `ClusterApi.connect`."""
        ...

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        """One object."""
        ...

    async def served(self, group: str, version: str) -> tuple[ObjectRef, ...]:
        """The resources of a group that can be listed, as refs without a name; raises NotFound for no such group."""
        ...

    async def everything(self, ref: ObjectRef, most: int) -> Objects:
        """All objects of the ref's resource in all namespaces, at most so many, and how many were left."""
        ...


# --- nodes ----------------------------------------------------------------------------------------------------------


class NodeShell(Protocol):
    """Read-only commands on nodes."""

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        """Run all of them over one connection; raises a NodeError when the node cannot be reached or logged in to."""
        ...

    def by_hand(self, node: NodeStatus) -> str:
        """How a person reaches the node: `ssh worker-01` (with -F, -l, -i when we were told so)."""
        ...

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        """Trust the key of that fingerprint from now on (the user said so); raises HostKeyChanged if it is another."""
        ...

    async def close(self) -> None: ...


class NodeWriter(Protocol):
    """The way to a node that changes it: takes orders only, and an order comes from a confirmed preview only."""

    @property
    def means(self) -> str:
        """How it gets there, for people: `over SSH, by sudo -n`."""
        ...

    def accesses(self, namespace: str) -> tuple[Access, ...]:
        """What it needs to be allowed to do in the cluster."""
        ...

    async def write(self, node: NodeStatus, order: NodeOrder) -> Carried:
        """Run the order's commands, once; raises a NodeError when nothing was done."""
        ...


# --- files ----------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> datetime:
        """UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Journal(Protocol):
    """Our memory on disk: the audit log, pre-images and plans; each write is on disk before it returns."""

    def audit(self, event: str, details: Mapping[str, object]) -> None:
        """Append one line to audit.jsonl; raises StateError: no audit line, no write."""
        ...

    def keep(self, plan_id: str, name: str, document: object) -> Path:
        """Save a document (pre-image, plan, outcome) of one plan as JSON, atomically; raises StateError."""
        ...

    def load(self, plan_id: str, name: str) -> object:
        """Read one back; raises StateError."""
        ...

    def place(self, plan_id: str, file: str) -> Path:
        """Where a file of one plan lies, be it there or not; raises StateError for an id or name that is none."""
        ...

    def plans(self) -> tuple[str, ...]:
        """Ids of the plans kept, oldest first."""
        ...

    def new_id(self, now: datetime) -> str:
        """UTC time and four hex digits."""
        ...


class Shelf(Protocol):
    """Documents that outlive a sitting, by an id; for their owner only, whole or not at all."""

    def ids(self) -> tuple[str, ...]:
        """Oldest first; raises StateError when the folder cannot be read."""
        ...

    def new_id(self, now: datetime) -> str:
        """UTC time and four hex digits."""
        ...

    def keep(self, kept_id: str, name: str, document: object) -> Path:
        """Save a document as JSON; raises StateError."""
        ...

    def load(self, kept_id: str, name: str) -> object:
        """Read one back; raises StateError."""
        ...

    def drop(self, kept_id: str) -> None:
        """Remove all documents of an id; raises StateError."""
        ...

    def claim(self, kept_id: str) -> bool:
        """Take an id for this sitting, until `release` or the process ends; False while another one has it."""
        ...

    def release(self, kept_id: str) -> None:
        """Give it back."""
        ...

    async def aside(self, call: Callable[[], T]) -> T:
        """Run what works on the shelf off the event loop; raises what it raises."""
        ...


class History(Protocol):
    """The commands that were typed, of this sitting and of earlier ones."""

    async def lines(self) -> tuple[str, ...]:
        """Oldest first, each once; none when they cannot be read."""
        ...

    async def add(self, line: str) -> None:
        """Keep one more; raises StateError."""
        ...


class CaseFiles(Protocol):
    """Case files on disk, and a cluster that answers from one."""

    def pod(self, document: Mapping[str, object]) -> PodStatus:
        """The fact of a pod as it was read with `ClusterApi.get`."""
        ...

    def replay(self, recording: Recording) -> tuple[ClusterApi, NodeShell | None]:
        """What answers every question as it was answered then; no node shell when nodes were left alone."""
        ...

    def audit_lines(self, context: str) -> bytes:
        """Our own audit lines of a context, the newest ones; empty when there are none."""
        ...

    def check(self, path: Path, *, overwrite: bool) -> None:
        """Raise StateError when the file could not be written there."""
        ...

    async def write(
        self, path: Path, recording: Recording, diagnosis: str, hidden: Sequence[Hidden], *, overwrite: bool
    ) -> None:
        """Write a case file whole or not at all; raises StateError."""
        ...

    async def read(self, path: Path) -> Recording:
        """The recording in a case file; raises UsageError and ConfigurationError."""
        ...

    def write_bytes(self, path: Path, data: bytes, *, overwrite: bool) -> None:
        """Write a report or a log whole or not at all; raises StateError."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of the configuration the engine obeys."""

    namespace: str = ""
    node_access: str = "ssh"
    readonly: bool = False
    request_timeout: float = 10.0
    test_pod_image: str = ""
    node_fan_out: int = 50
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
