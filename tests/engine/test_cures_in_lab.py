"""Each plan against one cause: the lab's fault it mends, the like one it does not, and what taking it back does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cnitui.clock import SystemClock
from cnitui.domain.plan import DoesNotFit, ObjectRef, Plan
from cnitui.domain.remedies import Situation, remedy
from cnitui.engine.guide import guide
from cnitui.engine.ports import ClusterApi
from cnitui.engine.repair.apply import Confirmation, Progress, apply
from cnitui.engine.repair.bench import Repair
from cnitui.engine.repair.outlook import key_of
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import Patience, Rollout
from cnitui.engine.repair.situate import situate
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.verify import Subject, Waits, verify
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.sitting import sitting
from cnitui.engine.state import State
from cnitui.errors import NothingToUndo, Stale
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from cnitui.lab import Lab
from tests.engine.lab_case import connected
from tests.engine.scenario_trials import recycle, runs
from tests.lab.conftest import need, run

PLANS_AGAINST = {"create-rbac": "rbac-forbidden", "restart-kube-proxy": "kube-proxy-service-vip"}
PATIENCE = Patience(stall=30, look=1, pace=0.02)
WAITS = Waits(pods=30, nodes=30, test_pod=30)
BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
ACCOUNTS = "/api/v1/namespaces/kube-system/serviceaccounts"
PODS = "/api/v1/namespaces/kube-system/pods"


@dataclass(frozen=True)
class Sick:
    """A lab looked at until all was read."""

    lab: Lab
    bench: Workbench
    state: State

    async def situation(self, name: str) -> Situation:
        assert self.state.diagnosis is not None
        api: ClusterApi = self.bench.api
        return await situate(api, self.state.case, self.state.diagnosis, suffix="ab12", chosen=remedy(name))

    async def planned(self, name: str) -> Plan | DoesNotFit:
        planner = remedy(name).plan
        assert planner is not None
        made = planner(await self.situation(name))
        assert isinstance(made, Plan | DoesNotFit)
        return made

    async def carried_out(self, shown: Preview) -> list[Progress]:
        async with aclosing(apply(self.bench, shown, Confirmation(shown.context), PATIENCE)) as steps:
            return [step async for step in steps]

    def stored(self) -> list[tuple[str, str]]:
        """What the API server really stored, but for reviews."""
        entries = [entry for entry in self.lab.audit if not entry.dry_run and entry.code < 300]
        return [(entry.method, entry.path) for entry in entries if "reviews" not in entry.path]


@asynccontextmanager
async def sick(scenario: str, folder: Path) -> AsyncIterator[Sick]:
    async with (
        Lab.start(scenario, speed=50, seed=7) as lab,
        connected(lab, folder) as (opened, _),
    ):
        state = await sitting(opened, 30.0)
        bench = Workbench(opened.cluster, FileJournal(folder / "plans"), SystemClock(), dump_yaml)
        yield Sick(lab, bench, state)


@pytest.mark.parametrize(
    ("scenario", "cure", "written", "undone"),
    [
        ("missing-binding", "create-rbac", [("POST", BINDING)], [("DELETE", f"{BINDING}/calico-node")]),
        ("missing-account", "create-rbac", [("POST", ACCOUNTS)], [("DELETE", f"{ACCOUNTS}/calico-cni-plugin")]),
        ("flushed-rules", "restart-kube-proxy", [], None),
    ],
)
async def test_the_plan_is_offered_first_mends_its_fault_and_is_taken_back(
    scenario: str, cure: str, written: list[tuple[str, str]], undone: list[tuple[str, str]] | None, tmp_path: Path
) -> None:
    async with sick(scenario, tmp_path) as found:
        outlook = found.state.repair.outlook
        assert key_of(outlook.entries[0]) == cure
        assert cure in outlook.previewable
        assert any("enter previews it" in getattr(block, "text", "") for block in _step_seven(found.state))
        plan = await found.planned(cure)
        assert isinstance(plan, Plan), plan
        shown = await preview(found.bench, plan)
        assert (shown.problems, found.stored()) == ((), [])
        assert all("calico" in line or "kube-system" in line for line in shown.diff if line.startswith("+++"))
        done = await found.carried_out(shown)
        assert isinstance(done[-1], Rollout)
        assert done[-1].outcome == "done", done[-1]
        deletes = [("DELETE", f"{PODS}/{pod.pod}") for pod in plan.deletes]
        assert found.stored() == [*written, *deletes]
        repaired = tuple(dict.fromkeys(pod.node for pod in plan.deletes))
        async with aclosing(verify(found.bench, Subject(plan, shown.plan_id, repaired), WAITS)) as checks:
            ends = {check.id: check.state async for check in checks if check.ended}
        assert ends == {"pods": "pass", "nodes": "pass", "files": "unknown", "test-pod": "pass"}
        before = len(found.stored())
        if undone is None:
            with pytest.raises(NothingToUndo, match="the deleted pods are replaced by new ones"):
                await undo_preview(found.bench)
            return
        back = await undo_preview(found.bench)
        await found.carried_out(back)
        assert found.stored()[before:] == undone
        await _fails_again(found, plan)


def _step_seven(state: State) -> tuple[object, ...]:
    return next(step.blocks for step in guide(state, frozenset()) if step.number == 7)


async def _fails_again(found: Sick, plan: Plan) -> None:
    """A pod that starts anew after the undo fails as it did."""
    node = plan.deletes[0].node
    pods = await found.bench.api.pods("kube-system", "k8s-app=calico-node", f"spec.nodeName={node}")
    old = {pod.uid for pod in pods}
    for pod in pods:
        await found.bench.api.delete(ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace), uid=pod.uid)

    def failed() -> bool:
        workers = [one for uid, one in found.lab.world.workers.items() if uid not in old and one.node.name == node]
        installs = [one.find("install-cni") for one in workers]
        return any(one is not None and one.current is not None and one.current.exit_code == 1 for one in installs)

    await found.lab.until(failed)


@pytest.mark.parametrize(
    ("scenario", "cure", "why"),
    [
        ("trimmed-role", "create-rbac", "are all there: the rules of the ClusterRole are of another release"),
        (
            "kube-proxy-service-vip",
            "restart-kube-proxy",
            "says that it cannot write its rules, and a new one could not",
        ),
        (
            "kube-proxy-dead",
            "restart-kube-proxy",
            "does not stay up, and a new one would not either: E",
        ),
        ("apiserver-unreachable", "restart-kube-proxy", "the API server's Service address is translated"),
        ("selinux-denial", "create-rbac", "refuses nobody for want of a role or an account"),
    ],
)
async def test_a_like_fault_that_it_does_not_mend_gets_no_plan_and_the_reason(
    scenario: str, cure: str, why: str, tmp_path: Path
) -> None:
    async with sick(scenario, tmp_path) as found:
        outlook = found.state.repair.outlook
        assert cure not in outlook.previewable
        assert key_of(outlook.entries[0]) != cure
        told = [one.no_cure for one in outlook.advice]
        assert (why in "".join(told)) == (PLANS_AGAINST.get(cure) in {one.cause for one in outlook.advice}), told
        refused = await found.planned(cure)
        assert isinstance(refused, DoesNotFit)
        assert why in refused.why
        assert found.stored() == []


async def test_a_kube_proxy_that_may_not_size_its_table_is_healed_and_taken_back_by_the_steps_that_are_shown(
    tmp_path: Path,
) -> None:
    kubectl = need("kubectl")
    async with sick("kube-proxy-dead", tmp_path) as found:
        change, *again, back = [line.replace("kubectl", kubectl) for line in await steps_against_the_table(found)]
        world, nodes = found.lab.world, found.lab.world.nodes.values()

        async def types(*lines: str) -> None:
            status, said = await run("bash", "-c", "set -e\n" + "\n".join(lines), KUBECONFIG=str(found.lab.kubeconfig))
            assert status == 0, said

        assert not any(node.network.service_rules for node in nodes if not node.control_plane)
        await types(again[0])
        assert not world.node("worker-01").network.service_rules, "a new pod alone changes nothing"
        await types(change, *again)
        await found.lab.until(lambda: all(node.network.service_rules for node in nodes))
        recycle(found.lab)
        await found.lab.until(lambda: all(runs(found.lab, node.name) for node in nodes))
        await types(back, *again)
        await found.lab.until(lambda: _crashes(found.lab, "kube-proxy"))


async def steps_against_the_table(found: Sick) -> list[str]:
    """What is typed, once kube-proxy is seen after an attempt: in the middle of one it has not said yet why it ends."""
    async with asyncio.timeout(30):
        while True:
            steps = remedy("restart-kube-proxy").steps(await found.situation("restart-kube-proxy"))
            lines = [step.command for step in steps if step.command.startswith("kubectl")]
            if len(lines) > 2:
                return lines
            await asyncio.sleep(0.02)


def _crashes(lab: Lab, app: str) -> bool:
    """Whether a new pod of it on a worker has failed already."""
    pods = [one for one in lab.world.workers.values() if one.pod["metadata"]["labels"].get("k8s-app") == app]
    return any(c.current is not None and c.current.exit_code == 1 for pod in pods for c in pod.containers)


async def test_an_object_that_somebody_made_meanwhile_is_left_alone(tmp_path: Path) -> None:
    async with sick("missing-binding", tmp_path) as found:
        plan = await found.planned("create-rbac")
        assert isinstance(plan, Plan)
        shown = await preview(found.bench, plan)
        (creation,) = plan.creates
        await found.bench.api.create(creation.target, creation.body, dry_run=False)
        with pytest.raises(Stale, match="made by somebody else"):
            await found.carried_out(shown)
        assert found.stored() == [("POST", BINDING)]
        with pytest.raises(NothingToUndo):
            await undo_preview(found.bench)


async def test_a_plan_that_only_deletes_pods_counts_as_applied_and_is_told_in_its_own_words(tmp_path: Path) -> None:
    async with sick("flushed-rules", tmp_path) as found:
        repair, diagnosis = Repair(found.bench, lambda: None), found.state.diagnosis
        assert diagnosis is not None
        repair.judged(found.state.case, diagnosis)
        await repair.choose("restart-kube-proxy", found.state.case, diagnosis)
        assert repair.state.preview is not None
        assert await repair.apply(Confirmation(repair.state.preview.context))
        assert repair.state.applied is repair.state.preview
        assert repair.state.rollout is not None
        assert repair.state.rollout.words == "3 of 3 nodes have a pod that runs"
        said = [action.words.split()[0] for action in repair.state.actions]
        assert said == ["previewed", "recorded", "deleted", "deleted", "deleted", "deleted"]
