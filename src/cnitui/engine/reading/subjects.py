"""What is asked of one failing or reference pod and of its node, when it is asked again, and what it is if it is not.

Apart from the session, which decides only that a look is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cnitui.domain.derive import install_cni_of
from cnitui.domain.facts import INSTALL_CNI, ApiEndpoints, NodeStatus, PodStatus
from cnitui.engine.ports import CommandOutput, NodeCommand, NodeShell
from cnitui.engine.probes.cluster import Readings, pod_unread
from cnitui.engine.probes.node import unreachable
from cnitui.engine.probes.node_commands import NodeProbeRequest
from cnitui.errors import NodeError


class Noting:
    """A node shell that remembers why a connection failed, which a reading tells only in words."""

    def __init__(self, shell: NodeShell) -> None:
        self._shell = shell
        self.error: NodeError | None = None

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        try:
            return await self._shell.run(node, commands)
        except NodeError as error:
            self.error = error
            raise

    def by_hand(self, node: NodeStatus) -> str:
        return self._shell.by_hand(node)

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        await self._shell.accept_host_key(node, fingerprint)

    async def close(self) -> None:
        await self._shell.close()


def attempts_key(pod: PodStatus) -> object:
    """Changes whenever an attempt of the pod has ended."""
    return (pod.uid, tuple((c.name, c.last_failure.container_id if c.last_failure else "") for c in pod.containers))


def last_attempt(pod: PodStatus) -> str:
    """The attempt of the failing container that ended last; "" when none did."""
    failure = pod.failing.last_failure if pod.failing else None
    return failure.container_id if failure else ""


def node_request(pod: PodStatus, api: ApiEndpoints | None) -> NodeProbeRequest:
    """What to ask the pod's node: its CNI directories, the last attempt's container, the API's addresses."""
    install = install_cni_of(pod)
    container = pod.telling
    run = container and (container.last_failure or container.current or container.last)
    return NodeProbeRequest(
        bin_dir=install.bin_dir if install else "/opt/cni/bin",
        net_dir=install.net_dir if install else "/etc/cni/net.d",
        container=container.name if container else INSTALL_CNI,
        container_id=run.container_id if run else "",
        service=api.service if api else "",
        endpoint=next(iter(api.endpoints), "") if api else "",
    )


def node_unasked(pod: PodStatus, at: datetime) -> Readings:
    """What a node would have answered, when nodes are not to be read at all."""
    refusal = NodeError("nodes are not read (--node-access none)", "Use --node-access ssh", node=pod.node)
    return unreachable(pod.node, refusal, at, f"ssh {pod.node}", node_request(pod, None))


def unread(pod: PodStatus, why: str, at: datetime, by_hand: str | None) -> Readings:
    """All that a look at the pod, and at its node when `by_hand` says how it is reached, would have answered."""
    pods = pod_unread(pod, why, at)
    if by_hand is None:
        return pods
    return (*pods, *unreachable(pod.node, NodeError(why, node=pod.node), at, by_hand, node_request(pod, None)))
