"""The gateway against an API server that none of us wrote, with kubectl as the oracle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import cast

import pytest

from cnitui.domain.exchange import Changed, Listed, LogRequest, Removed, Update
from cnitui.domain.facts import CALICO_SELECTOR, PodStatus
from cnitui.domain.plan import Access, ObjectRef
from cnitui.errors import ClusterUnreachable, Conflict, Forbidden, Invalid, NotFound, Unauthorized
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from tests.realcluster.conftest import FAILING, RealCluster, Users, only_in

pytestmark = pytest.mark.realcluster
DAEMONSET = ObjectRef("apps", "v1", "daemonsets", "DaemonSet", "calico-node", "kube-system")


async def failing_pod(cluster: KubernetesCluster) -> PodStatus:
    """One of the pods whose install-cni crash-loops, once its first attempt has failed."""
    async with asyncio.timeout(60):
        while True:
            for pod in await cluster.pods("kube-system", CALICO_SELECTOR):
                if pod.failing:
                    return pod
            await asyncio.sleep(0.2)


async def test_every_pod_is_worded_as_kubectl_words_it(realcluster: RealCluster, users: Users) -> None:
    """Compared when nothing changed while kubectl looked; a crash loop leaves such moments."""
    cluster = users.of()
    for _ in range(50):
        before = await cluster.pods("")
        printed = await asyncio.to_thread(realcluster.kubectl, "get", "pods", "-A", "--no-headers")
        if before == await cluster.pods(""):
            break
    else:
        pytest.fail("the pods never stood still")
    assert len(before) > 3
    ours = {(p.namespace, p.name): [f"{p.ready}/{p.total}", p.status, str(p.restarts)] for p in before}
    assert ours == {(line.split()[0], line.split()[1]): line.split()[2:5] for line in printed.splitlines()}


async def test_it_connects_as_every_user_who_may(users: Users) -> None:
    for user in ("admin", "viewer", "no-logs", "nobody"):
        assert (await users.of(user).connect()).startswith("v1.")


async def test_an_expired_token_is_refused_and_a_wrong_authority_is_not_trusted(users: Users) -> None:
    with pytest.raises(Unauthorized, match="expired"):
        await users.of("token-expired").connect()
    with pytest.raises(ClusterUnreachable, match="not signed by the authority"):
        await users.of("wrong-ca").connect()


async def test_a_watch_lists_and_then_tells_every_change(state: str, users: Users) -> None:
    only_in(state, *FAILING)
    cluster = users.of()
    seen: list[Update[PodStatus]] = []
    watch = cast("AsyncGenerator[Update[PodStatus], None]", cluster.watch_pods("", CALICO_SELECTOR))
    async with asyncio.timeout(120), aclosing(watch):
        async for update in watch:
            seen.append(update)
            if len(seen) == 3:
                break
    assert isinstance(seen[0], Listed)
    assert {pod.node for pod in seen[0].items} == {node.name for node in await cluster.nodes()}
    assert all(isinstance(update, Changed | Removed) for update in seen[1:])


@pytest.fixture
def reader_of_kube_system(realcluster: RealCluster) -> Iterator[str]:
    """A user who may read the pods of kube-system and nothing else."""
    name = "cnitui-test-reader"
    realcluster.kubectl("-n", "kube-system", "create", "role", name, "--verb=list,watch,get", "--resource=pods")
    realcluster.kubectl("-n", "kube-system", "create", "rolebinding", name, f"--role={name}", f"--user={name}")
    yield name
    realcluster.kubectl("-n", "kube-system", "delete", "role,rolebinding", name)


async def test_a_user_of_one_namespace_sees_its_pods(state: str, users: Users, reader_of_kube_system: str) -> None:
    only_in(state, "stock", *FAILING)
    cluster = users.of(impersonate=reader_of_kube_system)
    with pytest.raises(Forbidden):
        await cluster.pods("")
    watch = cast("AsyncGenerator[Update[PodStatus], None]", cluster.watch_pods("", CALICO_SELECTOR))
    async with asyncio.timeout(60), aclosing(watch):
        update = await anext(watch)
    assert isinstance(update, Listed)
    assert len(update.items) == 3


async def test_nodes_and_daemonsets_are_read(state: str, realcluster: RealCluster, users: Users) -> None:
    only_in(state, "stock", *FAILING)
    cluster = users.of()
    nodes = await cluster.nodes()
    printed = await asyncio.to_thread(realcluster.kubectl, "get", "nodes", "--no-headers")
    assert {(n.name, ",".join(n.roles) or "<none>", n.kubelet) for n in nodes} == {
        (line.split()[0], line.split()[2], line.split()[4]) for line in printed.splitlines()
    }
    (daemonset,) = await cluster.daemonsets("kube-system", CALICO_SELECTOR)
    plain = json.loads(
        await asyncio.to_thread(realcluster.kubectl, "-n", "kube-system", "get", "ds/calico-node", "-ojson")
    )
    assert daemonset.desired == plain["status"]["desiredNumberScheduled"]
    install = daemonset.container("install-cni")
    assert install is not None
    assert install.mounts["/host/opt/cni/bin"] == "/opt/cni/bin"


async def test_a_failing_containers_log_is_followed_to_its_end(state: str, users: Users) -> None:
    only_in(state, *FAILING)
    cluster = users.of()
    pod = await failing_pod(cluster)
    request = LogRequest(pod.namespace, pod.name, "install-cni", follow=True)
    async with asyncio.timeout(60):
        followed = b"".join([piece async for piece in cluster.follow_log(request)])
    assert b"cni-installer" in followed
    assert followed.startswith(b"20")


async def test_events_of_a_failing_pod_name_its_container(state: str, users: Users) -> None:
    only_in(state, *FAILING)
    cluster = users.of()
    pod = await failing_pod(cluster)
    async with asyncio.timeout(60):
        while not any(event.reason == "BackOff" for event in await cluster.events(pod.namespace, pod.name)):
            await asyncio.sleep(0.2)
    events = await cluster.events(pod.namespace, pod.name)
    assert {event.container for event in events if event.reason == "BackOff"} == {"install-cni"}
    assert [e.last_at for e in events if e.last_at] == sorted(e.last_at for e in events if e.last_at)


async def test_a_dry_run_changes_nothing(state: str, users: Users) -> None:
    only_in(state, "stock", *FAILING)
    cluster = users.of()
    before = await cluster.get(DAEMONSET)
    label = {"metadata": {"labels": {"cnitui-test": "dry"}}}
    answer = await cluster.patch(DAEMONSET, "strategic", label, dry_run=True)
    assert _labels(answer.object)["cnitui-test"] == "dry"
    after = await cluster.get(DAEMONSET)
    assert "cnitui-test" not in _labels(after)
    assert _spec(before) == _spec(after)


def _labels(document: object) -> dict[str, str]:
    return cast("dict[str, dict[str, dict[str, str]]]", document)["metadata"].get("labels", {})


def _spec(document: object) -> object:
    return cast("dict[str, object]", document)["spec"]


async def test_a_guard_that_does_not_hold_is_a_conflict_and_bad_values_are_invalid(state: str, users: Users) -> None:
    only_in(state, "stock", *FAILING)
    cluster = users.of()
    guard = [{"op": "test", "path": "/metadata/name", "value": "another"}]
    with pytest.raises(Conflict, match="no longer as it was seen"):
        await cluster.patch(DAEMONSET, "json", guard, dry_run=True)
    name = [{"op": "replace", "path": "/spec/template/spec/containers/0/name", "value": "NOT A NAME"}]
    with pytest.raises(Invalid, match="RFC 1123"):
        await cluster.patch(DAEMONSET, "json", name, dry_run=True)


async def test_a_pod_is_created_and_deleted_by_its_uid_only(users: Users) -> None:
    cluster = users.of()
    ref = ObjectRef("", "v1", "pods", "Pod", "cnitui-gateway-test", "default")
    body = {
        "metadata": {"name": ref.name},
        "spec": {"containers": [{"name": "c", "image": "i"}], "nodeName": "nowhere"},
    }
    made = await cluster.create(ref, body, dry_run=False)
    uid = str(cast("dict[str, dict[str, object]]", made.object)["metadata"]["uid"])
    await cluster.delete(ref, uid="00000000-0000-0000-0000-000000000000")
    assert (await cluster.get(ref))["kind"] == "Pod"
    await cluster.delete(ref, uid=uid, grace_seconds=0)
    await cluster.delete(ref, uid=uid)
    with pytest.raises(NotFound):
        await cluster.get(ref)


async def test_permissions_are_answered_for_each_user(users: Users) -> None:
    access = Access("patch", "apps", "daemonsets", "kube-system", "calico-node")
    assert (await users.of("admin").may(access)).allowed
    assert not (await users.of("viewer").may(access)).allowed
    with pytest.raises(Forbidden, match="viewer may not patch daemonsets"):
        await users.of("viewer").patch(DAEMONSET, "merge", {}, dry_run=True)


async def test_what_a_user_may_not_read_says_so(state: str, users: Users) -> None:
    only_in(state, *FAILING)
    with pytest.raises(Forbidden, match="nobody may not list nodes"):
        await users.of("nobody").nodes()
    cluster = users.of("no-logs")
    pod = await failing_pod(cluster)
    with pytest.raises(Forbidden, match="pods/log"):
        await cluster.read_log(LogRequest(pod.namespace, pod.name, "install-cni"))
