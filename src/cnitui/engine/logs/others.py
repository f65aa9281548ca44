"""The logs of containers that a person chose to see, beside those that the investigation follows.

A node's own feed follows the container that fails, because its log is evidence. Another container's log is only looked
at: it has a feed of its own, so that choosing it takes no line away from the other.
"""

from __future__ import annotations

from collections.abc import Callable

from cnitui.domain.facts import ContainerStatus, PodStatus
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import KeptLines
from cnitui.engine.ports import Clock, ClusterApi

MAX_FEEDS = 32
MAX_BYTES = 4 << 20
"""What one of them may keep; with `MAX_FEEDS` that bounds all of them to 128 MiB."""


class OtherContainers:
    """Which container is wanted on which node, and the feeds of those that are not the failing one."""

    def __init__(self, api: ClusterApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._everywhere = ""
        self._on: dict[str, str] = {}
        self._feeds: dict[tuple[str, str], LogFeed] = {}
        self.turn = 0
        """Counts the choices that were made."""

    def choose(self, container: str, node: str = "") -> None:
        """Show this container on a node, or on all when `node` is ""; "" is the one that fails."""
        self.turn += 1
        if node:
            self._on[node] = container
        else:
            self._everywhere = container
            self._on.clear()

    def wanted(self, node: str) -> str:
        """The container that a person wants to see on a node; "" is the one that fails."""
        return self._on.get(node, self._everywhere)

    def feed(self, node: str, pod: PodStatus | None, own: LogFeed) -> LogFeed:
        """The feed to show: the node's own, unless another container of its pod is wanted."""
        container = self.wanted(node)
        if container in ("", own.container) or (pod is not None and container not in containers_of(pod)):
            return own
        feed = self._feeds.pop((node, container), None)
        if feed is None:
            lines = KeptLines(max_bytes=MAX_BYTES)
            feed = LogFeed(self._api, self._clock, node=node, container=container, lines=lines)
            feed.chosen = True
            if pod is not None:
                feed.pod_changed(pod)
        self._feeds[(node, container)] = feed  # the newest asked for is the last
        return feed

    def forget(self, kept: frozenset[LogFeed]) -> None:
        """Drop the longest unseen beyond the bound, but none of these."""
        unseen = [key for key, feed in self._feeds.items() if feed not in kept]
        for key in unseen[: max(0, len(self._feeds) - MAX_FEEDS)]:
            del self._feeds[key]

    def pods_changed(self, pod_on: Callable[[str], PodStatus | None]) -> None:
        """The pods have changed."""
        for (node, _), feed in self._feeds.items():
            feed.pod_changed(pod_on(node))


def containers_of(pod: PodStatus | None) -> dict[str, ContainerStatus | None]:
    """The pod's containers by name, in the order in which they run; one that has no status yet has None."""
    if pod is None:
        return {}
    told = {status.name: status for status in pod.containers}
    return {name: told.get(name) for name in dict.fromkeys((*(spec.name for spec in pod.specs), *told))}
