"""Jobs in a real terminal: what would be created is shown and confirmed by typing; they read nodes and try causes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cnitui.lab import Lab
from tests.tui.terminal import Terminal, terminal

CONTEXT = "kubernetes-admin@lab"


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20, seed=7, ssh=False) as running:
        yield running


def made(lab: Lab) -> int:
    return len([entry for entry in lab.audit if "/jobs" in entry.path and not entry.dry_run])


async def asked(app: Terminal) -> None:
    """The dialog that tells of the Jobs."""
    await app.shows("Not read before you confirm it: master-01, worker-01, worker-02")
    await app.shows("b read nodes")
    app.press("b")
    await app.shows("a Job in kube-system for each of master-01, worker-01, worker-02")
    await app.has_focus("Cancel")


async def test_confirmed_jobs_prove_the_cause_and_nothing_is_left(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, "--kubeconfig", lab.kubeconfig, "--node-access", "pod") as app:
        await asked(app)
        assert made(lab) == 0
        await app.confirms(CONTEXT, "Create")
        await app.shows("CONFIRMED")
        await app.shows("b read nodes", gone=True)
        await lab.until(lambda: not lab.world.store.all("jobs.batch"))
        assert made(lab) >= 6


async def test_escape_creates_nothing(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, "--kubeconfig", lab.kubeconfig, "--node-access", "pod") as app:
        await asked(app)
        app.press("\x1b")
        await app.shows("Nothing was created.")
        assert made(lab) == 0


async def test_an_experiment_proves_what_traces_leave_open(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, "--kubeconfig", lab.kubeconfig, "--node-access", "none") as app:
        await app.shows("NOT PROVEN")
        await app.goes_to_step(6)
        await app.shows("e experiment")
        app.press("e")
        await app.shows("control: a Job in kube-system runs install-cni once on worker-01")
        await app.confirms(CONTEXT, "Create")
        await app.shows("CONFIRMED")
        await app.shows("by experiment: install-cni fails on worker-01 as it is")
        await app.shows("experiment by Jobs on worker-01")
        await app.shows("variant, with seLinuxOptions.type: spc_t")
        await lab.until(lambda: not lab.world.store.all("jobs.batch"))
        assert made(lab) == 4


async def previewed(app: Terminal) -> None:
    """The first remedy, chosen and previewed on step 8."""
    await app.shows("NOT PROVEN")
    await app.goes_to_step(7)
    app.press("\r")
    await app.shows("t try on one node")
    app.press("t")
    await app.shows("a Job in kube-system runs install-cni once on worker-01")
    await app.confirms(CONTEXT, "Create")


async def test_a_try_that_works_stands_for_the_evidence_and_the_rollout_follows(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, "--kubeconfig", lab.kubeconfig, "--node-access", "none") as app:
        await previewed(app)
        await app.shows("with this change install-cni succeeds on worker-01")
        assert not patched(lab)
        app.press("a")
        await app.shows("tried: with this change install-cni succeeds on worker-01")
        await app.has_focus("Cancel")
        assert "reason for the override" not in app.text
        await app.confirms(CONTEXT, "Apply")
        await lab.until(lambda: patched(lab))
        await app.shows("Calico runs on every node")


async def test_a_try_that_fails_stops_the_plan(lab: Lab, tmp_path: Path) -> None:
    bin_dir = lab.world.node("worker-01").files.get("/opt/cni/bin")
    assert bin_dir is not None
    bin_dir.immutable = True  # nobody could tell without access to the node: the log is the same
    async with terminal(tmp_path, "--kubeconfig", lab.kubeconfig, "--node-access", "none") as app:
        await previewed(app)
        await app.shows("still fails on worker-01, in the same way")
        app.press("a")
        await app.shows("This is not applied")
        assert not patched(lab)


def patched(lab: Lab) -> bool:
    """Whether the DaemonSet itself was changed."""
    daemonset = lab.world.store.find("daemonsets.apps", "kube-system", "calico-node")
    return daemonset is not None and daemonset["metadata"]["generation"] > 1
