"""List and watch against a server that does everything servers do wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from aiohttp import web

from cnitui.domain.exchange import Changed, Interrupted, Listed, Page, Removed, Update
from cnitui.domain.facts import PodStatus
from cnitui.errors import Forbidden, ServerFailure, Throttled, Unauthorized
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.gateways.kubernetes.lists import PAGE
from cnitui.gateways.kubernetes.reflector import Pace
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, Handler, event, failing, listing, pod, streaming

PODS = "/api/v1/namespaces/kube-system/pods"
BOOKMARK = {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "77"}}}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}


def watching(cluster: KubernetesCluster) -> AsyncGenerator[Update[PodStatus], None]:
    return cast("AsyncGenerator[Update[PodStatus], None]", cluster.watch_pods("kube-system", "k8s-app=calico-node"))


async def first(count: int, cluster: KubernetesCluster) -> list[Update[PodStatus]]:
    """The first updates of a watch of the pods."""
    found: list[Update[PodStatus]] = []
    async with asyncio.timeout(5), aclosing(watching(cluster)) as updates:
        async for update in updates:
            found.append(update)
            if len(found) == count:
                break
    return found


def told(update: Update[PodStatus]) -> str:
    """`page a`, `listed a b`, `changed a`, `removed a`, or the interruption's error."""
    match update:
        case Listed(items):
            return " ".join(["listed", *(item.name for item in items)])
        case Page(items):
            return " ".join(["page", *(item.name for item in items)])
        case Changed(item):
            return f"changed {item.name}"
        case Removed(item):
            return f"removed {item.name}"
        case Interrupted(error):
            return type(error).__name__


async def story(count: int, cluster: KubernetesCluster) -> list[str]:
    return [told(update) for update in await first(count, cluster)]


async def test_pages_come_as_they_arrive_then_the_whole_and_events_follow(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PODS, listing(pod("a"), token="more"), listing(pod("b"), version="12"))
    api.answer(
        PODS,
        streaming(
            event("ADDED", pod("c", "13")),
            event("MODIFIED", pod("a", "14")),
            event("DELETED", pod("b", "15")),
            hold=True,
        ),
        method="WATCH",
    )
    assert await story(5, cluster) == ["page a", "listed a b", "changed c", "changed a", "removed b"]
    pages = api.asked(PODS)
    assert [p.query.get("continue") for p in pages] == [None, "more"]
    assert {p.query["limit"] for p in pages} == {str(PAGE)}
    watch = api.asked(PODS, "WATCH")[0]
    assert watch.query["resourceVersion"] == "12"
    assert watch.query["allowWatchBookmarks"] == "true"
    assert 240 <= int(watch.query["timeoutSeconds"]) <= 290
    assert {r.query["labelSelector"] for r in (*pages, watch)} == {"k8s-app=calico-node"}


async def test_an_empty_list_is_told_too(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, {"metadata": {"resourceVersion": "1"}, "items": None})
    assert await story(1, cluster) == ["listed"]


async def test_a_continue_token_that_expired_lists_again_without_pages(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(
        PODS, listing(pod("a"), token="old"), failing(410, "Expired", "token too old"), listing(pod("a"), pod("b"))
    )
    assert await story(2, cluster) == ["page a", "listed a b"]
    assert "limit" not in api.asked(PODS)[-1].query


async def test_an_ended_watch_goes_on_from_the_last_version_without_a_word(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PODS, listing(pod("a")))
    api.answer(
        PODS,
        streaming(event("ADDED", pod("b", "20"))),
        streaming(event("ADDED", pod("c", "21")), hold=True),
        method="WATCH",
    )
    assert await story(3, cluster) == ["listed a", "changed b", "changed c"]
    assert [r.query["resourceVersion"] for r in api.asked(PODS, "WATCH")] == ["10", "20"]
    assert len(api.asked(PODS)) == 1


async def test_a_bookmark_moves_the_version_and_says_nothing(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, listing())
    api.answer(PODS, streaming(BOOKMARK), streaming(event("ADDED", pod("c", "78")), hold=True), method="WATCH")
    assert await story(2, cluster) == ["listed", "changed c"]
    assert api.asked(PODS, "WATCH")[1].query["resourceVersion"] == "77"


async def test_a_watch_cut_in_the_middle_of_a_line_is_resumed_and_the_event_comes_again(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    whole = json.dumps(event("ADDED", pod("c", "21"))).encode() + b"\n"
    api.answer(PODS, listing())
    api.answer(
        PODS,
        streaming(event("ADDED", pod("b", "20")), whole[:40], cut=True),
        streaming(whole, hold=True),
        method="WATCH",
    )
    assert await story(3, cluster) == ["listed", "changed b", "changed c"]


async def test_a_line_may_come_in_any_pieces(api: ApiServer, cluster: KubernetesCluster) -> None:
    lines = b"".join(json.dumps(event("ADDED", pod(name, "20"))).encode() + b"\n" for name in ("b", "c"))
    pieces = [lines[i : i + 7] for i in range(0, len(lines), 7)]
    api.answer(PODS, listing())
    api.answer(PODS, streaming(*pieces, hold=True), method="WATCH")
    assert await story(3, cluster) == ["listed", "changed b", "changed c"]


async def test_a_very_long_line_is_read(api: ApiServer, cluster: KubernetesCluster) -> None:
    huge = pod("huge", "20")
    huge["metadata"] = {**cast("dict[str, object]", huge["metadata"]), "annotations": {"x": "y" * 3_000_000}}
    api.answer(PODS, listing())
    api.answer(PODS, streaming(event("ADDED", huge), hold=True), method="WATCH")
    assert await story(2, cluster) == ["listed", "changed huge"]


async def test_a_line_without_end_is_given_up(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, listing())
    api.answer(PODS, streaming(*[b"x" * 2**20] * 20, hold=True), method="WATCH")
    updates = await first(2, cluster)
    assert isinstance(updates[1], Interrupted)
    assert "16 MiB" in str(updates[1].error)


async def test_a_version_the_server_has_forgotten_lists_again_without_a_word(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PODS, listing(pod("a")), listing(pod("b"), version="90"))
    api.answer(PODS, streaming(EXPIRED), streaming(event("ADDED", pod("c", "91")), hold=True), method="WATCH")
    assert await story(3, cluster) == ["listed a", "listed b", "changed c"]
    assert api.asked(PODS, "WATCH")[1].query["resourceVersion"] == "90"


async def test_a_410_instead_of_a_watch_lists_again(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, listing(pod("a")), listing(pod("b")))
    api.answer(PODS, failing(410, "Expired", "gone"), streaming(hold=True), method="WATCH")
    assert await story(2, cluster) == ["listed a", "listed b"]


async def test_a_server_that_always_forgets_is_asked_ever_less_often(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PODS, listing())
    api.answer(PODS, streaming(EXPIRED), method="WATCH")
    assert await story(4, cluster) == ["listed", "listed", "Gone", "listed"]


async def test_a_watch_that_ends_at_once_is_an_interruption(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, listing())
    api.answer(PODS, streaming(), method="WATCH")
    updates = await first(2, cluster)
    assert isinstance(updates[1], Interrupted)
    assert "at once" in updates[1].error.what


async def test_garbage_in_a_watch_is_an_interruption_and_then_goes_on(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PODS, listing(), listing(pod("b")))
    api.answer(PODS, streaming(b"<html>\x1b[31m no JSON\n"), streaming(hold=True), method="WATCH")
    updates = await first(3, cluster)
    assert [told(u) for u in updates] == ["listed", "ServerFailure", "listed b"]
    assert isinstance(updates[1], Interrupted)
    assert "\x1b" not in str(updates[1].error)


async def test_a_login_page_instead_of_a_list_is_an_interruption_that_says_so(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html><title>Log in</title>", content_type="text/html")

    api.answer(PODS, page)
    (update,) = await first(1, cluster)
    assert isinstance(update, Interrupted)
    assert isinstance(update.error, ServerFailure)
    assert "login page" in update.error.next_step


async def test_errors_interrupt_once_each_and_the_list_comes_when_they_are_over(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(
        PODS,
        failing(500, "InternalError", "etcd is away"),
        failing(503, "ServiceUnavailable", "starting"),
        failing(401, "Unauthorized", "Unauthorized"),
        failing(403, "Forbidden", "no"),
        listing(pod("a")),
    )
    assert await story(5, cluster) == ["ServerFailure", "ServerFailure", "Unauthorized", "Forbidden", "listed a"]


async def test_a_throttling_server_decides_how_long_we_wait(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, failing(429, "TooManyRequests", "slow down", {"Retry-After": "17"}))
    (update,) = await first(1, cluster)
    assert isinstance(update, Interrupted)
    assert isinstance(update.error, Throttled)
    assert update.retry_in == 17


async def test_a_server_that_dies_and_returns_is_listed_again(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, _dropped, _dropped, listing(pod("a")))  # a GET that is dropped is sent a second time by aiohttp
    assert await story(2, cluster) == ["ClusterUnreachable", "listed a"]


async def _dropped(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def test_closing_ends_a_watch(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PODS, listing())
    api.answer(PODS, streaming(event("ADDED", pod("b", "11")), hold=True), method="WATCH")
    seen: list[str] = []

    async def follow() -> None:
        async for update in watching(cluster):
            seen.append(told(update))
            if len(seen) == 2:
                asyncio.get_running_loop().call_soon(closing)

    def closing() -> None:
        closers.append(asyncio.ensure_future(cluster.close()))

    closers: list[asyncio.Future[None]] = []
    async with asyncio.timeout(5):
        await follow()
        await asyncio.gather(*closers)
    assert seen == ["listed", "changed b"]


async def test_cancelling_ends_a_watch_at_once_and_its_connection_with_it(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    gone = asyncio.Event()
    listed = asyncio.Event()
    api.answer(PODS, listing())
    api.answer(PODS, _noting(gone), method="WATCH")

    async def follow() -> None:
        async for _ in watching(cluster):
            listed.set()

    task = asyncio.create_task(follow())
    async with asyncio.timeout(5):
        await listed.wait()
        while not api.asked(PODS, "WATCH"):
            await asyncio.sleep(0)
        task.cancel()
        await gone.wait()
    assert task.cancelled()


def _noting(gone: asyncio.Event) -> Handler:
    async def reply(request: web.Request) -> web.StreamResponse:
        try:
            return await streaming(hold=True)(request)
        finally:
            gone.set()

    return reply


async def test_the_errors_are_our_own(api: ApiServer, cluster: KubernetesCluster) -> None:
    for status, kind in ((401, Unauthorized), (403, Forbidden), (500, ServerFailure)):
        api.answer(PODS, failing(status, "x", "y"))
        (update,) = await first(1, cluster)
        assert isinstance(update, Interrupted)
        assert type(update.error) is kind


async def test_a_connection_that_fell_silent_is_noticed(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", pace=Pace(0.001, 0.002, life=(0.03, 0.04), grace=0.01))
    api.answer(PODS, listing(pod("a")))
    api.answer(PODS, streaming(hold=True), method="WATCH")
    updates = await first(3, cluster)
    assert [told(update) for update in updates] == ["listed a", "ClusterUnreachable", "listed a"]


async def silent(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_server_that_hangs_is_noticed_while_nothing_happens(api: ApiServer, clusters: Clusters) -> None:
    pace = Pace(0.001, 0.002, quiet=0.01, short_life=0)
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", pace=pace, timeout=0.05)
    api.answer(PODS, listing(pod("a")))
    api.answer(PODS, streaming(hold=True), method="WATCH")
    api.answer("/version", silent)
    assert await story(3, cluster) == ["listed a", "ServerSilent", "listed a"]


async def test_a_server_that_hangs_before_a_watch_begins_is_noticed(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", pace=Pace(0.001, 0.002, quiet=0.01), timeout=0.05)
    api.answer(PODS, listing(pod("a")))
    api.answer(PODS, silent, method="WATCH")
    api.answer("/version", silent)
    assert await story(3, cluster) == ["listed a", "ServerSilent", "listed a"]


async def test_a_quiet_watch_of_a_server_that_is_there_stays_and_asks_seldom(
    api: ApiServer, clusters: Clusters
) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", pace=Pace(quiet=0.001))
    asked = asyncio.Event()

    async def version(_: web.Request) -> web.StreamResponse:
        asked.set()
        return web.json_response({})

    async def late(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asked.wait()
        await response.write(json.dumps(event("ADDED", pod("b", "11"))).encode() + b"\n")
        await asyncio.Event().wait()
        return response

    api.answer(PODS, listing(pod("a")))
    api.answer(PODS, late, method="WATCH")
    api.answer("/version", version)
    assert await story(2, cluster) == ["listed a", "changed b"]
    assert len(api.asked("/version")) == 1
