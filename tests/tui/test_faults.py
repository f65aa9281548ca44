"""Faults of the lab on the screens: told plainly, the rest keeps working, and it recovers when the fault ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partialmethod

import pytest

from cnitui.compose import opening
from cnitui.domain.facts import SelinuxMode
from cnitui.engine import session
from cnitui.engine.reading import reader
from cnitui.engine.state import Look
from cnitui.engine.watching import liveness
from cnitui.gateways.kubernetes.reflector import Pace
from cnitui.gateways.ssh import shell
from cnitui.gateways.ssh.session import Limits
from cnitui.gateways.ssh.shell import SshNodeShell
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from tests.tui.conftest import Driver

BOTH = "worker-01, worker-02"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same patience, in less time."""
    monkeypatch.setattr(Pace, "pause", lambda _, failures: 0.05)
    monkeypatch.setattr(session, "_FIRST_RETRY", 0.1)
    monkeypatch.setattr(session, "_LAST_RETRY", 0.1)
    monkeypatch.setattr(reader, "_FIRST_NODE_RETRY", 0.2)
    monkeypatch.setattr(reader, "_LAST_NODE_RETRY", 0.2)
    for name, seconds in {"QUIET": 0.3, "PATIENCE": 0.2, "LOOK_EVERY": 0.05}.items():
        monkeypatch.setattr(liveness, name, seconds)


@asynccontextmanager
async def driven(
    settings: Settings, *begins_with: str, kubeconfig: str = "admin", size: tuple[int, int] = (160, 45)
) -> AsyncIterator[Driver]:
    """The screens on a lab that has these faults from the beginning."""
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab:
        await lab.standing.set(*begins_with)
        own = replace(settings, kubeconfig=(lab.kubeconfig_of(kubeconfig),), ssh_config=lab.ssh_config)
        app = CnituiApp(opening(own))
        async with app.run_test(size=size) as pilot:
            yield Driver(app, pilot, lab)


def line(driver: Driver, y: int) -> str:
    """A line of the screen; "" while there is none."""
    return (driver.text() + "\n" * (y + 1)).splitlines()[y]


LOGIN = "The API server does not accept our credentials (401)"


def stays(driver: Driver, says: str = "CONFIRMED") -> None:
    """What was found stays; the banner `says` it, or what a person has to do first."""
    assert says in line(driver, 1)
    assert driver.diagnosis.confident
    assert len(driver.state.pods) == 3


async def works(driver: Driver, says: str = "CONFIRMED") -> None:
    """What was found stays, and the keys work."""
    stays(driver, says)
    await driver.press("f4", "right")
    await driver.until(lambda: driver.screen.focused_pane == "guide")
    await driver.press("f1")


# --- the API, while the screens are open -----------------------------------------------------------------------------

IN_THE_MIDDLE = {
    "api status=503": "server error (503)",
    "api status=429": "overloaded (429)",
    "api status=401": "login refused (401)",
    "api down": "not reachable",
    "api cut=300": "not reachable",
    "api certificate=expired": "certificate expired",
    "api certificate=foreign": "certificate not trusted",
    "api certificate=not-yet-valid": "cert. not yet valid",
    "api certificate=other-name": "cert. of another name",
}


async def test_each_fault_of_the_api_is_told_in_the_header_beside_the_picture_and_ends(settings: Settings) -> None:
    async with driven(settings) as driver:
        await driver.judged()
        for fault, words in IN_THE_MIDDLE.items():
            await driver.lab.standing.set(fault)
            driver.lab.faults.cut_streams()
            await driver.until(lambda words=words: words in line(driver, 0))  # type: ignore[misc]
            assert line(driver, 0).count("! stale") + line(driver, 0).count("! refused") == 1, fault
            await driver.until(lambda: "3 nodes · as last seen; " in driver.text())
            stays(driver, LOGIN if "401" in fault else "CONFIRMED")
            await driver.lab.standing.set()
            await driver.shows("● live")
            assert "as last seen" not in driver.text()


@pytest.mark.parametrize("fault", ["api stall", "api half-open"])
async def test_silence_is_told_with_its_age(settings: Settings, fault: str) -> None:
    async with driven(settings) as driver:
        await driver.judged()
        await driver.lab.standing.set(fault)
        await driver.until(lambda: "! no answer for " in line(driver, 0))
        await works(driver)
        await driver.lab.standing.set()
        await driver.shows("● live")


async def test_on_a_narrow_screen_the_reason_outlives_the_name(settings: Settings) -> None:
    async with driven(settings, size=(80, 24)) as driver:
        await driver.judged()
        await driver.lab.standing.set("api certificate=expired")
        await driver.until(lambda: "certificate expired" in line(driver, 0))
        assert "2 of 3 nodes failing" in line(driver, 0)
        assert max(map(len, driver.text().splitlines())) == 80


async def test_slow_and_trickling_answers_only_take_their_time(settings: Settings) -> None:
    async with driven(settings, "api latency=0.2", "api drip=200000") as driver:
        await driver.judged()
        await driver.shows("CONFIRMED")
        await driver.shows("● live")


# --- the API, at the beginning ---------------------------------------------------------------------------------------

AT_THE_START = {
    "api status=503": "(503)",
    "api certificate=expired": "its certificate has expired",
    "api certificate=not-yet-valid": "its certificate is not valid yet. Check the clocks of this machine and",
    "api certificate=other-name": "its certificate is for another name (IP address mismatch",
    "api cut=100": "closed the connection in the middle",
}


@pytest.mark.parametrize(("fault", "words"), AT_THE_START.items())
async def test_who_begins_with_it_reads_what_it_is_and_waits(settings: Settings, fault: str, words: str) -> None:
    async with driven(settings, fault) as driver:
        await driver.until(lambda: words in line(driver, 1))
        await driver.lab.standing.set()
        await driver.judged()
        await driver.shows("● live")


async def test_nodes_that_are_late_are_named_as_what_is_waited_for(settings: Settings) -> None:
    async with driven(settings, "api stall /api/v1/nodes") as driver:
        await driver.until(lambda: "for the nodes " in line(driver, 1))
        assert len(driver.state.pods) == 3
        await driver.lab.standing.set()
        await driver.shows("CONFIRMED")


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kubeconfig", ["plugin", "token-file"])
async def test_a_token_that_expired_is_fetched_anew_without_a_word(settings: Settings, kubeconfig: str) -> None:
    async with driven(settings, kubeconfig=kubeconfig) as driver:
        await driver.judged()
        asked = len(driver.lab.api.requests)
        await driver.lab.standing.set("api new-tokens")
        driver.lab.faults.cut_streams()
        again = ("/pods?", "/nodes?", "/daemonsets?")
        await driver.until(lambda: all(any(one in r for r in driver.lab.api.requests[asked:]) for one in again))
        await driver.shows("● live")
        assert "login refused" not in driver.text()


async def test_a_token_that_cannot_be_fetched_is_told(settings: Settings) -> None:
    async with driven(settings, kubeconfig="token") as driver:
        await driver.judged()
        await driver.lab.standing.set("api new-tokens")
        driver.lab.faults.cut_streams()
        await driver.until(lambda: "! refused " in line(driver, 0) and "s: login refused (401)" in line(driver, 0))
        await works(driver, LOGIN)


# --- nodes -----------------------------------------------------------------------------------------------------------


async def test_nodes_that_cannot_be_reached_are_named_before_the_candidates_and_read_when_they_can(
    settings: Settings,
) -> None:
    async with driven(settings, "ssh down worker-*") as driver:
        await driver.until(lambda: f"{BOTH}: not reachable · could be: " in line(driver, 1))
        await driver.until(lambda: driver.state.case.value(SelinuxMode, "master-01"))
        assert "● live" in line(driver, 0)
        await driver.lab.standing.set()
        await driver.shows("CONFIRMED")


async def test_another_host_key_is_told_and_read_again_once_it_is_the_known_one(settings: Settings) -> None:
    async with driven(settings, "ssh new-key worker-*") as driver:
        await driver.until(lambda: f"{BOTH}: host key changed" in line(driver, 1))
        await driver.lab.standing.set()
        await driver.shows("CONFIRMED")


@pytest.mark.parametrize("fault", ["ssh stall worker-01", "ssh drip=1 worker-01"])
async def test_a_node_that_does_not_come_to_an_end_keeps_nobody_waiting(settings: Settings, fault: str) -> None:
    async with driven(settings, fault) as driver:
        await driver.until(lambda: "CONFIRMED  SELinux stops install-cni on worker-02" in line(driver, 1))
        assert driver.state.case.value(SelinuxMode, "worker-01") is None


async def test_a_slow_node_keeps_nobody_waiting_and_is_asked_anew_by_a_key(settings: Settings) -> None:
    async with driven(settings, "ssh latency=3600 worker-01") as driver:
        await driver.until(lambda: "CONFIRMED  SELinux stops install-cni on worker-02" in line(driver, 1))
        assert driver.state.case.value(SelinuxMode, "worker-01") is None
        await driver.lab.standing.set()
        await driver.press("r")
        await driver.shows(f"CONFIRMED  SELinux stops install-cni on {BOTH}")


BROKEN_OFF = {
    "ssh cut=300 worker-01": ("was lost in the middle", "Look again"),
    "ssh silent worker-01": ("did not answer within 2 s", "See whether the node is up and port 22 open on the way"),
}


@pytest.mark.parametrize(("fault", "words"), BROKEN_OFF.items())
async def test_a_node_that_breaks_off_or_says_nothing_is_told_with_what_to_do_and_read_when_it_can(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str, words: tuple[str, str]
) -> None:
    monkeypatch.setattr(SshNodeShell, "__init__", partialmethod(SshNodeShell.__init__, connect_timeout=2.0))
    async with driven(settings, fault) as driver:
        await driver.until(lambda: "CONFIRMED  SELinux stops install-cni on worker-02" in line(driver, 1))
        await driver.shows("? unreachable")
        await driver.press("f3")
        for told in words:
            await driver.shows(told)
        assert "● live" in line(driver, 0)
        await works(driver)
        await driver.lab.standing.set()
        await driver.shows(f"CONFIRMED  SELinux stops install-cni on {BOTH}")


async def test_a_connection_to_a_node_that_went_dead_without_a_word_is_made_anew_without_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "Limits", lambda: Limits(command_seconds=2, grace_seconds=0.5))
    async with driven(settings) as driver:
        await driver.judged()
        await driver.lab.standing.set("ssh half-open worker-01")
        asked, before = len(driver.lab.ssh.commands("worker-01")), looked(driver)
        await driver.press("r")
        await driver.until(lambda: looked(driver) != before and driver.state.settled)
        assert len(driver.lab.ssh.commands("worker-01")) > asked
        await works(driver)
        assert f"on {BOTH}" in line(driver, 1)
        assert "opens no session" not in driver.text()


def looked(driver: Driver) -> Look | None:
    """The last look at worker-01 that came to its end."""
    look = driver.state.look("worker-01")
    return look if look is not None and look.phase != "asking" else None


LIES = {
    "garbage": "but not run commands",
    "nologin": "but not run commands",
    "empty": "but not run commands",
    "other": "another machine answered",
}


@pytest.mark.parametrize(("lie", "words"), LIES.items())
async def test_nodes_that_lie_prove_nothing_until_they_tell_the_truth(settings: Settings, lie: str, words: str) -> None:
    async with driven(settings, f"ssh lie={lie}") as driver:
        await driver.judged()
        assert driver.diagnosis.confident == ()
        assert driver.state.case.value(SelinuxMode, "worker-01") is None
        await driver.until(lambda: line(driver, 1).lstrip().startswith("? "))
        await driver.press("f3")
        await driver.shows(words)
        await driver.lab.standing.set()
        await driver.press("r")
        await driver.shows("CONFIRMED")


# --- another machine answers for a node ------------------------------------------------------------------------------


async def test_where_all_nodes_lead_elsewhere_the_banner_says_so_and_it_ends_by_itself(settings: Settings) -> None:
    async with driven(settings, "ssh lie=other") as driver:
        await driver.until(lambda: f"{BOTH}: another machine answers · could be: " in line(driver, 1))
        assert driver.diagnosis.confident == ()
        await driver.lab.standing.set()
        await driver.shows(f"CONFIRMED  SELinux stops install-cni on {BOTH}")
        assert "another machine" not in driver.text()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_another_machine_is_told_on_every_screen_that_shows_the_node(
    settings: Settings, size: tuple[int, int]
) -> None:
    async with driven(settings, "ssh lie=other worker-01", size=size) as driver:
        await driver.until(lambda: "CONFIRMED  SELinux stops install-cni on worker-02" in line(driver, 1))
        own, others = (driver.lab.world.node(name).machine_id for name in ("worker-01", "worker-02"))
        await driver.press("f3")
        for told in ("worker-01: another machine", others, own, "? another"):
            await driver.shows(told)
        assert max(map(len, driver.text().splitlines())) == size[0]
        await driver.press("f1")
        await driver.shows("? not itself")
        await driver.press("home", "down", "enter")
        await driver.shows("Node worker-01")
        await driver.shows("another machine; nothing it answered is held against the node")


async def test_what_is_not_certain_of_a_node_is_told_beside_what_it_says(settings: Settings) -> None:
    async with driven(settings) as driver:
        await driver.judged()
        driver.lab.world.node("worker-01").boot_id = "33333333-3333-4333-8333-333333333333"
        await driver.press("r", "f3")
        await driver.shows("worker-01: the node, started again")
        stays(driver)
