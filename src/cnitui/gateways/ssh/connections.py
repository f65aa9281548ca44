"""Connections: opened at a bounded pace, one per host, shared, kept, and closed at once when we leave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from socket import socket

import asyncssh

from cnitui.errors import HostKeyUnknown, NodeError
from cnitui.gateways.ssh import failures
from cnitui.gateways.ssh.dial import dial, in_daemon_thread, readable, resolve
from cnitui.gateways.ssh.pace import Pace
from cnitui.gateways.ssh.route import Hop, Route, Routes, hops_of
from cnitui.gateways.ssh.trust import Trust, Witness

HANDSHAKES = 8
"""Key exchanges at once: each is a few ms of computing that the user interface would feel."""

_HANDSHAKE_PATIENCE = 1.0
_LOGIN_SECONDS = 15.0
_KEEPALIVE_SECONDS = 15.0
_MOST_KEPT = 200
_DEEPEST_JUMP = 8
_CLOSING_SECONDS = 0.2

Key = tuple[Hop, ...]
"""A connection's identity: the hops of its way, the last one being where it ends."""

Connection = asyncssh.SSHClientConnection


class Connections:
    """One connection per route, opened once however many ask for it at the same time.

    Jump hosts are connections like others, so that a thousand nodes share one login to the bastion (sshd's MaxStartups
    refuses bursts).
    """

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._handshakes = Pace(HANDSHAKES, _HANDSHAKE_PATIENCE)
        self._opening: dict[Key, asyncio.Task[Connection]] = {}
        self._kept: dict[Key, Connection] = {}
        self._users: Counter[Key] = Counter()
        self._closed = False
        self.refused: dict[tuple[str, str], Trust] = {}
        """By node and fingerprint: where an unknown key was shown on the way to a node, its jump hosts included."""

    @asynccontextmanager
    async def use(self, node: str, route: Route) -> AsyncIterator[Connection]:
        """A live connection, not closed for room while it is used; raises NodeErrors that name `node`."""
        key = _key(route)
        self._users[key] += 1
        try:
            yield await self._shared(node, route, key)
        finally:
            self._users[key] -= 1

    def forget(self, route: Route) -> None:
        """Close a kept connection that turned out to be dead."""
        connection = self._kept.pop(_key(route), None)
        if connection is not None:
            connection.abort()

    async def close(self) -> None:
        """Drop everything, in flight or kept, without asking the peers."""
        self._closed = True
        tasks = list(self._opening.values())
        for task in tasks:
            task.cancel()
        for connection in self._kept.values():
            connection.abort()
        self._kept.clear()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSING_SECONDS)

    async def _shared(
        self, node: str, route: Route, key: Key, tunnel: Connection | None = None, depth: int = 0
    ) -> Connection:
        if self._closed:
            raise failures.closed(node)
        kept = self._kept.pop(key, None)
        if kept is not None and not kept.is_closed():
            self._kept[key] = kept
            return kept
        task = self._opening.get(key)
        if task is None:
            task = asyncio.create_task(self._open(node, route, tunnel, depth), name=f"ssh {route.alias}")
            self._opening[key] = task
            task.add_done_callback(lambda done: self._opened(key, done))
        return await self._outcome(node, route, task)

    async def _outcome(self, node: str, route: Route, task: asyncio.Task[Connection]) -> Connection:
        """Wait without owning the task: others may wait for it too, and our cancellation is not theirs."""
        await asyncio.wait([task])
        if task.cancelled():
            raise failures.closed(node)
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, NodeError):
            raise error
        failure = failures.unreachable(node, route, error)
        if isinstance(failure, HostKeyUnknown):
            self.refused[node, failure.fingerprint] = route.trust
        raise failure from error

    def _opened(self, key: Key, task: asyncio.Task[Connection]) -> None:
        self._opening.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        if self._closed:
            task.result().abort()
            return
        self._kept[key] = task.result()
        self._make_room()

    def _make_room(self) -> None:
        """Close the connections that were idle for longest; those of jump hosts carry others and stay."""
        idle = [key for key in self._kept if not self._users[key] and key[0].node]
        for key in idle[: max(0, len(self._kept) - _MOST_KEPT)]:
            self._kept.pop(key).close()

    async def _open(self, node: str, route: Route, tunnel: Connection | None, depth: int) -> Connection:
        hops = hops_of(route.jump)
        if tunnel is None and hops:
            tunnel = await self._through(node, hops, depth + 1)
        if tunnel is not None or route.proxy_command:
            return await self._log_in(route, tunnel)
        async with asyncio.timeout(route.connect_timeout):
            addresses = await resolve(route.host, route.port, route.family)
        sock = await dial(addresses, route.connect_timeout)
        try:
            await readable(sock, route.connect_timeout)
            return await self._log_in(route, None, sock)
        except BaseException:
            sock.close()
            raise

    async def _through(self, node: str, hops: Sequence[Hop], depth: int) -> Connection:
        """The connection to the last of the jump hosts; a first one may itself lie behind another."""
        if depth > _DEEPEST_JUMP:
            raise ValueError("ProxyJump leads in a circle")
        connection: Connection | None = None
        for index, hop in enumerate(hops):
            route = await in_daemon_thread(partial(self._routes.resolve_hop, hop))
            connection = await self._shared(node, route, tuple(hops[: index + 1]), connection, depth)
        assert connection is not None
        return connection

    async def _log_in(self, route: Route, tunnel: Connection | None, sock: socket | None = None) -> Connection:
        """Key exchange and authentication over what was opened; the configuration's other settings come along."""
        trust = route.trust
        algorithms = None if route.pins_host_key_algorithms else trust.algorithms
        async with self._handshakes.slot(), _within(_LOGIN_SECONDS):
            return await asyncssh.connect(
                route.alias,
                route.port,
                config=None,
                last_config=route.config,
                tunnel=tunnel,
                sock=sock,
                proxy_command=None if tunnel is not None or sock is not None else (),
                canonicalize_hostname=False,
                client_factory=lambda: Witness(trust),
                known_hosts=trust.lookup,
                server_host_key_algs=algorithms or (),
                username=route.user,
                client_keys=[argument for identity in route.identities for argument in identity.arguments],
                agent_identities=route.agent_keys,
                agent_forwarding=False,
                client_host_keysign=False,
                pkcs11_provider=None,
                x509_trusted_certs=None,
                keepalive_interval=_KEEPALIVE_SECONDS,
                login_timeout=_LOGIN_SECONDS,
                connect_timeout=None,
            )


def _key(route: Route) -> Key:
    return (Hop(route.alias, route.user, route.port, node=True),)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise failures.LoginTooSlow(f"{seconds:g} s") from error
