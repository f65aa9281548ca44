"""Long work is told at the bottom, and one key stops it: what was done by then is told and stays."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from cnitui.tui.widgets.footer_line import FooterLine
from tests.tui.conftest import Drive, Driver
from tests.tui.test_keys import notes
from tests.tui.test_walk import confirm, previewed, to_step, writes


def told_below(driver: Driver) -> str:
    """The bottom line once a second has passed, and another one."""
    driver.screen._tick()
    driver.screen._tick()
    return driver.text(driver.screen.query_one(FooterLine))


async def test_reading_is_counted_and_stopped_and_goes_on_when_somebody_looks_again(drive: Drive) -> None:
    async with drive(speed=1.0) as driver:  # an attempt that ends is read, too
        await driver.judged()
        await driver.until(lambda: "stop" not in told_below(driver))
        await driver.press("X")
        assert not notes(driver.app), "there was nothing to stop"

        driver.lab.ssh.fault("worker-01").slow = 60.0
        await driver.press("r")
        await driver.until(lambda: told_below(driver).startswith(" ◌ reading nodes: 2 of 3 read  X stop"))
        await driver.press("X")
        await driver.until(lambda: driver.state.reading_stopped and driver.state.settled)
        await driver.until(lambda: any("2 of 3 read" in one and "r reads on" in one for one in notes(driver.app)))
        await driver.shows("? stopped")
        await driver.shows("reading stopped, r reads on")
        assert "stop" not in told_below(driver)

        driver.lab.ssh.fault("worker-01").clear()
        await driver.press("r")
        await driver.until(lambda: driver.state.settled and not driver.state.reading_stopped)
        await driver.until(lambda: "? stopped" not in driver.text())


async def test_a_rollout_is_left_to_the_controller_and_its_verification_can_be_stopped(drive: Drive) -> None:
    async with drive(speed=1.0) as driver:
        await previewed(driver)
        await confirm(driver)
        await driver.until(lambda: driver.state.repair.rollout is not None)
        assert "applying: 0 of 3 nodes run the new template  X stop" in told_below(driver)
        await driver.press("X")
        await driver.until(lambda: driver.state.repair.phase == "applied")
        await driver.shows("You stopped following it: the controller goes on by itself.")
        assert len([path for method, path in writes(driver) if method == "PATCH"]) == 1
        assert "stopped following the rollout" in driver.state.repair.actions[-1].words

        await to_step(driver, 10)
        await driver.shows("You stopped following the rollout: v verifies.")
        await driver.press("v")
        await driver.until(lambda: driver.state.repair.phase == "verifying")
        assert "verifying: 0 of 4 checks ended" in told_below(driver)
        await driver.press("X")
        await driver.until(lambda: driver.state.repair.phase == "verified")
        assert {check.state for check in driver.state.repair.checks} == {"unknown"}
        await driver.shows("you stopped it before its end")


async def test_a_case_file_that_is_stopped_is_not_on_disk(drive: Drive, tmp_path: Path) -> None:
    async with drive() as driver:
        await driver.judged()
        driver.lab.ssh.fault("worker-02").slow = 60.0
        await driver.press("ctrl+s")
        await driver.shows("Save a case file")
        driver.app.screen.query_one("#file", Input).value = str(tmp_path / "case.tar.gz")
        await driver.press("enter")
        await driver.until(lambda: "reading nodes: 2 of 3" in driver.screen.saving)
        assert "saving: reading nodes: 2 of 3  X stop" in told_below(driver)
        await driver.press("X")
        await driver.until(lambda: not driver.screen.saving)
        assert any("nothing was written" in note for note in notes(driver.app))
        assert not list(tmp_path.glob("case*"))
