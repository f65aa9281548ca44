"""How long nothing was heard from the server, and asking whether it is there."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web

from cnitui.errors import ClusterUnreachable
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, failing


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody ends this wait")


async def test_there_is_no_silence_before_the_first_contact(api: ApiServer, clusters: Clusters) -> None:
    assert clusters.at(f"http://127.0.0.1:{api.port}").silence == 0.0


async def test_whatever_comes_ends_the_silence(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}")
    api.answer("/version", {"gitVersion": "v1.31.0"}, failing(503, "Unavailable", "busy"))
    await cluster.connect()
    while cluster.silence == 0:
        await asyncio.sleep(0)
    asked_at = time.monotonic()
    await cluster.ping()
    assert 0 < cluster.silence <= time.monotonic() - asked_at, "an answer of any status was heard"


async def test_a_server_that_answers_nothing_is_told(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", timeout=0.05)
    api.answer("/version", {"gitVersion": "v1.31.0"}, never)
    await cluster.connect()
    with pytest.raises(ClusterUnreachable):
        await cluster.ping()
    assert cluster.silence >= 0.05
