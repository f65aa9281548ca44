"""A cluster and its nodes as a recording remembers them: the second implementation of the engine's ports.

Objects, events and endpoints are decoded by the code that decodes a live answer. What was not recorded is said to be
so, never taken for empty.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from cnitui import errors
from cnitui.domain.exchange import (
    Answer,
    CommandOutput,
    Connection,
    Interrupted,
    Listed,
    LogRequest,
    NodeCommand,
    Permission,
    Update,
)
from cnitui.domain.facts import ApiEndpoints, DaemonSetStatus, Event, NodeStatus, PodStatus
from cnitui.domain.plan import Access, ObjectRef, PatchType
from cnitui.domain.recording import Failure, Piece, PieceKind, Recording, command_key, log_key, object_key
from cnitui.errors import ClusterError, ConfigurationError, Forbidden, NodeError, NotFound, ReadOnly
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.daemonsets import daemonset_from_plain
from cnitui.gateways.kubernetes.events import event_of, newest_last
from cnitui.gateways.kubernetes.nodes import node_from_plain
from cnitui.gateways.kubernetes.pods import pod_from_plain

T = TypeVar("T")
NO_CLUSTER = "a case file has no cluster behind it"
_NEVER = 86_400.0
_TIMES = 3
"""A failing watch says so as often as a session needs to hear it before it goes on without."""


class ReplayCluster:
    """Implements `engine.ports.ClusterApi` from a recording; every write is refused."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._pieces = {(piece.kind, piece.key): piece for piece in recording.pieces}
        self._pods = tuple(_facts(recording, "pods", pod_from_plain))
        self._nodes = tuple(_facts(recording, "nodes", node_from_plain))
        self._daemonsets = tuple(_facts(recording, "daemonsets", daemonset_from_plain))

    @property
    def connection(self) -> Connection:
        """Whom the recording is of."""
        told = self._recording
        return Connection(
            told.context, told.server, namespace=told.namespace, readonly=True, version=told.server_version
        )

    @property
    def silence(self) -> float:
        """A recording is never silent."""
        return 0.0

    async def ping(self) -> None:
        """It is there."""

    async def connect(self) -> str:
        """The version the server had."""
        return self._recording.server_version

    # --- watching and listing -----------------------------------------------------------------------------------------

    def watch_pods(self, namespace: str, selector: str) -> AsyncIterator[Update[PodStatus]]:
        """All recorded pods; they are Calico's, whatever the selector."""
        return self._watched("pods", self._pods)

    def watch_nodes(self) -> AsyncIterator[Update[NodeStatus]]:
        """All recorded nodes."""
        return self._watched("nodes", self._nodes)

    def watch_daemonsets(self, namespace: str, selector: str) -> AsyncIterator[Update[DaemonSetStatus]]:
        """All recorded DaemonSets."""
        return self._watched("daemonsets", self._daemonsets)

    async def _watched(self, resource: str, items: tuple[T, ...]) -> AsyncIterator[Update[T]]:
        failure = self._listing_failed(resource)
        if failure is None or items:
            yield Listed(items)
        else:
            for _ in range(_TIMES):
                yield Interrupted(_cluster_error(failure), _NEVER)
        await asyncio.Event().wait()

    def _listing_failed(self, resource: str) -> Failure | None:
        """Why nothing of a resource is here: it could not be listed, or none of its objects could be read."""
        failed = (
            piece.failure
            for piece in self._recording.pieces
            if piece.failure is not None and piece.kind in ("list", "object") and piece.key[0] == resource
        )
        return next(failed, None)

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]:
        """All recorded pods."""
        return self._pods

    async def nodes(self) -> tuple[NodeStatus, ...]:
        """All recorded nodes."""
        return self._nodes

    async def daemonsets(self, namespace: str, selector: str = "") -> tuple[DaemonSetStatus, ...]:
        """All recorded DaemonSets."""
        return self._daemonsets

    async def events(self, namespace: str, involved: str = "") -> tuple[Event, ...]:
        """Events of one recorded pod."""
        piece = self._answer("events", (namespace, involved), f"events of {involved}")
        found = _decoded(piece, wire.Listing[wire.Event])
        return newest_last(event_of(event) for event in found.items or ())

    async def api_endpoints(self) -> ApiEndpoints:
        """The Service `default/kubernetes` as it was."""
        found = _decoded(self._answer("endpoints", (), "the API's endpoints"), _Endpoints)
        return ApiEndpoints(found.service, tuple(found.endpoints))

    # --- logs and objects ---------------------------------------------------------------------------------------------

    async def read_log(self, request: LogRequest) -> bytes:
        """The log as it was, whole; a log that failed for another reason than permissions will not come any more."""
        what = f"a log of {request.container} of {request.pod}"
        return self._answer("log", log_key(request), what, lasting=True).data

    async def follow_log(self, request: LogRequest) -> AsyncIterator[bytes]:
        """The log as it was; nothing follows it."""
        yield await self.read_log(request)
        await asyncio.Event().wait()

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        """A recorded object."""
        piece = self._answer("object", object_key(ref), ref.words)
        document: Mapping[str, object] = _document(piece)
        return document

    def _answer(self, kind: PieceKind, key: tuple[str, ...], words: str, *, lasting: bool = False) -> Piece:
        piece = self._pieces.get((kind, key))
        if piece is None:
            raise NotFound(f"{words} is not in the case file", status=404)
        if piece.failure is not None:
            error = _cluster_error(piece.failure)
            if lasting and not isinstance(error, Forbidden):
                error = NotFound(error.what, error.next_step, status=404)
            raise error
        return piece

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Mapping[str, object], ...]:
        """None: nothing of the kind is ever recorded."""
        return ()

    # --- writing ------------------------------------------------------------------------------------------------------

    async def patch(
        self, ref: ObjectRef, kind: PatchType, body: object, *, dry_run: bool, manager: str = "cnitui"
    ) -> Answer:
        """Refused; a dry run as well, because nobody is there who could compute it."""
        raise _refused(ref, dry_run)

    async def create(self, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool) -> Answer:
        """Refused."""
        raise _refused(ref, dry_run)

    async def delete(
        self, ref: ObjectRef, *, uid: str, grace_seconds: int | None = None, dependents: bool = False
    ) -> None:
        """Refused."""
        raise _refused(ref, False)

    async def may(self, access: Access) -> Permission:
        """Nobody may."""
        return Permission(access, False, NO_CLUSTER)

    async def close(self) -> None:
        """Nothing is open."""


class ReplayShell:
    """Implements `engine.ports.NodeShell` from a recording."""

    def __init__(self, recording: Recording) -> None:
        self._reach = recording.reach
        self._failed = {p.key[0]: p.failure for p in recording.pieces if p.kind == "node" and p.failure is not None}
        commands = [piece for piece in recording.pieces if piece.kind == "command" and piece.failure is None]
        self._exact = {piece.key: piece for piece in commands}
        self._by_name = {piece.key[:2]: piece for piece in commands}

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        """What the node answered then; a command that was not asked then is left out."""
        failure = self._failed.get(node.name)
        if failure is not None:
            raise NodeError(failure.what, failure.next_step, node=node.name)
        if not any(key[0] == node.name for key in self._by_name):
            raise NodeError(f"{node.name} was not read when the case was collected", node=node.name)
        found = ((command, self._recorded(node.name, command)) for command in commands)
        return tuple(_output(command, piece) for command, piece in found if piece is not None)

    def _recorded(self, node: str, command: NodeCommand) -> Piece | None:
        """The very command, else one of the same name: another version of cnitui may word it otherwise."""
        return self._exact.get(command_key(node, command)) or self._by_name.get((node, command.name))

    def by_hand(self, node: NodeStatus) -> str:
        """As it was."""
        return self._reach.get(node.name, f"ssh {node.name}")

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        """There is no node to trust."""
        raise ReadOnly(f"{node.name} cannot be asked: {NO_CLUSTER}")

    async def close(self) -> None:
        """Nothing is open."""


class _Endpoints(msgspec.Struct):
    service: str = ""
    endpoints: list[str] = []


def _output(command: NodeCommand, piece: Piece) -> CommandOutput:
    out, err = (data.decode("utf-8", "replace") for data in (piece.data, piece.errors))
    return CommandOutput(command.name, piece.command, out, err, piece.status, piece.cut)


def _facts(recording: Recording, resource: str, fact: Callable[[Mapping[str, object]], T]) -> Iterator[T]:
    """Raises ConfigurationError naming the piece that is no such object."""
    for piece in recording.pieces:
        if piece.kind == "object" and piece.key[0] == resource and piece.failure is None:
            try:
                yield fact(_document(piece))
            except (msgspec.ValidationError, ValueError) as error:
                raise ConfigurationError(f"the answer of `{piece.source}` in the case file: {error}") from error


def _document(piece: Piece) -> Mapping[str, object]:
    try:
        document = json.loads(piece.data)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"the answer of `{piece.source}` in the case file is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"the answer of `{piece.source}` in the case file is no object")
    return cast("Mapping[str, object]", document)


def _decoded(piece: Piece, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(piece.data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.ServerFailure(f"the answer of `{piece.source}` in the case file: {error}") from error


def _cluster_error(failure: Failure) -> ClusterError:
    """The error as it was raised; one that this version does not know is a plain ClusterError."""
    known = getattr(errors, failure.error, ClusterError)
    kind = known if isinstance(known, type) and issubclass(known, ClusterError) else ClusterError
    return kind(failure.what, failure.next_step)


def _refused(ref: ObjectRef, dry_run: bool) -> ClusterError | ReadOnly:
    if dry_run:
        return Forbidden(f"{ref.words} can be neither changed nor asked about: {NO_CLUSTER}")
    return ReadOnly(f"{ref.words} is not changed: {NO_CLUSTER}")
