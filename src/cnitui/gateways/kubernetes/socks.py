"""Connections through a SOCKS5 proxy; the only importer of aiohttp-socks."""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
from collections.abc import Callable
from typing import Any, cast

from aiohttp.client_proto import ResponseHandler
from aiohttp_socks import ProxyConnector
from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from cnitui.gateways.kubernetes.trouble import ProxyTrouble


class SocksConnector(ProxyConnector):
    """The library's, which honours tls-server-name of a kubeconfig and raises errors of the kind that aiohttp does."""

    def __init__(self, *, tls_name: str, prepare: Callable[[socket.socket], None], **given: Any) -> None:
        super().__init__(**given)
        self._tls_name = tls_name
        self._prepare_socket = prepare

    async def _connect_via_proxy(
        self,
        host: str,
        port: int,
        ssl: tls.SSLContext | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - theirs
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """TLS is begun here: the library would have the certificate name the host, whatever the kubeconfig says."""
        try:
            transport, protocol = await super()._connect_via_proxy(host, port, None, timeout)
        except (ProxyConnectionError, ProxyError, ProxyTimeoutError) as error:
            raise ProxyTrouble(str(error)) from error
        self._prepare_socket(transport.get_extra_info("socket"))
        if ssl is None:
            return transport, protocol
        try:
            async with asyncio.timeout(timeout):
                secured = await self._loop.start_tls(transport, protocol, ssl, server_hostname=self._tls_name or host)
        except BaseException:
            transport.abort()
            raise
        protocol.connection_made(cast("asyncio.Transport", secured))
        return cast("asyncio.Transport", secured), protocol
