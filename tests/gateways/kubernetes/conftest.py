"""A small API server on loopback whose every answer the test decides, and clusters that speak to it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.gateways.kubernetes.reflector import Pace

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Reply = Mapping[str, object] | Handler | web.StreamResponse

QUICK = Pace(first=0.001, longest=0.002, short_life=60.0)
"""Repeats without noticeable pauses; a watch that brings nothing always counts as fruitless."""


class ApiServer:
    """Answers by method and path; the last of several replies repeats. A watch has the method WATCH."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.port = 0
        self._replies: dict[tuple[str, str], list[Reply]] = {}

    def answer(self, path: str, *replies: Reply, method: str = "GET") -> None:
        """From now on answer the path with these, one after the other."""
        self._replies[method, path] = list(replies)

    def asked(self, path: str, method: str = "GET") -> list[web.Request]:
        """The requests for a path so far."""
        return [r for r in self.requests if (_method(r), r.path) == (method, path)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        self.requests.append(request)
        self.bodies.append(await request.read())
        replies = self._replies.get((_method(request), request.path), [])
        if not replies:
            return failure(404, "NotFound", f"the test did not prepare {_method(request)} {request.path}")
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, web.StreamResponse):
            return reply
        return await reply(request) if callable(reply) else web.json_response(dict(reply))


def _method(request: web.Request) -> str:
    return "WATCH" if request.query.get("watch") else request.method


def failure(status: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """A Status as the API server answers it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
    return web.json_response({**body, "code": status}, status=status, headers=headers)


def failing(status: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> Handler:
    """The same as a reply that can be given again and again."""

    async def reply(_: web.Request) -> web.StreamResponse:
        return failure(status, reason, message, headers)

    return reply


def streaming(*pieces: bytes | Mapping[str, object], cut: bool = False, hold: bool = False) -> Handler:
    """A chunked answer: pieces of bytes, or events as lines; then it ends, is cut off, or stays open."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece if isinstance(piece, bytes) else json.dumps(piece).encode() + b"\n")
        if cut and request.transport is not None:
            request.transport.close()
        elif hold:
            await asyncio.Event().wait()
        return response

    return reply


def listing(*items: Mapping[str, object], version: str = "10", token: str = "") -> dict[str, object]:
    """A page of a list."""
    return {"kind": "List", "metadata": {"resourceVersion": version, "continue": token}, "items": list(items)}


def pod(name: str, version: str = "1", **status: object) -> dict[str, object]:
    """A pod with a status."""
    meta = {"name": name, "namespace": "kube-system", "uid": f"uid-{name}", "resourceVersion": version}
    return {
        "metadata": meta,
        "spec": {"containers": [{"name": "calico-node"}]},
        "status": {"phase": "Running", **status},
    }


def event(kind: str, item: Mapping[str, object]) -> dict[str, object]:
    """A line of a watch."""
    return {"type": kind, "object": item}


def write_kubeconfig(
    path: Path,
    server: str,
    user: Mapping[str, object] | None = None,
    cluster: Mapping[str, object] | None = None,
    namespace: str = "",
) -> Path:
    """A kubeconfig with one context, `test`; JSON is YAML."""
    document = {
        "current-context": "test",
        "clusters": [{"name": "here", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "tester", "user": dict(user or {"token": "secret"})}],
        "contexts": [{"name": "test", "context": {"cluster": "here", "user": "tester", "namespace": namespace}}],
    }
    path.write_text(json.dumps(document))
    return path


class Clusters:
    """Makes clusters of a kubeconfig and closes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[KubernetesCluster] = []

    def at(
        self,
        server: str,
        *,
        user: Mapping[str, object] | None = None,
        cluster: Mapping[str, object] | None = None,
        namespace: str = "",
        timeout: float = 5.0,
        impersonate: str = "",
        readonly: bool = False,
        readonly_contexts: tuple[str, ...] = (),
        pace: Pace = QUICK,
    ) -> KubernetesCluster:
        """A cluster at a URL."""
        path = write_kubeconfig(self.folder / f"config-{len(self.made)}", server, user, cluster, namespace)
        made = KubernetesCluster(
            [path],
            timeout=timeout,
            impersonate=impersonate,
            readonly=readonly,
            readonly_contexts=readonly_contexts,
            environment={"PATH": "/usr/bin:/bin"},
            pace=pace,
        )
        self.made.append(made)
        return made


async def serve(handler: Handler, context: ssl.SSLContext | None = None) -> tuple[web.AppRunner, int]:
    """Start a server on a free port of loopback."""
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port: int = runner.addresses[0][1]
    return runner, port


@asynccontextmanager
async def listening(handler: Serve) -> AsyncIterator[int]:
    """The port of a TCP server that knows nothing of HTTP; each connection is closed when it was handled."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def clusters(tmp_path: Path) -> AsyncIterator[Clusters]:
    """Makes clusters; they are closed at the end of the test."""
    made = Clusters(tmp_path)
    yield made
    for cluster in made.made:
        await cluster.close()


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """The server."""
    server = ApiServer()
    runner, server.port = await serve(server.handle)
    yield server
    await runner.cleanup()


@pytest.fixture
def cluster(api: ApiServer, clusters: Clusters) -> KubernetesCluster:
    """A cluster that speaks to the server."""
    return clusters.at(f"http://127.0.0.1:{api.port}")
