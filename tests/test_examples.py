"""The examples of docs/examples, run as they are told: k9s's plugins, and the metrics of a diagnosis."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnitui.lab import Lab
from tests.conftest import PROJECT
from tests.engine.lab_case import still
from tests.running import PROGRAM, Ended, cnitui, ended, environment

EXAMPLES = PROJECT / "docs" / "examples"
PLUGINS: dict[str, dict[str, Any]] = yaml.safe_load((EXAMPLES / "k9s-plugins.yaml").read_text())["plugins"]
METRIC = re.compile(r"# (?:HELP|TYPE) \w+ .+|(\w+(?:\{\w+=\"[\w-]+\"(?:,\w+=\"[\w-]+\")*\})?) (\d+)")


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with still("selinux-denial") as running:
        yield running


async def as_k9s_runs_it(lab: Lab, home: Path, name: str) -> Ended:
    """With k9s's variables filled in; what it gives is no shell's word."""
    known = {"$KUBECONFIG": str(lab.kubeconfig), "$CONTEXT": "kubernetes-admin@lab"}
    words = [known.get(word, word) for word in PLUGINS[name]["args"]]
    assert PLUGINS[name]["command"] == "cnitui"
    return await cnitui(home, *words, env={"CNITUI_SSH_CONFIG": str(lab.ssh_config)})


async def test_the_plugins_are_what_cnitui_takes(lab: Lab, tmp_path: Path) -> None:
    diagnosed = await as_k9s_runs_it(lab, tmp_path, "cnitui-diagnose")
    assert (diagnosed.code, diagnosed.err) == (3, "")
    assert diagnosed.out.startswith("Calico fails on worker-01, worker-02. Confirmed: SELinux stops install-cni.")
    opened = await as_k9s_runs_it(lab, tmp_path, "cnitui")
    assert (opened.code, opened.out) == (2, "")
    assert "this needs a terminal" in opened.err, "the options were taken"


def test_what_can_change_a_cluster_is_not_offered_where_k9s_is_read_only() -> None:
    assert {name: plugin.get("dangerous", False) for name, plugin in PLUGINS.items()} == {
        "cnitui": True,
        "cnitui-diagnose": False,
    }
    assert "--readonly" in PLUGINS["cnitui-diagnose"]["args"]
    assert len({plugin["shortCut"] for plugin in PLUGINS.values()}) == len(PLUGINS)


async def textfile(home: Path, *arguments: object) -> int:
    """Run the script; answers its exit code."""
    programs = home / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "cnitui").write_text(f"#!/bin/sh\nexec {PROGRAM[0]} -c '{PROGRAM[2]}' \"$@\"\n")
    (programs / "cnitui").chmod(0o755)
    env = environment(home)
    env["PATH"] = f"{programs}:{env['PATH']}"
    pipe = asyncio.subprocess.PIPE
    words = [str(EXAMPLES / "cnitui-textfile"), *map(str, arguments)]
    return (await ended(await asyncio.create_subprocess_exec(*words, env=env, stdout=pipe, stderr=pipe))).code


@pytest.mark.skipif(shutil.which("jq") is None, reason="the example needs jq, which is not installed")
async def test_the_metrics_tell_what_fails_and_why_and_outlive_an_outage(lab: Lab, tmp_path: Path) -> None:
    where = ("--kubeconfig", lab.kubeconfig, "--ssh-config", lab.ssh_config)
    assert await textfile(tmp_path, tmp_path, *where) == 0
    text = (tmp_path / "cnitui.prom").read_text()
    lines = [METRIC.fullmatch(line) for line in text.splitlines()]
    assert None not in lines
    assert {line[1]: int(line[2]) for line in lines if line is not None and line[1]} == {
        'cnitui_status{status="healthy"}': 0,
        'cnitui_status{status="failing"}': 1,
        'cnitui_status{status="undetermined"}': 0,
        "cnitui_failing_nodes": 2,
        'cnitui_cause_nodes{cause="selinux-denial",verdict="confirmed"}': 2,
    }
    await lab.stop_api()
    assert await textfile(tmp_path, tmp_path, *where) == 1
    assert (tmp_path / "cnitui.prom").read_text() == text
    assert [entry.name for entry in tmp_path.glob("cnitui.prom*")] == ["cnitui.prom"]
