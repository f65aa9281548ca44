"""The log feeds of the chosen nodes: one per node, a bounded number of them following at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby

from cnitui.domain.facts import INSTALL_CNI, ContainerStatus, PodStatus
from cnitui.domain.investigation import SeenLog
from cnitui.engine.logs.earlier import earlier_feed
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import MAX_BYTES, KeptLines
from cnitui.engine.logs.others import OtherContainers, containers_of
from cnitui.engine.logs.streams import cancelled
from cnitui.engine.ports import Clock, ClusterApi
from cnitui.engine.state import Before
from cnitui.engine.timeline.moments import NodeRun

MAX_STREAMS = 50
"""Streams open at once; the connection pool is made for these and 32 other requests."""
TOTAL_BYTES = 192 << 20
"""What all feeds together may keep."""


class LogBoard:
    """Owns the feeds; what a feed has seen stays when its node is not chosen for a while."""

    def __init__(
        self, api: ClusterApi, clock: Clock, *, container: str = INSTALL_CNI, max_streams: int = MAX_STREAMS
    ) -> None:
        self._api, self._clock = api, clock
        self._container = container
        self._max_streams = max_streams
        self._pod_on: Callable[[str], PodStatus | None] = lambda _node: None
        self._feeds: dict[str, LogFeed] = {}
        self._earlier: dict[tuple[str, str], LogFeed] = {}
        self.others = OtherContainers(api, clock)
        self._running: dict[LogFeed, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def feed(self, node: str) -> LogFeed:
        """The feed of a node, made at the first question; it follows only while it is chosen."""
        if node not in self._feeds:
            kept = KeptLines(max_bytes=min(MAX_BYTES, TOTAL_BYTES // max(1, self._max_streams // 4)))
            pod = self._pod_on(node)
            feed = self._feeds[node] = LogFeed(
                self._api,
                self._clock,
                node=node,
                container=_container_of(pod, self._container, self._clock.now()),
                lines=kept,
            )
            if pod:
                feed.pod_changed(pod)
        return self._feeds[node]

    def choose(self, nodes: Sequence[str]) -> tuple[LogFeed, ...]:
        """Follow these nodes, the first `max_streams` of them, and no others; what to show of them in that order.

        Where a person wants to see another container, its log is followed and shown, and behind those of all nodes the
        failing one's goes on. Must be called with the event loop running: each followed log is a task.
        """
        own = [self.feed(node) for node in nodes]
        shown = tuple(self.others.feed(feed.node, self._pod_on(feed.node), feed) for feed in own)
        followed = list(dict.fromkeys((*shown, *own)))[: self._max_streams]
        for feed in [feed for feed in self._running if feed not in followed]:
            self._stop(feed)
        for feed in followed:
            if feed not in self._running:
                task = asyncio.create_task(feed.run(), name=f"log of {feed.node}")
                task.add_done_callback(feed.stopped)
                self._running[feed] = task
        self.others.forget(frozenset(followed))
        return shown

    def containers(self, node: str) -> dict[str, ContainerStatus | None]:
        """The containers of the node's pod, in the order in which they run."""
        return containers_of(self._pod_on(node))

    @property
    def followed(self) -> frozenset[str]:
        """Nodes whose logs are being followed now; a chosen node that is not here is beyond the bound."""
        return frozenset(feed.node for feed in self._running)

    def pods_changed(self, pod_on: Callable[[str], PodStatus | None]) -> None:
        """The pods have changed; `pod_on` answers the one on a node. Only those that have a feed are asked for."""
        self._pod_on = pod_on
        for node, feed in self._feeds.items():
            pod_now = pod_on(node)
            feed.pod_changed(pod_now, _container_of(pod_now, feed.container, self._clock.now()))
        self.others.pods_changed(pod_on)

    def earlier(self, before: Before, node: str) -> LogFeed:
        """The log of a node as it was before a plan; made once."""
        key = (before.plan_id, node)
        if key not in self._earlier:
            self._earlier[key] = earlier_feed(self._api, self._clock, before, node)
        return self._earlier[key]

    def remember(self, logs: Iterable[tuple[str, str, bytes]]) -> None:
        """Begin with what others have seen: node, container and lines."""
        for node, container, lines in logs:
            feed = self.feed(node)
            feed.pod_changed(None, container)
            feed.take_lines(lines.splitlines())

    def forgotten(self) -> tuple[tuple[str, str, bytes], ...]:
        """Node, container and log of all that was seen of attempts which the kubelet no longer serves."""
        found = ((feed.node, feed.container, feed.forgotten()) for feed in self._feeds.values())
        return tuple((node, container, lines) for node, container, lines in found if lines)

    def runs(self, node: str) -> tuple[NodeRun, ...]:
        """The attempts of a node of which something was seen here, oldest first; asking makes no feed."""
        feed = self._feeds.get(node)
        return tuple(NodeRun(node, mark.container, mark.run) for mark in feed.attempts) if feed is not None else ()

    def seen(self) -> tuple[SeenLog, ...]:
        """All that is kept of every log that was followed."""
        return tuple(chain.from_iterable(feed.seen() for feed in self._feeds.values()))

    def recall(self, seen: Iterable[SeenLog], served: Callable[[SeenLog], bool]) -> None:
        """Begin with what an earlier sitting saw, without what the kubelet still serves: that is read anew."""
        for (node, container), logs in groupby(seen, key=lambda log: (log.node, log.container)):
            gone = [log.text for log in logs if not served(log)]
            feed = self.feed(node)
            if gone and not len(feed.lines):
                feed.pod_changed(None, container)
                feed.recall("".join(gone).encode("utf-8", "replace").splitlines())

    async def close(self) -> None:
        """End all streams."""
        for feed in list(self._running):
            self._stop(feed)
        for task in tuple(self._ending):
            await cancelled(task)

    def _stop(self, feed: LogFeed) -> None:
        task = self._running.pop(feed)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.cancel()


GETS_READY_WITHIN = timedelta(seconds=60)
"""A container that has run for so long and is not ready has something to tell."""


def _container_of(pod: PodStatus | None, current: str, now: datetime) -> str:
    """The container whose log tells the most: what fails, stays unready, or was followed so far, if the pod has it."""
    if pod is None:
        return current
    if pod.failing:
        return pod.failing.name
    run = pod.unready.current if pod.unready else None
    if pod.unready and run and run.started_at and now - run.started_at > GETS_READY_WITHIN:
        return pod.unready.name
    if pod.container(current) or not pod.containers:
        return current
    return pod.containers[0].name
