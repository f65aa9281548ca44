"""More nodes than lines: groups in the pods, one log and one column each, and whoever is looked at is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from cnitui.compose import opening
from cnitui.engine.reading import reader, sweep
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.widgets.table.table import Table
from tests.tui.conftest import Driver

SIZES = [(80, 24), (200, 50)]


@pytest.fixture(autouse=True)
def _as_among_hundreds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab of thirty is read as one of hundreds: a few of each group, and no sweep to speak of."""
    monkeypatch.setattr(reader, "EVERYBODY", 5)
    monkeypatch.setattr(sweep, "PER_SECOND", 1 / 3600)


@asynccontextmanager
async def opened(settings: Settings, size: tuple[int, int]) -> AsyncIterator[Driver]:
    async with Lab.start("selinux-denial+apiserver-unreachable", speed=20, seed=7, nodes=41) as lab:
        own = replace(settings, kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config)
        app = CnituiApp(opening(own))
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot, lab)
            await driver.until(lambda: driver.state.settled and len(driver.state.cohorts) == 2)
            yield driver


def pods(driver: Driver) -> Table:
    return driver.screen.query_one("#pods-table", Table)


@pytest.mark.parametrize("size", SIZES)
async def test_each_group_is_a_line_and_says_how_many_were_read(settings: Settings, size: tuple[int, int]) -> None:
    async with opened(settings, size) as driver:
        await driver.shows("20 nodes · CONFIRMED selinux-denial")
        await driver.shows("1 node healthy")
        assert "all agree" in driver.text()
        assert len(pods(driver).rows.shown) == 3
        await driver.press("right")
        await driver.until(lambda: len(pods(driver).rows.shown) == 23)


async def test_the_banner_tells_read_and_alike_apart(settings: Settings) -> None:
    async with opened(settings, (200, 50)) as driver:
        await driver.shows("20 nodes alike")
        await driver.until(lambda: all(len(finding.alike) > 9 for finding in driver.diagnosis.confident))
        for finding in driver.diagnosis.confident:
            assert set(finding.nodes).isdisjoint(finding.alike)
            assert len(finding.nodes) <= 9 < len(finding.alike)
        await driver.press("f4")
        await driver.shows("Groups that fail alike")


async def test_the_node_under_the_cursor_is_read_at_once(settings: Settings) -> None:
    async with opened(settings, (200, 50)) as driver:
        await driver.press("right")
        node = next(node for node in driver.state.cohorts[0].members if node not in driver.state.kept_nodes)
        pods(driver).move_to(node)
        assert driver.screen.node == node
        await driver.until(lambda: node in driver.state.kept_nodes)
        await driver.until(lambda: any(node in finding.nodes for finding in driver.diagnosis.confident))


async def test_walking_through_a_group_shows_and_reads_another_member(settings: Settings) -> None:
    async with opened(settings, (200, 50)) as driver:
        logs = driver.screen.query_one(LogsPane)
        before = logs.nodes
        assert len(before) == 3, "the reference and one of each group"
        await driver.press(">")  # which one stands for a group is open until somebody walks: any that was read
        await driver.until(lambda: logs.nodes != before)
        first = next(node for node in logs.nodes if node not in before)
        await driver.press(">", ">", ">")
        await driver.until(lambda: first not in logs.nodes)
        node = next(node for node in logs.nodes if node not in before)
        await driver.until(lambda: node in driver.state.kept_nodes)
        await driver.shows(f"✗ {node}")
        await driver.press("<", "<", "<")
        await driver.until(lambda: first in logs.nodes)
