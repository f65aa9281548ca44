"""One pool of HTTP connections to one API server; the only importer of aiohttp's client.

Importing it costs half a second and building it reads certificates, so `Session` does both in a thread. What we take
from `kubernetes.aio` is its Configuration and its REST client; models and typed APIs cost another second and its Watch
restarts finished logs for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict

from cnitui.background import in_daemon_thread
from cnitui.errors import ClusterError, KubeconfigError
from cnitui.gateways.kubernetes.asking import Ask, Timeouts
from cnitui.gateways.kubernetes.client import Configuration, RestClient, rest_client
from cnitui.gateways.kubernetes.credentials import Identity
from cnitui.gateways.kubernetes.kubeconfig import Target
from cnitui.gateways.kubernetes.kubeconfig_entries import data_or_file
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.gateways.kubernetes.proxies import is_socks, proxy_of, socks_connector
from cnitui.gateways.kubernetes.trouble import TROUBLE, request_failed

_BUFFER = 2**18
"""Bytes kept per connection ahead of its reader; aio's 2 MiB times fifty follows would be much."""
_CLOSING = 0.2
_HEADERS = (("Accept", "application/json"), ("User-Agent", "cnitui"))


class Reply:
    """An answer of any status, read piece by piece; raises our errors for whatever happens while it is read."""

    def __init__(self, response: aiohttp.ClientResponse, server: str, heard: Callable[[], None]) -> None:
        self._response = response
        self._server = server
        self._heard = heard
        heard()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        return self._response.headers

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every Warning header as it is."""
        return tuple(self._response.headers.getall("Warning", ()))

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> bytes:
        """What has arrived, as soon as it has, until the answer ends."""
        try:
            piece = await self._response.content.readany()
        except TROUBLE as error:
            raise request_failed(error, self._server) from error
        except RuntimeError as error:  # aiohttp's word for a connection that was closed between two reads
            raise request_failed(aiohttp.ServerDisconnectedError(), self._server) from error
        if not piece:
            raise StopAsyncIteration
        self._heard()
        return piece

    async def beginning(self, limit: int) -> bytes:
        """The first `limit` bytes, or as many as came; the rest is thrown away."""
        read = bytearray()
        with contextlib.suppress(ClusterError, KubeconfigError):
            async for piece in self:
                read += piece
                if len(read) >= limit:
                    break
        self.close()
        return bytes(read[:limit])

    def close(self) -> None:
        """Cut it unless it has been read to its end."""
        self._response.close()

    def abandon(self) -> None:
        """Wake whoever reads it: aiohttp closes a connection without telling the reader of its answer."""
        self._response.content.set_exception(aiohttp.ClientConnectionError("closed here"))
        self._response.close()


class Transport:
    """Sends requests to one server; built outside the event loop, used inside it; `heard` is called at each piece."""

    def __init__(self, target: Target, identity: Identity, pool: int, heard: Callable[[], None]) -> None:
        self.server = (target.cluster.server or "").rstrip("/")
        self._pool = pool
        self._heard = heard
        proxy = proxy_of(target)
        self._socks = proxy if is_socks(proxy) else None
        self._tls_name = target.cluster.tls_server_name or ""
        self._configuration = _configuration(target, pool, None if self._socks else proxy)
        self._client = _build(self._configuration)
        self._context = self._client.ssl_context
        _identify(self._context, identity)
        self._connector: aiohttp.TCPConnector | None = None
        self._closed = False
        self._replies: weakref.WeakSet[Reply] = weakref.WeakSet()

    async def send(self, ask: Ask, identity: tuple[tuple[str, str], ...], timeouts: Timeouts) -> Reply:
        """Raises our errors for trouble of TLS and network; any status is an answer."""
        self._prepare()
        headers = CIMultiDict((*_HEADERS, ("Content-Type", ask.content_type), *identity))
        try:
            answer = await self._client.request(
                ask.method,
                self.server + ask.url,
                headers=headers,
                body=ask.body,
                _request_timeout=_client_timeout(timeouts),
            )
        except TROUBLE as error:
            raise request_failed(error, self.server) from error
        except (AssertionError, RuntimeError) as error:
            # What aiohttp raises from a request it repeats while its session is being closed.
            if not self._closed:
                raise
            raise request_failed(aiohttp.ClientConnectionError("closed here"), self.server) from error
        reply = Reply(answer.response, self.server, self._heard)
        self._replies.add(reply)
        return reply

    def _prepare(self) -> None:
        """The pool needs the running loop, which the thread that built us has not."""
        if self._connector is None:
            self._connector = self._connections()
            self._configuration.client_session_kwargs = {
                "connector": self._connector,
                "cookie_jar": aiohttp.DummyCookieJar(),
                "read_bufsize": _BUFFER,
                "trust_env": False,
            }

    def _connections(self) -> aiohttp.TCPConnector:
        if self._socks:
            return socks_connector(self._socks, self._context, self._tls_name, self._pool, _keep_alive)
        return aiohttp.TCPConnector(ssl=self._context, limit=self._pool, resolver=_Resolver(), socket_factory=_socket)

    async def close(self) -> None:
        """Cut every connection, whatever is in flight."""
        self._closed = True
        if self._connector is None:
            return
        for reply in tuple(self._replies):
            reply.abandon()
        await self._client.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self._connector.close(abort_ssl=True)


def _client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """`connect` of aiohttp includes waiting for a free connection of the pool and the look-up of the name."""
    return aiohttp.ClientTimeout(
        total=timeouts.total,
        connect=timeouts.connect * 3,
        sock_connect=timeouts.connect,
        sock_read=timeouts.silence,
    )


# --- TLS ------------------------------------------------------------------------------------------------------------


def _configuration(target: Target, pool: int, proxy: str | None) -> Configuration:
    cluster = target.cluster
    configuration = Configuration(
        host=cluster.server,
        ca_cert_data=_authority(target),
        verify_ssl=not cluster.insecure_skip_tls_verify,
        tls_server_name=cluster.tls_server_name or None,
        connection_pool_maxsize=pool,
        proxy=proxy,
    )
    # Authorities that clusters make themselves lack extensions that strict mode asks for since Python 3.13.
    configuration.disable_strict_ssl_verification = True
    return configuration


def _authority(target: Target) -> str | None:
    cluster = target.cluster
    if not (cluster.certificate_authority_data or cluster.certificate_authority):
        return None
    pem = data_or_file(
        cluster.certificate_authority_data,
        cluster.certificate_authority,
        target.cluster_folder,
        "certificate-authority",
    )
    return pem.decode("ascii", errors="replace") or " "


def _build(configuration: Configuration) -> RestClient:
    try:
        return rest_client(configuration)
    except (ssl.SSLError, ValueError) as error:
        raise KubeconfigError("certificate-authority of the kubeconfig is no PEM certificate") from error


def _identify(context: ssl.SSLContext, identity: Identity) -> None:
    """Load the client certificate; OpenSSL reads files only, so they exist for just that long."""
    if not identity.certificate:
        return
    with tempfile.TemporaryDirectory(prefix="cnitui-") as folder:
        certificate, key = Path(folder, "certificate"), Path(folder, "key")
        certificate.write_bytes(identity.certificate)
        key.write_bytes(identity.key or identity.certificate)
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise KubeconfigError(
                f"client-certificate and client-key of the kubeconfig do not work: {one_line(str(error), 200)}"
            ) from error


def _no_password() -> str:
    raise KubeconfigError("client-key of the kubeconfig is encrypted", "kubectl cannot use it either: decrypt it")


# --- sockets --------------------------------------------------------------------------------------------------------


class _Resolver(AbstractResolver):
    """Name look-ups in threads that exit does not wait for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        )
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""


_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPALIVE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""Seconds and counts: a peer that is gone is noticed within a minute; macOS names the first one differently."""


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, proto, _, _ = address
    made = socket.socket(family, kind, proto)
    _keep_alive(made)
    return made


def _keep_alive(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
