"""The offer to go on: it says where the last sitting ended, and takes its place in the guide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnitui.compose import sitting_opening
from cnitui.domain.investigation import Done, Investigation
from cnitui.engine.investigations.earlier import kept_investigation
from cnitui.gateways.investigations import InvestigationShelf
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.screens.resuming import ResumeScreen, ago, earlier_blocks
from tests.engine.guide.states import incident
from tests.tui.conftest import Driver
from tests.tui.showing import showing

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
KEPT = Investigation(
    "20260304T120000Z-1a2b", "prod", "https://10.0.0.1:6443", NOON, NOON, "confirmed: SELinux stops it on worker-01",
    8, (), "", "20260304T121000Z-3c4d", (Done(NOON, "patched DaemonSet [kube-system]/calico-node"),),
)  # fmt: skip


@asynccontextmanager
async def at_work(lab: Lab, folder: Path, size: tuple[int, int] = (120, 35)) -> AsyncIterator[Driver]:
    """The screens on a lab, with the memory of a folder."""
    settings = Settings(state_dir=folder, kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config)
    app = CnituiApp(sitting_opening(settings))
    async with app.run_test(size=size) as pilot:
        yield Driver(app, pilot, lab)


async def left_at_step_6(lab: Lab, folder: Path) -> str:
    """A sitting ends at step 6; answers the id of its investigation."""
    shelf = InvestigationShelf(folder)
    async with at_work(lab, folder) as driver:
        await driver.judged()
        await driver.press("f4", *["right_square_bracket"] * 5)
        await driver.until(lambda: [1 for one in shelf.ids() if (k := kept_investigation(shelf, one)) and k.step == 6])
    return shelf.ids()[-1]


def offered(driver: Driver) -> bool:
    return isinstance(driver.app.screen, ResumeScreen)


def step(driver: Driver) -> int:
    return driver.app.screen_stack[-1].query_one(GuidePane).step


async def test_a_sitting_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab:
        kept_id = await left_at_step_6(lab, tmp_path)
        async with at_work(lab, tmp_path, (80, 24)) as driver:
            await driver.until(lambda: offered(driver))
            await driver.shows("It stood at step 6 of 11, less than a minute ago")
            await driver.press("enter")
            await driver.until(lambda: not offered(driver) and step(driver) == 6)
            await driver.until(lambda: driver.state.earlier is None)
        assert InvestigationShelf(tmp_path).ids() == (kept_id,)


async def test_beginning_anew_begins_at_the_first_step(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab:
        kept_id = await left_at_step_6(lab, tmp_path)
        async with at_work(lab, tmp_path) as driver:
            await driver.until(lambda: offered(driver))
            await driver.press("shift+tab", "enter")
            await driver.until(lambda: driver.state.earlier is None)
            assert step(driver) == 1
            shelf = InvestigationShelf(tmp_path)
            await driver.until(lambda: (found := kept_investigation(shelf, kept_id)) and found.over)


async def test_what_was_done_is_told_literally(tmp_path: Path) -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        app.push_screen(ResumeScreen(replace(KEPT, found="[red]markup[/red] \x1b[2J"), NOON + timedelta(hours=3)))
        await pilot.pause()
        await pilot.pause()
        shown = "\n".join("".join(part.text for part in line) for line in app.screen._compositor.render_strips())
    assert "3 hours ago" in shown
    assert "[red]markup[/red]" in shown
    assert "patched DaemonSet [kube-system]/calico-node" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("passed", "words"),
    [(5, "less than a minute ago"), (61, "1 minute ago"), (3000, "50 minutes ago"), (7300, "2 hours ago")],
)
def test_how_long_ago(passed: int, words: str) -> None:
    assert ago(NOON + timedelta(seconds=passed), NOON) == words


def test_an_investigation_without_a_verdict_says_so() -> None:
    assert "nothing was found yet" in str(earlier_blocks(replace(KEPT, found=""), NOON))
