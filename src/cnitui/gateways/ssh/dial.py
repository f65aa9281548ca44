"""Names resolved and sockets opened so that neither a dead name server nor a dead host holds anything up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from cnitui.background import in_daemon_thread

Address = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]


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
