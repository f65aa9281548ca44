"""The guide's four checks: each ends in pass, fail or could not check, and the test pod never stays."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from cnitui.domain.evidence import Observed, Reading, Source, Unavailable
from cnitui.domain.facts import CniFiles, Event
from cnitui.engine.ports import Answer, Interrupted
from cnitui.engine.repair.verify import Check, Subject, Waits, verify
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import Forbidden, Invalid
from tests.engine.fake_cluster import FakeCluster, heals, node, pod
from tests.engine.remedy_steps import events_of, make_preview, readonly, run_apply

GOOD = CniFiles(("bandwidth", "bridge", "calico", "calico-ipam"), ("10-calico.conflist", "calico-kubeconfig"))
WAITS = Waits(pods=20, nodes=10, test_pod=30)


async def read_good(_node: str) -> Reading[CniFiles]:
    return Observed(GOOD, Source("ls"))


async def healed(bench: Workbench, cluster: FakeCluster) -> Subject:
    cluster.controller = heals
    shown = await make_preview(bench)
    await run_apply(bench, shown)
    cluster.controller = lambda _: None
    return Subject(shown.plan, shown.plan_id, ("worker-01", "worker-02"), "master-01", read_good)


async def run(bench: Workbench, subject: Subject) -> dict[str, Check]:
    return {check.id: check async for check in verify(bench, subject, WAITS)}


async def test_a_healed_cluster_passes_all_four_in_the_guides_order(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    seen = [check async for check in verify(bench, subject, WAITS)]
    ends = [check for check in seen if check.ended]
    assert [(check.id, check.state) for check in ends] == [
        ("pods", "pass"),
        ("nodes", "pass"),
        ("files", "pass"),
        ("test-pod", "pass"),
    ]
    assert all(any(c.id == end.id and c.state == "running" for c in seen) for end in ends)
    assert ends[3].words == "cnitui-verify-ab12 on worker-01 got 10.244.1.7 and is Running"
    kept = bench.journal.load(subject.plan_id, "verification")
    assert isinstance(kept, dict)
    assert len(kept["checks"]) == 4


async def test_of_all_checks_only_the_named_test_pod_is_written_and_it_is_gone_after(
    bench: Workbench, cluster: FakeCluster
) -> None:
    subject = await healed(bench, cluster)
    await run(bench, subject)
    words = "Pod kube-system/cnitui-verify-ab12"
    assert cluster.written[1:] == [("create", words), ("delete", f"{words} uid-cnitui-verify-ab12")]
    assert cluster.others == {}
    assert events_of(bench)[-2:] == ["test-pod", "test-pod-removed"]


async def test_pods_that_fail_again_fail_the_check_and_shorten_the_rest(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    cluster.show(pod("master-01", generation="4"), pod("worker-01", failing=True, generation="4"))
    cluster.node_list = (node("master-01"), node("worker-01", ready=False))
    cluster.test_pod_status = {"phase": "Pending"}
    begun = bench.clock.now()
    checks = await run(bench, subject)
    assert (checks["pods"].state, checks["nodes"].state, checks["test-pod"].state) == ("fail", "fail", "fail")
    assert "install-cni fails (exit code 1" in checks["pods"].details[0]
    assert checks["nodes"].details == ("worker-01: KubeletNotReady",)
    assert (bench.clock.now() - begun).total_seconds() < 40


async def test_a_pod_of_the_old_template_is_not_repaired(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    cluster.show(*cluster.pod_list[:2], pod("worker-02"))
    checks = await run(bench, subject)
    assert checks["pods"].state == "fail"
    assert checks["pods"].details == ("worker-02: calico-node-worker-02-3 has the old template and waits for its turn",)


async def test_nodes_that_may_not_be_read_are_unknown_and_not_failed(
    bench: Workbench, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await healed(bench, cluster)

    async def refused() -> object:
        yield Interrupted(Forbidden("you may not list nodes", status=403), 30)
        await asyncio.Event().wait()

    monkeypatch.setattr(cluster, "watch_nodes", refused)
    checks = await run(bench, subject)
    assert (checks["nodes"].state, checks["nodes"].words) == ("unknown", "you may not list nodes")


@pytest.mark.parametrize(
    ("files", "state", "detail"),
    [
        (Observed(replace(GOOD, binaries=("calico-ipam", "bandwidth")), Source("")), "fail", "calico is missing"),
        (Observed(replace(GOOD, configuration=()), Source("")), "fail", "10-calico.conflist is missing"),
        (
            Observed(replace(GOOD, binaries=(*GOOD.binaries, "calico.tmp")), Source("")),
            "pass",
            "calico.tmp is left over",
        ),
        (Unavailable("connection refused", Source("")), "unknown", "connection refused"),
    ],
)
async def test_files_are_compared_with_the_reference(
    bench: Workbench, cluster: FakeCluster, files: Reading[CniFiles], state: str, detail: str
) -> None:
    async def read(name: str) -> Reading[CniFiles]:
        return files if name == "worker-02" else await read_good(name)

    subject = replace(await healed(bench, cluster), read_files=read)
    check = (await run(bench, subject))["files"]
    assert check.state == state
    assert any(line.startswith("worker-02: ") and detail in line for line in check.details)


async def test_without_a_reference_the_files_of_every_release_are_expected(
    bench: Workbench, cluster: FakeCluster
) -> None:
    async def read(_name: str) -> Reading[CniFiles]:
        return Observed(CniFiles(("calico", "calico-ipam"), ("05-other.conflist",)), Source(""))

    subject = replace(await healed(bench, cluster), reference="", read_files=read)
    check = (await run(bench, subject))["files"]
    assert check.state == "fail"
    assert "worker-01: calico-kubeconfig is missing" in check.details


async def test_without_node_access_files_are_unknown(bench: Workbench, cluster: FakeCluster) -> None:
    check = (await run(bench, replace(await healed(bench, cluster), read_files=None)))["files"]
    assert (check.state, check.words) == ("unknown", "nodes are not read (--node-access none)")


# --- the test pod -----------------------------------------------------------------------------------------------------


async def test_an_address_is_proof_even_if_the_image_cannot_be_pulled(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    cluster.test_pod_status = {
        "phase": "Pending",
        "podIP": "10.244.1.9",
        "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}],
    }
    check = (await run(bench, subject))["test-pod"]
    assert check.state == "pass"
    assert "could not be pulled" in check.details[0]


async def test_a_pod_without_an_address_fails_with_its_events_and_is_removed(
    bench: Workbench, cluster: FakeCluster
) -> None:
    subject = await healed(bench, cluster)
    cluster.test_pod_status = {"phase": "Pending"}
    cluster.event_list = (Event("Warning", "FailedCreatePodSandBox", "cni plugin not initialized"),)
    check = (await run(bench, subject))["test-pod"]
    assert (check.state, check.words) == ("fail", "cnitui-verify-ab12 on worker-01 got no address in 30 s")
    assert check.details[0] == "FailedCreatePodSandBox: cni plugin not initialized"
    assert cluster.others == {}


async def test_a_pod_that_is_refused_is_unknown(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    cluster.refuse = Invalid("quota exceeded", status=403)
    check = (await run(bench, subject))["test-pod"]
    assert (check.state, check.words) == ("unknown", "the test pod could not be created: quota exceeded")


async def test_read_only_starts_no_test_pod(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    written = len(cluster.written)
    checks = await run(readonly(bench), subject)
    assert (checks["pods"].state, checks["test-pod"].state) == ("pass", "unknown")
    assert len(cluster.written) == written


async def test_cancelling_removes_the_test_pod(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    cluster.test_pod_status = {"phase": "Pending"}
    created = asyncio.Event()

    async def watch() -> None:
        async with aclosing(verify(bench, subject, replace(WAITS, test_pod=1e9))) as checks:
            async for check in checks:
                if "was created" in check.words:
                    created.set()

    task = asyncio.create_task(watch())
    await created.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cluster.others == {}
    assert cluster.written[-1][0] == "delete"


async def test_leaving_in_the_middle_removes_the_test_pod(bench: Workbench, cluster: FakeCluster) -> None:
    subject = await healed(bench, cluster)
    async with aclosing(verify(bench, subject, WAITS)) as checks:
        async for check in checks:
            if "was created" in check.words:
                break
    assert cluster.others == {}


async def test_a_cancellation_while_the_pod_is_being_created_leaves_none_behind(
    bench: Workbench, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await healed(bench, cluster)
    asked, answer = asyncio.Event(), asyncio.Event()
    create = cluster.create

    async def slow(*args: object, **more: object) -> Answer:
        asked.set()
        await answer.wait()
        return await create(*args, **more)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(cluster, "create", slow)
    task = asyncio.create_task(run(bench, subject))
    await asked.wait()
    task.cancel()
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cluster.others == {}
    assert [verb for verb, _ in cluster.written[-2:]] == ["create", "delete"]


async def test_a_pod_that_is_not_removed_is_told_with_the_command(
    bench: Workbench, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await healed(bench, cluster)

    async def refuse(*_args: object, **_more: object) -> None:
        raise Forbidden("you may not delete pods", status=403)

    monkeypatch.setattr(cluster, "delete", refuse)
    check = (await run(bench, subject))["test-pod"]
    assert check.state == "pass"
    assert check.details[-1] == "kubectl -n kube-system delete pod cnitui-verify-ab12"
