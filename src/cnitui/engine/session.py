"""One sitting with one cluster: intents in, frozen state out.

The session watches, looks where the picture says that looking is due, judges what was found, and publishes a new
`State`. Nothing here writes to a cluster or node; that is `apply`'s business, with a plan the user confirmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from cnitui.domain.derive import calico_install_of, install_cni_of, reference_node
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import ApiEndpoints, InstallCni, NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.engine.book import Book
from cnitui.engine.looks import Looks
from cnitui.engine.ports import Clock, ClusterApi, NodeShell, Settings
from cnitui.engine.probes.cluster import Readings, probe_endpoints, probe_pod
from cnitui.engine.probes.node import NodeProbeRequest, probe_node
from cnitui.engine.state import State
from cnitui.engine.watching import Picture
from cnitui.errors import ClusterError

PUBLISH_EVERY = 0.05
"""Seconds between two states at most: a burst of watch events becomes one repaint."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 15.0


class Session:
    """Watches, investigates and judges; `subscribe` to get every new state."""

    def __init__(self, cluster: ClusterApi, shell: NodeShell | None, clock: Clock, settings: Settings) -> None:
        self.cluster = cluster
        self.shell = shell
        self.clock = clock
        self.settings = settings
        self.state = State(started_at=clock.now(), readonly=settings.readonly)
        self._subscribers: list[Callable[[State], None]] = []
        self._wake = asyncio.Event()
        self._picture = Picture(cluster, clock, settings.namespace, self._wake.set)
        self._looks = Looks(clock, self._take, self._wake.set, settings.node_fan_out)
        self._book = Book()
        self._judged: tuple[CaseFile, Diagnosis] | None = None

    # --- intents --------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[State], None]) -> None:
        """Call `listener` with every new state, on the event loop."""
        self._subscribers.append(listener)

    def look_again(self, node: str | None = None) -> None:
        """Read a node (or everything) anew."""
        self._looks.again(node)
        self._wake.set()

    async def accept_host_key(self, node: str, fingerprint: str) -> None:
        """The user trusts this key: keep it, and read the node."""
        status = next((status for status in self.state.nodes if status.name == node), None)
        if self.shell is not None and status is not None:
            await self.shell.accept_host_key(status, fingerprint)
            self.look_again(node)

    # --- the loop -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, watch and investigate until cancelled; raises KubeconfigError when there is no way to begin."""
        try:
            await self._connect()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._picture.watch_pods())
                tasks.create_task(self._picture.watch_nodes())
                tasks.create_task(self._picture.watch_daemonsets())
                tasks.create_task(self._publish())
        finally:
            await self._looks.close()

    async def _connect(self) -> None:
        wait = _FIRST_RETRY
        while True:
            try:
                version = await self.cluster.connect()
            except ClusterError as error:
                self._show(replace(self.state, fatal=error, connection=self.cluster.connection))
                await self.clock.sleep(wait)
                wait = min(_LAST_RETRY, wait * 2)
            else:
                state = replace(self.state, fatal=None, connection=self.cluster.connection)
                self._show(replace(state, server_version=version))
                return

    async def _publish(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._show(self._next_state())
            self._look_where_due()
            await self.clock.sleep(PUBLISH_EVERY)

    def _show(self, state: State) -> None:
        if state != self.state:
            self.state = state
            for listener in self._subscribers:
                listener(state)

    def _take(self, readings: Readings) -> None:
        self._book.take(readings)
        self._wake.set()

    # --- from the picture to a state ------------------------------------------------------------------------------

    def _next_state(self) -> State:
        picture = self._picture
        state = replace(
            self.state,
            pods_link=picture.pods.link,
            nodes_link=picture.nodes.link,
            pods=picture.pods.items,
            nodes=picture.nodes.items,
            daemonsets=picture.calico_daemonsets,
            looks=tuple(sorted(self._looks.states.items())),
        )
        self._book.picture(state.rows, state.daemonset, self.clock.now())
        return replace(
            state,
            reference=self._reference(state),
            install=calico_install_of(state.daemonset) if state.daemonset else None,
            case=self._book.case,
            diagnosis=self._judge(),
        )

    def _reference(self, state: State) -> str:
        """Keep the reference while it is healthy: a comparison that changes its base would confuse."""
        kept = any(row.name == state.reference and row.healthy for row in state.rows)
        return state.reference if kept else reference_node(state.pods, state.nodes)

    def _judge(self) -> Diagnosis | None:
        """Judge the case, unless nothing changed; None before the pods are known."""
        if not self._picture.pods.listed:
            return None
        case = self._book.case
        if self._judged is None or self._judged[0] is not case:
            self._judged = (case, diagnose(case))
        return self._judged[1]

    # --- looking --------------------------------------------------------------------------------------------------

    def _look_where_due(self) -> None:
        state = self.state
        subjects = [pod for pod in state.pods if pod.node and (pod.failing or pod.node == state.reference)]
        self._looks.forget(set(self._looks.states) - {pod.node for pod in subjects} - {""})
        if subjects:
            self._looks.want("", "endpoints", None, lambda: probe_endpoints(self.cluster, self.clock))
        for pod in subjects:
            self._look_at(pod)

    def _look_at(self, pod: PodStatus) -> None:
        self._looks.want(pod.node, "pod", _attempts_key(pod), lambda: probe_pod(self.cluster, pod, self.clock))
        node = next((node for node in self.state.nodes if node.name == pod.node), None)
        shell, endpoints = self.shell, self.state.case.value(ApiEndpoints)
        if node is None or shell is None or self._looks.states.get("") is None:
            return
        request = NodeProbeRequest(...)
        self._looks.want(pod.node, "node", pod.uid, lambda: probe_node(shell, node, request, self.clock))


def _attempts_key(pod: PodStatus) -> object:
    """Changes whenever an attempt of the pod has ended."""
    return (pod.uid, tuple((c.name, c.last_failure.container_id if c.last_failure else "") for c in pod.containers))
