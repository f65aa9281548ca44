"""Preview, apply, verify and undo on a real API server, in whichever state the harness started it.

Each test asks the cluster what state it is in and is skipped in the others. The audit log of the server is the witness
that nothing was stored but the confirmed plan and its test pod.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import CALICO_SELECTOR, PodStatus
from cnitui.domain.plan import DoesNotFit, NothingToDo, Plan
from cnitui.domain.remedies import Planned, Situation, remedy
from cnitui.domain.remedies.confinement import setting_of
from cnitui.domain.remedies.template import setting_change
from cnitui.engine.probes.cluster import daemonset_readings, node_status_readings, pod_readings, probe_pod
from cnitui.engine.repair.apply import Confirmation, PodDeleted, Progress, apply
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import Patience, Rollout
from cnitui.engine.repair.situate import situate
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.verify import Check, Subject, Waits, verify
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import Stale, UsageError
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from tests.realcluster.audit import ADMIN, stored
from tests.realcluster.conftest import RealCluster, Users, only_in

pytestmark = pytest.mark.realcluster

WHY = Confirmation("realcluster", "no node access: agreed to try")
PATIENCE = Patience(stall=60)
WAITS = Waits(pods=60, nodes=60, test_pod=60)


class WallClock:
    """Real time: the controller on the other side has no other."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Site:
    """The cluster, a workbench on it, and how many audit entries there were when the test began."""

    real: RealCluster
    bench: Workbench
    audited: int

    def stored(self) -> list[tuple[str, str]]:
        """What the server stored for us since then, by its own audit log: verb and resource/name."""
        entries = self.real.audited()[self.audited :]
        return [(write.verb, write.target) for write in stored(entries) if write.user == ADMIN]


@pytest.fixture
async def site(realcluster: RealCluster, users: Users, tmp_path: Path) -> Site:
    """A workbench as the administrator, its journal in the test's folder."""
    api = users.of("admin")
    await api.connect()
    bench = Workbench(api, FileJournal(tmp_path / "state"), WallClock(), dump_yaml)
    return Site(realcluster, bench, len(realcluster.audited()))


async def look(bench: Workbench) -> Situation:
    """The situation as the app would see it, without node access."""
    api, now = bench.api, bench.clock.now()
    pods = await api.pods("", CALICO_SELECTOR)
    case = CaseFile()
    for pod in pods:
        case = case.with_readings(pod_readings(pod, now))
        case = case.with_readings(await probe_pod(api, pod, bench.clock) if pod.failing else ())
    for node in await api.nodes():
        case = case.with_readings(node_status_readings(node, now))
    (daemonset,) = [ds for ds in await api.daemonsets(pods[0].namespace) if ds.name == "calico-node"]
    case = case.with_readings(daemonset_readings(daemonset, now))
    return await situate(api, case, diagnose(case), suffix=secrets.token_hex(2))


async def look_until_failing(bench: Workbench, least: int = 1) -> Situation:
    """As `look`, once the first attempts of so many workers have failed."""
    async with asyncio.timeout(60), aclosing(_pods_over_time(bench)) as looks:
        async for pods in looks:
            if sum(pod.failing is not None for pod in pods) >= least:
                break
    return await look(bench)


async def _pods_over_time(bench: Workbench) -> AsyncGenerator[tuple[PodStatus, ...], None]:
    while True:
        yield await bench.api.pods("", CALICO_SELECTOR)
        await bench.clock.sleep(0.2)


def plan_of(found: Situation, name: str = "patch-daemonset") -> Planned:
    planner = remedy(name).plan
    assert planner is not None
    return planner(found)


async def shown(bench: Workbench, found: Situation, name: str = "patch-daemonset") -> Preview:
    planned = plan_of(found, name)
    assert isinstance(planned, Plan), planned
    return await preview(bench, planned)


async def run(bench: Workbench, ready: Preview, patience: Patience = PATIENCE) -> list[Progress]:
    async with aclosing(apply(bench, ready, WHY, patience)) as steps:
        return [step async for step in steps]


def outcome(steps: list[Progress]) -> str:
    last = steps[-1]
    assert isinstance(last, Rollout)
    return last.outcome


async def checks(bench: Workbench, ready: Preview, repaired: tuple[str, ...]) -> dict[str, Check]:
    subject = Subject(ready.plan, ready.plan_id, repaired)
    async with aclosing(verify(bench, subject, WAITS)) as found:
        return {check.id: check async for check in found}


def template_of(real: RealCluster) -> object:
    text = real.kubectl("-n", "kube-system", "get", "daemonset", "calico-node", "-o", "json")
    return json.loads(text)["spec"]["template"]


async def test_the_walk_heals_verifies_and_takes_back_and_stores_nothing_else(state: str, site: Site) -> None:
    only_in(state, "broken")
    before = template_of(site.real)
    found = await look_until_failing(site.bench)
    assert not any(f.verdict.value == "confirmed" for f in found.diagnosis.confident), "no node was looked at"
    ready = await shown(site.bench, found)
    assert ready.by_server
    assert [line for line in ready.diff if line.startswith("+")][1:] == [
        "+        securityContext:",
        "+          privileged: true",
    ]
    assert [problem.kind for problem in ready.needs_override] == ["evidence"]
    assert ready.blocked == ()
    assert site.stored() == []

    with pytest.raises(UsageError, match="A reason is needed"):
        async with aclosing(apply(site.bench, ready, Confirmation("realcluster"))) as steps:
            await anext(steps)
    assert site.stored() == []

    assert outcome(await run(site.bench, ready)) == "done"
    assert site.stored() == [("patch", "daemonsets/calico-node")]

    after = await checks(site.bench, ready, found.failing_nodes)
    assert {name: check.state for name, check in after.items()} == {
        "pods": "pass",
        "nodes": "pass",
        "files": "unknown",
        "test-pod": "pass",
    }
    test_pod = ready.plan.test_pod
    assert test_pod is not None
    assert site.stored() == [
        ("patch", "daemonsets/calico-node"),
        ("create", f"pods/{test_pod.name}"),
        ("delete", f"pods/{test_pod.name}"),
    ]
    assert test_pod.name not in site.real.kubectl("get", "pods", "-A", "-o", "name")

    undo = await undo_preview(site.bench)
    assert outcome(await run(site.bench, undo)) == "failing"
    assert template_of(site.real) == before
    assert site.stored()[3:] == [("patch", "daemonsets/calico-node")]


async def test_a_plan_that_is_too_late_is_refused_by_the_real_server(state: str, site: Site) -> None:
    only_in(state, "broken")
    ready = await shown(site.bench, await look_until_failing(site.bench))
    change = ready.plan.changes[0]
    async with aclosing(apply(site.bench, ready, WHY, PATIENCE)) as steps:
        await anext(steps)
        limit_history(site.real, 9)
        try:
            with pytest.raises(Stale, match="/metadata/generation"):
                await anext(steps)
        finally:
            limit_history(site.real, 10)
    assert setting_change(await site.bench.api.get(change.target), setting_of("patch-daemonset", "install-cni"))


def limit_history(real: RealCluster, revisions: int) -> None:
    """A change of the spec that replaces no pod."""
    patch = json.dumps({"spec": {"revisionHistoryLimit": revisions}})
    real.kubectl("-n", "kube-system", "patch", "daemonset", "calico-node", "--type=merge", "-p", patch)


async def test_a_stock_cluster_has_nothing_to_patch(state: str, site: Site) -> None:
    only_in(state, "stock")
    found = await look(site.bench)
    assert isinstance(plan_of(found), NothingToDo)
    assert isinstance(remedy("patch-daemonset").fit(found), DoesNotFit)
    assert site.stored() == []


async def test_on_delete_recycles_the_failing_pods_only(state: str, site: Site) -> None:
    only_in(state, "ondelete")
    found = await look_until_failing(site.bench, least=2)
    ready = await shown(site.bench, found)
    healthy = {pod.uid for pod in found.pods if pod.failing is None}
    steps = await run(site.bench, ready)
    assert outcome(steps) == "done"
    deleted = {step.pod.pod for step in steps if isinstance(step, PodDeleted)}
    assert deleted == {pod.name for pod in found.failing}
    expected = [("patch", "daemonsets/calico-node"), *(("delete", f"pods/{name}") for name in deleted)]
    assert sorted(site.stored()) == sorted(expected)
    assert healthy <= {pod.uid for pod in await site.bench.api.pods("kube-system", CALICO_SELECTOR)}
    assert (await checks(site.bench, ready, found.failing_nodes))["pods"].state == "pass"


async def test_a_policy_that_refuses_privileged_blocks_the_patch_and_lets_the_type_heal(state: str, site: Site) -> None:
    only_in(state, "policy")
    found = await look_until_failing(site.bench)
    refused = await shown(site.bench, found)
    assert [problem.kind for problem in refused.blocked] == ["refused"]
    assert "ValidatingAdmissionPolicy" in refused.blocked[0].words
    assert "+          privileged: true" in refused.diff
    ready = await shown(site.bench, found, "selinux-type")
    assert ready.blocked == ()
    assert outcome(await run(site.bench, ready)) == "done"
    assert (await checks(site.bench, ready, found.failing_nodes))["test-pod"].state == "pass"
    assert outcome(await run(site.bench, await undo_preview(site.bench))) == "failing"


async def test_pod_security_is_warned_of_and_the_stalled_rollout_says_why(state: str, site: Site) -> None:
    only_in(state, "psa")
    found = await look_until_failing(site.bench)
    ready = await shown(site.bench, found)
    assert "pod-security" in {problem.kind for problem in ready.needs_override}
    assert any("violate PodSecurity" in warning for warning in ready.warnings)
    last = (await run(site.bench, ready, Patience(stall=15, look=2)))[-1]
    assert isinstance(last, Rollout)
    assert last.outcome == "stalled"
    absent = [node for node in last.nodes if node.phase == "absent"]
    assert absent
    assert all('violates PodSecurity "baseline' in node.words for node in absent)


async def test_an_owned_daemonset_is_patched_only_with_a_warning(state: str, site: Site) -> None:
    only_in(state, "operator")
    found = await look_until_failing(site.bench)
    ready = await shown(site.bench, found)
    assert any("Installation" in warning for warning in ready.plan.warnings)
    assert ready.plan.changes[0].guards[0].expected == "install-cni"
    assert isinstance(remedy("patch-manifest").fit(found), DoesNotFit)


async def test_who_may_not_write_sees_the_change_and_cannot_apply_it(state: str, site: Site, users: Users) -> None:
    only_in(state, "broken")
    found = await look_until_failing(site.bench)
    api: KubernetesCluster = users.of("viewer")
    await api.connect()
    viewer = Workbench(api, site.bench.journal, site.bench.clock, dump_yaml)
    ready = await shown(viewer, found)
    assert not ready.by_server
    assert "+          privileged: true" in ready.diff
    assert {problem.kind for problem in ready.blocked} == {"forbidden"}
    assert site.stored() == []
