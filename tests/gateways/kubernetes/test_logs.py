"""Logs as bytes, from servers that end, cut and refuse them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
from aiohttp import web

from cnitui.domain.exchange import LogRequest
from cnitui.errors import ClusterUnreachable, Forbidden, Invalid, NotFound
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.gateways.kubernetes.reflector import Pace
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, failing, streaming

LOG = "/api/v1/namespaces/kube-system/pods/calico-node-x/log"
REQUEST = LogRequest("kube-system", "calico-node-x", "install-cni")
FOLLOW = LogRequest("kube-system", "calico-node-x", "install-cni", follow=True)


async def followed(cluster: KubernetesCluster) -> bytes:
    async with asyncio.timeout(5):
        return b"".join([piece async for piece in cluster.follow_log(FOLLOW)])


async def test_a_log_is_read_with_timestamps(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"2026-01-01T00:00:00.1Z one\n", b"2026-01-01T00:00:00.2Z \xff\xfe\n"))
    assert await cluster.read_log(REQUEST) == b"2026-01-01T00:00:00.1Z one\n2026-01-01T00:00:00.2Z \xff\xfe\n"
    query = api.requests[-1].query
    assert query["timestamps"] == "true"
    assert query["container"] == "install-cni"
    assert not {"follow", "previous", "tailLines", "sinceTime"} & set(query)


async def test_every_part_of_the_request_is_asked_for(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"x"))
    since = datetime(2026, 1, 1, 2, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    await cluster.read_log(
        LogRequest("kube-system", "calico-node-x", "c", previous=True, tail=0, since=since, limit_bytes=500)
    )
    query = api.requests[-1].query
    assert query["previous"] == "true"
    assert query["tailLines"] == "0"
    assert query["sinceTime"] == "2026-01-01T00:00:00Z"
    assert query["limitBytes"] == "500"


async def test_reading_stops_at_its_bound_though_the_server_goes_on(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"x" * 1000, hold=True))
    async with asyncio.timeout(5):
        body = await cluster.read_log(LogRequest("kube-system", "calico-node-x", "c", limit_bytes=100))
    assert body == b"x" * 100


async def test_following_ends_when_the_container_ends(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"one\n", b"two\n"))
    assert await followed(cluster) == b"one\ntwo\n"
    assert len(api.asked(LOG)) == 1
    assert api.requests[-1].query["follow"] == "true"


async def test_a_piece_arrives_before_the_log_ends(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"one\n", hold=True))
    async with asyncio.timeout(5):
        async for piece in cluster.follow_log(FOLLOW):
            assert piece == b"one\n"
            break


async def test_a_log_that_is_cut_is_no_log_that_has_ended(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(LOG, streaming(b"one\n", cut=True))
    pieces: list[bytes] = []

    async def follow() -> None:
        async for piece in cluster.follow_log(FOLLOW):
            pieces.append(piece)  # noqa: PERF401

    with pytest.raises(ClusterUnreachable):
        await asyncio.wait_for(follow(), 5)
    assert pieces == [b"one\n"]


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind"),
    [
        (400, "BadRequest", 'container "c" in pod "p" is waiting to start: PodInitializing', Invalid),
        (400, "BadRequest", 'previous terminated container "c" in pod "p" not found', Invalid),
        (403, "Forbidden", "no", Forbidden),
        (404, "NotFound", 'pods "p" not found', NotFound),
    ],
)
async def test_refusals_are_told_apart(
    api: ApiServer, cluster: KubernetesCluster, status: int, reason: str, message: str, kind: type[Exception]
) -> None:
    api.answer(LOG, failing(status, reason, message))
    with pytest.raises(kind, match=message[:20]):
        await cluster.read_log(REQUEST)
    with pytest.raises(kind):
        await followed(cluster)


async def test_a_silent_log_is_waited_for_longer_than_a_request_may_take(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    release = asyncio.Event()

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await release.wait()
        await response.write(b"late\n")
        return response

    api.answer(LOG, reply)
    task = asyncio.create_task(followed(cluster))
    while not api.asked(LOG):
        await asyncio.sleep(0)
    release.set()
    assert await task == b"late\n"


async def test_a_hostile_name_never_becomes_a_path(cluster: KubernetesCluster) -> None:
    with pytest.raises(Invalid):
        await cluster.read_log(LogRequest("kube-system", "../../secrets", "c"))
    with pytest.raises(Invalid):
        await cluster.read_log(LogRequest("..", "p", "c"))


async def test_a_server_that_hangs_is_noticed_while_a_log_is_silent(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", pace=Pace(quiet=0.01), timeout=0.05)

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    api.answer(LOG, streaming(b"one\n", hold=True))
    api.answer("/version", silent)
    with pytest.raises(ClusterUnreachable, match="in time"):
        await followed(cluster)
