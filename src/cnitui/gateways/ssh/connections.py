"""Connections: opened at a bounded pace, one per host, shared, kept, and closed at once when we leave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from socket import socket

import asyncssh

from cnitui.errors import HostKeyUnknown, NodeError
from cnitui.gateways.ssh import failures
from cnitui.gateways.ssh.dial import dial, readable, resolve
from cnitui.gateways.ssh.pace import Pace
from cnitui.gateways.ssh.route import Route
from cnitui.gateways.ssh.trust import Trust, Witness

HANDSHAKES = 8
"""Key exchanges at once: each is a few ms of computing that the user interface would feel."""

_CHEAP_CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
"""Before the others: asyncssh's chacha20 costs more than all else that we do with an answer."""

_HANDSHAKE_PATIENCE = 1.0
_LOGIN_SECONDS = 15.0
_KEEPALIVE_SECONDS = 15.0
_MOST_KEPT = 200
_CLOSING_SECONDS = 0.2

_JUMP = ">"

Key = tuple[str, ...]
"""A connection's identity: alias, user and port; for a jump host those of the whole way to it, each followed by `>`."""

Connection = asyncssh.SSHClientConnection
Opening = Callable[[], Coroutine[None, None, Connection]]


class Connections:
    """One connection per route, opened once however many ask for it at the same time.

    Jump hosts are connections like others, so that a thousand nodes share one login to the bastion (sshd's MaxStartups
    refuses bursts).
    """

    def __init__(self) -> None:
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
            yield await self._shared(node, route, key, partial(self._open, node, route))
        finally:
            self._users[key] -= 1

    def keeps(self, route: Route) -> bool:
        """Whether a connection is there already, and was made for an earlier question."""
        kept = self._kept.get(_key(route))
        return kept is not None and not kept.is_closed()

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

    async def _shared(self, node: str, route: Route, key: Key, open_it: Opening) -> Connection:
        if self._closed:
            raise failures.closed(node)
        kept = self._kept.pop(key, None)
        if kept is not None and not kept.is_closed():
            self._kept[key] = kept
            return kept
        task = self._opening.get(key)
        if task is None:
            task = asyncio.create_task(open_it(), name=f"ssh {route.alias}")
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
        idle = [key for key in self._kept if not self._users[key] and key[-1] != _JUMP]
        for key in idle[: max(0, len(self._kept) - _MOST_KEPT)]:
            self._kept.pop(key).close()

    async def _open(self, node: str, route: Route) -> Connection:
        """Along the way, one jump host after the other; waiting only for shorter ways, so never for each other."""
        tunnel: Connection | None = None
        key: Key = ()
        for jump in route.way:
            key = (*key, *_key(jump), _JUMP)
            tunnel = await self._shared(node, jump, key, partial(self._dial, jump, tunnel))
        return await self._dial(route, tunnel)

    async def _dial(self, route: Route, tunnel: Connection | None) -> Connection:
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

    async def _log_in(self, route: Route, tunnel: Connection | None, sock: socket | None = None) -> Connection:
        """Key exchange and authentication over what was opened; the configuration's other settings come along."""
        trust = route.trust
        algorithms = None if route.pins_host_key_algorithms else trust.algorithms
        async with self._handshakes.slot(), _within(_LOGIN_SECONDS):
            return await asyncssh.connect(
                route.alias,
                route.port,
                options=route.options,
                config=None,
                tunnel=tunnel,
                sock=sock,
                proxy_command=None if tunnel is not None or sock is not None else (),
                client_factory=lambda: Witness(trust),
                known_hosts=trust.lookup,
                server_host_key_algs=algorithms or (),
                encryption_algs=() if route.pins_ciphers else _CHEAP_CIPHERS,
                username=route.user,
                client_keys=[argument for identity in route.identities for argument in identity.arguments],
                agent_identities=route.agent_keys,
                keepalive_interval=_KEEPALIVE_SECONDS,
                login_timeout=_LOGIN_SECONDS,
                connect_timeout=None,
            )


def _key(route: Route) -> Key:
    return (route.alias, route.user, str(route.port))


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise failures.LoginTooSlow(f"{seconds:g} s") from error
