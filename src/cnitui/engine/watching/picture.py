"""The live picture: pods, nodes and DaemonSets as the watches tell them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Generic, TypeVar

from cnitui.domain.facts import CALICO_SELECTOR, INSTALL_CNI, DaemonSetStatus, NodeStatus, PodStatus
from cnitui.engine.ports import Changed, Clock, ClusterApi, Interrupted, Listed, Page, Removed, Update
from cnitui.engine.watching.link import Link
from cnitui.engine.watching.roster import Roll
from cnitui.errors import Forbidden, Unauthorized

T = TypeVar("T")
PATIENCE = 3
"""Failures in a row after which we go on without a list that never came; it is tried again all the same."""
_CALICO_CONTAINERS = frozenset({INSTALL_CNI, "calico-node"})


class Mirror(Generic[T]):
    """A local copy of one kind of object, kept by its watch; what was seen stays while the stream is down."""

    def __init__(self, key: Callable[[T], str]) -> None:
        self._key = key
        self._items: dict[str, T] = {}
        self.link = Link()
        self.listed = False
        self._failures = 0

    @property
    def known(self) -> bool:
        """Whether there is nothing to wait for: listed once, refused, or failed so often that we go on without."""
        return self.listed or self.link.phase == "refused" or self._failures >= PATIENCE

    @property
    def items(self) -> tuple[T, ...]:
        """All objects, in the order they were first seen."""
        return tuple(self._items.values())

    def take(self, update: Update[T], clock: Clock) -> None:
        """Apply one update and note how the stream is."""
        match update:
            case Listed(items):
                self._items = {self._key(item): item for item in items}
                self.listed = True
            case Page(items):
                self._items |= {self._key(item): item for item in items}
                return
            case Changed(item):
                self._items[self._key(item)] = item
            case Removed(item):
                self._items.pop(self._key(item), None)
            case Interrupted():
                self._failures += 1
                self.link = _broken(self.link, update, clock)
                return
        self._failures = 0
        if self.link.phase != "live":
            self.link = Link("live", since=clock.now())


def _broken(link: Link, trouble: Interrupted, clock: Clock) -> Link:
    refused = isinstance(trouble.error, Forbidden | Unauthorized)
    since = link.since if link.phase in ("stale", "refused") else clock.now()
    retry_at = clock.now() + timedelta(seconds=trouble.retry_in)
    return replace(link, phase="refused" if refused else "stale", error=trouble.error, since=since, retry_at=retry_at)


class Picture:
    """The three mirrors, the rows made of them, and the streams that feed them; `changed` is called after each update.

    Listeners of a burst of events pay for one: whatever follows is made when it is asked for.
    """

    def __init__(self, cluster: ClusterApi, clock: Clock, namespace: str, changed: Callable[[], None]) -> None:
        self._cluster = cluster
        self._clock = clock
        self._namespace = namespace
        self._changed = changed
        self.pods: Mirror[PodStatus] = Mirror(lambda pod: pod.uid)
        self.nodes: Mirror[NodeStatus] = Mirror(lambda node: node.name)
        self.daemonsets: Mirror[DaemonSetStatus] = Mirror(lambda ds: f"{ds.namespace}/{ds.name}")
        self.roll = Roll()

    async def watch_pods(self) -> None:
        """Follow the calico-node pods until cancelled."""
        async for update in self._cluster.watch_pods(self._namespace, CALICO_SELECTOR):
            self.take_pods(update)

    async def watch_nodes(self) -> None:
        """Follow the nodes until cancelled."""
        async for update in self._cluster.watch_nodes():
            self.take_nodes(update)

    async def watch_daemonsets(self) -> None:
        """Follow the DaemonSets until cancelled."""
        async for update in self._cluster.watch_daemonsets(self._namespace, ""):
            self.daemonsets.take(update, self._clock)
            self._changed()

    def take_pods(self, update: Update[PodStatus]) -> None:
        """Apply what the watch of the pods says."""
        self.pods.take(update, self._clock)
        match update:
            case Listed(items):
                self.roll.pods(items)
            case Page(items):
                for item in items:
                    self.roll.pod(item)
            case Changed(item):
                self.roll.pod(item)
            case Removed(item):
                self.roll.pod_gone(item.uid)
        self._changed()

    def take_nodes(self, update: Update[NodeStatus]) -> None:
        """Apply what the watch of the nodes says."""
        self.nodes.take(update, self._clock)
        match update:
            case Listed(items):
                self.roll.nodes(items)
            case Page(items):
                for item in items:
                    self.roll.node(item)
            case Changed(item):
                self.roll.node(item)
            case Removed(item):
                self.roll.node_gone(item.name)
        self._changed()

    @property
    def calico_daemonsets(self) -> tuple[DaemonSetStatus, ...]:
        """Those that run Calico on the nodes; the operator's carries no k8s-app label of its own, so names decide."""
        return tuple(ds for ds in self.daemonsets.items if any(c.name in _CALICO_CONTAINERS for c in ds.containers))
