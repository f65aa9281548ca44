"""Going from one cluster to another without leaving: one sitting ends before the next begins, and nothing is mixed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding

from cnitui.compose import KubeconfigContexts, command_history
from cnitui.engine.contexts import Where
from cnitui.gateways.documents import load_yaml
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.palette.bound import MOVEMENTS, bound_offers
from cnitui.tui.screens.palette import PaletteScreen
from cnitui.tui.screens.resuming import ResumeScreen
from cnitui.tui.widgets.log.keys import LOG_KEYS
from cnitui.tui.widgets.log.pane import LogPane
from tests.tui.conftest import Driver

NOWHERE = "https://127.0.0.1:1"


def kubeconfig(path: Path, labs: dict[str, Lab]) -> Path:
    """One file with a context for each lab, one whose server does not answer, and one without a cluster."""
    merged: dict[str, Any] = {"clusters": [], "users": [], "contexts": [], "current-context": next(iter(labs))}
    for name, lab in labs.items():
        of_lab: Any = load_yaml(lab.kubeconfig.read_bytes(), "lab")
        merged["clusters"].append({**of_lab["clusters"][0], "name": name})
        merged["users"].append({**of_lab["users"][0], "name": name})
        merged["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    merged["clusters"].append({"name": "gone", "cluster": {"server": NOWHERE}})
    merged["contexts"] += [
        {"name": "gone", "context": {"cluster": "gone", "user": next(iter(labs))}},
        {"name": "broken", "context": {"cluster": "nowhere", "user": next(iter(labs))}},
    ]
    path.write_text(json.dumps(merged))
    return path


class Two(Driver):
    """An app that begins on one cluster and can go to another."""

    async def types(self, line: str) -> None:
        await self.press("colon", *(" " if one == " " else one for one in line), "enter")
        await self.until(lambda: not isinstance(self.app.screen, PaletteScreen))

    async def at(self, context: str) -> None:
        """The sitting with that context is on the screen."""
        await self.until(lambda: self.app.screen is self.app.work and self.state.connection.context == context)

    def said(self, words: str) -> bool:
        return any(words in note.message for note in self.app._notifications)


@asynccontextmanager
async def two(settings: Settings, folder: Path, **changes: Any) -> AsyncIterator[Two]:
    async with (
        Lab.start("selinux-denial", speed=20.0, seed=7) as first,
        Lab.start("healthy", speed=20.0, seed=8) as second,
    ):
        files = (kubeconfig(folder / "kubeconfig", {"prod-eu": first, "prod-us": second}),)
        own = replace(settings, kubeconfig=files, node_access="none", **changes)
        contexts = KubeconfigContexts(own)
        app = CnituiApp(contexts.opening(contexts.start), contexts=contexts, history=command_history(own))
        async with app.run_test(size=(120, 35)) as pilot:
            driver = Two(app, pilot, first)
            await driver.judged()
            yield driver


def readonly_now(driver: Driver) -> bool:
    return driver.state.readonly


async def test_another_cluster_and_back_with_nothing_of_the_one_shown_in_the_other(
    settings: Settings, tmp_path: Path
) -> None:
    async with two(settings, tmp_path, readonly_contexts=("prod-us",)) as driver:
        left = driver.screen
        assert not readonly_now(driver)
        await driver.types("node worker-02")
        await driver.types("step 5")
        await driver.types("ctx us")
        await driver.at("prod-us")
        assert driver.screen is not left
        assert not left.is_attached
        assert left.session is not None
        assert left.session.cluster._session.closed  # type: ignore[attr-defined]
        while not driver.state.settled:
            assert "worker-01 " not in driver.text() or driver.state.rows
            assert not driver.state.failing
            await driver.pilot.pause(0.02)
        assert readonly_now(driver)
        await driver.shows("read-only")
        await driver.press("colon")
        lines = {offer.line for offer in driver.app.screen._catalogue.offers}  # type: ignore[attr-defined]
        assert "undo" not in lines
        await driver.press(*"ctx ")
        await driver.shows("back to prod-eu")
        await driver.shows("ago: ")
        await driver.press("escape")

        await driver.types("ctx -")
        await driver.at("prod-eu")
        assert not readonly_now(driver)
        await driver.judged()
        assert driver.screen.single == "guide"
        assert driver.screen.steps
        await driver.until(lambda: driver.screen.node == "worker-02")
        assert not isinstance(driver.app.screen, ResumeScreen), "what was left a moment ago is gone on with unasked"
        assert driver.app.sittings.here(driver.state) == Where("prod-eu")

        assert await command_history(settings).lines() == ("node worker-02", "step 5", "ctx prod-us", "ctx -")


async def test_what_is_being_written_is_not_left_and_the_reason_is_said(settings: Settings, tmp_path: Path) -> None:
    async with two(settings, tmp_path) as driver:
        here = driver.screen
        assert here.session is not None
        repair = here.session.repair
        repair.state = replace(repair.state, phase="applying")
        await driver.types("ctx prod-us")
        await driver.until(lambda: driver.said("Nothing was switched: a plan is being applied"))
        await driver.until(lambda: driver.app.screen is here)
        repair.state = replace(repair.state, phase="idle")
        trials = here.session.laboratory.trials
        here.session.laboratory.trials = replace(trials, under_way="the patched container runs on worker-01")
        await driver.types("ctx prod-us")
        await driver.until(lambda: driver.said("Nothing was switched: the patched container runs on worker-01"))
        assert driver.state.connection.context == "prod-eu"
        await driver.until(lambda: driver.app.screen is here)
        here.session.laboratory.trials = trials
        await driver.types("ctx prod-us")
        await driver.at("prod-us")


@pytest.mark.parametrize(("name", "says"), [("gone", "cannot be reached"), ("broken", "nowhere")])
async def test_a_context_that_does_not_work_says_why_and_how_to_go_back(
    settings: Settings, tmp_path: Path, name: str, says: str
) -> None:
    async with two(settings, tmp_path) as driver:
        await driver.types(f"ctx {name}")
        await driver.until(lambda: driver.state.fatal is not None)
        assert says in str(driver.state.fatal)
        assert not driver.state.rows
        await driver.shows(":ctx - goes back to prod-eu")
        await driver.types("ctx -")
        await driver.at("prod-eu")
        await driver.judged()


async def test_a_kubeconfig_that_broke_meanwhile_ends_nothing(settings: Settings, tmp_path: Path) -> None:
    async with two(settings, tmp_path) as driver:
        (tmp_path / "kubeconfig").write_text("contexts: [")
        await driver.press("colon", *"ctx us", "enter")
        await driver.shows("kubeconfig")
        await driver.press("escape")
        assert driver.app.screen is driver.screen
        assert driver.state.connection.context == "prod-eu"


async def test_a_namespace_is_chosen_among_those_there_are(settings: Settings, tmp_path: Path) -> None:
    async with two(settings, tmp_path) as driver:
        await driver.types("ns kube-system")
        await driver.until(lambda: driver.app.sittings.here(driver.state) == Where("prod-eu", "kube-system"))
        await driver.judged()
        await driver.types("ns default")
        await driver.shows("no calico-node pods in any namespace")
        await driver.types("ns all")
        await driver.judged()
        await driver.press("colon", *"ns No_Such!", "enter")
        await driver.until(lambda: driver.said("expected lower case letters"))
        assert driver.app.sittings.here(driver.state) == Where("prod-eu")


async def test_a_line_that_comes_at_once_is_not_lost_to_what_had_the_focus(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(settings, tmp_path) as driver:
        await driver.until(lambda: driver.screen.query(LogPane))
        with monkeypatch.context() as patched:
            patched.setattr("cnitui.tui.palette.bound.possible", lambda node, binding: True)
            offered = {offer.what for offer in bound_offers(driver.app.screen)}
        for binding in LOG_KEYS:
            assert isinstance(binding, Binding)
            assert binding.tooltip in offered or binding.id in MOVEMENTS
        for key in ("colon", *"node worker-01", "enter"):
            driver.app._driver.send_message(_key(key))  # type: ignore[union-attr]
        await driver.until(lambda: driver.screen.node == "worker-01")
        assert driver.app.clipboard == ""


def _key(name: str) -> Any:
    from textual.events import Key

    character = {"colon": ":", "enter": "\r"}.get(name, name)
    return Key({" ": "space", "-": "minus"}.get(name, name), character)
