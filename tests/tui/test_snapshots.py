"""What the screens look like, as text; a wanted change is kept with `pytest --snapshot-update`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from cnitui.domain.facts import CalicoInstall
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.repair.verify import CHECKS
from cnitui.engine.state import State
from cnitui.tui import wording
from cnitui.tui.screens.confirming import plan_confirmation
from tests.engine.guide.states import NOON, incident, offering
from tests.engine.guide.test_doing import DOES_NOT_FIT, FITS, PREVIEW, ROLLING
from tests.tui.listings import founding as founding_listings
from tests.tui.showing import Showing, showing
from tests.tui.widgets.conftest import PlainText

DIFF = (
    "--- DaemonSet kube-system/calico-node (now)",
    "+++ DaemonSet kube-system/calico-node (as the server would store it)",
    "@@ -61,6 +61,8 @@",
    "         - mountPath: /host/opt/cni/bin",
    "           name: cni-bin-dir",
    "+        securityContext:",
    "+          privileged: true",
    "       - command:",
)
SEEN = replace(PREVIEW, diff=DIFF)
DONE = (
    Action(NOON, "recorded plan and the object as it was"),
    Action(NOON, "patched DaemonSet kube-system/calico-node"),
)
CHOOSING = offering(FITS, DOES_NOT_FIT)
PLANNED = replace(CHOOSING, chosen="patch-daemonset", preview=SEEN, phase="planned")
APPLIED = replace(PLANNED, applied=SEEN, phase="applied", rollout=ROLLING, actions=DONE)
VERIFIED = replace(
    APPLIED,
    phase="verified",
    checks=tuple(replace(check, state="pass", words="as expected") for check in CHECKS),
)
SIZES = [(160, 45), (80, 24)]


class Noon(datetime):
    """A clock that stands ten seconds after the last attempt's back-off began."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Noon:
        """Always the same."""
        at = NOON - timedelta(seconds=50)
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second, tzinfo=tz)


@pytest.fixture
def screen(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> SnapshotAssertion:
    """Kept screens, at a time that stands still."""
    monkeypatch.setattr(wording, "datetime", Noon)
    return snapshot.use_extension(PlainText)


def founding(repair: RepairState = CHOOSING) -> State:
    """The founding incident, and where its repair stands."""
    return replace(incident(), install=CalicoInstall("v3.27.0", "manifest", "kube-system"), repair=repair)


async def settled(app: Showing, pilot: Pilot[int]) -> list[str]:
    """The lines of the screen once it does not change any more."""
    before = ""
    while before != app.text:
        before = app.text
        await pilot.pause(0.06)
    return before.splitlines()


@pytest.mark.parametrize("size", SIZES, ids=["160x45", "80x24"])
async def test_overview(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(), size) as (app, pilot):
        assert await settled(app, pilot) == screen


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=["80x24", "120x35", "200x50"])
async def test_listings_and_transcript(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    state = replace(founding_listings(), install=CalicoInstall("v3.27.0", "manifest", "kube-system"))
    async with showing(state, size) as (app, pilot):
        await pilot.press("j", "j", "f3", "enter")
        assert await settled(app, pilot) == screen(name=f"listing-{size[0]}")
        await pilot.press("w")
        assert await settled(app, pilot) == screen(name=f"whole-{size[0]}")
        await pilot.press("t")
        assert await settled(app, pilot) == screen(name=f"transcript-{size[0]}")


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=["80x24", "120x35", "200x50"])
async def test_timeline(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(APPLIED), size) as (app, pilot):
        await pilot.press("f6")
        assert await settled(app, pilot) == screen(name=f"drawn-{size[0]}")
        await pilot.press("g", "n", "n", "n", "plus", "plus", "plus", "right")
        assert await settled(app, pilot) == screen(name=f"closer-{size[0]}")
        await pilot.press("v")
        assert await settled(app, pilot) == screen(name=f"list-{size[0]}")


async def test_every_step_of_the_guide(screen: SnapshotAssertion) -> None:
    async with showing(founding(VERIFIED), (80, 24)) as (app, pilot):
        await pilot.press("f4")
        for number in range(1, 12):
            app.guide.step = number
            assert await settled(app, pilot) == screen(name=f"step-{number:02}")


async def test_preview_on_a_large_screen(screen: SnapshotAssertion) -> None:
    async with showing(founding(PLANNED), (160, 45)) as (app, pilot):
        await pilot.press("f4")
        app.guide.step = 8
        assert await settled(app, pilot) == screen


@pytest.mark.parametrize("size", [*SIZES, (60, 15)], ids=["160x45", "80x24", "60x15"])
async def test_confirmation(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(PLANNED), size) as (app, pilot):
        app.push_screen(plan_confirmation(SEEN))
        await pilot.pause()
        lines = await settled(app, pilot)
        assert app.focused is not None
        assert app.focused.id == "cancel"
        assert any("Cancel" in line for line in lines), "what has the focus is in view"
        assert lines == screen
        await pilot.press(*["pageup"] * 3)
        assert any("Make install-cni privileged" in line for line in await settled(app, pilot))
