"""What a cluster is made of: pods of one template share what is alike, and nothing of how it was made is kept."""

from __future__ import annotations

import gc

import pytest

from cnitui.lab import cluster
from cnitui.lab.api.errors import ApiError
from cnitui.lab.lab import Lab
from cnitui.lab.objects import resources as r


async def test_every_replica_mounts_its_own_token_and_the_template_mounts_none() -> None:
    async with Lab.start("healthy", speed=100, seed=1) as lab:
        pods = lab.world.store.all(r.PODS.key, "kube-system")
        volumes = {pod["metadata"]["name"]: [v["name"] for v in pod["spec"]["volumes"]] for pod in pods}
        tokens = {name: [v for v in held if v.startswith("kube-api-access-")] for name, held in volumes.items()}
        own = [held for name, held in tokens.items() if name.startswith(("coredns-", "calico-node-", "kube-proxy-"))]
        assert all(len(held) == 1 for held in own)
        assert len({held[0] for held in own}) == len(own)
        templates = (*lab.world.store.all(r.DAEMON_SETS.key), *lab.world.store.all(r.REPLICA_SETS.key))
        for owner in templates:
            assert "kube-api-access" not in str(owner["spec"]["template"]), owner["metadata"]["name"]


async def test_a_change_of_one_pod_leaves_those_that_were_made_with_it() -> None:
    async with Lab.start("healthy", speed=100, seed=1) as lab:
        pods = [p for p in lab.world.store.all(r.PODS.key, "kube-system") if "calico-node" in p["metadata"]["name"]]
        first, others = pods[0]["metadata"]["name"], [p["spec"]["containers"][0]["env"] for p in pods[1:]]
        before = [list(env) for env in others]
        lab.world.store.modify(
            r.PODS, "kube-system", first, lambda pod: pod["spec"]["containers"][0]["env"].append({"name": "NEW"})
        )
        assert others == before


async def test_no_version_from_before_the_start_can_be_asked_for() -> None:
    async with Lab.start("healthy", speed=100, seed=1) as lab:
        assert lab.world.store.since([r.PODS.key], lab.world.store.oldest) is not None
        with pytest.raises(ApiError, match="too old"):
            lab.world.store.since([r.PODS.key], lab.world.store.oldest - 1)


async def test_a_large_cluster_is_set_aside_from_the_search_for_garbage_until_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "MANY", 5)
    before = gc.get_freeze_count()
    async with Lab.start("healthy", nodes=5, speed=100, seed=1):
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0
