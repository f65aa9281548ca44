"""An app on a lab of its own, and how to wait for facts on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from cnitui.compose import opening
from cnitui.domain.finding import Diagnosis
from cnitui.engine.repair.preview import Preview
from cnitui.engine.state import State
from cnitui.lab import Lab
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.quiz import Quiz
from cnitui.tui.screens.work import WorkScreen
from tests.tui import parsed_styles
from tests.tui.resting import at_rest

LONG_ENOUGH = 60.0


@pytest.fixture(autouse=True)
def _rest_by_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pilot waits until its app has nothing left to do, however busy the machine is."""
    monkeypatch.setattr("textual.app.wait_for_idle", at_rest)
    monkeypatch.setattr("textual.pilot.wait_for_idle", at_rest)


@pytest.fixture(autouse=True)
def _styles_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed_styles.share(monkeypatch)


class Driver:
    """Presses keys and waits for facts."""

    def __init__(self, app: CnituiApp, pilot: Pilot[int], lab: Lab) -> None:
        self.app, self.pilot, self.lab = app, pilot, lab
        self.heard: list[str] = []
        """What was told in passing; on the screen it may be gone when a busy machine comes to look."""
        notify = app.notify

        def told(message: str, **options: Any) -> None:
            self.heard.append(message)
            notify(message, **options)

        app.notify = told  # type: ignore[method-assign]

    @property
    def state(self) -> State:
        """The newest state; an empty one while the app is opening."""
        return self.app.state or State()

    @property
    def diagnosis(self) -> Diagnosis:
        """The newest one; there must be one."""
        assert self.state.diagnosis is not None
        return self.state.diagnosis

    @property
    def preview(self) -> Preview:
        """What was previewed; something must be."""
        assert self.state.repair.preview is not None
        return self.state.repair.preview

    @property
    def screen(self) -> WorkScreen:
        """The working screen."""
        assert self.app.work is not None
        return self.app.work

    async def until(self, fact: Callable[[], object]) -> None:
        """Let the app run until the fact holds."""
        async with asyncio.timeout(LONG_ENOUGH):
            while not fact():
                await self.pilot.pause(0.02)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys and let the app digest them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def judged(self) -> None:
        """Everything was read and judged."""
        await self.until(lambda: self.state.settled and self.state.failing)

    def text(self, widget: Widget | None = None) -> str:
        """What the screen (or one widget) shows, as plain text."""
        if widget is not None:
            return "\n".join(widget.render_line(y).text for y in range(widget.size.height))
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    async def shows(self, words: str) -> None:
        """Wait until the words are on the screen."""
        await self.until(lambda: words in self.text())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep everything in the test's own folder."""
    return Settings(state_dir=tmp_path / "state")


class Drive(Protocol):
    """`async with drive("selinux-denial", size=(160, 45)) as driver`; further settings by their names."""

    def __call__(
        self,
        scenario: str = ...,
        *,
        size: tuple[int, int] = ...,
        speed: float = ...,
        quiz: Quiz | None = ...,
        **changes: object,
    ) -> AbstractAsyncContextManager[Driver]: ...


@pytest.fixture
def drive(settings: Settings) -> Drive:
    """A factory of apps, each on a lab of its own."""

    @asynccontextmanager
    async def driven(
        scenario: str = "selinux-denial",
        *,
        size: tuple[int, int] = (160, 45),
        speed: float = 20.0,
        quiz: Quiz | None = None,
        **changes: object,
    ) -> AsyncIterator[Driver]:
        async with Lab.start(scenario, speed=speed, seed=7) as lab:
            own = replace(settings, kubeconfig=(lab.kubeconfig,), ssh_config=lab.ssh_config)
            own = replace(own, **changes)  # type: ignore[arg-type]
            app = CnituiApp(opening(own), quiz=quiz)
            async with app.run_test(size=size) as pilot:
                yield Driver(app, pilot, lab)

    return driven
