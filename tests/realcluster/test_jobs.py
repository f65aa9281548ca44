"""Jobs on a real API server: what is previewed is created, and nothing is left, whoever removes it.

There are no machines behind the harness's nodes, so no Job answers; what a node answers is the lab's matter.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cnitui.clock import SystemClock
from cnitui.domain import node_job
from cnitui.domain.exchange import NodeCommand
from cnitui.domain.facts import NodeStatus
from cnitui.domain.node_job import LIFETIME_SECONDS, SELECTOR, Place, reading_job
from cnitui.engine.jobs.preview import preview_jobs
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from tests.realcluster.audit import ADMIN, stored
from tests.realcluster.conftest import RealCluster, Users, only_in

pytestmark = pytest.mark.realcluster

PLACE = Place("worker-01", "kube-system", "docker.io/calico/cni:v3.27.0", "amd64")
COMMANDS = (NodeCommand("getenforce", ("getenforce",)),)


async def bench_of(users: Users, folder: Path, user: str = "admin") -> Workbench:
    api = users.of(user)
    await api.connect()
    return Workbench(api, FileJournal(folder / "state"), SystemClock(), dump_yaml)


def ours(real: RealCluster) -> list[str]:
    """Jobs and pods of ours that are there."""
    found = json.loads(real.kubectl("-n", "kube-system", "get", "jobs,pods", "-l", SELECTOR, "-o", "json"))
    return [f"{one['kind']}/{one['metadata']['name']}" for one in found["items"]]


async def until(real: RealCluster, wanted: int) -> None:
    async with asyncio.timeout(60):
        while len(await asyncio.to_thread(ours, real)) != wanted:
            await asyncio.sleep(0.5)


async def test_what_was_previewed_is_created_and_removed_by_its_uid(
    realcluster: RealCluster, users: Users, tmp_path: Path, state: str
) -> None:
    only_in(state, "broken", "stock", "ondelete", "policy")
    shell = JobShell(await bench_of(users, tmp_path))
    seen = await preview_jobs(shell.bench, (PLACE,))
    assert (seen.problems, ours(realcluster)) == ((), [])
    before = len(realcluster.audited())
    await shell.confirm(seen, Confirmation("realcluster"))
    reading = asyncio.create_task(shell.run(NodeStatus("worker-01"), COMMANDS))
    await until(realcluster, 2)  # the Job and the pod that the real controller made of it
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await until(realcluster, 0)
    written = [write for write in stored(realcluster.audited()[before:]) if write.user == ADMIN]
    assert [write.verb for write in written] == ["create", "delete"]
    body = written[0].body
    assert isinstance(body, dict)
    spec = body["spec"]["template"]["spec"]
    assert (spec["nodeName"], spec["automountServiceAccountToken"]) == ("worker-01", False)
    assert (body["spec"]["activeDeadlineSeconds"], body["spec"]["backoffLimit"]) == (LIFETIME_SECONDS, 0)
    assert [container["command"][:2] for container in spec["containers"]] == [["/usr/sbin/chroot", "/host"]]


async def test_what_we_could_not_remove_is_ended_and_removed_by_kubernetes(
    realcluster: RealCluster, users: Users, tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_in(state, "broken", "stock", "ondelete", "policy")
    monkeypatch.setattr(node_job, "KEPT_SECONDS", 2)
    bench = await bench_of(users, tmp_path)
    job = reading_job("cnitui-node-killed", PLACE, (("read", "sleep 600"),), seconds=3)
    await bench.api.create(job.ref, job.document, dry_run=False)
    (left,) = (await preview_jobs(bench, (PLACE,))).leftovers
    assert left.ref.name == job.ref.name
    assert left.runs, "whoever made it may be waiting for it"
    await until(realcluster, 0)


async def test_who_may_not_is_told_which_rights_are_missing(
    users: Users, tmp_path: Path, realcluster: RealCluster
) -> None:
    seen = await preview_jobs(await bench_of(users, tmp_path, "viewer"), (PLACE,))
    assert {problem.words for problem in seen.problems} == {
        "you may not create jobs.batch in kube-system",
        "you may not delete jobs.batch in kube-system",
    }
    assert ours(realcluster) == []


async def test_pod_security_is_told_before_the_job_would_wait_for_a_pod_in_vain(
    users: Users, tmp_path: Path, state: str
) -> None:
    only_in(state, "psa")
    seen = await preview_jobs(await bench_of(users, tmp_path), (PLACE,))
    assert [problem.kind for problem in seen.problems] == ["pod-security"]
