"""The gateway and the lab, two separate readings of one protocol, and the faults in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

import pytest

from cnitui.domain.exchange import Changed, Interrupted, Listed, LogRequest, Update
from cnitui.domain.facts import CALICO_SELECTOR, PodStatus
from cnitui.domain.node_job import SELECTOR, Place, collection, reading_job
from cnitui.domain.plan import Access, ObjectRef
from cnitui.domain.remedies.template import at
from cnitui.errors import ClusterUnreachable, Conflict, Forbidden, Unauthorized
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.lab.lab import Lab
from tests.gateways.kubernetes.conftest import QUICK

DAEMONSET = ObjectRef("apps", "v1", "daemonsets", "DaemonSet", "calico-node", "kube-system")
Told = Callable[[Update[PodStatus]], bool]


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    """The founding incident, a hundred times faster."""
    async with Lab.start("selinux-denial", speed=100.0) as running:
        yield running


@pytest.fixture
async def cluster(lab: Lab) -> AsyncIterator[KubernetesCluster]:
    """Its administrator."""
    made = KubernetesCluster([lab.kubeconfig], environment={}, pace=QUICK)
    yield made
    await made.close()


class Watch:
    """A watch of the calico-node pods whose updates a test waits for."""

    def __init__(self, updates: AsyncGenerator[Update[PodStatus], None]) -> None:
        self._updates = updates
        self.seen: list[Update[PodStatus]] = []

    async def until(self, told: Told) -> Update[PodStatus]:
        """The next update of that kind."""
        async with asyncio.timeout(10):
            async for update in self._updates:
                self.seen.append(update)
                if told(update):
                    return update
        raise AssertionError("the watch ended")


@pytest.fixture
async def watch(cluster: KubernetesCluster) -> AsyncIterator[Watch]:
    """A watch that has listed."""
    updates = cast("AsyncGenerator[Update[PodStatus], None]", cluster.watch_pods("", CALICO_SELECTOR))
    async with aclosing(updates):
        watch = Watch(updates)
        await watch.until(is_list)
        yield watch


def is_list(update: Update[PodStatus]) -> bool:
    return isinstance(update, Listed)


def is_change(update: Update[PodStatus]) -> bool:
    return isinstance(update, Changed)


def is_trouble(update: Update[PodStatus]) -> bool:
    return isinstance(update, Interrupted)


async def test_the_incident_is_seen(lab: Lab, cluster: KubernetesCluster) -> None:
    assert (await cluster.connect()).startswith("v1.")
    pods = {pod.node: pod for pod in await cluster.pods("", CALICO_SELECTOR)}
    assert pods["master-01"].status == "Running"
    failing = pods["worker-01"].failing
    assert failing is not None
    assert failing.name == "install-cni"
    assert {node.name for node in await cluster.nodes()} == set(pods)
    (daemonset,) = await cluster.daemonsets("", CALICO_SELECTOR)
    assert (daemonset.desired, daemonset.managers) == (3, ())
    assert (await cluster.api_endpoints()).service == "10.96.0.1:443"
    assert {event.object for event in await cluster.events("kube-system", pods["worker-01"].name)} == {
        f"Pod/{pods['worker-01'].name}"
    }


async def test_streams_that_are_cut_go_on_without_a_word(lab: Lab, watch: Watch) -> None:
    await watch.until(is_change)
    for _ in range(3):
        lab.faults.cut_streams()
        await watch.until(is_change)
    assert not any(is_trouble(update) for update in watch.seen)
    assert len([update for update in watch.seen if is_list(update)]) == 1


async def test_forgotten_history_is_listed_again(lab: Lab, watch: Watch) -> None:
    await watch.until(is_change)
    lab.faults.expire_watches()
    await watch.until(is_list)
    await watch.until(is_change)
    assert not any(is_trouble(update) for update in watch.seen)


async def test_a_server_that_goes_down_is_told_and_its_return_lists_again(lab: Lab, watch: Watch) -> None:
    await watch.until(is_change)
    await lab.stop_api()
    trouble = await watch.until(is_trouble)
    assert isinstance(trouble, Interrupted)
    assert isinstance(trouble.error, ClusterUnreachable)
    await lab.start_api()
    await watch.until(is_list)
    await watch.until(is_change)


async def test_a_login_that_expires_is_told_and_its_renewal_lists_again(lab: Lab, watch: Watch) -> None:
    lab.faults.expire_token("kubernetes-admin")
    lab.faults.cut_streams()
    trouble = await watch.until(is_trouble)
    assert isinstance(trouble, Interrupted)
    assert isinstance(trouble.error, Unauthorized)
    lab.faults.expire_token("kubernetes-admin", expired=False)
    await watch.until(is_list)


async def test_an_overloaded_server_is_left_alone_for_as_long_as_it_asks(lab: Lab, watch: Watch) -> None:
    lab.faults.respond(429, "/pods", retry_after=1, times=2)
    lab.faults.cut_streams()
    trouble = await watch.until(is_trouble)
    assert isinstance(trouble, Interrupted)
    assert trouble.retry_in >= 1


async def test_a_followed_log_ends_with_its_attempt(lab: Lab, cluster: KubernetesCluster, watch: Watch) -> None:
    update = await watch.until(lambda u: isinstance(u, Changed) and _runs(u.item))
    assert isinstance(update, Changed)
    request = LogRequest("kube-system", update.item.name, "install-cni", follow=True)
    async with asyncio.timeout(10):
        log = b"".join([piece async for piece in cluster.follow_log(request)])
    assert b"is not writeable" in log


def _runs(pod: PodStatus) -> bool:
    container = pod.container("install-cni")
    return container is not None and container.state == "running"


async def test_users_get_what_they_may(lab: Lab) -> None:
    viewer = KubernetesCluster([lab.kubeconfig_of("viewer")], environment={})
    nobody = KubernetesCluster([lab.kubeconfig_of("nobody")], environment={})
    try:
        assert await viewer.pods("kube-system")
        assert not (await viewer.may(Access("patch", "apps", "daemonsets", "kube-system"))).allowed
        with pytest.raises(Forbidden):
            await viewer.patch(DAEMONSET, "merge", {}, dry_run=True)
        with pytest.raises(Forbidden):
            await nobody.pods("")
    finally:
        await viewer.close()
        await nobody.close()


async def test_a_stranger_is_refused_and_a_stranger_server_too(lab: Lab) -> None:
    for name, error in (("token-expired", Unauthorized), ("wrong-ca", ClusterUnreachable)):
        stranger = KubernetesCluster([lab.kubeconfig_of(name)], environment={})
        try:
            with pytest.raises(error):
                await stranger.connect()
        finally:
            await stranger.close()


async def test_a_dry_run_shows_what_would_be_stored_and_a_stale_guard_is_a_conflict(
    lab: Lab, cluster: KubernetesCluster
) -> None:
    before = await cluster.get(DAEMONSET)
    patch = {"metadata": {"labels": {"tried": "yes"}}}
    answer = await cluster.patch(DAEMONSET, "strategic", patch, dry_run=True)
    assert cast("dict[str, dict[str, dict[str, str]]]", answer.object)["metadata"]["labels"]["tried"] == "yes"
    assert (await cluster.get(DAEMONSET))["spec"] == before["spec"]
    stale = [{"op": "test", "path": "/metadata/name", "value": "another"}]
    with pytest.raises(Conflict):
        await cluster.patch(DAEMONSET, "json", stale, dry_run=True)


async def test_a_job_is_listed_by_its_labels_and_deleted_with_its_pod(lab: Lab, cluster: KubernetesCluster) -> None:
    place = Place("worker-01", "kube-system", "calico/cni:v3.27.0")
    job, jobs = reading_job("cnitui-node-ab12", place, (("read", "getenforce"),)), collection("kube-system")
    ref = job.ref
    made = cast("dict[str, dict[str, str]]", (await cluster.create(ref, job.document, dry_run=False)).object)
    assert [at(one, ("metadata", "name")) for one in await cluster.objects(jobs, SELECTOR)] == [ref.name]
    assert await cluster.objects(jobs, "app.kubernetes.io/name=another") == ()
    await lab.until(lambda: any("job-name" in pod["metadata"]["labels"] for pod in lab.world.store.all("pods")))
    (pod,) = await cluster.pods("kube-system", f"job-name={ref.name}")
    assert (pod.node, pod.owner) == ("worker-01", f"Job/{ref.name}")
    await cluster.delete(ref, uid="another", dependents=True)
    assert len(await cluster.objects(jobs, SELECTOR)) == 1
    await cluster.delete(ref, uid=made["metadata"]["uid"], dependents=True)
    await lab.until(lambda: not any("job-name" in pod["metadata"]["labels"] for pod in lab.world.store.all("pods")))
    assert await cluster.objects(jobs, SELECTOR) == ()
