"""The guide's second half on the lab: the same gateways as on a cluster, real HTTP and SSH, a controller that rolls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.clock import SystemClock
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Reading, Source, Unavailable
from cnitui.domain.facts import CALICO_SELECTOR, CniFiles, NodeStatus
from cnitui.domain.plan import Plan
from cnitui.domain.remedies import Situation, remedy
from cnitui.engine.probes.cluster import daemonset_readings, node_status_readings, pod_readings
from cnitui.engine.probes.node import probe_node
from cnitui.engine.probes.node_commands import NodeProbeRequest
from cnitui.engine.repair.apply import Confirmation, Written, apply
from cnitui.engine.repair.preview import preview
from cnitui.engine.repair.rollout import Patience, Rollout
from cnitui.engine.repair.situate import situate
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.verify import Subject, Waits, verify
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.reports.plan_report import plan_report
from cnitui.errors import ClusterUnreachable, Forbidden, NothingToUndo, Stale
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.shell import SshNodeShell
from cnitui.lab import Lab
from tests.schemas import objections

PATIENCE = Patience(stall=30, look=1, pace=0.02)
WAITS = Waits(pods=30, nodes=30, test_pod=30)
WHY = "the lab is there to be repaired"


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=50, seed=7) as running:
        yield running


@pytest.fixture
async def bench(lab: Lab, tmp_path: Path) -> AsyncIterator[Workbench]:
    cluster = KubernetesCluster([lab.kubeconfig])
    await cluster.connect()
    yield Workbench(cluster, FileJournal(tmp_path / "state"), SystemClock(), dump_yaml)
    await cluster.close()


@pytest.fixture
async def shell(lab: Lab, tmp_path: Path) -> AsyncIterator[SshNodeShell]:
    opened = SshNodeShell(tmp_path / "known_hosts", SshLogin(str(lab.ssh_config), "", ""))
    yield opened
    await opened.close()


async def look(bench: Workbench) -> Situation:
    """What the watches say; nodes are not asked, so SELinux stays unproven and an override is needed."""
    now, case = bench.clock.now(), CaseFile()
    for pod in await bench.api.pods("", CALICO_SELECTOR):
        case = case.with_readings(pod_readings(pod, now))
    for node in await bench.api.nodes():
        case = case.with_readings(node_status_readings(node, now))
    (daemonset,) = [ds for ds in await bench.api.daemonsets("kube-system") if ds.name == "calico-node"]
    case = case.with_readings(daemonset_readings(daemonset, now))
    return await situate(bench.api, case, diagnose(case), suffix="ab12")


async def planned(bench: Workbench, found: Situation) -> Plan:
    planner = remedy("patch-daemonset").plan
    assert planner is not None
    plan = planner(found)
    assert isinstance(plan, Plan), plan
    return plan


def stored(lab: Lab) -> list[tuple[str, str]]:
    """What the lab's API server really stored, by its own account."""
    entries = [entry for entry in lab.audit if not entry.dry_run and entry.code < 300]
    return [(entry.method, entry.path) for entry in entries if "selfsubjectaccessreviews" not in entry.path]


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # the lab's grep, of a pattern it is given
async def test_the_guides_incident_is_repaired_verified_and_taken_back(
    lab: Lab, bench: Workbench, shell: SshNodeShell
) -> None:
    found = await look(bench)
    assert found.failing_nodes == ("worker-01", "worker-02")
    plan = await planned(bench, found)
    ready = await preview(bench, plan)
    assert ready.by_server
    assert stored(lab) == []
    confirmation = Confirmation(bench.api.connection.context, WHY)
    async with aclosing(apply(bench, ready, confirmation, PATIENCE)) as steps:
        done = [step async for step in steps]
    assert isinstance(done[-1], Rollout)
    assert done[-1].outcome == "done"

    async def read(name: str) -> Reading[CniFiles]:
        status = found.case.value(NodeStatus, name)
        assert status is not None
        readings = await probe_node(shell, status, NodeProbeRequest(), bench.clock)
        files: Reading[object] = next((r for f, _, r in readings if f is CniFiles), Unavailable("unasked", Source("")))
        return files  # type: ignore[return-value]  # chosen by its fact

    subject = Subject(plan, ready.plan_id, found.failing_nodes, "master-01", read)
    async with aclosing(verify(bench, subject, WAITS)) as checks:
        ends = [check async for check in checks if check.ended]
    assert {check.id: (check.state, check.details) for check in ends if check.state != "pass"} == {}
    daemonset = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"
    pods = "/api/v1/namespaces/kube-system/pods"
    walk = [("PATCH", daemonset), ("POST", pods), ("DELETE", f"{pods}/cnitui-verify-ab12")]
    assert stored(lab) == walk

    back = await undo_preview(bench)
    async with aclosing(apply(bench, back, Confirmation(back.context), PATIENCE)) as steps:
        undone = [step async for step in steps]
    assert isinstance(undone[-1], Rollout)
    assert undone[-1].outcome == "failing"
    assert stored(lab) == [*walk, ("PATCH", daemonset)]
    with pytest.raises(NothingToUndo):
        await undo_preview(bench)
    told = plan_report(bench.journal, ready.plan_id)
    assert all(told[part] for part in ("plan", "outcome", "verification", "undone"))
    assert objections(told) == []


async def test_the_api_going_away_in_the_rollout_is_trouble_and_not_the_end(lab: Lab, bench: Workbench) -> None:
    ready = await preview(bench, await planned(bench, await look(bench)))
    confirmation = Confirmation(bench.api.connection.context, WHY)
    troubled, states = False, []
    async with aclosing(apply(bench, ready, confirmation, PATIENCE)) as steps:
        async for step in steps:
            if isinstance(step, Written):
                await lab.stop_api()
            if isinstance(step, Rollout):
                states.append(step)
                if step.trouble is not None and not troubled:
                    troubled = True
                    await lab.start_api()
    assert troubled
    assert states[-1].outcome == "done"


async def test_a_server_that_dies_before_the_write_leaves_an_undo_that_knows(lab: Lab, bench: Workbench) -> None:
    ready = await preview(bench, await planned(bench, await look(bench)))
    async with aclosing(apply(bench, ready, Confirmation(bench.api.connection.context, WHY), PATIENCE)) as steps:
        await anext(steps)
        await lab.stop_api()
        with pytest.raises(ClusterUnreachable):
            await anext(steps)
    await lab.start_api()
    assert stored(lab) == []
    with pytest.raises(NothingToUndo, match="as it was before"):
        await undo_preview(bench, ready.plan_id)


async def test_a_colleagues_edit_in_between_is_stale(lab: Lab, bench: Workbench) -> None:
    plan = await planned(bench, await look(bench))
    ready = await preview(bench, plan)
    ref = plan.changes[0].target
    edit = [{"op": "add", "path": "/spec/minReadySeconds", "value": 1}]
    await bench.api.patch(ref, "json", edit, dry_run=False)
    with pytest.raises(Stale, match="generation"):
        async with aclosing(apply(bench, ready, Confirmation(ready.context, WHY), PATIENCE)) as steps:
            await anext(steps)
    assert len(stored(lab)) == 1


async def test_a_permission_lost_at_the_last_moment_is_said_and_nothing_is_stored(lab: Lab, bench: Workbench) -> None:
    ready = await preview(bench, await planned(bench, await look(bench)))
    async with aclosing(apply(bench, ready, Confirmation(ready.context, WHY), PATIENCE)) as steps:
        await anext(steps)
        lab.faults.forbid("kubernetes-admin", "patch", "daemonsets")
        with pytest.raises(Forbidden):
            await anext(steps)
    assert stored(lab) == []


async def test_cancelling_verification_leaves_no_test_pod(lab: Lab, bench: Workbench) -> None:
    found = await look(bench)
    plan = await planned(bench, found)
    created = asyncio.Event()

    async def watch() -> None:
        subject = Subject(plan, bench.journal.new_id(bench.clock.now()), found.failing_nodes)
        waits = replace(WAITS, pods=0.2, nodes=0.2, test_pod=600, hopeless=0.2)
        async with aclosing(verify(bench, subject, waits)) as checks:
            async for check in checks:
                if "cnitui-verify" in check.words and "was created" in check.words:
                    created.set()

    task = asyncio.create_task(watch())
    await created.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [method for method, _ in stored(lab)] == ["POST", "DELETE"]
