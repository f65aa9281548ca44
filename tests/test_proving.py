"""`prove`: the right variant heals, a wrong one does not, one node is touched, and what was proven stays known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cnitui.lab import Lab
from tests.lab_jobs import jobs_made, left_behind
from tests.running import cnitui, started
from tests.schemas import objections

PROVEN = {
    ("selinux-denial", "selinux-denial"): (0, "confirmed"),
    ("selinux-denial", "kube-proxy-service-vip"): (3, "ruled_out"),
    ("selinux-wrong-context", "selinux-wrong-context"): (0, "confirmed"),
    ("disk-full", "selinux-denial"): (3, "ruled_out"),
    ("read-only-filesystem", "selinux-denial"): (3, "ruled_out"),
    ("text-file-busy", "selinux-denial"): (3, "ruled_out"),
    ("kube-proxy-service-vip", "kube-proxy-service-vip"): (0, "confirmed"),
    ("kube-proxy-service-vip", "selinux-denial"): (3, "ruled_out"),
    ("apiserver-unreachable", "kube-proxy-service-vip"): (3, "ruled_out"),
}
"""Scenario and cause to exit code and conclusion: the right variant heals, a wrong one does not."""


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20, seed=7) as running:
        yield running


def alone(lab: Lab, user: str = "admin") -> tuple[object, ...]:
    return "--kubeconfig", lab.kubeconfig_of(user), "--node-access", "none"


@pytest.mark.parametrize(("scenario", "cause"), PROVEN)
async def test_an_experiment_tells_a_cause_from_the_others(scenario: str, cause: str, tmp_path: Path) -> None:
    async with Lab.start(scenario, speed=20, seed=7, ssh=False) as lab:
        told = await cnitui(tmp_path, "prove", cause, "--yes", "-o", "json", *alone(lab))
        await lab.until(lambda: left_behind(lab) == [])
    document = json.loads(told.out)
    assert (told.code, document["conclusion"]) == PROVEN[scenario, cause], told.err
    assert document["schema"] == "cnitui/experiment/v1"
    assert objections(document) == []
    assert document["control"]["exit_code"] == document["expected"]["exit_code"] == 1
    assert (document["variant"]["exit_code"] == 0) is (document["conclusion"] == "confirmed")
    assert "really installs the CNI on worker-01" in told.err


async def test_an_experiment_touches_one_node_and_nothing_else(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "prove", "selinux-denial", "--node", "worker-02", "--yes", *alone(lab))
    assert told.code == 0, told.err
    assert "CONFIRMED by experiment: install-cni fails on worker-02 as it is" in told.out
    assert [name for name, node in lab.world.nodes.items() if node.network_ready] == ["master-01", "worker-02"]
    assert stored_elsewhere(lab) == []
    assert {method for method, _ in jobs_made(lab)} == {"POST", "DELETE"}
    assert len(jobs_made(lab)) == 4


def stored_elsewhere(lab: Lab) -> list[str]:
    reviews = "selfsubjectaccessreviews"
    return [
        entry.path
        for entry in lab.audit
        if not entry.dry_run and "/jobs" not in entry.path and reviews not in entry.path
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("unknown-cause",), 2, "no experiment can tell 'unknown-cause'"),
        (("disk-full",), 2, "There is one for: kube-proxy-service-vip, selinux-denial, selinux-wrong-context"),
        (("selinux-denial", "--node", "master-01"), 2, "no attempt has failed on master-01"),
        (("selinux-denial", "--readonly"), 1, "writes are switched off"),
        (("selinux-denial",), 1, "there is no terminal to confirm on"),
    ],
)
async def test_an_experiment_that_cannot_be_made_is_told_and_creates_nothing(
    lab: Lab, tmp_path: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    told = await cnitui(tmp_path, "prove", *arguments, *alone(lab))
    assert (told.code, told.out) == (code, "")
    assert why in told.err
    assert jobs_made(lab) == []


async def test_who_may_not_make_an_experiment_is_told(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab, "viewer"))
    assert told.code == 1
    assert "you may not create jobs.batch in kube-system" in told.err
    assert jobs_made(lab) == []


async def test_a_healthy_cluster_has_nothing_to_try(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab:
        told = await cnitui(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab))
    assert told.code == 2
    assert "no attempt has failed on any node" in told.err


async def test_an_experiment_is_no_plan_to_report_or_undo(lab: Lab, tmp_path: Path) -> None:
    assert (await cnitui(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab))).code == 0
    told = await cnitui(tmp_path, "report", *alone(lab))
    assert (told.code, "No plan was applied yet" in told.err) == (1, True)
    told = await cnitui(tmp_path, "undo", "--yes", *alone(lab))
    assert told.code == 1


@pytest.mark.parametrize("writes", [1, 2, 3], ids=["control runs", "control is removed", "variant runs"])
async def test_killed_at_any_step_it_leaves_nothing_for_long(writes: int, tmp_path: Path) -> None:
    """Deadline and TTL end and remove the last Job; 240 s take four here, and most end sooner by themselves."""
    async with Lab.start("selinux-denial", speed=60, seed=7, ssh=False) as lab:
        process = await started(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab))
        while len(jobs_made(lab)) < writes:  # the audit line follows the change of the store, which `until` looks at
            await asyncio.sleep(0.01)
        process.kill()
        await process.communicate()
        assert left_behind(lab) != [] or writes == 2
        await lab.until(lambda: left_behind(lab) == [])


# --- what was proven is evidence ------------------------------------------------------------------------------------


def confirmed(out: str) -> list[dict[str, Any]]:
    return [cause for cause in json.loads(out)["causes"] if cause["verdict"] == "confirmed"]


async def test_what_was_proven_is_in_later_diagnoses_and_in_the_case_file(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7, ssh=False) as lab:
        before = await cnitui(tmp_path, "diagnose", "-o", "json", *alone(lab))
        assert confirmed(before.out) == [], "without a look at the nodes traces decide nothing"
        assert (await cnitui(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab))).code == 0
        # the DaemonSet's own container goes on failing on the node of the experiment
        after = await cnitui(tmp_path, "diagnose", "-o", "json", *alone(lab))
        saved = await cnitui(tmp_path, "collect", "--output", tmp_path / "case.tar.gz", *alone(lab))
        assert saved.code == 0, saved.err
    (cause,) = confirmed(after.out)
    assert (cause["id"], cause["nodes"]) == ("selinux-denial", ["worker-01"])
    assert cause["because"].startswith("by experiment: install-cni fails on worker-01 as it is, and succeeds with")
    assert [piece["source"].startswith("experiment by Jobs on worker-01") for piece in cause["for"][:3]] == [True] * 3
    (group,) = json.loads(after.out)["groups"]
    assert (group["nodes"], group["read"], group["causes"]) == (
        ["worker-01", "worker-02"],
        ["worker-01"],
        ["selinux-denial"],
    )
    replayed = await cnitui(tmp_path / "elsewhere", "diagnose", "--case", tmp_path / "case.tar.gz", "-o", "json")
    assert confirmed(replayed.out) == confirmed(after.out)


async def test_what_was_proven_on_another_cluster_is_nobodys_evidence(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7, ssh=False) as lab:
        assert (await cnitui(tmp_path, "prove", "selinux-denial", "--yes", *alone(lab))).code == 0
    async with Lab.start("selinux-denial", speed=20, seed=7, ssh=False) as another:
        told = await cnitui(tmp_path, "diagnose", "-o", "json", *alone(another))
    assert confirmed(told.out) == []
