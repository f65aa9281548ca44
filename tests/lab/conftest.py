"""Labs of one's own, and the clients that judge them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from cnitui.lab.lab import Lab
from cnitui.lab.machine.users import User

FAST = 100.0
"""Waits pass a hundred times faster: a rollout takes a tenth of a second."""


@dataclass
class Api:
    """A plain HTTPS client of one lab; nothing of Kubernetes in it."""

    lab: Lab
    session: aiohttp.ClientSession
    user: User

    async def call(
        self, method: str, path: str, body: object = None, kind: str = "application/json", **query: str
    ) -> Any:
        """The decoded answer, with its HTTP status under `_code`."""
        data = None if body is None else json.dumps(body)
        async with self.open(method, path, data, kind, **query) as answer:
            text = await answer.text()
            with contextlib.suppress(ValueError):
                decoded = json.loads(text)
                return decoded | {"_code": answer.status}
            return text

    def open(
        self, method: str, path: str, data: str | None = None, kind: str = "application/json", **query: str
    ) -> Any:
        """A response to be read as a stream."""
        headers = {"Authorization": f"Bearer {self.user.token}", "Content-Type": kind}
        return self.session.request(method, self.lab.api_url + path, data=data, headers=headers, params=query)

    def as_user(self, name: str) -> Api:
        """The same client as somebody else."""
        return Api(self.lab, self.session, self.lab.api.users[name])

    async def pods(self, node: str = "") -> list[Any]:
        """calico-node's pods, perhaps of one node."""
        query = {"labelSelector": "k8s-app=calico-node"}
        if node:
            query["fieldSelector"] = f"spec.nodeName={node}"
        return list((await self.call("GET", "/api/v1/namespaces/kube-system/pods", **query))["items"])


@contextlib.asynccontextmanager
async def client(lab: Lab) -> AsyncIterator[Api]:
    """A client that trusts the lab's CA and nothing else."""
    context = ssl.create_default_context(cafile=lab.directory / "ca.crt")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        yield Api(lab, session, lab.api.users["token-admin"])


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    """The default scenario, fast."""
    async with Lab.start(speed=FAST, seed=1) as started:
        yield started
        assert started.api.crashes == []


@pytest.fixture
async def api(lab: Lab) -> AsyncIterator[Api]:
    """A client of it."""
    async with client(lab) as made:
        yield made


Kubectl = Callable[..., Any]


async def run(*command: str, stdin: bytes | None = None, **environment: str) -> tuple[int, str]:
    """Exit status and both outputs of a program."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    try:
        async with asyncio.timeout(30):
            output, _ = await process.communicate(stdin)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, output.decode(errors="replace")


@pytest.fixture
def kubectl(lab: Lab) -> Kubectl:
    """Runs kubectl as the administrator: `await kubectl("get", "pods")` is (status, output)."""
    program = need("kubectl")

    async def call(*arguments: str) -> tuple[int, str]:
        return await run(program, *arguments, KUBECONFIG=str(lab.kubeconfig))

    return call


def need(name: str) -> str:
    """A program's path; the test is skipped without it. CNITUI_TEST_KUBECTL names another kubectl than PATH's."""
    path = shutil.which(os.environ.get(f"CNITUI_TEST_{name.upper()}", name))
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path
