"""How the screen is arranged: panes, full screen, small terminals, and a focus that survives all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from cnitui.tui.messages import StateChanged
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.widgets.masthead import Masthead
from tests.engine.guide.states import cluster, incident, judged, with_pods
from tests.tui.showing import Showing, showing

OVERVIEW = ["#pods", "#guide", "#logs", "#selinux"]
ALL = [*OVERVIEW, "#differences", "#timeline"]


def in_view(app: Showing) -> list[str]:
    """The panes that are in view."""
    return [pane for pane in ALL if app.shows(pane)]


async def resize(pilot: Pilot[int], width: int, height: int) -> None:
    """Another size of the terminal."""
    await pilot.resize_terminal(width, height)
    await pilot.pause()
    await pilot.pause()


async def test_a_large_screen_shows_four_panes_and_no_tabs() -> None:
    async with showing(incident(), (160, 45)) as (app, _):
        assert in_view(app) == OVERVIEW
        assert not app.shows("#tabs")


async def test_a_small_screen_shows_one_pane_and_tabs() -> None:
    async with showing(incident(), (80, 24)) as (app, _):
        assert in_view(app) == ["#pods"]
        assert app.shows("#tabs")


KEYS = {"f2": "#logs", "f3": "#selinux", "f4": "#guide", "f5": "#differences", "f6": "#timeline"}


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_function_keys_show_their_pane_alone_and_escape_goes_back(size: tuple[int, int]) -> None:
    async with showing(incident(), size) as (app, pilot):
        before = in_view(app)
        for key, pane in KEYS.items():
            await pilot.press(key)
            beside = ["#logs"] if key == "f6" and size == (160, 45) else []
            assert in_view(app) == [*beside, pane], "the logs go where the timeline's cursor goes"
            await pilot.press("escape")
            assert in_view(app) == before


async def test_f1_brings_the_overview_back_with_the_focus_on_the_pods() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.press("f6", "f1")
        assert in_view(app) == OVERVIEW
        assert app.pane_of_focus() == "pods"


async def test_f_makes_the_focused_pane_full_and_small_again() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.press("tab", "f")
        assert in_view(app) == ["#guide"]
        await pilot.press("f")
        assert in_view(app) == OVERVIEW
        assert app.pane_of_focus() == "guide"


async def test_tab_goes_through_the_panes_and_shift_tab_back() -> None:
    async with showing(incident()) as (app, pilot):
        seen = [app.pane_of_focus()]
        for key in ("tab", "tab", "tab", "shift+tab", "shift+tab"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(app.pane_of_focus())
        assert seen == ["pods", "guide", "selinux", "pods", "selinux", "guide"], "the empty log pane is passed by"


async def test_on_a_small_screen_tab_walks_through_a_pane_and_on_to_the_next() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        await pilot.press("tab")
        assert in_view(app) == ["#guide"]
        steps = app.focused
        await pilot.press("tab")
        assert in_view(app) == ["#guide"]
        assert app.focused is not steps
        await pilot.press("tab")
        assert in_view(app) == ["#logs"]


async def test_a_pane_shown_by_its_key_on_a_small_screen_is_left_by_tab_too() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        await pilot.press("f3", "tab")
        assert in_view(app) == ["#pods"]


async def test_tab_stays_in_a_pane_that_was_made_full_on_a_large_screen() -> None:
    async with showing(incident()) as (app, pilot):
        await pilot.press("f4", "tab", "tab", "tab")
        assert in_view(app) == ["#guide"]


async def test_the_masthead_names_the_next_key_until_one_is_there() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        masthead = app.main.query_one(Masthead)
        assert masthead.hint == "f4 guide"
        await pilot.press("tab")
        assert masthead.hint == ""


# --- resizing -------------------------------------------------------------------------------------------------------


async def test_step_cursor_and_focus_survive_every_size() -> None:
    async with showing(incident(), (200, 50)) as (app, pilot):
        await pilot.press("down", "f4", "right", "right")
        for size in ((80, 24), (60, 15), (30, 8), (200, 50)):
            await resize(pilot, *size)
            assert app.guide.step == 3
            assert app.pane_of_focus() == "guide"
            assert app.focused is not None
        assert app.main.query_one(PodsPane).node == "worker-01"
        await pilot.press("escape")
        assert in_view(app) == OVERVIEW


async def test_the_focused_pane_is_the_one_that_stays_when_there_is_room_for_one() -> None:
    async with showing(incident(), (200, 50)) as (app, pilot):
        app.main.query_one("#selinux BlocksView").focus()
        await pilot.pause()
        await resize(pilot, 80, 24)
        assert in_view(app) == ["#selinux"]
        assert app.pane_of_focus() == "selinux"
        await resize(pilot, 200, 50)
        assert in_view(app) == OVERVIEW
        assert app.pane_of_focus() == "selinux"


async def test_a_focus_that_loses_its_place_goes_to_the_panes_main_widget() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        await pilot.press("tab", "tab")
        assert app.focused is not None
        assert app.focused.id == "step-body"
        await resize(pilot, 200, 50)
        assert app.focused is not None
        assert app.focused.id == "steps"


async def test_on_a_slim_screen_the_step_stands_alone_and_keeps_the_keys() -> None:
    async with showing(incident(), (50, 20)) as (app, pilot):
        await pilot.press("f4")
        await pilot.pause()
        assert not app.shows("#steps")
        await pilot.press("right")
        assert app.guide.step == 2
        assert "Known reports" in app.text


async def test_a_terminal_too_small_says_so_and_nothing_else() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        for width, height in ((39, 20), (80, 9), (20, 5), (10, 2), (1, 1)):
            await resize(pilot, width, height)
            assert app.shows("TooSmall")
            if width * height >= 100:
                assert f"{width}x{height} is too small" in " ".join(app.text.split())
            assert "worker-01" not in app.text
        await resize(pilot, 80, 24)
        assert not app.shows("TooSmall")
        assert "worker-01" in app.text


async def test_the_two_lines_at_the_top_say_how_bad_it_is_at_every_size() -> None:
    async with showing(incident(), (250, 60)) as (app, pilot):
        for width, height in ((120, 35), (110, 30), (80, 24), (60, 15), (40, 10)):
            await resize(pilot, width, height)
            first, second = app.text.splitlines()[:2]
            assert "✗ 2 of 3 nodes failing" in first
            assert "CONFIRMED" in second
            assert all(len(line) <= width for line in app.text.splitlines())


async def test_hostile_words_of_the_cluster_stay_in_their_cells() -> None:
    hostile = "[red]x[/red]\x1b[31m\x1b]0;t\x07\u202e漢\r\n"
    state = incident()
    pods = tuple(replace(pod, name=f"{pod.name}{hostile}", status=f"{pod.status}{hostile}") for pod in state.pods)
    async with showing(with_pods(state, *pods), (80, 24)) as (app, pilot):
        for key in ("f1", *KEYS):
            await pilot.press(key)
            assert "\x1b" not in app.text
            assert "\u202e" not in app.text
            assert len(app.text.splitlines()) == 24


async def test_a_healthy_cluster_is_quiet() -> None:
    async with showing(judged(cluster((), ("master-01", "master-02")))) as (app, _):
        assert "✓ all 2 nodes healthy" in app.text
        assert "✗" not in app.text


async def test_a_state_that_comes_while_the_screen_is_taken_down_is_left_aside() -> None:
    async with showing(incident()) as (app, _):
        screen = app.main
    with app._context():
        screen._show(StateChanged(incident()))
