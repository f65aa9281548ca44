"""`cnitui collect` and `--case` as processes: exit codes, what is on which stream, and what is left on disk."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from cnitui.lab import Lab
from tests.engine.lab_case import still

CNITUI = str(Path(sys.executable).parent / "cnitui")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


async def cnitui(folder: Path, *arguments: str, lab: Lab | None = None) -> Ran:
    """Run the command in the folder, with a home of its own."""
    own = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
    reach = {"KUBECONFIG": str(lab.kubeconfig), "CNITUI_SSH_CONFIG": str(lab.ssh_config)} if lab else {}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        CNITUI,
        *arguments,
        cwd=folder,
        env={**kept, **own, **reach},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await child.communicate()
    assert child.returncode is not None
    return Ran(child.returncode, out.decode(), err.decode())


async def test_a_collected_case_is_judged_as_the_cluster_was(tmp_path: Path) -> None:
    async with still("disk-full") as lab:
        live = await cnitui(tmp_path, "diagnose", "-o", "json", lab=lab)
        wrote = await cnitui(tmp_path, "collect", "-o", "case.tar.gz", lab=lab)
    assert wrote.code == 0, wrote.err
    assert wrote.out == ""
    assert "wrote case.tar.gz: " in wrote.err
    assert "Confirmed: " in wrote.err
    judged = await cnitui(tmp_path, "diagnose", "--case", "case.tar.gz", "-o", "json")
    assert (judged.code, live.code) == (3, 3)
    assert json.loads(judged.out) == json.loads(live.out)
    assert judged.err == ""
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".case")]


async def test_what_was_unavailable_is_told_and_is_no_failure(tmp_path: Path) -> None:
    async with still("disk-full") as lab:
        lab.ssh.down("worker-02")
        wrote = await cnitui(tmp_path, "collect", "-o", "case.tar.gz", lab=lab)
    assert wrote.code == 0
    assert "not in it: ssh " in wrote.err


async def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    (tmp_path / "case.tar.gz").write_text("mine")
    async with still("healthy") as lab:
        refused = await cnitui(tmp_path, "collect", "-o", "case.tar.gz", lab=lab)
        assert (refused.code, (tmp_path / "case.tar.gz").read_text()) == (1, "mine")
        assert "exists already" in refused.err
        forced = await cnitui(tmp_path, "collect", "-o", "case.tar.gz", "--force", lab=lab)
    assert forced.code == 0, forced.err
    judged = await cnitui(tmp_path, "diagnose", "--case", "case.tar.gz")
    assert (judged.code, judged.out.strip()) == (0, "All Calico pods are healthy.")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("collect",), 2, "--output"),
        (("collect", "-o", "x.tar.gz", "--kubeconfig", "missing"), 2, "missing"),
        (("diagnose", "--case", "missing.tar.gz"), 2, "cannot be read"),
        (("diagnose", "--case", "broken.tar.gz"), 2, "broken.tar.gz"),
        (("--case", "x", "diagnose"), 2, "--case belongs behind diagnose"),
        (("--case", "x"), 2, "needs a terminal"),
    ],
)
async def test_what_cannot_work_is_said_in_words(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"\x1f\x8b broken")
    ran = await cnitui(tmp_path, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "x.tar.gz").exists()
