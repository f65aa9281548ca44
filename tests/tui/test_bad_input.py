"""What goes wrong, and what the screens say: a clear message, the rest works, recovery by itself, and a quick end."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.compose import opening
from cnitui.domain.facts import SelinuxMode
from cnitui.engine.watching import liveness
from cnitui.errors import HostKeyChanged, HostKeyUnknown, NodeUnreachable
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.screens.dialogs import HostKeyScreen
from tests.tui.conftest import Drive, Driver

AT_ONCE = 5.0
"""Seconds; far less than any of the waits (10 s and more) that a quit must not wait for."""
HOSTILE = b"[/x] [bold]b[/bold] [/host/opt] \x1b[31mred\x1b[2J\x1b]0;owned\x07\x9b1m \xe2\x80\xaertl \xff\x00 \r\x08"

Chosen = Callable[[Lab, Path], dict[str, object]]


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20, seed=7) as running:
        yield running


@asynccontextmanager
async def opened(lab: Lab, settings: Settings, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Driver]:
    app = CnituiApp(opening(settings))
    async with app.run_test(size=size) as pilot:
        yield Driver(app, pilot, lab)


def on(lab: Lab, settings: Settings, **changes: object) -> Settings:
    own = replace(settings, kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config)
    return replace(own, **changes)  # type: ignore[arg-type]  # by name, as the caller gives them


async def quits_at_once(driver: Driver, key: str = "q") -> None:
    async with asyncio.timeout(AT_ONCE):
        await driver.pilot.press(key)
        while driver.app.return_code is None and driver.app.is_running:
            await asyncio.sleep(0)
    assert driver.app.return_code == 0


# --- no way to begin ------------------------------------------------------------------------------------------------


def _broken(folder: Path) -> Path:
    file = folder / "broken.yaml"
    file.write_text("clusters: [\n  oops: }")
    return file


BEGINNINGS: dict[str, tuple[Chosen, str]] = {
    "none": (lambda lab, folder: {"kubeconfig": (folder / "none.yaml",)}, "none.yaml does not exist"),
    "broken": (lambda lab, folder: {"kubeconfig": (_broken(folder),)}, "line 2"),
    "unknown context": (lambda lab, folder: {"context": "nope"}, "There are: kubernetes-admin@lab"),
    "401": (lambda lab, folder: {"kubeconfig": (lab.kubeconfig_of("token-expired"),)}, "Log in again"),
    "wrong CA": (lambda lab, folder: {"kubeconfig": (lab.kubeconfig_of("wrong-ca"),)}, "not signed by the authority"),
    "403": (lambda lab, folder: {"kubeconfig": (lab.kubeconfig_of("nobody"),)}, "auth can-i list pods"),
    "no Calico": (lambda lab, folder: {"namespace": "default"}, "is Calico installed here?"),
}


def flat(text: str) -> str:
    return " ".join(text.split())


def unwrapped(text: str) -> str:
    """Without any blanks: a long path is broken wherever the line ends."""
    return "".join(text.split())


@pytest.mark.parametrize("chosen", BEGINNINGS)
async def test_a_wrong_beginning_says_what_why_and_what_next_and_the_keys_work(
    lab: Lab, settings: Settings, tmp_path: Path, chosen: str
) -> None:
    choose, words = BEGINNINGS[chosen]
    async with opened(lab, on(lab, settings, **choose(lab, tmp_path)), (80, 24)) as driver:
        await driver.until(lambda: unwrapped(words) in unwrapped(driver.text()))
        await driver.press("f4")
        await driver.until(lambda: driver.screen.single == "guide")
        await driver.press("f2", "f1", "question_mark")
        await driver.shows("Keys")
        await driver.press("escape")
        await quits_at_once(driver)


async def test_a_mended_kubeconfig_is_taken_with_one_key(lab: Lab, settings: Settings, tmp_path: Path) -> None:
    file = _broken(tmp_path)
    async with opened(lab, on(lab, settings, kubeconfig=(file,))) as driver:
        await driver.shows("r tries again")
        file.write_bytes(lab.kubeconfig.read_bytes())
        await driver.press("r")
        await driver.until(lambda: driver.state.failing)


async def test_a_server_that_is_down_at_the_start_is_waited_for(lab: Lab, settings: Settings) -> None:
    await lab.stop_api()
    async with opened(lab, on(lab, settings)) as driver:
        await driver.until(lambda: "connection refused" in flat(driver.text()))
        await driver.shows("trying again by itself")
        await lab.start_api()
        await driver.judged()
        await driver.shows("● live")


async def test_a_server_that_dies_in_the_middle_leaves_the_picture_and_comes_back(lab: Lab, settings: Settings) -> None:
    async with opened(lab, on(lab, settings)) as driver:
        await driver.judged()
        await lab.stop_api()
        await driver.shows("! stale")
        assert len(driver.state.pods) == 3
        await driver.shows("CONFIRMED")
        await lab.start_api()
        await driver.shows("● live")
        assert not [entry for entry in lab.audit if not entry.dry_run and "reviews" not in entry.path]


async def test_pods_that_cannot_be_listed_are_not_told_as_nodes_without_pods(lab: Lab, settings: Settings) -> None:
    lab.faults.respond(500, "/pods")
    async with opened(lab, on(lab, settings), (80, 24)) as driver:
        await driver.until(lambda: "It is tried again by itself" in flat(driver.text()))
        await driver.until(lambda: driver.state.nodes)
        assert "no pod" not in driver.text()
        lab.faults.clear()
        await driver.until(lambda: driver.state.failing)


# --- nodes ----------------------------------------------------------------------------------------------------------


async def test_nodes_that_may_not_be_listed_cost_their_columns_only(lab: Lab, settings: Settings) -> None:
    lab.faults.forbid("kubernetes-admin", "*", "nodes")
    async with opened(lab, on(lab, settings), (160, 45)) as driver:
        await driver.judged()
        assert driver.state.nodes_link.phase == "refused"
        await driver.shows("? no access")
        await driver.shows("CONFIRMED")


async def test_a_silent_node_holds_up_neither_the_others_nor_the_end(lab: Lab, settings: Settings) -> None:
    lab.ssh.fault("worker-01").hang = True
    async with opened(lab, on(lab, settings)) as driver:
        await driver.until(lambda: driver.state.case.value(SelinuxMode, "worker-02") is not None)
        await driver.shows("CONFIRMED")
        look = driver.state.look("worker-01")
        assert look is not None
        assert look.phase == "asking"
        await quits_at_once(driver)


async def test_a_refused_connection_and_a_changed_key_are_told_per_node(lab: Lab, settings: Settings) -> None:
    lab.ssh.down("worker-01")
    lab.ssh.change_host_key("worker-02")
    async with opened(lab, on(lab, settings), (160, 45)) as driver:
        await driver.judged()
        errors = {node: look.error for node, look in driver.state.looks}
        assert isinstance(errors["worker-01"], NodeUnreachable)
        assert isinstance(errors["worker-02"], HostKeyChanged)
        assert errors["master-01"] is None
        await driver.press("f3")
        await driver.until(lambda: "shows another key" in flat(driver.text()))
        lab.ssh.up("worker-01")
        await driver.press("r")
        await driver.until(lambda: driver.state.case.value(SelinuxMode, "worker-01") is not None)


async def accept(driver: Driver, asked: object) -> None:
    await driver.press("tab", "enter")
    await driver.until(lambda: driver.app.screen is not asked)


async def test_unknown_host_keys_are_asked_about_one_by_one_and_then_read(lab: Lab, settings: Settings) -> None:
    for node in ("worker-01", "worker-02"):
        lab.ssh.forget_host_key(node)
    async with opened(lab, on(lab, settings)) as driver:
        for _ in range(2):
            await driver.until(lambda: isinstance(driver.app.screen, HostKeyScreen))
            await driver.shows("SHA256:")
            assert len(driver.app.screen_stack) == 3
            await accept(driver, driver.app.screen)
        await driver.until(lambda: driver.state.settled and not driver.state.unknown_hosts)
        assert driver.state.case.value(SelinuxMode, "worker-01") is not None
        await driver.shows("CONFIRMED")


async def test_escape_refuses_every_key_until_somebody_looks_again(lab: Lab, settings: Settings) -> None:
    for node in ("worker-01", "worker-02"):
        lab.ssh.forget_host_key(node)
    async with opened(lab, on(lab, settings)) as driver:
        await driver.until(lambda: isinstance(driver.app.screen, HostKeyScreen))
        await driver.until(lambda: len(driver.state.unknown_hosts) == 2)
        await driver.press("escape")
        await driver.until(lambda: driver.app.screen is driver.screen)
        assert {type(host) for host in driver.state.unknown_hosts} == {HostKeyUnknown}
        await driver.shows("2 of 3 nodes failing")
        assert driver.app.screen is driver.screen
        await driver.press("r")
        await driver.until(lambda: isinstance(driver.app.screen, HostKeyScreen))


# --- hostile text ---------------------------------------------------------------------------------------------------


def _events() -> bytes:
    item = {
        "metadata": {"name": "e", "namespace": "kube-system", "uid": "1"},
        "involvedObject": {"kind": "Pod", "name": "calico-node-x", "namespace": "kube-system"},
        "reason": "Back[/x]Off\x1b[31m",
        "message": "[/x] \x1b[2J\u202e " + "B" * 100_000,
        "type": "Warning",
        "lastTimestamp": "2026-11-23T10:00:00Z",
    }
    return json.dumps({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": [item]}).encode()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_hostile_logs_events_and_node_output_stay_literal_on_every_screen(
    lab: Lab, settings: Settings, size: tuple[int, int]
) -> None:
    stamp = b"2026-11-23T10:00:00.000000000Z "
    body = stamp + HOSTILE + b"\n" + stamp + b"A" * 1_000_000 + b"\n"
    lab.faults.respond(200, r"/log", body=body)
    lab.faults.respond(200, r"/events", body=_events())
    for node in lab.world.nodes:
        lab.ssh.fault(node).banner = "[/x] \x1b[2J" + "C" * 1_000_000 + "\n"
    async with opened(lab, on(lab, settings), size) as driver:
        await driver.judged()
        await driver.press("f2")
        await driver.shows("[/x] [bold]b[/bold]")
        for keys in (("f3",), ("f4", "right_square_bracket"), ("f5",), ("f6",), ("f1", "d"), ("escape", "y")):
            await driver.press(*keys)
            await driver.pilot.pause()
            assert not [character for character in driver.text() if character != "\n" and not character.isprintable()]
        await driver.press("escape")
        await quits_at_once(driver)


# --- sizes and ends -------------------------------------------------------------------------------------------------


async def test_every_pane_survives_a_terminal_of_twenty_by_five_and_back(drive: Drive) -> None:
    async with drive(size=(80, 24)) as driver:
        await driver.judged()
        for key in ("f1", "f2", "f3", "f4", "f5", "f6"):
            await driver.press(key)
            for size in ((20, 5), (4, 2), (200, 50), (80, 24)):
                await driver.pilot.resize_terminal(*size)
                await driver.pilot.pause()
            assert driver.text().count("\n") == 23
        await driver.press("f1")
        await driver.shows("worker-02")


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that accepts and never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit_does_not_wait_for_a_server_that_never_answers(
    lab: Lab, settings: Settings, tmp_path: Path, black_hole: int, key: str
) -> None:
    file = tmp_path / "black"
    file.write_text(lab.kubeconfig.read_text().replace(lab.api_url, f"https://127.0.0.1:{black_hole}"))
    async with opened(lab, on(lab, settings, kubeconfig=(file,))) as driver:
        await driver.until(lambda: driver.app.work is not None and driver.app.work.session is not None)
        await driver.shows("asking")
        await quits_at_once(driver, key)


async def test_a_server_that_says_nothing_any_more_is_told_and_not_called_live(
    lab: Lab, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "QUIET", 0.2)
    monkeypatch.setattr(liveness, "PATIENCE", 0.2)
    monkeypatch.setattr(liveness, "LOOK_EVERY", 0.05)
    async with opened(lab, on(lab, settings)) as driver:
        await driver.until(lambda: driver.state.settled)
        await driver.shows("● live")
        lab.faults.freeze()
        await driver.shows("no answer for")
        assert driver.state.failing, "what was seen stays"
        await driver.press("f4")
        await driver.until(lambda: driver.screen.single == "guide")
        lab.faults.thaw()
        await driver.shows("● live")
