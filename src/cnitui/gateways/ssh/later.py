"""The node shell that loads its SSH library when the first node is read.

That is a quarter of a second and 16 MiB which nobody should wait for before the pods are on the screen, and which a
healthy cluster never needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cnitui.background import in_daemon_thread
from cnitui.domain.exchange import Carried, CommandOutput, NodeCommand, NodeOrder
from cnitui.domain.facts import NodeStatus
from cnitui.domain.plan import Access
from cnitui.gateways.ssh.login import SshLogin

if TYPE_CHECKING:
    from cnitui.gateways.ssh.shell import SshNodeShell


class LaterShell:
    """As `SshNodeShell`, which it makes at the first question."""

    def __init__(self, known_hosts: Path, login: SshLogin, hosts: Mapping[str, str] | None = None) -> None:
        self._known_hosts, self._login, self._hosts = known_hosts, login, hosts
        self._map = login.hosts(hosts)
        self._shell: SshNodeShell | None = None
        self._loading = asyncio.Lock()
        self._closed = False

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        """All outputs, in order; raises NodeErrors."""
        return await (await self.loaded()).run(node, commands)

    def by_hand(self, node: NodeStatus) -> str:
        """`ssh worker-01`, with -F, -l and -i when we were told so."""
        return self._login.by_hand(node, self._map)

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        """As `SshNodeShell.accept_host_key`."""
        await (await self.loaded()).accept_host_key(node, fingerprint)

    async def close(self) -> None:
        """Drop all connections at once; one that is still being made is refused."""
        self._closed = True
        if self._shell is not None:
            await self._shell.close()

    async def loaded(self) -> SshNodeShell:
        """The shell itself."""
        async with self._loading:
            if self._shell is None:
                self._shell = (await in_daemon_thread(_load))(self._known_hosts, self._login, self._hosts)
        if self._closed:
            await self._shell.close()
        return self._shell


class LaterWriter:
    """Carries out orders over the connections of a shell (the port NodeWriter)."""

    means = "over SSH, as root or by sudo -n"

    def __init__(self, shell: LaterShell) -> None:
        self._shell = shell

    def accesses(self, _namespace: str) -> tuple[Access, ...]:
        """Nothing: the cluster has no part in it."""
        return ()

    async def write(self, node: NodeStatus, order: NodeOrder) -> Carried:
        """As `SshNodeShell.write`."""
        return await (await self._shell.loaded()).write(node, order)


def _load() -> type[SshNodeShell]:
    from cnitui.gateways.ssh.shell import SshNodeShell

    return SshNodeShell
