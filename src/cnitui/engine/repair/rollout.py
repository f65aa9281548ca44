"""How far the DaemonSet controller is with a new template, node by node, from the pods themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Literal, TypeVar

from cnitui.domain.derive import healthy
from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.facts import CALICO_SELECTOR, PodStatus
from cnitui.domain.remedies.template import at
from cnitui.engine.ports import Clock, ClusterApi, Update
from cnitui.engine.watching.picture import Mirror
from cnitui.errors import ClusterError, CnituiError
from cnitui.late_dataclass import dataclass

T = TypeVar("T")
Phase = Literal["old", "ending", "absent", "starting", "failing", "ready", "waiting", "writing"]
"""The last two are of nodes that are changed themselves: their turn has not come, or their commands are being run."""
NODES_PER_SECOND = 10_000
"""How many nodes are looked through per second at most: in a large cluster events come faster than eyes need them."""
HOPELESS_RESTARTS = 2
"""So many restarts of a container in a new pod, and the remedy has not helped there."""


NEW_TEMPLATE = "run the new template"


@dataclass(frozen=True, slots=True)
class Target:
    """What a rollout is to reach.

    `renewed` are the nodes whose pod must be a new one (None: all), on the others a healthy pod will do. A pod has the
    new template when it was made from that `generation`, or has the same revision as one that was: a template that
    was there before keeps its revision, and the controller keeps its pods. While there is no such pod, `looks_new`
    tells by what the plan set. `known_refusals` are those of `refusals_of` that are older than the change. `goal` is
    what the nodes are to do, in words.
    """

    namespace: str
    daemonset: str
    selector: str
    generation: str
    looks_new: Callable[[PodStatus], bool]
    nodes: tuple[str, ...] = ()
    renewed: frozenset[str] | None = None
    known_refusals: frozenset[str] = frozenset()
    goal: str = NEW_TEMPLATE


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait without any progress, and how often to look for refusals, in seconds."""

    stall: float = 300.0
    look: float = 5.0
    pace: float = 0.1
    """Least time between two states: a burst of events becomes one."""


@dataclass(frozen=True, slots=True)
class NodeProgress:
    """One node: where its pod is, and in words what it waits for."""

    node: str
    phase: Phase
    words: str
    pod: str = ""
    hopeless: bool = False


@dataclass(frozen=True, slots=True)
class Rollout:
    """All nodes at one moment; `outcome` is "" while it goes on.

    `done`: all nodes are where they should be. `failing`: new pods fail as the old ones did. `stalled`: nothing moved
    for as long as patience lasts. `stopped`: the user looks on no more, or had no further node begun. `trouble` is
    what keeps us from looking at the moment.
    """

    nodes: tuple[NodeProgress, ...] = ()
    outcome: Literal["", "done", "failing", "stalled", "stopped"] = ""
    trouble: CnituiError | None = None
    goal: str = NEW_TEMPLATE

    @property
    def ready(self) -> int:
        """How many nodes are where they should be."""
        return sum(node.phase == "ready" for node in self.nodes)

    @property
    def words(self) -> str:
        """`2 of 3 nodes run the new template`."""
        return f"{self.ready} of {len(self.nodes)} nodes {self.goal}"

    def unfinished(self) -> tuple[NodeProgress, ...]:
        """The nodes that are not there yet."""
        return tuple(node for node in self.nodes if node.phase != "ready")


def selector_of(daemonset: Document) -> str:
    """The label selector of the DaemonSet's pods; Calico's own when it cannot be told."""
    labels = as_mapping(at(daemonset, ("spec", "selector", "matchLabels")))
    return ",".join(f"{key}={value}" for key, value in labels.items()) or CALICO_SELECTOR


def newness(target: Target, pods: Iterable[PodStatus]) -> Callable[[PodStatus], bool]:
    """Tells whether a pod has the new template, by what all pods together say."""
    made = {pod.uid: pod.revision for pod in pods if target.generation and pod.template_generation == target.generation}
    revisions = set(made.values()) - {""}

    def is_new(pod: PodStatus) -> bool:
        if pod.uid in made:
            return True
        return pod.revision in revisions if revisions else target.looks_new(pod)

    return is_new


PATIENCE = Patience()


async def follow(
    api: ClusterApi, clock: Clock, target: Target, patience: Patience = PATIENCE
) -> AsyncGenerator[Rollout, None]:
    """States of the rollout as they come, the last one with an outcome; raises nothing but bugs and cancellation."""
    pods: Mirror[PodStatus] = Mirror(lambda pod: pod.uid)
    changed = asyncio.Event()
    async with mirrored(api.watch_pods(target.namespace, target.selector), pods, clock, changed) as feed:
        last, moved, refusals = Rollout(), clock.now(), frozenset[str]()
        while not last.outcome:
            if await quiet_for(changed, clock, patience.look) and any(n.phase == "absent" for n in last.nodes):
                refusals = await refusals_of(api, target.namespace, target.daemonset) - target.known_refusals
            changed.clear()
            if feed.done():
                feed.result()
            state = state_of(target, pods, refusals)
            moved = clock.now() if state.nodes != last.nodes else moved
            if not state.outcome and clock.now() - moved >= timedelta(seconds=patience.stall):
                state = replace(state, outcome="stalled")
            if state != last:
                yield state
            last = state
            if not last.outcome:
                await clock.sleep(max(patience.pace, len(state.nodes) / NODES_PER_SECOND))


@asynccontextmanager
async def mirrored(
    updates: AsyncIterator[Update[T]], mirror: Mirror[T], clock: Clock, changed: asyncio.Event
) -> AsyncIterator[asyncio.Task[None]]:
    """Keep a mirror up to date while the block runs, by the task given; `changed` is set after each update."""

    async def feed() -> None:
        async for update in updates:
            mirror.take(update, clock)
            changed.set()

    task = asyncio.create_task(feed())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def quiet_for(changed: asyncio.Event, clock: Clock, seconds: float) -> bool:
    """Wait for a change, `seconds` at most; whether none came."""
    waits = {asyncio.ensure_future(changed.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return not changed.is_set()


def state_of(target: Target, pods: Mirror[PodStatus], refusals: Collection[str] = ()) -> Rollout:
    """The rollout as the pods show it; `refusals` says why new pods could not be created."""
    trouble = pods.link.error if pods.link.phase in ("stale", "refused") else None
    if not pods.listed:
        return Rollout(trouble=trouble, goal=target.goal)
    by_node: dict[str, list[PodStatus]] = {node: [] for node in target.nodes}
    own = [pod for pod in pods.items if pod.node and pod.owner in ("", f"DaemonSet/{target.daemonset}")]
    for pod in own:
        by_node.setdefault(pod.node, []).append(pod)
    refused, is_new = "; ".join(sorted(refusals))[:300], newness(target, own)
    nodes = tuple(
        _node(node, found, refused, is_new if target.renewed is None or node in target.renewed else lambda _pod: True)
        for node, found in sorted(by_node.items())
    )
    return Rollout(nodes, _outcome(nodes), trouble, target.goal)


def _node(node: str, pods: list[PodStatus], refused: str, is_new: Callable[[PodStatus], bool]) -> NodeProgress:
    if not pods:
        return NodeProgress(node, "absent", f"no pod: {refused}" if refused else "the controller is to create a pod")
    live = [pod for pod in pods if not pod.deleting]
    if not live:
        return NodeProgress(node, "ending", f"{pods[0].name} is being removed", pods[0].name)
    current = next((pod for pod in live if is_new(pod)), live[0])
    if not is_new(current):
        return NodeProgress(node, "old", f"{current.name} has the old template and waits for its turn", current.name)
    if healthy(current):
        return NodeProgress(node, "ready", "Running", current.name)
    return _not_ready(node, current)


def _not_ready(node: str, pod: PodStatus) -> NodeProgress:
    failing = pod.failing
    if failing is None:
        return NodeProgress(node, "starting", f"{pod.status}, {pod.ready}/{pod.total} ready", pod.name)
    run = failing.last_failure
    ended = f"exit code {run.exit_code}" if run else failing.waiting_reason
    words = f"{pod.status}: {failing.name} fails ({ended}, {failing.restart_count} restarts)"
    return NodeProgress(node, "failing", words, pod.name, hopeless=failing.restart_count >= HOPELESS_RESTARTS)


def _outcome(nodes: tuple[NodeProgress, ...]) -> Literal["", "done", "failing"]:
    if nodes and all(node.phase == "ready" for node in nodes):
        return "done"
    moving = {"starting", "ending"} & {node.phase for node in nodes}
    young = any(node.phase == "failing" and not node.hopeless for node in nodes)
    hopeless = any(node.hopeless for node in nodes)
    return "failing" if hopeless and not young and not moving else ""


async def refusals_of(api: ClusterApi, namespace: str, daemonset: str) -> frozenset[str]:
    """What the controller was told when it could not create a pod."""
    try:
        events = await api.events(namespace, daemonset)
    except ClusterError:
        return frozenset()
    return frozenset(
        f"{event.message}" + (f" ({event.count} times)" if event.count > 1 else "")
        for event in events
        if event.reason == "FailedCreate"
    )
