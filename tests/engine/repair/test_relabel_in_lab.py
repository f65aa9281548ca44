"""Relabelling on the lab: real SSH and real Jobs; a world that labels break and heal, and one that they do not."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cnitui.domain.plan import ObjectRef
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.session import Session
from cnitui.lab import Lab
from tests.conftest import PROJECT
from tests.engine.fake_sitting import running, until
from tests.engine.lab_case import connected
from tests.lab_jobs import left_behind
from tests.running import cnitui

WORKERS = ("worker-01", "worker-02")
CONTEXT = "kubernetes-admin@lab"
YES = Confirmation(CONTEXT, "the lab is there to be repaired")


@asynccontextmanager
async def judged(lab: Lab, folder: Path, access: str = "ssh") -> AsyncIterator[Session]:
    """A session that has read the failing nodes."""
    async with connected(lab, folder, node_access=access) as (opened, _):
        session = Session(opened)
        async with running(session):
            await until(session, lambda state: state.settled and state.diagnosis)
            if access == "pod":
                seen = await session.preview_jobs()
                assert seen is not None
                await session.confirm_jobs(seen, YES)
                await until(session, lambda state: state.settled and state.diagnosis and state.diagnosis.confident)
            yield session


def labels(lab: Lab) -> set[str]:
    return {lab.world.node(name).files.entries["/opt/cni/bin"].label.split(":")[2] for name in WORKERS}


def rules(lab: Lab) -> list[tuple[str, str, str]]:
    return [rule for name in WORKERS for rule in lab.world.node(name).selinux.local_rules]


async def fails_again(session: Session) -> None:
    """Delete the workers' pods, and wait for the attempts of the new ones to fail."""
    for pod in session.state.pods:
        if pod.node in WORKERS:
            await session.cluster.delete(ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace), uid=pod.uid)
    await until(session, lambda state: {pod.node for pod in state.failing} == set(WORKERS))


@pytest.mark.parametrize(("scenario", "access"), [("selinux-wrong-context", "ssh"), ("selinux-denial", "pod")])
async def test_relabelling_heals_what_labels_cause_and_undo_breaks_it_again(
    tmp_path: Path, scenario: str, access: str
) -> None:
    async with Lab.start(scenario, speed=30, seed=7) as lab, judged(lab, tmp_path, access) as session:
        before, ruled = labels(lab), rules(lab)
        await session.choose_remedy("relabel")
        preview = session.repair.state.preview
        assert preview is not None, session.repair.state.no_plan
        assert [change.node for change in preview.plan.nodes] == list(WORKERS)
        assert (labels(lab), rules(lab)) == (before, ruled)

        await session.apply(YES)
        state = await until(session, lambda state: state.repair.phase == "verified" and not state.failing)
        assert [check.state for check in state.repair.checks] == ["pass"] * 4
        assert labels(lab) == {"container_file_t"}

        await session.repair.plan_undo()
        await session.apply(YES)
        assert session.repair.state.undone
        assert (labels(lab), rules(lab)) == (before, ruled)
        await fails_again(session)
        assert not [name for name in left_behind(lab) if "relabel" in name]


async def test_where_labels_are_not_the_only_cause_it_stops_after_the_first_node(tmp_path: Path) -> None:
    async with Lab.start("selinux-wrong-context", speed=50, seed=7) as lab, judged(lab, tmp_path) as session:
        lab.world.node("worker-01").network.endpoint = "refused"
        await session.choose_remedy("relabel")
        await session.apply(YES)
        state = session.repair.state
        assert state.rollout is not None
        assert state.rollout.outcome == "failing"
        assert "install-cni still fails" in state.rollout.nodes[0].words
        assert state.rollout.nodes[1].words == "left alone: it stopped after worker-01"
        assert lab.world.node("worker-02").files.entries["/opt/cni/bin"].label.endswith("usr_t:s0")


@pytest.mark.parametrize("scenario", ["read-only-filesystem", "disk-full"])
async def test_another_cause_has_no_plan(tmp_path: Path, scenario: str) -> None:
    async with Lab.start(scenario, speed=30, seed=7) as lab, judged(lab, tmp_path) as session:
        option = next(one for one in session.repair.state.options if one.remedy.id == "relabel")
        assert not option.fits
        await session.choose_remedy("relabel")
        assert session.repair.state.preview is None
        assert session.repair.state.no_plan == "SELinux is ruled out on every failing node"


async def test_where_sudo_wants_a_password_the_node_is_left_out_with_words(tmp_path: Path) -> None:
    async with Lab.start("selinux-wrong-context", speed=30, seed=7) as lab, judged(lab, tmp_path) as session:
        lab.world.node("worker-01").sudo.mode = "password"
        await session.choose_remedy("relabel")
        preview = session.repair.state.preview
        assert preview is not None
        assert [change.node for change in preview.plan.nodes] == ["worker-02"]
        (left,) = [words for words in preview.plan.warnings if "left out" in words]
        assert left.startswith("worker-01 is left out: sudo on this node wants a password")


KILLED_BETWEEN_THE_NODES = """
import asyncio, os, signal, sys
from pathlib import Path
from cnitui.compose import services
from cnitui.domain.plan import ObjectRef
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.node_rollout import carry_out
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.session import Session
from cnitui.settings import Settings
from tests.engine.fake_sitting import running

async def main(kubeconfig, ssh_config, state_dir):
    settings = Settings(state_dir=Path(state_dir), kubeconfig=(Path(kubeconfig),), ssh_config=Path(ssh_config))
    async with services(settings) as opened:
        session, settled = Session(opened), asyncio.Event()
        session.subscribe(lambda state: settled.set() if state.settled and state.diagnosis else None)
        async with running(session):
            await settled.wait()
            await session.choose_remedy("relabel")
            seen = session.repair.state.preview
            async for step in carry_out(opened.bench, seen, Confirmation(seen.context, "why not")):
                if isinstance(step, Rollout) and step.nodes[0].phase == "ready":
                    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_after_a_kill_between_the_nodes_another_process_takes_the_first_one_back(tmp_path: Path) -> None:
    state_dir = tmp_path / "state" / "cnitui"
    async with Lab.start("selinux-denial", speed=30, seed=7) as lab:
        arguments = (str(lab.kubeconfig), str(lab.ssh_config), str(state_dir))
        killed = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", KILLED_BETWEEN_THE_NODES, *arguments], cwd=PROJECT, timeout=60
        )
        assert killed.returncode == -signal.SIGKILL
        assert labels(lab) == {"container_file_t", "bin_t"}
        flags = ("--kubeconfig", lab.kubeconfig, "--ssh-config", lab.ssh_config)
        refused = await cnitui(tmp_path, *flags, "--node-access", "none", "undo", "--yes")
        assert refused.code == 1
        assert "changed worker-01, and nodes are left alone here" in refused.err
        taken = await cnitui(tmp_path, *flags, "undo", "--yes")
        assert taken.code == 0, taken.err
        assert taken.out.split("\n")[:2] == [
            "worker-01: sudo semanage fcontext -d '/opt/cni/bin(/.*)?'",
            r"worker-01: sudo semanage fcontext -d '/etc/cni/net\.d(/.*)?'",
        ]
        assert "worker-01: 3 commands done" in taken.err
        assert (labels(lab), rules(lab)) == ({"bin_t"}, [])
        again = await cnitui(tmp_path, *flags, "undo", "--yes")
        assert (again.code, again.out) == (1, "")
