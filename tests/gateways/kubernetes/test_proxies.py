"""Proxies of kubeconfig and environment, each a real one on loopback that says whom it was asked for."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from cnitui.errors import ClusterUnreachable, KubeconfigError
from cnitui.lab.api import pki
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, listening, serve

NAME = "api.behind.example"
"""No name server knows it: only the proxy can lead there."""


@dataclass
class Proxy:
    """Leads whatever it is asked for to one port of loopback; what it was asked and told is kept."""

    to: int
    password: str = ""
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def socks5(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """RFC 1928 and 1929, as far as a CONNECT to a name goes."""
        _, methods = await reader.readexactly(2)
        offered = await reader.readexactly(methods)
        wanted = 2 if self.password else 0
        writer.write(bytes([5, wanted if wanted in offered else 0xFF]))
        if wanted not in offered:
            return
        if self.password:
            user = await _text(reader, skip=1)
            self.told.append(f"{user}:{await _text(reader)}")
            writer.write(bytes([1, self.told[-1] != self.password]))
        _, _, _, kind = await reader.readexactly(4)
        host = await _text(reader) if kind == 3 else ".".join(map(str, await reader.readexactly(4)))
        self.asked.append(f"{host}:{int.from_bytes(await reader.readexactly(2))}")
        writer.write(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        await self._carry(reader, writer)

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """CONNECT of RFC 9110."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split()[1])
        self.told += [line.split()[-1] for line in head.splitlines() if line.startswith("Proxy-Authorization")]
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self._carry(reader, writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(_pump(reader, forth), _pump(back, writer))


async def _text(reader: asyncio.StreamReader, skip: int = 0) -> str:
    await reader.readexactly(skip)
    return (await reader.readexactly((await reader.readexactly(1))[0])).decode()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
    sink.close()


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[tuple[int, dict[str, str]]]:
    """An API server over TLS whose certificate names 127.0.0.1, and the authority for a kubeconfig."""
    authority = pki.authority()
    leaf = pki.server(authority)
    (tmp_path / "server.pem").write_bytes(leaf.certificate_pem + leaf.key_pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")

    async def version(_: web.Request) -> web.StreamResponse:
        return web.json_response({"gitVersion": "v1.31.0"})

    runner, port = await serve(version, context)
    yield port, {"certificate-authority-data": base64.b64encode(authority.certificate_pem).decode()}
    await runner.cleanup()


async def test_a_socks_proxy_is_asked_for_the_servers_name_and_the_certificate_is_checked(
    behind: tuple[int, dict[str, str]], clusters: Clusters
) -> None:
    port, trust = behind
    proxy = Proxy(port)
    async with listening(proxy.socks5) as at:
        entry = {**trust, "proxy-url": f"socks5://127.0.0.1:{at}"}
        named = clusters.at(f"https://{NAME}:6443", cluster={**entry, "tls-server-name": "127.0.0.1"})
        assert await named.connect() == "v1.31.0"
        assert proxy.asked == [f"{NAME}:6443"], "the name was not looked up here"
        with pytest.raises(ClusterUnreachable, match="another name"):
            await clusters.at(f"https://{NAME}:6443", cluster=entry).connect()
        assert await clusters.at("https://127.0.0.1:6443", cluster=entry).connect() == "v1.31.0"
        untrusting = {"proxy-url": entry["proxy-url"]}
        with pytest.raises(ClusterUnreachable, match="not signed by the authority"):
            await clusters.at("https://127.0.0.1:6443", cluster=untrusting).connect()


async def test_a_socks_proxy_may_ask_for_a_password_and_its_refusal_is_told(api: ApiServer, clusters: Clusters) -> None:
    api.answer("/version", {"gitVersion": "v1.31.0"})
    proxy = Proxy(api.port, password="me:p@ss")
    async with listening(proxy.socks5) as at:
        entry = {"proxy-url": f"socks5h://me:p%40ss@127.0.0.1:{at}"}
        assert await clusters.at(f"http://{NAME}", cluster=entry).connect() == "v1.31.0"
        assert (proxy.told, proxy.asked) == (["me:p@ss"], [f"{NAME}:80"])
        for refused in (f"socks5://me:wrong@127.0.0.1:{at}", f"socks5://127.0.0.1:{at}"):
            with pytest.raises(ClusterUnreachable, match="The proxy on the way") as told:
                await clusters.at(f"http://{NAME}", cluster={"proxy-url": refused}).connect()
            assert "wrong" not in str(told.value), "a password is told to nobody"


async def test_a_socks_proxy_that_is_away_is_told_as_such(clusters: Clusters) -> None:
    with pytest.raises(ClusterUnreachable, match="The proxy on the way"):
        await clusters.at(f"https://{NAME}", cluster={"proxy-url": "socks5://127.0.0.1:1"}).connect()


@pytest.mark.parametrize("user", ["", "me:p%40ss@"])
async def test_an_http_proxy_carries_tls_to_the_servers_name(
    behind: tuple[int, dict[str, str]], clusters: Clusters, user: str
) -> None:
    port, trust = behind
    proxy = Proxy(port)
    async with listening(proxy.http) as at:
        entry = {**trust, "proxy-url": f"http://{user}127.0.0.1:{at}", "tls-server-name": "127.0.0.1"}
        assert await clusters.at(f"https://{NAME}:6443", cluster=entry).connect() == "v1.31.0"
    assert proxy.asked == [f"{NAME}:6443"]
    assert proxy.told == ([base64.b64encode(b"me:p@ss").decode()] if user else [])


async def test_the_environment_may_name_a_socks_proxy(
    behind: tuple[int, dict[str, str]], clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, trust = behind
    proxy = Proxy(port)
    for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with listening(proxy.socks5) as at:
        monkeypatch.setenv("https_proxy", f"socks5://127.0.0.1:{at}")
        entry = {**trust, "tls-server-name": "127.0.0.1"}
        assert await clusters.at(f"https://{NAME}", cluster=entry).connect() == "v1.31.0"
    assert proxy.asked == [f"{NAME}:443"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("socks4://127.0.0.1:1", "names a socks4 proxy"),
        ("127.0.0.1:3128", "names a  proxy"),
        ("socks5://", "names no host"),
        ("http://127.0.0.1:99999", "is no address"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_the_kubeconfigs_fault(
    clusters: Clusters, address: str, words: str
) -> None:
    with pytest.raises(KubeconfigError, match=f"proxy-url of the kubeconfig {words}"):
        await clusters.at(f"https://{NAME}", cluster={"proxy-url": address}).connect()
