"""Whole lists as plain data: page by page, bounded, and honest about what is left."""

from __future__ import annotations

from aiohttp import web

from cnitui.domain.operator.observation import POOLS, Objects
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from tests.gateways.kubernetes.conftest import ApiServer, failure

PATH = "/apis/crd.projectcalico.org/v1/ippools"


def page(first: int, count: int, token: str = "", left: int | None = None) -> dict[str, object]:
    metadata = {"resourceVersion": "1"} | ({"continue": token, "remainingItemCount": left} if token else {})
    return {"metadata": metadata, "items": [{"metadata": {"name": f"pool-{first + n}"}} for n in range(count)]}


async def test_pages_are_put_together(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer(PATH, page(0, 2, "next", 1), page(2, 1))
    found = await cluster.everything(POOLS, 100)
    assert [item["metadata"]["name"] for item in found.items] == ["pool-0", "pool-1", "pool-2"]  # type: ignore[index]
    assert found.more == 0
    assert [request.query.get("continue") for request in api.asked(PATH)] == [None, "next"]


async def test_a_list_is_cut_where_it_would_be_too_long_and_says_how_much_is_left(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PATH, page(0, 2, "next", 40))
    found = await cluster.everything(POOLS, 2)
    assert (len(found.items), found.more) == (2, 40)
    assert api.asked(PATH)[0].query["limit"] == "2"


async def test_a_list_that_expires_on_the_way_is_incomplete_and_empty_ones_are_empty(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer(PATH, page(0, 2, "next", 1), failure(410, "Expired", "too old"))
    found = await cluster.everything(POOLS, 100)
    assert (len(found.items), found.more) == (2, None)
    api.answer(PATH, {"metadata": {}, "items": None})
    assert await cluster.everything(POOLS, 100) == Objects()


async def test_only_what_can_be_listed_is_a_resource(api: ApiServer, cluster: KubernetesCluster) -> None:
    async def discovery(_request: web.Request) -> web.Response:
        entries = [
            {"name": "tiers", "kind": "Tier", "verbs": ["get", "list"]},
            {"name": "tiers/status", "kind": "Tier", "verbs": ["get"]},
            {"name": "odd", "kind": "Odd", "verbs": ["create"]},
        ]
        return web.json_response({"kind": "APIResourceList", "resources": entries})

    api.answer("/apis/crd.projectcalico.org/v1", discovery)
    assert [ref.resource for ref in await cluster.served("crd.projectcalico.org", "v1")] == ["tiers"]
