"""A cluster whose watches say what the test says, nodes that answer or do not, and a session on both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from cnitui.domain.facts import ContainerSpec, DaemonSetStatus, NodeStatus, PodStatus
from cnitui.engine.ports import CommandOutput, Listed, LogRequest, NodeCommand, Settings, Shelf, Update
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import ClusterError, NodeError
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeCluster

T = TypeVar("T")
LONG_ENOUGH = 10.0
CALICO = DaemonSetStatus("kube-system", "calico-node", containers=(ContainerSpec("install-cni", 0, init=True),))


class Stream(Generic[T]):
    """A watch that repeats what the test says, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Update[T]] = asyncio.Queue()

    def say(self, *updates: Update[T]) -> None:
        for update in updates:
            self._queue.put_nowait(update)

    async def updates(self) -> AsyncIterator[Update[T]]:
        while True:
            yield await self._queue.get()


class ScriptedCluster(FakeCluster):
    """A FakeCluster with scripted watches; `read` counts what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.pod_stream: Stream[PodStatus] = Stream()
        self.node_stream: Stream[NodeStatus] = Stream()
        self.daemonset_stream: Stream[DaemonSetStatus] = Stream()
        self.contact: list[ClusterError] = []
        self.read: list[str] = []
        self.logs: Callable[[LogRequest], bytes] = lambda _request: b""

    def list_all(self) -> None:
        """The usual beginning."""
        self.pod_stream.say(Listed(self.pod_list))
        self.node_stream.say(Listed(self.node_list))
        self.daemonset_stream.say(Listed((CALICO,)))

    async def connect(self) -> str:
        if self.contact:
            raise self.contact.pop(0)
        return "v1.31.0"

    def watch_pods(self, namespace: str, selector: str) -> AsyncIterator[Update[PodStatus]]:
        return self.pod_stream.updates()

    def watch_nodes(self) -> AsyncIterator[Update[NodeStatus]]:
        return self.node_stream.updates()

    def watch_daemonsets(self, namespace: str, selector: str) -> AsyncIterator[Update[DaemonSetStatus]]:
        return self.daemonset_stream.updates()

    async def read_log(self, request: LogRequest) -> bytes:
        self.read.append(request.pod)
        return self.logs(request)


@dataclass
class FakeShell:
    """Nodes by name: an error to raise, or one mode for `getenforce`; `visits` counts connections."""

    trouble: dict[str, NodeError] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    visits: list[str] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        self.visits.append(node.name)
        if node.name in self.hanging:
            await asyncio.Event().wait()
        if node.name in self.trouble:
            raise self.trouble[node.name]
        return tuple(_answer(command) for command in commands)

    def by_hand(self, node: NodeStatus) -> str:
        return f"ssh {node.name}"

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        self.accepted.append((node.name, fingerprint))
        self.trouble.pop(node.name)

    async def close(self) -> None:
        return


def _answer(command: NodeCommand) -> CommandOutput:
    said = "Enforcing\n" if command.argv[-1] == "getenforce" else ""
    return CommandOutput(
        command.name, " ".join(command.argv), said, "" if said else "sh: not found", 0 if said else 127
    )


class RunningClock:
    """The real time of day; what would wait for long is woken by the test alone."""

    def __init__(self) -> None:
        self.long_waits: list[asyncio.Event] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        if seconds < 0.5:
            await asyncio.sleep(0)
            return
        waiting = asyncio.Event()
        self.long_waits.append(waiting)
        await waiting.wait()

    def ring(self) -> None:
        """All long waits are over."""
        waiting, self.long_waits = self.long_waits, []
        for event in waiting:
            event.set()


class Sitting:
    """A running session and the facts about it that a test waits for."""

    def __init__(
        self, session: Session, cluster: ScriptedCluster, shell: FakeShell | None, clock: RunningClock
    ) -> None:
        self.session, self.cluster, self.clock = session, cluster, clock
        self.shell = shell or FakeShell()
        self.seen: list[State] = []
        self._changed = asyncio.Event()
        session.subscribe(self._take)

    def _take(self, state: State) -> None:
        self.seen.append(state)
        self._changed.set()

    @property
    def state(self) -> State:
        return self.session.state

    async def until(self, fact: Callable[[State], object]) -> State:
        """Wait until a published state has it."""
        async with asyncio.timeout(LONG_ENOUGH):
            while not fact(self.state):
                self._changed.clear()
                await self._changed.wait()
        return self.state

    async def settled(self) -> State:
        return await self.until(lambda state: state.settled)


@asynccontextmanager
async def running(session: Session) -> AsyncIterator[None]:
    """The session at work until the block ends."""
    task = asyncio.create_task(session.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(session: Session, fact: Callable[[State], object]) -> State:
    """Wait until a published state has it."""
    changed = asyncio.Event()
    session.subscribe(lambda _state: changed.set())
    async with asyncio.timeout(60):
        while not fact(session.state):
            changed.clear()
            await changed.wait()
    return session.state


@asynccontextmanager
async def sitting(
    folder: Path,
    cluster: ScriptedCluster | None = None,
    shell: FakeShell | None = None,
    settings: Settings | None = None,
    investigations: Shelf | None = None,
) -> AsyncIterator[Sitting]:
    """A session at work on the fakes until the block ends; no `shell` means that nodes are not read."""
    cluster, clock = cluster or ScriptedCluster(), RunningClock()

    async def close() -> None:
        return

    services = Services(
        cluster,
        shell,
        FileJournal(folder, clock.now),
        clock,
        settings or Settings(node_access="ssh" if shell else "none"),
        dump_yaml,
        close,
        investigations=investigations,
    )
    session = Session(services)
    watched = Sitting(session, cluster, shell or FakeShell(), clock)
    async with running(session):
        yield watched


def renamed(pod: PodStatus, suffix: str) -> PodStatus:
    """The same node's next pod."""
    return replace(pod, name=f"{pod.name}-{suffix}", uid=f"{pod.uid}-{suffix}")
