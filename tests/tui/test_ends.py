"""How it ends in a real terminal: by a key, by a signal, and killed in the middle of a write."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from cnitui.lab import Lab
from tests.running import cnitui
from tests.tui.terminal import LONG_ENOUGH, Terminal, terminal

CONTEXT = "kubernetes-admin@lab"
DAEMONSET = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20, seed=7) as running:
        yield running


def on(lab: Lab) -> tuple[object, ...]:
    return "--kubeconfig", lab.kubeconfig, "--ssh-config", lab.ssh_config


def stored(lab: Lab) -> list[int]:
    """The codes of all writes to the DaemonSet that were no dry run."""
    return [entry.code for entry in lab.audit if entry.path == DAEMONSET and not entry.dry_run]


def privileged(lab: Lab) -> bool:
    """Whether install-cni is privileged in the stored DaemonSet."""
    daemonset = lab.world.store.find("daemonsets.apps", "kube-system", "calico-node")
    assert daemonset is not None
    containers = daemonset["spec"]["template"]["spec"]["initContainers"]
    return next("privileged" in str(one.get("securityContext")) for one in containers if one["name"] == "install-cni")


class Arrival:
    """Stands for the pattern of a delayed path: matches the real write, and tells that it has arrived."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()

    def search(self, target: str) -> bool:
        if not target.startswith(DAEMONSET) or "fieldManager" not in target or "dryRun" in target:
            return False
        self.seen.set()
        return True


async def test_a_key_and_each_signal_end_it_and_restore_the_terminal(lab: Lab, tmp_path: Path) -> None:
    ends: dict[str | signal.Signals, int] = {"q": 0, "\x03": 0, signal.SIGTERM: 130, signal.SIGHUP: 130}
    async with AsyncExitStack() as opened:
        apps = [await opened.enter_async_context(terminal(tmp_path, *on(lab))) for _ in ends]
        for app, (end, code) in zip(apps, ends.items(), strict=True):
            await app.shows("CONFIRMED")
            if isinstance(end, str):
                app.press(end)
            else:
                app.send(end)
            assert await app.ended() == code
            assert app.restored


async def test_a_terminal_that_vanishes_without_a_signal_ends_it_too(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, *on(lab)) as app:
        await app.shows("CONFIRMED")
        app.vanish()
        assert await app.ended() == 130


async def applying(app: Terminal) -> None:
    """From the start to the confirmation of the first remedy."""
    await app.shows("CONFIRMED")
    await app.goes_to_step(7)
    app.press("\r")
    await app.shows("you may patch daemonsets.apps")
    app.press("a")
    await app.confirms(CONTEXT, "Apply")


async def test_killed_before_the_server_has_stored_it_undo_knows_that_nothing_changed(lab: Lab, tmp_path: Path) -> None:
    write = Arrival()
    lab.faults.delays.append((cast("re.Pattern[str]", write), 600))
    async with terminal(tmp_path, *on(lab)) as app:
        await applying(app)
        async with asyncio.timeout(LONG_ENOUGH):
            await write.seen.wait()
        app.send(signal.SIGKILL)
        await app.ended()
    assert "apply" in events(tmp_path), "the audit line is on disk before the write"
    assert not privileged(lab)
    lab.faults.clear()
    undone = await cnitui(tmp_path, "undo", "--yes", *on(lab))
    assert (undone.code, undone.out) == (1, "")
    assert "install-cni is as it was before plan" in undone.err


def events(home: Path) -> list[str]:
    lines = (home / "state" / "cnitui" / "audit.jsonl").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


async def test_killed_after_the_write_the_next_sitting_goes_on_and_undo_takes_it_back(lab: Lab, tmp_path: Path) -> None:
    async with terminal(tmp_path, *on(lab)) as app:
        await applying(app)
        await lab.until(lambda: privileged(lab))
        app.send(signal.SIGKILL)
        await app.ended()
    assert "apply" in events(tmp_path)
    async with terminal(tmp_path, *on(lab)) as app:  # the next sitting follows the rollout
        await app.shows("its rollout is followed")
        app.press("\r")
        await app.shows("3 of 3 nodes run the new template")
        app.press("q")
        await app.ended()
    undone = await cnitui(tmp_path, "undo", "--yes", *on(lab))
    assert undone.code == 0, undone.err
    assert "-          privileged: true" in undone.out
    assert "taken back" in undone.err
    assert not privileged(lab)
    again = await cnitui(tmp_path, "undo", "--yes", *on(lab))
    assert (again.code, again.out) == (1, "")
    assert stored(lab) == [200, 200]
