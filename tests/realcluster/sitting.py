"""The app at the real cluster, driven by keys; and a cluster whose crash loops begin anew."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from cnitui.compose import opening
from cnitui.engine.repair.outlook import key_of
from cnitui.engine.state import State
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.screens.work import WorkScreen
from cnitui.tui.widgets.blocks_view import BlocksView
from tests.realcluster.conftest import RealCluster

LONG_ENOUGH, ROLLOUT = 40.0, 150.0
"""Seconds: a rollout of three nodes and its verification take about twenty on an idle machine, the rest a few."""
CALICO = ("-n", "kube-system", "-l", "k8s-app=calico-node")


@dataclass(frozen=True)
class Sitting:
    """Presses keys and waits for facts."""

    app: CnituiApp
    pilot: Pilot[int]

    @property
    def state(self) -> State:
        """The newest state; an empty one while the app is opening."""
        return self.app.state or State()

    @property
    def screen(self) -> WorkScreen:
        """The working screen."""
        assert self.app.work is not None
        return self.app.work

    @property
    def guide(self) -> GuidePane:
        """The guide."""
        return self.screen.query_one(GuidePane)

    async def until(self, fact: Callable[[], object], within: float = LONG_ENOUGH) -> None:
        """Let the app run until the fact holds; a failure shows the screen."""
        deadline = time.monotonic() + within
        while not fact():
            assert self.app.return_code is None, "the app has ended"
            assert time.monotonic() < deadline, f"not within {within:.0f} s; the screen shows\n{self.text()}"
            await self.pilot.pause(0.02)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys and let the app digest them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def text(self) -> str:
        """What the screen shows, as plain text."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    def flowing(self) -> str:
        """What the screen shows without its line breaks: sentences that were wrapped are whole again."""
        return " ".join(self.text().split())

    async def shows(self, words: str) -> None:
        """Wait until the words are on the screen, wrapped or not."""
        await self.until(lambda: words in self.flowing())

    @property
    def page(self) -> str:
        """The whole page of the step, also what must be scrolled to, without its line breaks."""
        return " ".join(self.guide.query_one("#step-body", BlocksView).text.split())

    async def reads(self, words: str) -> None:
        """Wait until the words are on the step's page."""
        await self.until(lambda: words in self.page)

    async def judged(self) -> None:
        """Everything that may be read was read, and judged."""
        await self.until(lambda: self.state.settled and self.state.failing)

    async def to_step(self, number: int) -> None:
        """Open the guide at a step."""
        if self.screen.single != "guide":
            await self.press("f4")
        await self.until(lambda: self.screen.single == "guide" and self.guide.views)
        for _ in range(22):
            if self.guide.step == number:
                return
            await self.press("right_square_bracket" if self.guide.step < number else "left_square_bracket")
        raise AssertionError(f"step {number} was not reached")

    async def choose(self, remedy: str) -> None:
        """Step 7: move to the remedy, and ask for its preview (or why there is none)."""
        await self.look_at(remedy)
        await self.press("enter")
        await self.until(lambda: self.state.repair.chosen == remedy and not self.state.repair.busy)

    async def look_at(self, remedy: str) -> None:
        """Step 7: move to the remedy."""
        await self.to_step(7)
        await self.until(lambda: self.state.repair.options)
        await self.press("home")
        for _ in self.state.repair.outlook.entries:
            entry = self.state.repair.entry
            if entry is not None and key_of(entry) == remedy:
                break
            await self.press("down")

    async def confirm(self, reason: str = "") -> None:
        """In the dialog, from Cancel, which has the focus: a reason if one is asked for, the context's name, Apply."""
        await self.press("a")
        await self.shows("Type the context's name")
        assert self.app.focused is not None
        assert self.app.focused.id == "cancel"
        if reason:
            await self.press("tab", *reason)
            assert self.app.screen.query_one("#reason", Input).value == reason
        await self.press("tab", *self.state.connection.context)
        await self.press("tab", "tab", "enter")


@asynccontextmanager
async def sitting(
    real: RealCluster, folder: Path, user: str = "admin", size: tuple[int, int] = (200, 50), namespace: str = ""
) -> AsyncIterator[Sitting]:
    """The app as one of the harness's users, without node access, its files in `folder`."""
    files = (real.kubeconfig(user),)
    settings = Settings(state_dir=folder / "state", kubeconfig=files, namespace=namespace, node_access="none")
    app = CnituiApp(opening(settings))
    async with app.run_test(size=size) as pilot:
        yield Sitting(app, pilot)


async def begin_anew(real: RealCluster) -> tuple[str, ...]:
    """Replace the workers' pods, and wait until install-cni has failed twice in all of them; answers the workers.

    What an earlier test left (an undo that waits at its first failing pod, a back-off of minutes) is gone then.
    """
    nodes = await asyncio.to_thread(
        real.kubectl, "get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-oname"
    )
    workers = tuple(line.removeprefix("node/") for line in nodes.split())
    for worker in workers:
        where = ("--field-selector", f"spec.nodeName={worker}")
        await asyncio.to_thread(real.kubectl, "delete", "pods", *CALICO, *where, "--wait=false")
    async with asyncio.timeout(ROLLOUT):
        while not await asyncio.to_thread(_all_fail, real, workers):
            await asyncio.sleep(0.2)
    return workers


def _all_fail(real: RealCluster, workers: tuple[str, ...]) -> bool:
    pods = json.loads(real.kubectl("get", "pods", *CALICO, "-o", "json"))["items"]
    return {pod["spec"]["nodeName"] for pod in pods if _restarts(pod)} >= set(workers) and len(pods) > len(workers)


def _restarts(pod: dict[str, dict[str, object]]) -> int:
    """How often install-cni of a pod that stays was started again."""
    statuses = pod["status"].get("initContainerStatuses", [])
    assert isinstance(statuses, list)
    gone = "deletionTimestamp" in pod["metadata"]
    return 0 if gone else max((s["restartCount"] for s in statuses if s["name"] == "install-cni"), default=0)
