"""What the API server can tell about one failing or reference pod, and about the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from cnitui.domain.derive import calico_install_of, install_cni_of
from cnitui.domain.evidence import Observed, Reading, Source, Unavailable
from cnitui.domain.facts import (
    INSTALL_CNI,
    ApiEndpoints,
    Attempt,
    AttemptLogs,
    CalicoInstall,
    ContainerStatus,
    DaemonSetStatus,
    Event,
    InstallCni,
    LogLine,
    Milestones,
    NodeStatus,
    PodEvents,
    PodStatus,
    Run,
)
from cnitui.domain.parsing.container_log import is_kubelets, parse_log
from cnitui.domain.parsing.installer_log import milestones
from cnitui.engine.ports import Clock, ClusterApi, LogRequest
from cnitui.errors import ClusterError, CnituiError

T = TypeVar("T")
Readings = tuple[tuple[type[object], str, Reading[object]], ...]
LOG_LIMIT = 1_000_000
"""Bytes of one attempt's log that are judged; an installer prints a few kB."""
ROUNDING = timedelta(seconds=1)
"""A status tells whole seconds."""


def pod_readings(pod: PodStatus, at: datetime) -> Readings:
    """What the pod object itself says: its status, and install-cni as this pod runs it."""
    source = Source(f"kubectl -n {pod.namespace} get pod {pod.name} -o yaml", pod.node, at)
    install = install_cni_of(pod)
    facts: list[tuple[type[object], str, Reading[object]]] = [(PodStatus, pod.node, Observed(pod, source))]
    if install is not None:
        facts.append((InstallCni, pod.node, Observed(install, source)))
    return tuple(facts)


def node_status_readings(node: NodeStatus, at: datetime) -> Readings:
    """What the Node object says."""
    return ((NodeStatus, node.name, Observed(node, Source(f"kubectl get node {node.name} -o yaml", node.name, at))),)


def daemonset_readings(daemonset: DaemonSetStatus, at: datetime) -> Readings:
    """What the DaemonSet says, and the installation that follows from it."""
    source = Source(f"kubectl -n {daemonset.namespace} get daemonset {daemonset.name} -o yaml", at=at)
    return (
        (DaemonSetStatus, "", Observed(daemonset, source)),
        (CalicoInstall, "", Observed(calico_install_of(daemonset), source)),
    )


async def probe_endpoints(cluster: ClusterApi, clock: Clock) -> Readings:
    """The API's Service address and what is behind it."""
    source = Source("kubectl -n default get service,endpoints kubernetes", at=clock.now())
    return ((ApiEndpoints, "", await _reading(cluster.api_endpoints(), source, lambda found: found)),)


def pod_unread(pod: PodStatus, why: str, at: datetime) -> Readings:
    """What `probe_pod` would have answered, unavailable for one and the same reason."""
    source = Source(f"kubectl -n {pod.namespace} logs {pod.name}", pod.node, at)
    return tuple((fact, pod.node, Unavailable(why, source)) for fact in (AttemptLogs, Milestones, PodEvents))


async def probe_pod(cluster: ClusterApi, pod: PodStatus, clock: Clock) -> Readings:
    """Logs of the last attempts of the container that matters, and the pod's events."""
    logs, events = await asyncio.gather(probe_logs(cluster, pod, clock), _events(cluster, pod, clock))
    return (*logs, *events)


async def probe_logs(cluster: ClusterApi, pod: PodStatus, clock: Clock) -> Readings:
    """Logs of the last attempts of the container that matters; nothing for a pod without containers."""
    container = pod.telling
    return await _attempt_logs(cluster, pod, container, clock) if container else ()


async def _events(cluster: ClusterApi, pod: PodStatus, clock: Clock) -> Readings:
    source = Source(events_command(pod), pod.node, clock.now())

    def fact(found: tuple[Event, ...]) -> PodEvents:
        return PodEvents(found)

    return ((PodEvents, pod.node, await _reading(cluster.events(pod.namespace, pod.name), source, fact)),)


async def probe_daemonset(cluster: ClusterApi, daemonset: DaemonSetStatus, clock: Clock) -> Readings:
    """The DaemonSet's own events: where pods are missing, its controller says there why it cannot create them."""
    command = f"kubectl -n {daemonset.namespace} events --for daemonset/{daemonset.name}"
    source = Source(command, at=clock.now())

    def fact(found: tuple[Event, ...]) -> PodEvents:
        return PodEvents(tuple(event for event in found if event.object.startswith("DaemonSet/")))

    return ((PodEvents, "", await _reading(cluster.events(daemonset.namespace, daemonset.name), source, fact)),)


async def probe_all_events(cluster: ClusterApi, namespace: str) -> Mapping[str, tuple[Event, ...]]:
    """The events of a namespace by the name of the object they are about, in one list; raises ClusterErrors.

    One pod's events cost the server a walk over all events of the namespace: for many pods, one list is kinder.
    """
    found: dict[str, list[Event]] = {}
    for event in await cluster.events(namespace):
        found.setdefault(event.object.rpartition("/")[2], []).append(event)
    return {name: tuple(events) for name, events in found.items()}


def events_readings(pod: PodStatus, events: tuple[Event, ...], at: datetime) -> Readings:
    """A pod's part of such a list."""
    return ((PodEvents, pod.node, Observed(PodEvents(events), Source(events_command(pod), pod.node, at))),)


async def _attempt_logs(cluster: ClusterApi, pod: PodStatus, container: ContainerStatus, clock: Clock) -> Readings:
    source = Source(f"kubectl -n {pod.namespace} logs {pod.name} -c {container.name}", pod.node, clock.now())
    attempts, error = await _read_attempts(cluster, attempt_requests(pod, container))
    if not attempts and error is not None:
        gone = Unavailable(error.what, source, error.next_step)
        return ((AttemptLogs, pod.node, gone), (Milestones, pod.node, gone))
    logs = AttemptLogs(container.name, tuple(attempts), pod.name)
    readings: list[tuple[type[object], str, Reading[object]]] = [(AttemptLogs, pod.node, Observed(logs, source))]
    if container.name == INSTALL_CNI:
        latest = logs.latest
        if latest is not None:
            readings.append((Milestones, pod.node, Observed(milestones(latest), source)))
    return tuple(readings)


def attempt_requests(pod: PodStatus, container: ContainerStatus) -> tuple[tuple[Run, LogRequest], ...]:
    """The runs that the kubelet knows and how to ask for their logs, oldest first.

    During back-off the kubelet serves the last run without `previous`.
    """
    runs = [run for run in (container.last, container.current) if run is not None]
    return tuple(
        (
            run,
            LogRequest(pod.namespace, pod.name, container.name, previous=run is not runs[-1], limit_bytes=LOG_LIMIT),
        )
        for run in runs
    )


def events_command(pod: PodStatus) -> str:
    """How a person asks for the pod's events."""
    return f"kubectl -n {pod.namespace} events --for pod/{pod.name}"


async def _read_attempts(
    cluster: ClusterApi, wanted: tuple[tuple[Run, LogRequest], ...]
) -> tuple[list[Attempt], CnituiError | None]:
    """The log of each run, oldest first."""
    attempts: list[Attempt] = []
    trouble: CnituiError | None = None
    for run, request in wanted:
        try:
            lines = await _log_of(cluster, run, request)
        except CnituiError as error:
            trouble = error
        else:
            attempts.append(Attempt(run, lines))
    return attempts, trouble


async def _log_of(cluster: ClusterApi, run: Run, request: LogRequest) -> tuple[LogLine, ...]:
    """The run's log; raises ClusterError when the kubelet does not have it any more.

    A status is always a little behind the kubelet. When the next run has begun meanwhile, the log that was asked for
    is that of the next run, perhaps still without a line, and the run's own is the previous one's.
    """
    raw = await cluster.read_log(request)
    lines = parse_log(raw)
    gone = is_kubelets(raw) or _begins_after(run, lines)
    if (gone or not lines) and not request.previous and run.finished_at is not None:
        own = await _log_before(cluster, run, request)
        if own:
            return own
    if gone:
        raise ClusterError(
            "the kubelet does not have the log of that attempt any more", "It is read after the next attempt."
        )
    return lines


async def _log_before(cluster: ClusterApi, run: Run, request: LogRequest) -> tuple[LogLine, ...]:
    """The previous run's log as the kubelet now counts, if it is this run's; else nothing."""
    try:
        raw = await cluster.read_log(replace(request, previous=True))
    except ClusterError:
        return ()
    lines = parse_log(raw)
    begun = _begun(lines)
    before = begun is None or run.started_at is None or begun < run.started_at - ROUNDING
    return () if is_kubelets(raw) or before or _begins_after(run, lines) else lines


def _begins_after(run: Run, lines: tuple[LogLine, ...]) -> bool:
    begun = _begun(lines)
    return begun is not None and run.finished_at is not None and begun > run.finished_at + ROUNDING


def _begun(lines: tuple[LogLine, ...]) -> datetime | None:
    return next((line.time for line in lines if line.time is not None), None)


async def _reading(
    answer: Coroutine[object, object, T], source: Source, fact: Callable[[T], object]
) -> Reading[object]:
    try:
        return Observed(fact(await answer), source)
    except CnituiError as error:
        return Unavailable(error.what, source, error.next_step)
