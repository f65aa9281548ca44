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
from cnitui.engine.state import State
from cnitui.errors import KubeconfigError
from cnitui.gateways.investigations import InvestigationShelf
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.screens.resuming import ResumeScreen, ago, earlier_blocks
from tests.engine.guide.states import incident
from tests.tui.conftest import Driver
from tests.tui.showing import showing
from tests.tui.test_keys import notes

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


async def fails(driver: Driver) -> None:
    """The session ends with an error, as when a login plugin fails at a later request."""
    session = driver.screen.session
    assert session is not None

    def no_more() -> State:
        raise KubeconfigError("The login plugin aws failed")

    session._next_state = no_more  # type: ignore[method-assign]
    session.look_again()
    await driver.until(lambda: driver.state.fatal is not None)


async def is_served_anew(driver: Driver) -> None:
    before = driver.screen.session
    await driver.press("r")
    await driver.until(lambda: driver.screen.session is not before)


@pytest.mark.parametrize("answers", [("enter",), ("escape",)])
async def test_a_session_served_anew_goes_on_unasked_and_keeps_what_follows(
    tmp_path: Path, answers: tuple[str, ...]
) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab:
        await left_at_step_6(lab, tmp_path)
        async with at_work(lab, tmp_path) as driver:
            await driver.until(lambda: offered(driver))
            await driver.press(*answers)
            await driver.until(lambda: driver.state.earlier is None)
            keeper = driver.screen.session.investigation if driver.screen.session else None
            assert keeper is not None
            await driver.until(lambda: keeper.id)
            await driver.press("f4", "right_square_bracket", "right_square_bracket")
            here = step(driver)
            await fails(driver)
            await is_served_anew(driver)
            await driver.judged()
            await driver.until(lambda: driver.state.earlier is None)
            assert not offered(driver)
            assert step(driver) == here
            await driver.press("right_square_bracket")
            shelf = InvestigationShelf(tmp_path)
            await driver.until(lambda: (kept := kept_investigation(shelf, keeper.id)) and kept.step == here + 1)
            assert shelf.ids()[-1] == keeper.id


async def test_one_that_nobody_decided_about_is_offered_by_the_session_that_follows(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab:
        kept_id = await left_at_step_6(lab, tmp_path)
        async with at_work(lab, tmp_path) as driver:
            await driver.until(lambda: offered(driver))
            await fails(driver)
            await driver.press("enter")
            await driver.until(lambda: not offered(driver))
            await is_served_anew(driver)
            await driver.until(lambda: offered(driver))
            await driver.press("enter")
            await driver.until(lambda: driver.state.settled and driver.state.earlier is None and step(driver) == 6)
            keeper = driver.screen.session.investigation if driver.screen.session else None
            assert keeper is not None
            assert keeper.id == kept_id


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


async def test_that_nothing_can_be_kept_is_said_once_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "investigations").write_text("a file where the folder would be")
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab, at_work(lab, tmp_path) as driver:
        await driver.judged()
        await driver.until(lambda: driver.state.unkept)
        for number in range(2, 5):
            await driver.press("f4", "right_square_bracket")
            assert step(driver) == number
        (said,) = [note for note in notes(driver.app) if "kept" in note]
        assert said.startswith("How far you come is not kept for a later sitting: ")
        assert str(tmp_path) in said
        driver.screen.tell_whether_kept("")
        await driver.until(lambda: "How far you come is kept again." in notes(driver.app))
