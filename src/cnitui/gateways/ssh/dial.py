"""Sockets: names resolved and connections opened so that neither a dead name server nor a dead host holds anything up.

`loop.getaddrinfo` runs in the default executor, whose threads the interpreter waits for at exit; ours are daemons.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
Address = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]


class DaemonThread:
    """Blocking work, one piece after the other, in one thread that exit does not wait for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = False

    async def run(self, work: Callable[[], T]) -> T:
        """Answer its result or raise its exception."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._serve, daemon=True, name=self._name).start()
        outcome: Future[T] = Future()
        self._work.put(lambda: _settle_with(outcome, work))
        return await asyncio.wrap_future(outcome)

    def stop(self) -> None:
        """Let the thread end after what it is at."""
        self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """The same in a thread of its own, for work that may hang, as a name server does."""
    thread = DaemonThread("cnitui-lookup")
    try:
        return await thread.run(work)
    finally:
        thread.stop()


def _settle_with(outcome: Future[T], work: Callable[[], T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
        outcome.set_exception(error)


async def resolve(host: str, port: int, family: int) -> Sequence[Address]:
    """The addresses of a host, in the resolver's order; raises socket.gaierror."""
    numeric = _lookup(host, port, family, socket.AI_NUMERICHOST)
    if numeric:
        return numeric
    return await in_daemon_thread(lambda: _lookup_or_raise(host, port, family, 0))


def _lookup(host: str, port: int, family: int, flags: int) -> Sequence[Address]:
    try:
        return _lookup_or_raise(host, port, family, flags)
    except socket.gaierror:
        return ()


def _lookup_or_raise(host: str, port: int, family: int, flags: int) -> Sequence[Address]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, socket.IPPROTO_TCP, flags)
    return tuple((kind, address) for kind, _, _, _, address in found)


async def dial(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """A connected socket to the first address that answers; raises OSError or TimeoutError of the last one."""
    failure: OSError = TimeoutError("no address")
    for family, address in addresses:
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                return await _connected(family, address)
        except OSError as error:
            failure = error
    raise failure


async def _connected(family: socket.AddressFamily, address: tuple[str | int | bytes, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def readable(sock: socket.socket, seconds: float) -> None:
    """Wait until the peer has said something: an SSH server speaks first. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    spoke: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _settle, spoke)
    try:
        async with asyncio.timeout(seconds):
            await spoke
    finally:
        loop.remove_reader(sock)


def _settle(spoke: asyncio.Future[None]) -> None:
    if not spoke.done():
        spoke.set_result(None)
