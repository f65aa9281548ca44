"""What the screens look like, as text; a wanted change is kept with `pytest --snapshot-update`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from cnitui.domain.facts import CalicoInstall
from cnitui.domain.plan import ObjectRef
from cnitui.engine.probes.calico_objects import CalicoObject, CalicoObjects
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.repair.verify import CHECKS
from cnitui.engine.state import State
from cnitui.gateways.documents import dump_yaml
from cnitui.tui import wording
from cnitui.tui.node_page import node_blocks, objects_of
from cnitui.tui.screens.confirming import plan_confirmation
from cnitui.tui.screens.objects import ObjectsScreen
from cnitui.tui.screens.page import NodeScreen
from cnitui.tui.widgets.footer_line import FooterLine
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
THREE = pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=["80x24", "120x35", "200x50"])
DOCUMENT = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "calico-node", "namespace": "kube-system", "generation": 3},
    "spec": {
        "template": {
            "spec": {
                "hostNetwork": True,
                "initContainers": [
                    {
                        "name": "install-cni",
                        "env": [
                            {"name": "CNI_NETWORK_CONFIG", "value": '{\n  "name": "k8s-pod-network",\n  "x": 1\n}\n'}
                        ],
                        "command": ["/opt/cni/bin/install"],
                    }
                ],
            }
        },
    },
}
CALICO = CalicoObjects(
    (
        CalicoObject("Node", "annotations", "IPv4Address 10.240.0.21/24"),
        CalicoObject("BlockAffinity", "worker-01-10-244-1-0-26", "10.244.1.0/26 confirmed"),
        CalicoObject("IPAMBlock", "10-244-1-0-26", "10.244.1.0/26, 3 of 64 addresses in use"),
    ),
    (("BGPPeer", "you may not list bgppeers.crd.projectcalico.org"),),
)


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


@pytest.mark.parametrize("size", [*SIZES, (120, 35), (200, 50)], ids=["160x45", "80x24", "120x35", "200x50"])
async def test_overview(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(), size) as (app, pilot):
        assert await settled(app, pilot) == screen


@THREE
async def test_selinux_and_differences(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    state = replace(founding_listings(), install=CalicoInstall("v3.27.0", "manifest", "kube-system"))
    async with showing(state, size) as (app, pilot):
        for key, pane in (("f3", "selinux"), ("f5", "differences")):
            await pilot.press(key)
            assert await settled(app, pilot) == screen(name=f"{pane}-{size[0]}")


@THREE
async def test_a_nodes_page(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async def answer() -> CalicoObjects:
        return CALICO

    async with showing(founding(), size) as (app, pilot):
        app.push_screen(NodeScreen("worker-01", partial(node_blocks, founding_listings(), "worker-01"), answer))
        await pilot.pause()
        assert await settled(app, pilot) == screen(name=f"top-{size[0]}")
        await pilot.press("slash", *"own objects", "enter")
        assert await settled(app, pilot) == screen(name=f"calico-{size[0]}")


@THREE
async def test_an_object_as_yaml(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async def fetch(ref: ObjectRef) -> Mapping[str, object]:
        return DOCUMENT

    async with showing(founding(), size) as (app, pilot):
        app.push_screen(ObjectsScreen(objects_of(app.main.state, "worker-01"), fetch, dump_yaml))
        await pilot.pause()
        await pilot.press("3", "slash", *"k8s-pod", "enter")
        assert await settled(app, pilot) == screen(name=f"daemonset-{size[0]}")


@THREE
async def test_palette_and_help(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(), size) as (app, pilot):
        app.work = app.main  # type: ignore[assignment]  # the palette needs nothing of a session
        await pilot.press("colon", *"st")
        assert await settled(app, pilot) == screen(name=f"palette-{size[0]}")
        await pilot.press("escape", "question_mark")
        assert await settled(app, pilot) == screen(name=f"help-{size[0]}")


@THREE
async def test_long_work_and_how_to_stop_it(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(APPLIED), size) as (app, pilot):
        await pilot.press("f4")
        app.guide.step = 9
        app.main.query_one(FooterLine).working = "◌ applying: 1 of 3 nodes run the new template"
        assert await settled(app, pilot) == screen(name=f"applying-{size[0]}")


@THREE
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


@pytest.mark.parametrize("size", [(160, 45), (120, 35), (200, 50)], ids=["160x45", "120x35", "200x50"])
async def test_preview_on_a_large_screen(screen: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with showing(founding(PLANNED), size) as (app, pilot):
        await pilot.press("f4")
        app.guide.step = 8
        assert await settled(app, pilot) == screen


@pytest.mark.parametrize(
    "size", [*SIZES, (60, 15), (120, 35), (200, 50)], ids=["160x45", "80x24", "60x15", "120x35", "200x50"]
)
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
