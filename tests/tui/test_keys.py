"""The keys of the screens on a live session, the palette, the mouse and the clipboard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from cnitui.engine.guide.blocks import StepView
from cnitui.tui.app import CnituiApp
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.quiz import Quiz
from cnitui.tui.screens.page import PageScreen
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.footer_line import FooterLine
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.masthead import Masthead
from cnitui.tui.widgets.pick_list import PickList
from cnitui.tui.widgets.tab_line import TabLine
from cnitui.tui.widgets.table.table import Table
from tests.engine.guide.states import incident
from tests.tui.conftest import Drive, Driver
from tests.tui.listings import founding as founding_listings
from tests.tui.showing import Showing, showing


def notes(app: CnituiApp) -> list[str]:
    """What was said in passing."""
    return [note.message for note in app._notifications]


def logs_shown(driver: Driver) -> list[str]:
    """The nodes whose logs are in view, in order."""
    panes = [pane for pane in driver.screen.query(LogPane) if pane.display]
    return sorted(pane.feed.node for pane in panes)


async def test_the_keys_of_the_overview_on_a_live_cluster(drive: Drive) -> None:
    async with drive(size=(200, 50)) as driver:
        await driver.judged()
        await driver.until(lambda: len(logs_shown(driver)) == 3)
        table = driver.screen.query_one(Table)

        await driver.press("down", "space")
        await driver.until(lambda: logs_shown(driver) == ["master-01", "worker-01"])
        await driver.press("up", "space")
        await driver.until(lambda: len(logs_shown(driver)) == 3)

        await driver.press("x")
        assert "master-01" not in driver.text(table)
        await driver.press("escape")
        assert "master-01" in driver.text(table)
        await driver.press("slash", *"worker-02", "enter")
        assert "worker-01" not in driver.text(table)
        await driver.press("escape", "o", "O")
        assert table.sorted_by == ("node", True)
        assert driver.text(table).index("worker-02") < driver.text(table).index("master-01")

        table.move_to("worker-01")
        await driver.press("enter")
        await driver.shows("Node worker-01")
        await driver.press("slash", *"annotations", "enter")
        await driver.shows("IPv4Address 10.")
        await driver.press("escape", "d")
        await driver.shows("Pod kube-system/calico-node")
        await driver.press("q", "y")
        await driver.shows("kind: Pod")
        assert "managedFields:" not in driver.text()
        await driver.press("2")
        await driver.shows("kind: Node")
        await driver.press("tab")
        await driver.shows("kind: DaemonSet")
        assert "last-applied-configuration" not in driver.text()
        await driver.press("w")
        await driver.shows("last-applied-configuration")
        await driver.press("w")
        await driver.press("slash", *"updateStrategy", "enter")
        await driver.shows("updateStrategy:")
        await driver.press("tab")
        await driver.shows("kind: Pod")
        await driver.press("c", "escape")
        assert driver.app.screen is driver.screen
        assert "kind: Pod" in driver.app.clipboard

        await driver.press("r")
        assert "looking again at everything" in driver.heard

        driver.screen.query_one(LogsPane).focus_content()
        await driver.until(lambda: isinstance(driver.app.focused, LogPane))
        await driver.press("tab")
        await driver.press("d")
        await driver.shows(f"Node {driver.screen.node}")
        await driver.press("escape", "right_square_bracket")
        assert driver.screen.single == "guide"
        assert driver.screen.query_one(GuidePane).step == 2


async def test_one_key_copies_a_summary_for_the_incident_channel(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr("cnitui.tui.app.CnituiApp.copy_to_clipboard", lambda _, text: copied.append(text))
    async with drive("disk-full", size=(80, 24)) as driver:
        await driver.judged()
        await driver.press("I")
        await driver.shows("For the incident channel")
        await driver.shows("Changed so far: nothing")
        await driver.press("c", "escape")
        assert driver.app.screen is driver.screen
    assert len(copied) == 2
    assert copied[0] == copied[1]
    assert "(disk-full) on worker-01" in copied[0]
    assert "Next: " in copied[0]


async def test_while_conclusions_are_covered_there_is_no_summary_of_them(drive: Drive) -> None:
    async with drive("disk-full", quiz=Quiz(("disk-full",), "the disk is full", "disk-full")) as driver:
        await driver.judged()
        await driver.press("I")
        assert driver.app.screen is driver.screen


async def test_u_v_and_a_say_why_they_wait_while_something_is_applied(drive: Drive) -> None:
    async with drive() as driver:
        await driver.judged()
        assert driver.screen.session is not None
        repair = driver.screen.session.repair
        repair.state = replace(repair.state, phase="applying")
        driver.screen.action_undo()
        driver.screen._verify_requested()
        await driver.pilot.pause()
        assert notes(driver.app) == ["Still applying: wait for its end."] * 2
        assert repair.state.phase == "applying"


# --- from everywhere ------------------------------------------------------------------------------------------------


async def command(app: Showing, pilot: Pilot[int], words: str) -> None:
    """Run a command of the palette by its name."""
    await pilot.press("colon", *words, "enter")
    while app.screen.is_modal:
        await pilot.pause()
    await pilot.pause()


async def test_each_pane_has_its_command() -> None:
    async with showing(incident()) as (app, pilot):
        app.work = app.main  # type: ignore[assignment]  # these commands need nothing of a session
        app.main.action_look_again = app.main.action_undo = app.main.action_save = lambda: None  # type: ignore[attr-defined]
        for name in ("logs", "selinux", "guide", "differences", "timeline"):
            await command(app, pilot, name)
            assert app.main.single == name
        await command(app, pilot, "overview")
        assert app.main.single == ""


async def test_commands_work_from_a_page_on_top_too() -> None:
    async with showing(incident()) as (app, pilot):
        app.work = app.main  # type: ignore[assignment]  # as above
        app.main.action_look_again = app.main.action_undo = app.main.action_save = lambda: None  # type: ignore[attr-defined]
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, PageScreen)
        await command(app, pilot, "selinux")
        assert app.main.is_current
        assert app.main.single == "selinux"


async def test_ctrl_c_copies_a_selection_and_quits_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(incident()) as (app, pilot):
        with monkeypatch.context() as patched:
            patched.setattr(app.main, "get_selected_text", lambda: "the selection")
            await pilot.press("ctrl+c")
        assert app.copied == ["the selection"]
        assert notes(app) == ["copied the selection"]
        assert app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app._exit
        assert app.return_code == 0


async def test_ctrl_c_in_the_palette_closes_it_and_quits_nothing() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        app.work = app.main  # type: ignore[assignment]  # these commands need nothing of a session
        await pilot.press("colon", *"timel")
        await pilot.pause()
        assert "Attempts, events" in app.text or "All by time" in app.text, "what the first row does is told whole"
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.screen is app.main
        assert app.is_running


@pytest.mark.parametrize("key", ["q"])
async def test_q_quits(key: str) -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
        assert app._exit


async def test_skipping_a_step_marks_it_and_a_second_time_takes_that_back() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.press("f4", "S")
        await pilot.pause()
        view: StepView | None = app.guide.view
        assert view is not None
        assert view.state == "skipped"
        await pilot.press("S")
        await pilot.pause()
        assert app.guide.view is not None
        assert app.guide.view.state == "fail"


# --- the mouse ------------------------------------------------------------------------------------------------------


async def test_a_click_on_a_tab_shows_its_pane() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        await pilot.click(TabLine, offset=(app.text.splitlines()[2].index("SELinux"), 0))
        await pilot.pause()
        assert app.main.single == "selinux"


async def test_a_click_on_a_step_opens_it() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.click("#steps", offset=(6, 4))
        await pilot.pause()
        assert app.guide.step == 5
        assert app.main.single == "guide"


async def test_a_click_on_the_bottom_line_presses_the_key() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        while "details" not in app.text:
            await pilot.pause()
        await pilot.click(FooterLine, offset=(app.text.splitlines()[-1].index("f4"), 0))
        await pilot.pause()
        assert app.main.single == "guide"


async def test_a_click_on_the_key_at_the_top_presses_it() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        x = app.text.splitlines()[1].index("f4")
        await pilot.click(Masthead, offset=(x - 4, 1))
        assert app.main.single == "pods"
        await pilot.click(Masthead, offset=(x, 1))
        await pilot.pause()
        assert app.main.single == "guide"


async def test_the_wheel_scrolls_what_is_under_the_pointer_and_leaves_the_focus() -> None:
    async with showing(founding_listings(), (120, 30)) as (app, pilot):
        page = app.main.pane("selinux").query_one(BlocksView)
        focused = app.focused
        assert page.max_scroll_y > 0
        await pilot._post_mouse_events([MouseScrollDown], page, offset=(5, 3), button=0)
        while not page.scroll_offset.y:
            await pilot.pause()
        assert app.focused is focused


async def test_a_click_on_a_row_moves_the_cursor() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.click("#pods-table", offset=(5, 3))
        await pilot.pause()
        assert app.main.query_one(PodsPane).node == "worker-02"


# --- without colour, and with another one ---------------------------------------------------------------------------

SIGNS = {"text-error": "✗", "text-success": "✓", "text-warning": "!"}


@pytest.mark.parametrize("theme", ["cnitui-dark", "cnitui-light"])
async def test_every_coloured_word_has_its_sign_beside_it(theme: str) -> None:
    async with showing(incident(), (160, 45), theme=theme) as (app, _):
        table = app.main.query_one(Table)
        for role, sign in (("bad", "✗"), ("good", "✓")):
            colour = table.ink(role).color
            for y in range(1, 4):
                pieces = [text for text, style, _ in table.render_line(y) if style and style.color == colour]
                assert all(sign in "".join(pieces) for text in pieces if text.strip())
        steps = app.main.query_one("#steps", PickList)
        assert {steps.render_line(y).text.strip()[:1] for y in range(11)} <= set("✗✓?–◌·▸")
        assert app.main.query_one(Masthead).render_line(0).text.count("✗") == 1


async def test_without_colour_the_screen_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(incident(), (120, 35)) as (app, _):
        coloured = app.text.splitlines()[1:]
    monkeypatch.setenv("NO_COLOR", "1")
    async with showing(incident(), (120, 35)) as (app, _):
        assert app.no_color
        assert app.text.splitlines()[1:] == coloured
