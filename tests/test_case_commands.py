"""`cnitui collect` and `--case` as processes: exit codes, what is on which stream, and what is left on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnitui.lab import Lab
from tests.engine.lab_case import still
from tests.running import Ended, cnitui


async def on(lab: Lab, home: Path, *arguments: object) -> Ended:
    """Run it on a lab."""
    return await cnitui(
        home, *arguments, env={"KUBECONFIG": str(lab.kubeconfig), "CNITUI_SSH_CONFIG": str(lab.ssh_config)}
    )


async def test_a_collected_case_is_judged_as_the_cluster_was(tmp_path: Path) -> None:
    async with still("disk-full") as lab:
        live = await on(lab, tmp_path, "diagnose", "-o", "json")
        wrote = await on(lab, tmp_path, "collect", "-o", tmp_path / "case.tar.gz")
    assert wrote.code == 0, wrote.err
    assert wrote.out == ""
    assert f"wrote {tmp_path / 'case.tar.gz'}: " in wrote.err
    assert "Confirmed: " in wrote.err
    judged = await cnitui(tmp_path, "diagnose", "--case", tmp_path / "case.tar.gz", "-o", "json")
    assert (judged.code, live.code) == (3, 3)
    assert json.loads(judged.out) == json.loads(live.out)
    assert judged.err == ""
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".case")]


async def test_what_was_unavailable_is_told_and_is_no_failure(tmp_path: Path) -> None:
    async with still("disk-full") as lab:
        lab.ssh.down("worker-02")
        wrote = await on(lab, tmp_path, "collect", "-o", tmp_path / "case.tar.gz")
    assert wrote.code == 0
    assert "not in it: ssh " in wrote.err


async def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    (tmp_path / "case.tar.gz").write_text("mine")
    async with still("healthy") as lab:
        refused = await on(lab, tmp_path, "collect", "-o", tmp_path / "case.tar.gz")
        assert (refused.code, (tmp_path / "case.tar.gz").read_text()) == (1, "mine")
        assert "exists already" in refused.err
        forced = await on(lab, tmp_path, "collect", "-o", tmp_path / "case.tar.gz", "--force")
    assert forced.code == 0, forced.err
    judged = await cnitui(tmp_path, "diagnose", "--case", tmp_path / "case.tar.gz")
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
    ran = await cnitui(tmp_path, *(tmp_path / one if one.endswith(".gz") else one for one in arguments))
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert not (tmp_path / "x.tar.gz").exists()
