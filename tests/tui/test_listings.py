"""Listings on a lab: few keys, any two nodes, healthy clusters, Jobs, case files, and what is saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.compose import case_opening, opening
from cnitui.domain.facts import CniDirectories
from cnitui.engine.cases.saving import save_case
from cnitui.engine.sitting import sitting
from cnitui.gateways.bundle import read_bundle
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.screens.page import NodeScreen
from tests.engine.lab_case import WAIT, connected, still
from tests.lab_jobs import jobs_made
from tests.tui.conftest import Drive, Driver
from tests.tui.test_case import save_as, told
from tests.tui.test_walk import confirm, previewed


def line(driver: Driver, name: str) -> list[str]:
    """The words of the first line that begins with this name."""
    lines = (found.split() for found in driver.text().split("\n"))
    return next(words for words in lines if words[:1] == [name])


def types(driver: Driver, name: str) -> list[str]:
    """The types in that line."""
    return [word for word in line(driver, name) if word.endswith("_t")]


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)])
async def test_four_keys_from_launch_tell_the_label_of_a_file_on_a_worker_and_on_the_master(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive(size=size) as driver:
        await driver.judged()
        await driver.press("j", "j", "f3", "enter")
        await driver.shows("Listings master-01 and worker-02")
        assert types(driver, "calico-ipam") == ["bin_t", "container_file_t", "bin_t"], "and what the policy would say"
        await driver.press("escape")
        assert driver.screen.single == "selinux"


async def test_a_nodes_page_leads_to_its_listings_and_the_next_node_is_one_key_away(drive: Drive) -> None:
    async with drive(size=(80, 24)) as driver:
        await driver.judged()
        await driver.press("j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, NodeScreen))
        await driver.press("enter")
        await driver.shows("Listings master-01 and worker-01")
        await driver.press("greater_than_sign")
        await driver.shows("Listings master-01 and worker-02")
        await driver.press("d")
        await driver.shows("Node worker-02")


async def test_two_marked_nodes_stand_beside_each_other(drive: Drive) -> None:
    async with drive(size=(120, 35)) as driver:
        await driver.judged()
        await driver.press("j", "space", "space")
        await driver.press("f3", "enter")
        await driver.shows("Listings worker-01 and worker-02")
        await driver.shows("no difference")


async def test_a_healthy_cluster_has_listings_and_nodes_are_read_when_they_are_opened(drive: Drive) -> None:
    async with drive("healthy", size=(80, 24)) as driver:
        await driver.until(lambda: driver.state.settled)
        assert driver.state.case.value(CniDirectories, "worker-02") is None
        await driver.press("f3")
        await driver.shows("enter lists the CNI directories")
        await driver.press("f1", "j", "j", "f3", "enter")
        await driver.shows("no difference")
        assert types(driver, "calico-ipam") == ["bin_t", "bin_t"]


async def test_after_the_repair_the_listing_is_that_of_now(drive: Drive) -> None:
    async with drive(size=(160, 45)) as driver:
        await previewed(driver)
        await driver.press("f3", "enter")
        await driver.shows("≠ not there")
        await driver.press("f4")
        await confirm(driver)
        await driver.until(lambda: driver.state.repair.phase == "verified")
        await driver.press("f3", "enter")
        await driver.shows("Listings master-01 and worker-01")
        await driver.until(lambda: "not there" not in driver.text())
        assert types(driver, "calico-ipam") == ["bin_t", "bin_t"]


async def test_on_a_healthy_cluster_jobs_read_opened_nodes_once_confirmed(settings: Settings) -> None:
    async with Lab.start("healthy", speed=20, seed=7, ssh=False) as lab:
        own = replace(settings, kubeconfig=(lab.kubeconfig,), node_access="pod")
        app = CnituiApp(opening(own))
        async with app.run_test(size=(120, 35)) as pilot:
            driver = Driver(app, pilot, lab)
            await driver.until(lambda: driver.state.settled)
            await driver.press("j", "f3", "enter")
            await driver.shows("worker-01 is not read before you confirm it")
            await driver.shows("b read nodes")
            assert not jobs_made(lab)
            await driver.press("b")
            await driver.shows("a Job in kube-system for each of master-01, worker-01")
            await driver.press("tab", *driver.state.connection.context, "tab", "tab", "enter")
            await driver.shows("no difference")
            made = len(jobs_made(lab))
            await driver.press("escape", "f3", "enter")
            await driver.shows("no difference")
            assert len(jobs_made(lab)) == made, "what was read stays read"


async def test_without_node_access_it_says_what_is_missing(drive: Drive) -> None:
    async with drive(size=(80, 24), node_access="none") as driver:
        await driver.until(lambda: driver.state.settled)
        await driver.press("f3", "enter")
        await driver.shows("nodes are not read (--node-access none)")
        await driver.shows("Use --node-access ssh")


async def test_the_transcript_is_saved_without_secrets_and_nothing_is_overwritten(drive: Drive, tmp_path: Path) -> None:
    async with drive(size=(80, 24)) as driver:
        await driver.judged()
        await driver.press("f3", "enter", "t")
        await driver.shows("$ getenforce")
        target = tmp_path / "said.txt"
        offered = await save_as(driver, target)
        assert offered.startswith("master-01-worker-01-")
        await told(driver, "lines to")
        text = target.read_text()
        assert "[cnitui@worker-01 ~]$ ls -laZ /opt/cni/bin" in text
        assert "container_file_t:s0" in text
        target.write_text("mine")
        await save_as(driver, target)
        await told(driver, "exists")
        assert target.read_text() == "mine"


async def test_a_case_file_has_the_listings_of_healthy_nodes_that_somebody_looked_at(tmp_path: Path) -> None:
    async with still("healthy") as lab, connected(lab, tmp_path) as (services, settings):
        state = replace(await sitting(services, WAIT), kept=frozenset({"master-01", "worker-02"}))
        saved = await save_case(services, state, tmp_path / "case.tar.gz")
    assert {piece.node for piece in read_bundle(saved.path).pieces if piece.kind == "command"} == {
        "master-01", "worker-02",
    }  # fmt: skip
    app = CnituiApp(case_opening(saved.path, settings))
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(app, pilot, lab)
        await driver.until(lambda: driver.state.settled)
        await driver.press("j", "j", "f3", "enter")
        await driver.shows("no difference")
        await driver.press("greater_than_sign")
        await driver.shows("worker-01 was not read when the case was collected")
