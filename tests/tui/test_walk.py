"""The whole walk by keys alone: launch, see, be guided, preview, apply, verify, undo."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual.widgets import Input

from cnitui.settings import Settings
from cnitui.tui.widgets.log.pane import LogPane
from tests.tui.conftest import LONG_ENOUGH, Drive, Driver

SIZES = [(200, 50), (80, 24)]


async def to_step(driver: Driver, number: int) -> None:
    """Open the guide at a step."""
    await driver.press("f4")
    await driver.until(lambda: driver.screen.single == "guide")
    for _ in range(12):
        if driver.screen.query_one("#guide").step == number:  # type: ignore[attr-defined]
            return
        await driver.press("right_square_bracket")
    raise AssertionError(f"step {number} was not reached")


async def previewed(driver: Driver) -> None:
    """Everything judged, and the remedy that fits best previewed."""
    await driver.judged()
    await to_step(driver, 7)
    await driver.press("enter")
    await driver.until(lambda: driver.state.repair.preview is not None)


async def confirm(driver: Driver) -> None:
    """Type the context's name into the dialog and apply."""
    await driver.press("a")
    await driver.shows("Type the context's name")
    await type_into_dialog(driver, driver.state.connection.context)
    await driver.press("tab", "tab", "enter")


async def type_into_dialog(driver: Driver, words: str) -> None:
    """From Cancel, which has the focus, to the field, and type."""
    assert driver.app.focused is not None
    assert driver.app.focused.id == "cancel"
    await driver.press("tab", *words)
    assert driver.app.screen.query_one("#typed", Input).value == words


def writes(driver: Driver) -> list[tuple[str, str]]:
    """Every write the API server has stored, as (method, path)."""
    return [
        (entry.method, entry.path)
        for entry in driver.lab.audit
        if not entry.dry_run and "reviews" not in entry.path and entry.code < 400
    ]


@pytest.mark.parametrize("size", SIZES)
async def test_the_founding_incident_is_seen_proven_repaired_verified_and_taken_back(
    drive: Drive, size: tuple[int, int], settings: Settings
) -> None:
    async with drive(size=size, speed=20) as driver:
        await driver.judged()
        await driver.shows("CONFIRMED")
        assert [finding.cause for finding in driver.diagnosis.confident] == ["selinux-denial"]
        assert driver.diagnosis.confident[0].nodes == ("worker-01", "worker-02")
        assert driver.state.reference == "master-01"

        for number in range(1, 8):
            await to_step(driver, number)
        assert not writes(driver)
        await driver.press("enter")
        await driver.until(lambda: driver.state.repair.preview is not None)
        preview = driver.preview
        assert preview.plan.remedy == "patch-daemonset"
        assert [line for line in preview.diff if line[:1] == "+" and line[:2] != "++"] == [
            "+        securityContext:",
            "+          privileged: true",
        ]
        assert not preview.problems
        assert not writes(driver)

        await confirm(driver)
        await driver.until(lambda: driver.state.repair.phase == "verified")
        assert [check.state for check in driver.state.repair.checks] == ["pass"] * 4
        assert not driver.state.failing
        test_pod = preview.plan.test_pod
        assert test_pod is not None
        assert writes(driver) == [
            ("PATCH", "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"),
            ("POST", f"/api/v1/namespaces/{test_pod.namespace}/pods"),
            ("DELETE", f"/api/v1/namespaces/{test_pod.namespace}/pods/{test_pod.name}"),
        ]

        await before_and_now(driver)
        await driver.press("f4", "u")
        await driver.until(lambda: driver.state.repair.undoing and driver.state.repair.preview is not None)
        await confirm(driver)
        await driver.until(lambda: driver.state.repair.undone and driver.state.failing)
        audit = [json.loads(line) for line in (Path(settings.state_dir) / "audit.jsonl").read_text().splitlines()]
        assert [line["event"] for line in audit if line["event"] == "apply"] == ["apply", "apply"]


async def at_the_end(driver: Driver, words: str) -> None:
    """Go to the end until it says so: rows come while nodes are being read, and then the end is further down."""
    async with asyncio.timeout(LONG_ENOUGH):
        while words not in driver.text():
            await driver.press("G")


async def before_and_now(driver: Driver) -> None:
    """After a repair: both moments at first, and B shows one of them and both again."""
    await driver.press("f3")
    await driver.shows("before and now")
    await at_the_end(driver, "none since then")
    await driver.press("g", "B")
    await driver.shows("Nothing fails any more; worker-01, worker-02 failed before the plan")
    await driver.press("B")
    await driver.shows("BEFORE, at ")
    await driver.shows("reference master-01")
    await driver.press("f5")
    await driver.shows("install-cni fails")
    await driver.press("f2")
    await driver.shows("worker-01 BEFORE")
    await driver.press("p", "B", "B")
    await driver.until(lambda: "BEFORE" not in driver.text())
    assert isinstance(driver.app.focused, LogPane), "the focus does not leave with the log that had it"
    await driver.press("f6")
    await driver.shows("verified: ")
    await driver.press("B")
    await driver.press("v")
    await at_the_end(driver, "exit code 1")
    await driver.press("v", "f2")
    await driver.until(lambda: isinstance(driver.app.focused, LogPane))


async def test_a_wrong_name_keeps_the_apply_button_dead_and_nothing_is_written(drive: Drive) -> None:
    async with drive() as driver:
        await previewed(driver)
        await driver.press("a")
        await driver.shows("Type the context's name")
        await type_into_dialog(driver, "something-else")
        await driver.press("tab", "tab", "enter")
        assert driver.app.screen.query_one("#go").disabled
        await driver.press("escape")
        assert not writes(driver)
        assert driver.state.repair.phase == "planned"


async def test_enter_held_down_in_the_dialog_cancels(drive: Drive) -> None:
    async with drive() as driver:
        await previewed(driver)
        await driver.press("a")
        await driver.shows("Type the context's name")
        await driver.press(*["enter"] * 8)
        assert not writes(driver)


async def test_read_only_mode_previews_but_never_applies(drive: Drive) -> None:
    async with drive(readonly=True) as driver:
        await previewed(driver)
        await driver.shows("read-only")
        await driver.press("a")
        assert driver.app.screen is driver.screen
        assert not writes(driver)


async def test_an_unreachable_api_is_found_and_no_patch_is_offered_for_it(drive: Drive) -> None:
    async with drive("apiserver-unreachable") as driver:
        await driver.judged()
        assert [finding.cause for finding in driver.diagnosis.confident] == ["apiserver-unreachable"]
        fits = {option.remedy.id: option.fits for option in driver.state.repair.options}
        assert not fits["patch-daemonset"]


async def test_a_healthy_cluster_is_one_quiet_green_line(drive: Drive) -> None:
    async with drive("healthy") as driver:
        await driver.until(lambda: driver.state.settled)
        await driver.shows("all 3 nodes healthy")
        assert driver.diagnosis.status == "healthy"
        assert not driver.state.repair.busy
