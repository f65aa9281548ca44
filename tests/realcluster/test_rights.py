"""The manifests of docs/rbac, each with exactly its rights: what it is for goes, none is refused, and none is idle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cnitui.domain.facts import NodeStatus
from cnitui.engine.jobs.preview import preview_jobs
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.repair.apply import Confirmation
from tests.mcp.conftest import agent
from tests.rbac import rights_in
from tests.realcluster.audit import dry_runs, stored
from tests.realcluster.conftest import RENEWABLE, RealCluster, Users, only_in
from tests.realcluster.rights import ONCALL, account_with
from tests.realcluster.sitting import begin_anew, sitting
from tests.realcluster.test_jobs import COMMANDS, PLACE, bench_of, ours, until
from tests.realcluster.test_users import cnitui, diagnose
from tests.realcluster.test_walk import (
    DAEMONSET,
    added,
    apply_and_verify,
    assert_only_the_plan_was_written,
    shown_preview,
    template_of,
    undo,
)

pytestmark = pytest.mark.realcluster

WHERE = ("-n", "kube-system")


async def test_view_shows_pods_and_logs(state: str, realcluster: RealCluster, tmp_path: Path) -> None:
    only_in(state, *RENEWABLE)
    workers = await begin_anew(realcluster)
    with account_with(realcluster, tmp_path, "view") as oncall:
        async with sitting(oncall.real, tmp_path, ONCALL, namespace="kube-system") as seat:
            await seat.judged()
            assert tuple(pod.node for pod in seat.state.failing) == workers
            await seat.press("y")
            await seat.shows("generateName: calico-node-")
            await seat.press("escape", "f2")
            await seat.shows("found no writeable directory")
            await seat.to_step(6)
            await seat.reads("may not list nodes")
        assert rights_in("view") <= oncall.used
        assert oncall.refused == {("list", "nodes"), ("get", "services")}
        assert stored(oncall.entries) == []
        anywhere = diagnose(oncall.real, tmp_path, ONCALL)
        assert (anywhere.code, anywhere.diagnosis["status"]) == (4, "failing"), "found in kube-system without -n"


async def test_diagnose_comes_to_the_verdict_that_the_admin_gets(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    await begin_anew(realcluster)
    with account_with(realcluster, tmp_path, "view", "diagnose") as oncall:
        told = diagnose(oncall.real, tmp_path, ONCALL, *WHERE)
        wrote = cnitui(oncall.real, tmp_path, ONCALL, "collect", *WHERE, "-o", str(tmp_path / "case.tar.gz"))
        assert wrote.code == 0, wrote.stderr
        assert oncall.refused == set()
        assert rights_in("view", "diagnose") <= oncall.used
        assert stored(oncall.entries) == []
    as_admin = diagnose(realcluster, tmp_path, "admin")
    assert verdicts(told.diagnosis) == verdicts(as_admin.diagnosis)
    assert (told.code, told.unavailable()) == (as_admin.code, as_admin.unavailable())


def verdicts(diagnosis: dict[str, object]) -> list[tuple[str, str, list[str]]]:
    causes = diagnosis["causes"]
    assert isinstance(causes, list)
    return sorted((cause["id"], cause["verdict"], cause["nodes"]) for cause in causes)


async def test_repair_previews_applies_verifies_and_takes_back(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, "broken")
    await begin_anew(realcluster)
    before = template_of(realcluster)
    with account_with(realcluster, tmp_path, "view", "diagnose", "repair") as oncall:
        async with sitting(oncall.real, tmp_path, ONCALL, namespace="kube-system") as seat:
            await seat.judged()
            await seat.choose("patch-daemonset")
            seen = await shown_preview(seat)
            assert added(seen) == ["+        securityContext:", "+          privileged: true"]
            await apply_and_verify(seat)
            assert [check.state for check in seat.state.repair.checks] == ["pass", "pass", "unknown", "pass"]
            taken_back = await undo(seat)
        assert oncall.refused == set()
        assert rights_in("repair") <= oncall.used
        assert_only_the_plan_was_written(stored(oncall.entries), seen, taken_back, oncall.user)
        assert {write.target for write in dry_runs(oncall.entries)} == {DAEMONSET}
    assert template_of(realcluster) == before


async def test_without_repair_a_plan_says_what_is_missing(state: str, realcluster: RealCluster, tmp_path: Path) -> None:
    only_in(state, *RENEWABLE)
    await begin_anew(realcluster)
    with account_with(realcluster, tmp_path, "view", "diagnose") as oncall:
        async with sitting(oncall.real, tmp_path, ONCALL, namespace="kube-system") as seat:
            await seat.judged()
            await seat.choose("patch-daemonset")
            await seat.reads("may not patch daemonsets")
            await seat.press("a")
            assert seat.app.screen is seat.screen, "there is no dialog for what cannot be applied"
        assert oncall.refused == {("patch", "daemonsets.apps"), ("get", "configmaps")}
        assert stored(oncall.entries) == []


async def test_an_agent_with_the_rights_to_repair_writes_nothing_all_the_same(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    pytest.importorskip("mcp", reason="the extra is not installed")
    only_in(state, *RENEWABLE)
    workers = await begin_anew(realcluster)
    with account_with(realcluster, tmp_path, "view", "diagnose", "repair") as oncall:
        file = ("--kubeconfig", oncall.real.kubeconfig(ONCALL), "--node-access", "none")
        async with agent(tmp_path, *WHERE, *file) as asking:
            answer = await asking.ask("diagnose")
            assert (answer["status"], answer["groups"][0]["nodes"]) == ("failing", list(workers))
            raw = (await asking.ask("evidence", node=workers[0]))["answers"]
            assert "found no writeable directory" in str(raw)
            seen = (await asking.ask("preview", remedy="selinux-type"))["plan"]
        assert "+            type: spc_t" in seen["diff"].splitlines()
        assert seen["computed_by"] == "the API server, by a dry run"
        assert oncall.refused == set()
        assert stored(oncall.entries) == []
        assert {write.target for write in dry_runs(oncall.entries)} == {DAEMONSET}


async def test_node_access_pod_creates_and_removes_a_job(
    state: str, realcluster: RealCluster, users: Users, tmp_path: Path
) -> None:
    """No Job ends on the harness's nodes, so this is the way there and back; what one reads is the lab's matter."""
    only_in(state, "broken", "stock", "ondelete", "policy")
    with account_with(realcluster, tmp_path, "view", "diagnose", "node-access-pod") as oncall:
        shell = JobShell(await bench_of(users.at(oncall.real), tmp_path, ONCALL))
        seen = await preview_jobs(shell.bench, (PLACE,))
        assert (seen.problems, ours(realcluster)) == ((), [])
        await shell.confirm(seen, Confirmation(seen.context))
        reading = asyncio.create_task(shell.run(NodeStatus("worker-01"), COMMANDS))
        await until(realcluster, 2)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await until(realcluster, 0)
        assert oncall.refused == set()
        assert rights_in("node-access-pod") <= oncall.used
        assert [write.told[:2] for write in stored(oncall.entries)] == [
            (oncall.user, "create"),
            (oncall.user, "delete"),
        ]
