"""The node shell: from a node to its outputs, with our errors only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncssh

from cnitui.background import DaemonThread
from cnitui.domain.exchange import Carried, CommandOutput, NodeCommand, NodeOrder, side_by_side
from cnitui.domain.facts import NodeStatus
from cnitui.errors import HostKeyChanged, StateError
from cnitui.gateways.ssh import failures
from cnitui.gateways.ssh.connections import Connections
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.pace import Pace
from cnitui.gateways.ssh.route import Route, Routes
from cnitui.gateways.ssh.session import Limits, NoShell, run_all, run_until_failure
from cnitui.gateways.ssh.trust import KnownHosts, fingerprint_of

_FAN_OUT_PATIENCE = 2.0
WRITE_LIMITS = Limits(command_seconds=120, total_seconds=600.0)
"""semanage builds the whole policy anew, which takes a small machine half a minute."""


class Lost(Exception):
    """The connection went away under a command."""


class SshNodeShell:
    """Read-only commands on nodes over SSH (the port NodeShell).

    `known_hosts` is our own file of accepted keys; `hosts` the configuration's map of node names and patterns to hosts;
    `fan_out` how many nodes are worked on at once (slow ones stop counting after two seconds).
    """

    def __init__(
        self,
        known_hosts: Path,
        login: SshLogin | None = None,
        hosts: Mapping[str, str] | None = None,
        *,
        fan_out: int = 50,
        connect_timeout: float = 10.0,
        limits: Limits | None = None,
    ) -> None:
        self._login = login or SshLogin()
        self._known_hosts = KnownHosts(known_hosts)
        self._routes = Routes(self._login, self._known_hosts)
        self._connections = Connections()
        self._hosts = self._login.hosts(hosts)
        self._by_alias: dict[str, Route] = {}
        self._resolving = asyncio.Lock()
        self._files = DaemonThread("cnitui-ssh-files")
        self._closed = False
        self._pace = Pace(fan_out, _FAN_OUT_PATIENCE)
        self._timeout = connect_timeout
        self._limits = limits or Limits()
        logging.getLogger("asyncssh").addHandler(logging.NullHandler())  # else its warnings go to the terminal

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        """All outputs, in order; raises NodeErrors."""
        if self._closed:
            raise failures.closed(node.name)
        if not commands:
            return ()
        async with self._pace.slot():
            route = await self._route(node)
            groups = await asyncio.gather(*(self._group(node, route, group) for group in side_by_side(commands)))
        return tuple(output for group in groups for output in group)

    async def _group(
        self, node: NodeStatus, route: Route, commands: Sequence[NodeCommand]
    ) -> tuple[CommandOutput, ...]:
        try:
            return await self._run(node, route, commands)
        except Lost:
            return await self._run_again(node, route, commands)

    async def _run(self, node: NodeStatus, route: Route, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        kept = self._connections.keeps(route)
        async with self._connections.use(node.name, route) as connection:
            try:
                return await run_all(connection, commands, self._limits)
            except NoShell as error:
                if connection.is_closed():
                    raise Lost from error
                raise failures.no_shell(node.name, route, error.said) from error
            except TimeoutError as error:
                self._connections.forget(route)
                if kept:  # a firewall forgot it: nothing comes over it, and nobody says so
                    raise Lost from error
                raise failures.silent(node.name, route) from error
            except (OSError, asyncssh.Error) as error:
                self._connections.forget(route)
                raise Lost from error

    async def _run_again(
        self, node: NodeStatus, route: Route, commands: Sequence[NodeCommand]
    ) -> tuple[CommandOutput, ...]:
        """A kept connection may have died unnoticed: once more over a new one, and that is all."""
        try:
            return await self._run(node, route, commands)
        except Lost as error:
            raise failures.lost(node.name, route) from error

    async def write(self, node: NodeStatus, order: NodeOrder) -> Carried:
        """Run the commands of an order, once; raises NodeErrors when nothing was done.

        A kept connection that has died is told from one that dies under a command: of the first nothing was begun.
        """
        if self._closed:
            raise failures.closed(node.name)
        route = await self._route(node)
        async with self._connections.use(node.name, route) as connection:
            try:
                return await run_until_failure(connection, order.commands, WRITE_LIMITS)
            except NoShell as error:
                raise failures.no_shell(node.name, route, error.said) from error
            except TimeoutError as error:
                self._connections.forget(route)
                raise failures.silent(node.name, route) from error
            except (OSError, asyncssh.Error) as error:
                self._connections.forget(route)
                raise failures.lost(node.name, route) from error

    def by_hand(self, node: NodeStatus) -> str:
        """`ssh worker-01`, with -F, -l and -i when we were told so."""
        return self._login.by_hand(node, self._hosts)

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        """Trust the key that was shown under this fingerprint when the node was last refused.

        Raises HostKeyChanged when no such key was shown, StateError when it cannot be kept.
        """
        trust = self._connections.refused.get((node.name, fingerprint))
        offered = trust.offered if trust is not None else None
        if trust is None or offered is None or fingerprint_of(offered) != fingerprint:
            what = f"{node.name}: no key {fingerprint} was shown on the way to it"
            raise HostKeyChanged(what, "Look at the node again first", node=node.name)
        try:
            await self._files.run(lambda: self._known_hosts.accept(trust.name, trust.port, offered))
        except OSError as error:
            raise StateError(f"the host key cannot be kept: {error}", "Make room in the state folder") from error
        self._by_alias.clear()

    async def close(self) -> None:
        """Drop all connections at once."""
        self._closed = True
        self._files.stop()
        await self._connections.close()

    async def _route(self, node: NodeStatus) -> Route:
        """Resolved once per host; the files are read in a thread, one host at a time."""
        alias = self._hosts.host_of(node)
        if not alias:
            raise failures.no_address(node.name)
        async with self._resolving:
            if alias not in self._by_alias:
                self._by_alias[alias] = await self._resolved(node, alias)
            return self._by_alias[alias]

    async def _resolved(self, node: NodeStatus, alias: str) -> Route:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._files.run(lambda: self._routes.resolve(alias, self._timeout))
        except (OSError, ValueError, asyncssh.Error) as error:
            raise failures.broken_configuration(node.name, str(self._login.config_file), error) from error
