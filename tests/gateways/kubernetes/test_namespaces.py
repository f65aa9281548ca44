"""All namespaces when we may, else those that we may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from cnitui.domain.exchange import Interrupted, Listed, Update
from cnitui.domain.facts import PodStatus
from cnitui.errors import Forbidden
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from tests.gateways.kubernetes.conftest import ApiServer, Clusters, event, failing, listing, pod, streaming
from tests.gateways.kubernetes.test_reflector import told

ALL = "/api/v1/pods"
SYSTEM = "/api/v1/namespaces/kube-system/pods"
CALICO = "/api/v1/namespaces/calico-system/pods"
OWN = "/api/v1/namespaces/team/pods"
REFUSED = failing(403, "Forbidden", "pods is forbidden")


async def first(count: int, cluster: KubernetesCluster) -> list[Update[PodStatus]]:
    found: list[Update[PodStatus]] = []
    updates = cast("AsyncGenerator[Update[PodStatus], None]", cluster.watch_pods("", ""))
    async with asyncio.timeout(5), aclosing(updates):
        async for update in updates:
            found.append(update)
            if len(found) == count:
                break
    return found


async def test_all_namespaces_are_watched_when_that_is_allowed(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(ALL, listing(pod("a")))
    api.answer(ALL, streaming(event("ADDED", pod("b", "11")), hold=True), method="WATCH")
    assert [told(u) for u in await first(2, cluster)] == ["listed a", "changed b"]
    assert api.asked(SYSTEM) == []


async def test_readable_namespaces_make_one_list_when_all_is_refused(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", namespace="team")
    api.answer(ALL, REFUSED)
    api.answer(SYSTEM, listing(pod("a")))
    api.answer(CALICO, REFUSED)
    api.answer(OWN, listing(pod("mine")))
    api.answer(SYSTEM, streaming(event("ADDED", pod("b", "11")), hold=True), method="WATCH")
    api.answer(OWN, streaming(hold=True), method="WATCH")
    updates = await first(2, cluster)
    assert isinstance(updates[0], Listed)
    assert {item.name for item in updates[0].items} == {"a", "mine"}
    assert told(updates[1]) == "changed b"


async def test_a_list_that_begins_anew_keeps_what_the_others_have(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}")
    api.answer(ALL, REFUSED)
    api.answer(SYSTEM, listing(pod("a")), listing(pod("a2")))
    api.answer("/api/v1/namespaces/default/pods", REFUSED)
    api.answer(CALICO, listing(pod("b")))
    api.answer(SYSTEM, failing(410, "Expired", "old"), streaming(hold=True), method="WATCH")
    api.answer(CALICO, streaming(hold=True), method="WATCH")
    updates = await first(2, cluster)
    assert [sorted(told(u).split()[1:]) for u in updates] == [["a", "b"], ["a2", "b"]]


async def test_when_nothing_may_be_read_it_says_so_and_tries_everything_again(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(ALL, REFUSED, listing(pod("a")))
    for path in (SYSTEM, CALICO, "/api/v1/namespaces/default/pods"):
        api.answer(path, REFUSED)
    updates = await first(2, cluster)
    assert isinstance(updates[0], Interrupted)
    assert isinstance(updates[0].error, Forbidden)
    assert told(updates[1]) == "listed a"


async def test_other_errors_do_not_make_us_fall_back(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(ALL, failing(500, "InternalError", "no"), listing(pod("a")))
    assert [told(u) for u in await first(2, cluster)] == ["ServerFailure", "listed a"]
    assert api.asked(SYSTEM) == []
