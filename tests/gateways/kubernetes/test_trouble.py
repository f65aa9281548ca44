"""What TLS, proxies and networks do, against real sockets."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cnitui.errors import ClusterUnreachable, KubeconfigError, ServerFailure
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, Serve, listening, serve

NOW = datetime.now(UTC)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: bytes | None = None) -> bytes:
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            encryption = serialization.BestAvailableEncryption(password)
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def context(self, folder: Path, client_authority: Signed | None = None) -> ssl.SSLContext:
        """A server's TLS context."""
        (folder / "server.pem").write_bytes(self.pem + self.key_pem())
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13's default, which an API server in Go has not
        if client_authority is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client_authority.pem.decode())
        return context


def signed(
    name: str,
    by: Signed | None = None,
    *,
    address: str = "127.0.0.1",
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=1),
) -> Signed:
    """A certificate of an authority, or the authority itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
    )
    return Signed(builder.sign(by.key if by else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority() -> Signed:
    return signed("authority")


def data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


async def version(_: web.Request) -> web.StreamResponse:
    return web.json_response({"gitVersion": "v1.31.0"})


@asynccontextmanager
async def tls(context: ssl.SSLContext) -> AsyncIterator[str]:
    runner, port = await serve(version, context)
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_server_of_the_kubeconfigs_authority_is_trusted(
    authority: Signed, clusters: Clusters, tmp_path: Path
) -> None:
    async with tls(signed("s", authority).context(tmp_path)) as url:
        cluster = clusters.at(url, cluster={"certificate-authority-data": data(authority.pem)})
        assert await cluster.connect() == "v1.31.0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ends": NOW - timedelta(hours=1)}, "has expired"),
        ({"begins": NOW + timedelta(hours=1)}, "not valid yet"),
        ({"address": "10.0.0.1"}, "another name"),
    ],
)
async def test_a_server_with_a_wrong_certificate_is_refused_and_says_why(
    authority: Signed, clusters: Clusters, tmp_path: Path, change: dict[str, datetime], message: str
) -> None:
    async with tls(signed("s", authority, **change).context(tmp_path)) as url:  # type: ignore[arg-type]
        cluster = clusters.at(url, cluster={"certificate-authority-data": data(authority.pem)})
        with pytest.raises(ClusterUnreachable, match=message):
            await cluster.connect()


async def test_another_authority_is_not_trusted_and_neither_is_no_authority(
    authority: Signed, clusters: Clusters, tmp_path: Path
) -> None:
    async with tls(signed("s", authority).context(tmp_path)) as url:
        for entry in ({"certificate-authority-data": data(signed("other").pem)}, {}):
            with pytest.raises(ClusterUnreachable, match="not signed by the authority"):
                await clusters.at(url, cluster=entry).connect()


async def test_trust_may_be_switched_off_and_the_name_may_be_given(
    authority: Signed, clusters: Clusters, tmp_path: Path
) -> None:
    async with tls(signed("s", authority, address="10.0.0.1").context(tmp_path)) as url:
        assert await clusters.at(url, cluster={"insecure-skip-tls-verify": True}).connect() == "v1.31.0"
        entry = {"certificate-authority-data": data(authority.pem), "tls-server-name": "10.0.0.1"}
        assert await clusters.at(url, cluster=entry).connect() == "v1.31.0"


async def test_a_client_certificate_is_shown_to_a_server_that_insists(
    authority: Signed, clusters: Clusters, tmp_path: Path
) -> None:
    us = signed("us", authority)
    trust = {"certificate-authority-data": data(authority.pem)}
    async with tls(signed("s", authority).context(tmp_path, authority)) as url:
        user = {"client-certificate-data": data(us.pem), "client-key-data": data(us.key_pem())}
        assert await clusters.at(url, user=user, cluster=trust).connect() == "v1.31.0"
        with pytest.raises(ClusterUnreachable, match="closed the connection"):
            await clusters.at(url, cluster=trust).connect()


async def test_no_private_key_stays_on_disk(
    authority: Signed, clusters: Clusters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    us = signed("us", authority)
    user = {"client-certificate-data": data(us.pem), "client-key-data": data(us.key_pem())}
    async with tls(signed("s", authority).context(tmp_path)) as url:
        entry = {"certificate-authority-data": data(authority.pem)}
        await clusters.at(url, user=user, cluster=entry).connect()
        assert list(temporary.iterdir()) == []


async def test_keys_and_authorities_that_do_not_work_say_so(authority: Signed, clusters: Clusters) -> None:
    us, url = signed("us", authority), "https://127.0.0.1:1"
    cases: list[tuple[dict[str, object], dict[str, object], str]] = [
        ({"client-certificate-data": data(us.pem), "client-key-data": data(us.key_pem(b"pw"))}, {}, "encrypted"),
        ({"client-certificate-data": data(us.pem), "client-key-data": data(authority.key_pem())}, {}, "do not work"),
        ({"client-certificate-data": data(b"x"), "client-key-data": data(b"y")}, {}, "do not work"),
        ({}, {"certificate-authority-data": data(b"nonsense")}, "no PEM certificate"),
        ({}, {"certificate-authority": "/does/not/exist"}, "cannot be read"),
    ]
    for user, entry, message in cases:
        with pytest.raises(KubeconfigError, match=message):
            await clusters.at(url, user=user, cluster=entry).connect()


async def test_a_server_without_tls_is_told_from_one_that_is_away(api: ApiServer, clusters: Clusters) -> None:
    with pytest.raises(ClusterUnreachable, match="does not speak TLS"):
        await clusters.at(f"https://127.0.0.1:{api.port}").connect()


async def test_a_tls_server_asked_without_tls_is_no_riddle(
    authority: Signed, clusters: Clusters, tmp_path: Path
) -> None:
    async with tls(signed("s", authority).context(tmp_path)) as url:
        with pytest.raises((ClusterUnreachable, ServerFailure)):
            await clusters.at(url.replace("https", "http")).connect()


async def test_a_name_that_does_not_exist_is_told(clusters: Clusters, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", no_such_name)
    with pytest.raises(ClusterUnreachable, match="cannot be resolved"):
        await clusters.at("https://no-such-name.invalid").connect()


async def test_a_server_that_is_no_web_server_is_told(clusters: Clusters) -> None:
    async with raw(_babble) as port:
        with pytest.raises((ServerFailure, ClusterUnreachable), match=r"HTTP|closed"):
            await clusters.at(f"http://127.0.0.1:{port}").connect()


async def test_an_answer_that_breaks_off_is_unreachable_and_not_an_empty_list(clusters: Clusters) -> None:
    async with raw(_half_an_answer) as port:
        with pytest.raises(ClusterUnreachable, match="in the middle"):
            await clusters.at(f"http://127.0.0.1:{port}").nodes()


async def test_a_proxy_is_used_and_its_refusal_told(clusters: Clusters) -> None:
    async with raw(_refusing_proxy) as port:
        cluster = clusters.at("https://api.example:6443", cluster={"proxy-url": f"http://127.0.0.1:{port}"})
        with pytest.raises(ClusterUnreachable, match="proxy"):
            await cluster.connect()


async def test_a_proxy_of_the_environment_is_used_but_not_for_loopback(
    api: ApiServer, clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw(_refusing_proxy) as port:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        api.answer("/version", {"gitVersion": "v1.31.0"})
        assert await clusters.at(f"http://127.0.0.1:{api.port}").connect() == "v1.31.0"
        with pytest.raises(ClusterUnreachable, match="proxy"):
            await clusters.at("https://api.example:6443").connect()


async def test_a_server_address_that_is_none_is_the_kubeconfigs_fault(clusters: Clusters) -> None:
    for server in ("https://", "nonsense", "http://[::1", "https://h:99999", "ftp://h"):
        with pytest.raises(KubeconfigError):
            await clusters.at(server).connect()


# --- servers below HTTP ---------------------------------------------------------------------------------------------


def raw(handler: Serve) -> AbstractAsyncContextManager[int]:
    """The port of a server that reads a request's head and then does as the handler says."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await handler(reader, writer)

    return listening(once)


async def _babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


async def _half_an_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"items": [')
    await writer.drain()


async def _refusing_proxy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
