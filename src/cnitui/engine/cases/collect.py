"""Gathers the raw evidence of an incident: what the probes would ask, asked once more, and kept as it came.

Pods, logs and node commands are those of every failing pod and of the reference, up to a bound that is told. What could
not be read is kept as its failure, with the request it belongs to. Nothing here is redacted yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from cnitui.domain.derive import reference_node
from cnitui.domain.evidence import Unavailable
from cnitui.domain.exchange import CommandOutput, LogRequest, NodeCommand
from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.facts import ApiEndpoints, AttemptLogs, DaemonSetStatus, NodeStatus, PodStatus
from cnitui.domain.plan import ObjectRef
from cnitui.domain.recording import (
    Failure,
    KeptLog,
    Piece,
    PieceKind,
    Recording,
    command_key,
    events_key,
    log_key,
    object_key,
)
from cnitui.domain.remedies.template import daemonset_ref
from cnitui.domain.standing import begins
from cnitui.domain.trial_documents import trial_document
from cnitui.engine.cases.documents import as_bytes, as_json_bytes, endpoints_document, event_list, lean
from cnitui.engine.cases.progress import Told, counted, untold
from cnitui.engine.ports import CaseFiles, ClusterApi, NodeShell
from cnitui.engine.probes.cluster import attempt_requests, events_command
from cnitui.engine.probes.node import probe_node
from cnitui.engine.probes.node_failures import by_hand_line
from cnitui.engine.reading.subjects import Noting, attempts_key, node_request
from cnitui.engine.services import Services
from cnitui.engine.state import State
from cnitui.errors import ClusterUnreachable, CnituiError, Forbidden, NodeError, NotFound, Unauthorized
from cnitui.late_dataclass import dataclass

T = TypeVar("T")
MOST_OTHERS = 20
"""Other nodes of which the same is kept because somebody looked at them."""
AT_ONCE = 16
"""Requests to the API server at a time: a case is saved while everybody else needs that server too."""
TRIES = 3
"""How often a pod is read again because an attempt ended while its logs were read."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a case may hold: pods (and nodes) whose objects are kept, failing ones first; failing nodes whose logs,
    events and commands are kept; bytes. `within` are the seconds that asking may take; None: as long as it takes."""

    pods: int = 500
    nodes: int = 100
    size: int = 128 << 20
    within: float | None = None


BOUNDS = Bounds()


async def collect(
    services: Services,
    state: State,
    files: CaseFiles,
    kept: Sequence[KeptLog] = (),
    bounds: Bounds = BOUNDS,
    told: Told = untold,
) -> Recording:
    """Everything that a diagnosis of this state rests on, as it is now; `kept` is what only log panes still have.

    `told` hears how far it is. Raises ClusterUnreachable or Unauthorized when the API server does not answer at all.
    """
    collector = _Collector(services, state, files, bounds, told)
    known = services.recorded.kept if services.recorded else ()
    for node, container, lines in (*known, *kept):
        source = f"cnitui, log pane of {container} on {node}"
        collector.keep(Piece("kept", (node, container), source, services.clock.now(), node, lines))
    trials: tuple[Experiment | Try, ...] = (*state.trials.found, *state.trials.tries)
    for number, found in enumerate(trials, 1):
        collector.keep(_trial(number, found, services))
    return await collector.recording()


def _trial(number: int, found: Experiment | Try, services: Services) -> Piece:
    connection = services.cluster.connection
    document = trial_document(found, connection.context, connection.server)
    at = found.at or services.clock.now()
    return Piece("trial", (found.node, str(number)), "cnitui, by Jobs", at, found.node, as_json_bytes(document))


class _Collector:
    """One collection: its pieces by request, so that reading again replaces what was read before."""

    def __init__(self, services: Services, state: State, files: CaseFiles, bounds: Bounds, told: Told) -> None:
        self._services, self._state, self._files = services, state, files
        self._bounds, self._told = bounds, told
        self._api: ClusterApi = services.cluster
        self._pieces: dict[tuple[PieceKind, tuple[str, ...]], Piece] = {}
        self._reach: dict[str, str] = {}
        self._left_out: list[str] = []
        self._bytes = 0
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def recording(self) -> Recording:
        began = self._now()
        self._lists()
        try:
            async with asyncio.timeout(self._bounds.within):
                await self._ask()
        except TimeoutError:
            self._left_out.append(f"what was not read within {self._bounds.within:g} s")
        connection, state = self._api.connection, self._state
        return Recording(
            at=began,
            context=connection.context,
            server=connection.server,
            server_version=state.server_version,
            namespace=self._services.settings.namespace,
            node_access="none" if self._services.shell is None else state.node_access,
            reach=self._reach,
            pieces=tuple(self._pieces[key] for key in sorted(self._pieces)),
            left_out=tuple(self._left_out),
            audit=self._files.audit_lines(connection.context),
        )

    async def _ask(self) -> None:
        pods = await self._objects()
        subjects = self._subjects(pods)
        endpoints = await self._endpoints() if subjects else None
        missing = [found for found in self._state.daemonsets if found.desired > found.current]
        reading = counted(self._told, "asking for logs and events of pods", [self._pod(pod) for pod in subjects])
        await asyncio.gather(reading, *(self._daemonset(one) for one in missing[:1]))
        await self._nodes(subjects, endpoints)

    # --- keeping ----------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._services.clock.now()

    def keep(self, piece: Piece) -> None:
        """Keep a piece; once the case has reached its bound, only that there was one."""
        size = len(piece.data) + len(piece.errors)
        if self._bytes + size > self._bounds.size:
            why = f"left out: the case file would be larger than {self._bounds.size >> 20} MiB"
            piece = Piece(
                piece.kind, piece.key, piece.source, piece.at, piece.node, failure=Failure("ClusterError", why)
            )
            size = 0
        self._bytes += size
        self._pieces[piece.kind, piece.key] = piece

    def _bounded(self, items: Sequence[T], most: int, words: str) -> Sequence[T]:
        if len(items) > most:
            self._left_out.append(f"{words} of {len(items) - most} more nodes (at most {most} are kept)")
        return items[:most]

    async def _asked(self, kind: PieceKind, key: tuple[str, ...], source: str, node: str, answer: Awaitable[T]) -> T:
        """The answer; a failure is kept, and raised for the caller to go on without or to end it all."""
        try:
            async with self._slots:
                return await answer
        except CnituiError as error:
            self.keep(Piece(kind, key, source, self._now(), node, failure=_failure(error)))
            raise

    # --- objects ----------------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        """What could not be listed: a replay must not take it for an empty list."""
        state = self._state
        for name, link, items in (("pods", state.pods_link, state.pods), ("nodes", state.nodes_link, state.nodes)):
            if link.error is not None and not items:
                self._unlisted(name, _failure(link.error))
        missing = state.case.reading(DaemonSetStatus)
        if isinstance(missing, Unavailable) and not state.daemonsets:
            self._unlisted("daemonsets", Failure(Forbidden.__name__, missing.why, missing.next_step))

    def _unlisted(self, resource: str, failure: Failure) -> None:
        self.keep(Piece("list", (resource,), f"kubectl get {resource} -A", self._now(), failure=failure))

    async def _objects(self) -> tuple[PodStatus, ...]:
        """Keep the objects; answers the pods as they are in them."""
        state = self._state
        failing = {pod.uid for pod in state.failing}
        read = set(state.case.subjects(AttemptLogs))  # of many nodes, those that were read tell the most
        order = sorted(
            state.pods, key=lambda pod: (pod.uid not in failing, pod.node not in read, pod.node != state.reference)
        )
        pods = self._bounded(order, self._bounds.pods, "pods and nodes")
        names = {pod.node: None for pod in pods} | {node.name: None for node in state.nodes[: self._bounds.pods]}
        others = [
            *(daemonset_ref(found.namespace, found.name) for found in state.daemonsets),
            *(_core("namespaces", "Namespace", name) for name in sorted({pod.namespace for pod in pods})),
            *(_core("nodes", "Node", name) for name in list(names)[: self._bounds.pods] if name),
        ]
        found, _ = await asyncio.gather(
            counted(self._told, "asking for pods and nodes", [self._pod_object(pod) for pod in pods]),
            asyncio.gather(*(self._object(ref) for ref in others)),
        )
        return tuple(pod for pod in found if pod is not None)

    async def _object(self, ref: ObjectRef, node: str = "") -> Mapping[str, object] | None:
        """Keep one object; None when it is gone or may not be read."""
        command = f"kubectl -n {ref.namespace} get" if ref.namespace else "kubectl get"
        source = f"{command} {ref.kind.lower()} {ref.name} -o json"
        node = ref.name if ref.resource == "nodes" else node
        try:
            document = await self._asked("object", object_key(ref), source, node, self._api.get(ref))
        except NotFound:
            self._pieces.pop(("object", object_key(ref)), None)
            return None
        except (ClusterUnreachable, Unauthorized):
            raise
        except CnituiError:
            return None
        self.keep(Piece("object", object_key(ref), source, self._now(), node, as_json_bytes(lean(document))))
        return document

    async def _pod_object(self, pod: PodStatus) -> PodStatus | None:
        document = await self._object(_core("pods", "Pod", pod.name, pod.namespace), pod.node)
        return self._files.pod(document) if document is not None else None

    def _subjects(self, pods: Sequence[PodStatus]) -> tuple[PodStatus, ...]:
        """The failing pods, bounded, the pod they are compared with, and those that somebody looked at."""
        reference = reference_node(pods, self._state.nodes)
        stuck = self._state.stuck
        failing = [pod for pod in pods if pod.node and (pod.failing is not None or pod.node in stuck or begins(pod))]
        chosen = [*self._bounded(failing, self._bounds.nodes, "logs, events and commands")]
        chosen += [pod for pod in pods if pod.node and pod.node in (reference, self._state.reference)]
        looked_at = set(self._state.kept_nodes) - {pod.node for pod in chosen}
        others = [pod for pod in pods if pod.node in looked_at and pod not in failing]
        chosen += self._bounded(others, MOST_OTHERS, "listings of healthy nodes")
        return tuple({pod.uid: pod for pod in chosen}.values())

    # --- logs, events, endpoints ------------------------------------------------------------------------------------

    async def _pod(self, pod: PodStatus) -> None:
        """Logs and events of one pod, read again when an attempt ended meanwhile: they must be of one moment."""
        for _ in range(TRIES):
            await asyncio.gather(self._logs(pod), self._events(pod))
            now = await self._pod_object(pod)
            if now is None or attempts_key(now) == attempts_key(pod):
                return
            pod = now

    async def _logs(self, pod: PodStatus) -> None:
        container = pod.telling
        if container is not None:
            await asyncio.gather(*(self._log(pod, request) for _, request in attempt_requests(pod, container)))

    async def _log(self, pod: PodStatus, request: LogRequest) -> None:
        previous = " --previous" if request.previous else ""
        source = f"kubectl -n {pod.namespace} logs {pod.name} -c {request.container} --timestamps{previous}"
        try:
            data = await self._asked("log", log_key(request), source, pod.node, self._api.read_log(request))
        except CnituiError:
            return
        cut = request.limit_bytes is not None and len(data) >= request.limit_bytes
        self.keep(Piece("log", log_key(request), source, self._now(), pod.node, data, cut=cut))

    async def _events(self, pod: PodStatus) -> None:
        source, key = f"{events_command(pod)} -o json", events_key(pod)
        try:
            events = await self._asked("events", key, source, pod.node, self._api.events(pod.namespace, pod.name))
        except CnituiError:
            return
        self.keep(Piece("events", key, source, self._now(), pod.node, as_json_bytes(event_list(events))))

    async def _daemonset(self, daemonset: DaemonSetStatus) -> None:
        """Why pods are missing."""
        key = (daemonset.namespace, daemonset.name)
        source = f"kubectl -n {daemonset.namespace} events --for daemonset/{daemonset.name} -o json"
        try:
            events = await self._asked("events", key, source, "", self._api.events(*key))
        except CnituiError:
            return
        self.keep(Piece("events", key, source, self._now(), data=as_json_bytes(event_list(events))))

    async def _endpoints(self) -> ApiEndpoints | None:
        source = "kubectl -n default get service,endpoints kubernetes -o json"
        try:
            found = await self._asked("endpoints", (), source, "", self._api.api_endpoints())
        except CnituiError:
            return None
        self.keep(Piece("endpoints", (), source, self._now(), data=as_json_bytes(endpoints_document(found))))
        return found

    # --- nodes ------------------------------------------------------------------------------------------------------

    async def _nodes(self, subjects: Iterable[PodStatus], endpoints: ApiEndpoints | None) -> None:
        shell = self._services.shell
        if shell is not None:
            await counted(self._told, "reading nodes", [self._node(shell, pod, endpoints) for pod in subjects])

    async def _node(self, shell: NodeShell, pod: PodStatus, endpoints: ApiEndpoints | None) -> None:
        """Let the probe ask, second look included, and keep what the node answered."""
        node = next((node for node in self._state.nodes if node.name == pod.node), NodeStatus(pod.node))
        self._reach[node.name] = shell.by_hand(node)
        recorder, among = _Recorder(shell, self), lambda: self._state.nodes
        await probe_node(recorder, node, node_request(pod, endpoints), self._services.clock, among)

    def command(self, node: str, command: NodeCommand, output: CommandOutput) -> None:
        """Keep what a command answered."""
        key, source = command_key(node, command), by_hand_line(self._reach[node], output.command)
        said = (as_bytes(output.stdout), as_bytes(output.stderr), output.status, output.command, output.truncated)
        self.keep(Piece("command", key, source, self._now(), node, *said))

    def node_failed(self, node: str, error: NodeError) -> None:
        """Keep why a node could not be asked."""
        self.keep(Piece("node", (node,), self._reach[node], self._now(), node, failure=_failure(error)))


class _Recorder(Noting):
    """A node shell that hands what it hears to a collection."""

    def __init__(self, shell: NodeShell, collection: _Collector) -> None:
        super().__init__(shell)
        self._collection = collection

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        try:
            outputs = await super().run(node, commands)
        except NodeError as error:
            self._collection.node_failed(node.name, error)
            raise
        asked = {command.name: command for command in commands}
        for output in outputs:
            self._collection.command(node.name, asked[output.name], output)
        return outputs


def _core(resource: str, kind: str, name: str, namespace: str = "") -> ObjectRef:
    return ObjectRef("", "v1", resource, kind, name, namespace)


def _failure(error: CnituiError) -> Failure:
    return Failure(type(error).__name__, error.what, error.next_step)
