"""The connections of one API server, and how answers are put on them while something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from typing import TYPE_CHECKING

from cnitui.lab.api.http import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cnitui.lab.api.faults import Faults

_TICK = 0.05
"""Seconds between two pieces of an answer that trickles."""


class Connections:
    """Those of one server after the other: the API may be stopped and started."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._server: web.Server | None = None
        self._streams: set[asyncio.Transport] = set()
        self._dead: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    def of(self, server: web.Server) -> None:
        """They are this server's from now on."""
        self._server = server

    def _open(self) -> list[asyncio.Transport]:
        handlers = self._server.connections if self._server is not None else []
        return [one.transport for one in handlers if isinstance(one.transport, asyncio.Transport)]

    def cut_streams(self) -> None:
        """Drop those that carry a watch or a followed log."""
        for transport in list(self._streams):
            transport.abort()

    def drop_all(self) -> None:
        """Drop every one; clients connect anew."""
        for transport in self._open():
            transport.abort()

    def go_dead(self) -> None:
        """Those that exist stay open and nothing comes over them any more, as behind a firewall that forgot them."""
        self._dead.update(self._open())

    def reset_dead(self) -> None:
        """What became of them is told to their clients: a reset."""
        for transport in list(self._dead):
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        self._dead.clear()

    async def alive(self, request: web.BaseRequest) -> None:
        """Return at once, or never on a connection that is dead."""
        if request.transport in self._dead:
            await asyncio.Event().wait()

    # --- answers --------------------------------------------------------------------------------------------------

    async def whole(self, request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
        """An answer as it is, or piece by piece where it is to trickle or to be cut off."""
        target = request.path_qs
        if not isinstance(response, web.Response) or (
            self._faults.pace(target) is None and self._faults.limit(target) is None
        ):
            return response
        body = response.body if isinstance(response.body, bytes) else b""
        slow = web.StreamResponse(status=response.status, headers=response.headers)
        slow.content_length = len(body)
        with contextlib.suppress(ConnectionError):
            await slow.prepare(request)
            await self._put(request, slow, body, 0)
            await slow.write_eof()
        return slow

    async def stream(self, request: web.BaseRequest, lines: AsyncIterator[bytes], kind: str) -> web.StreamResponse:
        """A watch or a followed log."""
        response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-cache, private"})
        response.enable_chunked_encoding()
        transport, sent = request.transport, 0
        if isinstance(transport, asyncio.Transport):
            self._streams.add(transport)
        try:
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for data in lines:
                    sent = await self._put(request, response, data, sent)
        finally:
            if isinstance(transport, asyncio.Transport):
                self._streams.discard(transport)
            await lines.aclose()  # type: ignore[attr-defined]
        return response

    async def _put(self, request: web.BaseRequest, response: web.StreamResponse, data: bytes, sent: int) -> int:
        """Send it as the faults of this moment let it, and return the bytes so far; ConnectionError once cut off."""
        target = request.path_qs
        limit = self._faults.limit(target)
        left = data if limit is None else data[: max(0, limit - sent)]
        while left:
            pace = self._faults.pace(target)
            piece = left if pace is None else left[: max(1, int(pace * _TICK))]
            left = left[len(piece) :]
            await self._faults.thawed(target)
            await self.alive(request)
            await response.write(piece)
            if pace is not None:
                await asyncio.sleep(len(piece) / pace)
        if limit is not None and sent + len(data) >= limit and isinstance(request.transport, asyncio.Transport):
            request.transport.abort()
            raise ConnectionResetError
        return sent + len(data)
