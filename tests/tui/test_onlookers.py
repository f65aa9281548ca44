"""Others look on: in a browser, as textual-serve starts the program, or read-only; nothing that writes is offered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.compose import KubeconfigContexts, open_services
from cnitui.engine.services import Services
from cnitui.lab import Lab
from cnitui.settings import Settings, in_browser
from cnitui.tui.app import CnituiApp
from cnitui.tui.palette.catalogue import catalogue
from tests.running import PROGRAM, environment
from tests.tui.conftest import Drive, Driver

WEB = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "120", "ROWS": "40", "LC_ALL": "C"}
"""As textual-serve 1.1 sets them (textual_serve/app_service.py)."""
WRITES = {
    "Confirm and apply the previewed plan",
    "Prove the cause by an experiment on one node",
    "Run the changed container on one failing node before anything is rolled out",
    "Run the four checks again",
    "Take the applied plan back",
    "Preview taking the latest applied plan back",
    "Which Jobs would read the nodes; confirm them (--node-access pod)",
}
SAVES = "Save the log, the report or a case file"
LONG_ENOUGH = 60.0


async def offered_anywhere(driver: Driver) -> set[str]:
    """What the palette lists on every step of the guide, a plan being previewed."""
    await driver.judged()
    await driver.screen.session.choose_remedy("patch-daemonset")  # type: ignore[union-attr]
    await driver.until(lambda: driver.state.repair.preview is not None)
    found: set[str] = set()
    await driver.press("f4")
    for step in range(1, 12):
        driver.screen.query_one("GuidePane").step = step  # type: ignore[attr-defined]
        await driver.pilot.pause()
        found |= {offer.what for offer in catalogue(driver.app).offers}
    return found


async def test_read_only_offers_nothing_that_writes_to_the_cluster(drive: Drive) -> None:
    async with drive() as driver:
        assert len(await offered_anywhere(driver) & WRITES) >= 4
    async with drive(readonly=True) as driver:
        found = await offered_anywhere(driver)
        assert not found & WRITES
        assert SAVES in found, "a case file is what one takes home from a cluster that one may only read"


async def test_where_others_look_on_nothing_is_written_here_either(settings: Settings, lab: Lab) -> None:
    own = replace(settings, kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config, readonly=True, onlookers=True)

    async def opened() -> Services:
        return open_services(own)

    app = CnituiApp(opened)
    async with app.run_test(size=(120, 35)) as pilot:
        driver = Driver(app, pilot, lab)
        await driver.judged()
        offers = catalogue(app)
        assert SAVES not in {offer.what for offer in offers.offers}
        assert not {verb.name for verb in offers.verbs} & {"ctx", "ns"}
        await driver.press("ctrl+s")
        assert app.screen is driver.screen
    assert not own.state_dir.exists()
    services = await KubeconfigContexts(own).opening(KubeconfigContexts(own).start)()
    assert not services.keeps
    assert services.investigations is None


def test_only_textual_serve_makes_a_browser_of_it() -> None:
    assert in_browser(WEB)
    assert not in_browser({})
    assert not in_browser({"TEXTUAL_DRIVER": "textual.drivers.headless_driver:HeadlessDriver"})


class Page:
    """The other end of the program's pipes, where textual-serve is."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self.shown = process, b""

    async def until(self, fact: Callable[[bytes], bool]) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(LONG_ENOUGH):
            while not fact(self.shown):
                piece = await self.process.stdout.read(65536)
                assert piece, "the program has ended"
                self.shown += piece

    async def press(self, keys: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"D" + len(keys).to_bytes(4, "big") + keys)
        await self.process.stdin.drain()

    async def ended(self) -> int:
        """Its exit code; what it still says is read, as a server does."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LONG_ENOUGH):
            while piece := await self.process.stdout.read(65536):
                self.shown += piece
            return await self.process.wait()


@asynccontextmanager
async def page(home: Path, lab: Lab) -> AsyncIterator[Page]:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--node-access", "none",
        env=environment(home, KUBECONFIG=str(lab.kubeconfig), **WEB),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Page(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20.0, seed=7) as one:
        yield one


async def test_behind_textual_serve_it_is_read_only_and_leaves_nothing_behind(tmp_path: Path, lab: Lab) -> None:
    async with page(tmp_path, lab) as served:
        await served.until(lambda shown: b"__GANGLION__" in shown)
        await served.until(lambda shown: b"read-only" in shown and "✗".encode() in shown)
        await served.press(b"q")
        assert await served.ended() == 0
        assert b"Traceback" not in served.shown
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_visitor_who_goes_away_leaves_no_process_behind(tmp_path: Path, lab: Lab) -> None:
    async with page(tmp_path, lab) as served:
        await served.until(lambda shown: b"__GANGLION__" in shown)
        assert served.process.stdin is not None
        served.process.stdin.close()
        assert await served.ended() in (0, 130)
