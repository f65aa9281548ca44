"""The timeline's pane: a picture of few lanes however many nodes there are, and the list to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cnitui.domain.facts import NodeClock, Run
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.state import Before, State
from cnitui.engine.timeline.moments import NodeRun
from cnitui.tui.copying import CopyRequested
from cnitui.tui.panes.timeline import TimelinePane
from cnitui.tui.widgets.timeline.picture import TimelinePicture
from tests.engine.guide.states import FAILED, NOON, WORKERS, cluster, incident, judged, observed, pod, with_pods
from tests.tui.panes.test_panes import shown, text_of
from tests.tui.widgets.conftest import Alone

ACTED = replace(incident(), repair=RepairState(actions=(Action(NOON, "patched it"),)))


def lanes(pane: TimelinePane) -> list[str]:
    """The lanes of the picture, from the top."""
    drawn = pane.query_one(TimelinePicture).drawn
    return [lane.title for lane in drawn.lanes] if drawn is not None else []


def focused(app: Alone) -> str:
    return type(app.focused).__name__


async def test_it_is_drawn_until_somebody_wants_to_read_it() -> None:
    pane = TimelinePane()
    async with shown(pane, (120, 30)) as (app, pilot):
        assert "Nothing with a time is known yet." in text_of(app)
        pane.state = ACTED
        await pilot.pause()
        pane.focus_content()
        assert lanes(pane) == ["cnitui", *WORKERS, "master-01 (reference)"]
        assert "✗" in text_of(app)
        assert "KIND" not in text_of(app)
        await pilot.press("v")
        await pilot.pause()
        page = text_of(app)
        assert page.index("SELinux denied") < page.index("install-cni ended") < page.index("patched it")
        assert "14 moments" in page
        assert focused(app) == "BlocksView"
        await pilot.press("v")
        await pilot.pause()
        assert "KIND" not in text_of(app)
        assert focused(app) == "TimelinePicture"


async def test_the_list_opens_where_the_cursor_is_and_else_at_the_newest_moment() -> None:
    pane = TimelinePane()
    acted = replace(ACTED, repair=RepairState(actions=tuple(
        Action(NOON + timedelta(seconds=number), f"action {number}") for number in range(200)
    )))  # fmt: skip
    async with shown(pane, (80, 20)) as (app, pilot):
        pane.state = acted
        await pilot.pause()
        pane.focus_content()
        await pilot.press("v")
        await pilot.pause()
        assert "❯11-23 12:03:19  –          action   action 199" in text_of(app)
        await pilot.press("v", "g", *["n"] * 12, "v")
        await pilot.pause()
        (pointed,) = [line for line in text_of(app).splitlines() if "❯" in line]
        picture = pane.query_one(TimelinePicture)
        assert picture.at is not None
        assert f"❯{picture.at:%m-%d %H:%M:%S}  {picture.node or '–'}" in pointed
        assert "action 199" not in text_of(app)


async def test_a_clock_that_is_astray_is_told_above_the_list_and_at_the_cursor() -> None:
    pane = TimelinePane()
    state = incident()
    skewed = replace(state, case=observed(state.case, "worker-01", NodeClock(timedelta(seconds=-45))))
    async with shown(pane, (120, 30)) as (app, pilot):
        pane.state = skewed
        await pilot.pause()
        pane.focus_content()
        assert "─ worker-01, clock 45s behind · " in text_of(app)
        await pilot.press("v")
        await pilot.pause()
        assert "By the API server's clock, worker-01 is 45s behind." in text_of(app)
        assert "11-23 11:59:00  worker-01" in text_of(app), "its moments are not moved"


async def test_what_the_list_cuts_is_whole_at_a_key() -> None:
    pane = TimelinePane()
    words = "patched DaemonSet kube-system/calico-node, whose template has now the line that stock manifests have"
    async with shown(pane, (80, 20)) as (app, pilot):
        pane.state = State(repair=RepairState(actions=(Action(NOON, words),)))
        await pilot.pause()
        pane.focus_content()
        await pilot.press("v")
        await pilot.pause()
        assert "…" in text_of(app)
        await pilot.press("w")
        await pilot.pause()
        assert words in " ".join(text_of(app).split())


async def test_the_list_has_the_attempts_that_only_the_logs_remember() -> None:
    pane = TimelinePane()
    board = Remembering(NodeRun("worker-01", "install-cni", Run("c-9", NOON, NOON + timedelta(seconds=1), exit_code=7)))
    async with shown(pane, (120, 40)) as (app, pilot):
        pane.bring_board(board)  # type: ignore[arg-type]
        pane.state = incident()
        await pilot.pause()
        pane.focus_content()
        await pilot.press("v")
        await pilot.pause()
        assert "install-cni ended with exit code 7" in text_of(app)


class Remembering:
    """A board that has followed these attempts."""

    def __init__(self, *seen: NodeRun) -> None:
        self.seen = seen

    def runs(self, node: str) -> tuple[NodeRun, ...]:
        """Those of the node."""
        return tuple(one for one in self.seen if one.node == node)


async def test_a_list_too_long_shows_its_end_and_counts_the_rest() -> None:
    pane = TimelinePane()
    actions = tuple(Action(NOON + timedelta(seconds=number), f"action {number}") for number in range(1500))
    async with shown(pane) as (app, pilot):
        pane.listed = True
        pane.state = State(repair=RepairState(actions=actions))
        await pilot.pause()
        assert "1,000 of 1,500 moments" in text_of(app)


async def test_the_cursors_things_and_what_is_out_of_sight_are_told() -> None:
    pane = TimelinePane()
    async with shown(pane, (120, 30)) as (app, pilot):
        pane.state = ACTED
        await pilot.pause()
        assert "← 3 earlier" in text_of(app)
        assert "▸1 12:00:00  patched it" in text_of(app)
        pane.focus_content()
        await pilot.press("down", "left", "left")
        await pilot.pause()
        assert "─ worker-01 · 11:58:59" in text_of(app)
        assert "install-cni: exit 1 after 1s" in text_of(app)
        await pilot.press("0", "0")
        await pilot.pause()
        assert "all that is known" not in text_of(app)
        await pilot.press("0")
        await pilot.pause()
        assert "all that is known" in text_of(app)


async def test_hundreds_of_nodes_are_a_lane_for_each_group_and_marked_ones_instead() -> None:
    pane = TimelinePane(lambda cohort: cohort.members[5])
    state = judged(cluster([f"worker-{number:04}" for number in range(300)]))
    async with shown(pane, (80, 20)) as (app, pilot):
        pane.state = state
        await pilot.pause()
        assert lanes(pane) == ["worker-0005, group A (300)", "master-01 (reference)"]
        assert "group A (300)" in text_of(app)
        pane.chosen = ("worker-0299",)
        await pilot.pause()
        assert lanes(pane) == ["worker-0299", "master-01 (reference)"]


async def test_a_state_in_which_nothing_new_has_a_time_is_not_drawn_again() -> None:
    pane = TimelinePane()
    async with shown(pane, (120, 30)) as (_, pilot):
        pane.state = ACTED
        await pilot.pause()
        drawn = pane.query_one(TimelinePicture).drawn
        pane.state = replace(ACTED, server_version="v1.31.0", silent_since=NOON)
        await pilot.pause()
        assert pane.query_one(TimelinePicture).drawn is drawn


async def test_before_and_now_have_pictures_of_their_own() -> None:
    pane = TimelinePane()
    earlier = incident()
    healed = with_pods(cluster(), *(pod(node.name, failing=False) for node in earlier.nodes))
    state = replace(healed, before=Before("plan", NOON - timedelta(seconds=30), earlier))
    async with shown(pane, (120, 30)) as (_, pilot):
        pane.state = state
        starts = {}
        for view in ("before", "now"):
            pane.view = view
            await pilot.pause()
            drawn = pane.query_one(TimelinePicture).drawn
            assert drawn is not None
            assert lanes(pane)[0] == "worker-01"
            starts[view] = [bar.start for bar in drawn.chart.tracks[0].bars]
        assert starts == {"before": [FAILED.started_at], "now": [NOON]}


async def test_c_copies_the_list_also_while_it_is_drawn() -> None:
    pane = TimelinePane()
    async with shown(pane, (120, 30)) as (app, pilot):
        pane.state = ACTED
        await pilot.pause()
        pane.focus_content()
        await pilot.press("c")
        await pilot.pause()
        (copied,) = [message for message in app.heard if isinstance(message, CopyRequested)]
        assert "SELinux denied" in copied.text
        assert "KIND" not in text_of(app)
