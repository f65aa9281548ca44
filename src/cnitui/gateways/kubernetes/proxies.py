"""The way to an API server through a proxy: which one, and what carries requests there.

HTTP and HTTPS proxies are aiohttp's own business; SOCKS5 is python-socks', behind a connector of its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from cnitui.errors import KubeconfigError
from cnitui.gateways.kubernetes.kubeconfig import Target
from cnitui.gateways.kubernetes.plain import one_line

if TYPE_CHECKING:
    import socket

    import aiohttp

_SOCKS = ("socks5", "socks5h")
"""The server's name is looked up by the proxy in both, as net/http does."""
_KNOWN = ("http", "https", *_SOCKS)
_SOCKS_PORT = 1080
"""Where none is named (net/http portMap)."""


def proxy_of(target: Target) -> str | None:
    """proxy-url, else the environment's as Go has it: never for loopback (net/http ProxyFromEnvironment).

    Raises KubeconfigError for a proxy of a kind that kubectl does not know either.
    """
    if target.cluster.proxy_url:
        return _usable(target.cluster.proxy_url, "proxy-url of the kubeconfig")
    url = urlsplit(target.cluster.server or "")
    host = url.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    found = getproxies_environment().get(url.scheme)
    return _usable(found, f"{url.scheme.upper()}_PROXY") if found else None


def _usable(proxy: str, where: str) -> str:
    """The address; what it holds besides scheme and host may be a password, and is not told."""
    try:
        parts = urlsplit(proxy)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise KubeconfigError(f"{where} is no address", "Expected one such as socks5://127.0.0.1:1080") from None
    if parts.scheme not in _KNOWN:
        raise KubeconfigError(f"{where} names a {one_line(parts.scheme, 20)} proxy", "Known are http, https and socks5")
    if not usable:
        raise KubeconfigError(f"{where} names no host", "Expected one such as socks5://127.0.0.1:1080")
    return proxy


def is_socks(proxy: str | None) -> bool:
    """Whether requests are carried by `socks_connector`."""
    return proxy is not None and urlsplit(proxy).scheme in _SOCKS


def socks_connector(
    proxy: str, context: ssl.SSLContext, tls_name: str, limit: int, prepare: Callable[[socket.socket], None]
) -> aiohttp.TCPConnector:
    """A pool of connections through a SOCKS5 proxy; `tls_name`: what the certificate has to name, "" for the server.

    Imported here, because few have such a proxy.
    """
    from cnitui.gateways.kubernetes.socks import SocksConnector

    parts = urlsplit(proxy)
    return SocksConnector(
        host=parts.hostname or "",
        port=parts.port or _SOCKS_PORT,
        username=unquote(parts.username or "") or None,
        password=unquote(parts.password or "") or None,
        rdns=True,
        ssl=context,
        limit=limit,
        tls_name=tls_name,
        prepare=prepare,
    )
