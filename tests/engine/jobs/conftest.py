"""A cluster whose Jobs get pods, and a shell on it."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.domain.node_job import Place
from cnitui.domain.plan import ObjectRef
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.ports import Answer, LogRequest
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeClock, FakeCluster

ENDED = ContainerStatus("read", init=False, state="terminated", current=Run("c", exit_code=0))


class JobCluster(FakeCluster):
    """Runs the scripts of its Jobs right here; `outcome` is what a Job's pod looks like, None for no pod."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: ContainerStatus | None = ENDED
        self.jobs: dict[str, Any] = {}
        self.made: list[Any] = []
        self.namespace_labels: dict[str, str] = {}

    async def get(self, ref: ObjectRef) -> Mapping[str, object]:
        if ref.resource == "namespaces":
            return {"metadata": {"labels": self.namespace_labels}}
        return await super().get(ref)

    async def create(self, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool) -> Answer:
        answer = await super().create(ref, body, dry_run=dry_run)
        if dry_run:
            self.others.pop((ref.resource, ref.name))
            return replace(answer, warnings=self.warnings)
        self.jobs[ref.name] = copy.deepcopy(dict(body))
        self.made.append(self.jobs[ref.name])
        return answer

    async def pods(self, namespace: str, selector: str = "", field_selector: str = "") -> tuple[PodStatus, ...]:
        name = selector.removeprefix("job-name=")
        if self.outcome is None or name not in self.jobs:
            return ()
        spec = self.jobs[name]["spec"]["template"]["spec"]
        containers = tuple(replace(self.outcome, name=container["name"]) for container in spec["containers"])
        return (PodStatus(namespace, f"{name}-x", "u", spec["nodeName"], "Completed", containers=containers),)

    async def read_log(self, request: LogRequest) -> bytes:
        spec = self.jobs[request.pod.removesuffix("-x")]["spec"]["template"]["spec"]
        script = next(one["command"][4] for one in spec["containers"] if one["name"] == request.container)
        done = subprocess.run(["sh", "-c", script.replace("$$", "$")], capture_output=True, check=True)
        return b"\n".join(b"2026-11-28T12:00:00.000000000Z " + line for line in done.stdout.split(b"\n"))


@pytest.fixture
def jobs_cluster() -> JobCluster:
    return JobCluster()


@pytest.fixture
def jobs_bench(jobs_cluster: JobCluster, tmp_path: Path) -> Workbench:
    clock = FakeClock()
    return Workbench(jobs_cluster, FileJournal(tmp_path / "state", clock.now), clock, dump_yaml)


@pytest.fixture
def shell(jobs_bench: Workbench) -> JobShell:
    return JobShell(jobs_bench)


PLACES = tuple(Place(name, "kube-system", "calico/cni:v3.27.0") for name in ("worker-01", "worker-02"))
SEEN = JobsPreview(PLACES, "lab", "https://127.0.0.1:6443")


async def confirmed(shell: JobShell, seen: JobsPreview = SEEN) -> JobShell:
    await shell.confirm(seen, Confirmation("lab"))
    return shell
