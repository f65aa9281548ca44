"""Case files in the screens: saved with ctrl+s, opened read-only, and the report on the last step."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from cnitui.compose import case_opening
from cnitui.domain.report import as_data
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.logs.kept import line_of
from cnitui.engine.sitting import judged
from cnitui.gateways.bundle import read_bundle
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.screens.dialogs import FileNameScreen
from tests.engine.lab_case import Collected, collected, still
from tests.schemas import objections
from tests.tui.conftest import Drive, Driver


@asynccontextmanager
async def opened(case: Collected, size: tuple[int, int] = (160, 45)) -> AsyncIterator[Driver]:
    """The app on a case file; there is no lab any more."""
    app = CnituiApp(case_opening(case.saved.path, case.settings))
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot, lab=None)  # type: ignore[arg-type]
        await driver.until(lambda: driver.state.settled)
        yield driver


@pytest.fixture
async def case(tmp_path: Path) -> Collected:
    async with still("selinux-denial") as lab:
        return await collected(lab, tmp_path)


async def to_step(driver: Driver, number: int) -> None:
    await driver.press("f4")
    await driver.until(lambda: driver.screen.single == "guide")
    for _ in range(number - 1):
        await driver.press("right_square_bracket")
    assert driver.screen.query_one("#guide").step == number  # type: ignore[attr-defined]


def board_of(driver: Driver) -> LogBoard:
    session = driver.screen.session
    assert session is not None
    return session.logs


async def told(driver: Driver, words: str) -> None:
    """Wait until a notification says so."""
    await driver.until(lambda: any(words in one.message for one in driver.app._notifications))


async def save_as(driver: Driver, path: Path) -> str:
    """Press ctrl+s, type a name instead of the one that is offered, and answer that one."""
    await driver.press("ctrl+s")
    await driver.until(lambda: isinstance(driver.app.screen, FileNameScreen))
    field = driver.app.screen.query_one(Input)
    offered = field.value
    field.value = str(path)
    await driver.press("enter")
    return offered


@pytest.mark.parametrize("size", [(200, 50), (80, 24)])
async def test_a_case_file_is_the_same_screens_with_its_name_where_it_said_live(
    case: Collected, size: tuple[int, int]
) -> None:
    async with opened(case, size) as driver:
        recorded = driver.state.recorded
        assert recorded is not None
        first = driver.text().split("\n")[0]
        assert "live" not in first
        name = "case case.tar.gz, collected" if size[0] > 100 else "case, collected"
        assert name in first
        assert f"{recorded.at:%H:%M}" in first
        await driver.shows("CONFIRMED")
        await driver.press("f2")
        await driver.shows("Done configuring CNI")
        await driver.press("f4")
        views = driver.screen.query_one("#guide").views  # type: ignore[attr-defined]
        assert [view.state for view in views[:6]] == ["fail", "fail", "fail", "unknown", "fail", "fail"]
        await driver.press("f1", "y")
        await driver.shows("apiVersion: v1")


async def test_a_remedy_is_shown_and_refused_with_the_reason(case: Collected) -> None:
    async with opened(case) as driver:
        await to_step(driver, 7)
        await driver.press("enter")
        await driver.until(lambda: driver.state.repair.preview is not None)
        await driver.shows("privileged: true")
        await driver.shows("a case file has no cluster behind it")
        assert " a apply" not in driver.text(), "what cannot be done is not offered"
        await driver.press("a")
        assert len(driver.app.screen_stack) == 2, "no confirmation is asked for"
        assert driver.state.repair.applied is None


async def test_ctrl_s_saves_a_case_that_leads_to_the_same_verdict(drive: Drive, tmp_path: Path) -> None:
    path = tmp_path / "saved.tar.gz"
    async with drive("disk-full", speed=1) as driver:
        await driver.judged()
        offered = await save_as(driver, path)
        await told(driver, "pieces of evidence")
        live = judged(driver.state)
    assert offered.startswith("cnitui-kubernetes-admin_lab-")
    assert offered.endswith("Z.tar.gz")
    again = CnituiApp(case_opening(path, Settings(state_dir=tmp_path / "state")))
    async with again.run_test() as pilot:
        opened_one = Driver(again, pilot, lab=None)  # type: ignore[arg-type]
        await opened_one.until(lambda: opened_one.state.settled)
        assert [one.cause for one in judged(opened_one.state).confident] == [one.cause for one in live.confident]


async def test_attempts_that_the_kubelet_forgot_are_in_the_case(drive: Drive, tmp_path: Path) -> None:
    path = tmp_path / "saved.tar.gz"
    async with drive("selinux-denial", speed=200) as driver:
        await driver.judged()
        await driver.press("f2")
        await driver.until(lambda: board_of(driver).forgotten())
        seen = board_of(driver).forgotten()[0]
        await driver.press("f1")
        await save_as(driver, path)
        await told(driver, "pieces of evidence")
    (kept,) = [piece for piece in read_bundle(path).pieces if piece.kind == "kept" and piece.key[0] == seen[0]]
    assert kept.data.startswith(seen[2])
    again = CnituiApp(case_opening(path, Settings(state_dir=tmp_path / "state")))
    async with again.run_test(size=(160, 45)) as pilot:
        reopened = Driver(again, pilot, lab=None)  # type: ignore[arg-type]
        await reopened.until(lambda: reopened.state.settled)
        feed = board_of(reopened).feed(seen[0])
        await reopened.until(lambda: len(feed.lines) > kept.data.count(b"\n"))
        first = kept.data.split(b"\n")[0]
        assert line_of(feed.lines[0]) == first


async def test_ctrl_s_on_the_last_step_saves_the_report(case: Collected, tmp_path: Path) -> None:
    async with opened(case) as driver:
        await to_step(driver, 11)
        offered = await save_as(driver, tmp_path / "report.md")
        await told(driver, "saved the report")
        await save_as(driver, tmp_path / "report.json")
        await driver.until((tmp_path / "report.json").exists)
        await save_as(driver, tmp_path / "report.html")
        await driver.until((tmp_path / "report.html").exists)
        diagnosis = judged(driver.state)
    assert offered.startswith("cnitui-report-")
    text = (tmp_path / "report.md").read_text()
    assert "- case file: case.tar.gz, collected " in text
    assert "## Confirmed: SELinux stops install-cni" in text
    assert "Nothing was changed." in text
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["schema"] == "cnitui/report/v1"
    assert objections(report) == []
    assert report["diagnosis"] == as_data(diagnosis)
    assert "<h1>Calico on worker-01, worker-02</h1>" in (tmp_path / "report.html").read_text()


async def test_ctrl_s_in_a_log_saves_that_log(case: Collected, tmp_path: Path) -> None:
    async with opened(case) as driver:
        await driver.press("f2")
        await driver.shows("Running as a Kubernetes pod")
        offered = await save_as(driver, tmp_path / "one.log")
        await driver.until((tmp_path / "one.log").exists)
    assert offered.startswith("master-01-install-cni-")
    assert "Done configuring CNI" in (tmp_path / "one.log").read_text()


async def test_an_existing_file_is_kept_and_escape_saves_nothing(case: Collected, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    async with opened(case) as driver:
        await save_as(driver, taken)
        await told(driver, "exists already")
        await driver.press("ctrl+s", "escape")
        await driver.until(lambda: not isinstance(driver.app.screen, FileNameScreen))
    assert taken.read_text() == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} <= {"case.tar.gz", "taken", "state"}


async def test_a_failure_to_save_is_told_and_the_screens_go_on(drive: Drive, tmp_path: Path) -> None:
    async with drive("selinux-denial", speed=1) as driver:
        await driver.judged()
        await driver.lab.stop_api()
        await save_as(driver, tmp_path / "never.tar.gz")
        await driver.until(lambda: "refused" in driver.text() or "cannot be reached" in driver.text())
        await driver.press("f3")
        await driver.shows("enforcing")
    assert not (tmp_path / "never.tar.gz").exists()


async def test_the_saved_case_holds_what_the_lab_said(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=10, seed=7) as lab:
        found = await collected(lab, tmp_path)
    assert read_bundle(found.saved.path).server == lab.api_url


async def test_a_yaml_case_is_shown_with_its_verdict_and_its_log(tmp_path: Path) -> None:
    path = tmp_path / "colleague.yaml"
    path.write_text('logs: {install-cni: "Running as a Kubernetes pod\\ncp: No space left on device"}\n')
    app = CnituiApp(case_opening(path, Settings(state_dir=tmp_path / "state")))
    async with app.run_test(size=(160, 45)) as pilot:
        driver = Driver(app, pilot, lab=None)  # type: ignore[arg-type]
        await driver.until(lambda: driver.state.settled)
        await driver.shows("case colleague.yaml, collected")
        await driver.shows("No space left on device")
        await driver.press("f4")
        await driver.shows("1 of 1 nodes fail")
