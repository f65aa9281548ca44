"""The picture in a person's hands: walked, zoomed, panned, clicked; and painted only where it changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region
from textual.pilot import Pilot

from cnitui.engine.timeline.chart import Act, Bar, Chart, Mark, chart
from cnitui.engine.timeline.lanes import Lane
from cnitui.tui.widgets.timeline.picture import TimelinePicture
from cnitui.tui.widgets.timeline.telling import CursorWords, told
from cnitui.tui.widgets.timeline.things import Thing
from tests.engine.guide.states import NOON
from tests.tui.widgets.conftest import Alone, lines_of

HOSTILE = "[red]x[/red]\x1b[31m\u202e"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _failed(start: float) -> Bar:
    return Bar("install-cni", at(start), at(start + 1), "1")


def story(*, newest: float = 311, lanes: Sequence[str] = ("worker-01", "worker-02", "master-01")) -> Chart:
    """Two failing workers, the first of them denied something; our patch; a master that has run for long."""
    bars = {
        "worker-01": [_failed(0), _failed(newest - 1)],
        "worker-02": [_failed(20), _failed(newest + 19)],
        "master-01": [Bar("calico-node", at(-60000))],
    }
    denied = Mark(at(0.4), "denial", f"SELinux denied {HOSTILE}", "bad")
    marks = {"worker-01": [denied, Mark(at(-60000), "node", "node Ready is False", "warn")]}
    found = chart([Lane(lane, lane) for lane in lanes], bars, marks, [Act(1, at(200), "patched it")])
    assert found is not None
    return found


class Watched(TimelinePicture):
    """Keeps what it was asked to paint anew."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[Region] = []

    def refresh(self, *regions: Region, **options: bool) -> Watched:
        self.painted += regions or [Region(0, 0, *self.size)]
        return super().refresh(*regions, **options)


@asynccontextmanager
async def shown(
    told: Chart | None, size: tuple[int, int] = (100, 12)
) -> AsyncIterator[tuple[Watched, Alone, Pilot[None]]]:
    picture = Watched()
    app = Alone(picture)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        picture.show(told)
        picture.focus()
        await pilot.pause()
        yield picture, app, pilot


def pointed(app: Alone) -> list[tuple[str, datetime]]:
    return [(one.node, one.at) for one in app.heard if type(one) is TimelinePicture.Pointed]


def under(picture: TimelinePicture) -> list[str]:
    return [thing.words for thing in picture.under_cursor]


async def test_each_lane_has_its_name_its_attempts_and_below_them_its_marks() -> None:
    async with shown(story()) as (picture, _, _):
        lines = lines_of(picture)
        assert [line[:11] for line in lines[1:9:2]] == ["  cnitui   ", "  worker-01", "▸ worker-02", "  master-01"]
        assert lines[3].count("✗") == 2
        assert "▲" in lines[4]
        assert "▸" in lines[7]
        assert lines[3].index("✗") < lines[5].index("✗"), "what came first stands first"
        assert "12:05:30" in lines[0], "the cursor is on what came last"


async def test_nothing_is_said_of_the_cursor_until_a_person_moves_it() -> None:
    async with shown(story()) as (picture, app, pilot):
        assert under(picture)[-1] == "install-cni: exit 1 after 1s"
        assert pointed(app) == []
        picture.show(story(newest=600))
        await pilot.pause()
        assert picture.cursor == (at(619), 2), "it stays on what came last"
        await pilot.press("left")
        await pilot.pause()
        assert pointed(app) == [("worker-02", at(20))]
        picture.show(story(newest=900))
        assert picture.cursor == (at(20), 2)


async def test_arrows_walk_a_lane_and_n_walks_all_of_them_in_the_order_of_time() -> None:
    async with shown(story()) as (picture, app, pilot):
        await pilot.press("up", "left", "left", "left")
        await pilot.pause()
        assert pointed(app)[-1] == ("worker-01", at(0))
        await pilot.press("plus", "plus", "plus", "plus", "right")
        assert under(picture)[0].startswith("install-cni: exit 1"), "the attempt goes on there"
        assert under(picture)[1].startswith("SELinux denied")
        await pilot.press("n", "n", "n")
        await pilot.pause()
        assert pointed(app)[-3:] == [("worker-02", at(20)), ("", at(200)), ("worker-01", at(310))]
        assert under(picture) == ["waited 5m9s for the next attempt", "install-cni: exit 1 after 1s"]
        await pilot.press("N")
        await pilot.pause()
        assert pointed(app)[-1] == ("", at(200))
        await pilot.press("g")
        await pilot.pause()
        assert pointed(app)[-1] == ("worker-01", at(-60000))
        await pilot.press("G")
        await pilot.pause()
        assert pointed(app)[-1] == ("worker-02", at(330))


async def test_zoom_and_pan_change_what_is_shown_and_zero_brings_it_back() -> None:
    async with shown(story()) as (picture, _, pilot):
        home = picture.across
        assert home is not None
        assert picture.outside() == (2, 0)
        await pilot.press("plus", "plus")
        closer = picture.across
        assert closer is not None
        assert closer.end - closer.start < home.end - home.start
        assert closer.start <= at(330) <= closer.end
        await pilot.press("h")
        earlier = picture.across
        assert earlier is not None
        assert earlier.start < closer.start
        assert picture.outside()[1] > 0
        await pilot.press("l", "minus")
        await pilot.press("0")
        assert picture.across == home
        await pilot.press("0")
        assert picture.outside() == (0, 0)
        assert picture.across is not None
        assert picture.across.start < at(-60000)


async def test_a_click_means_the_thing_under_it_or_near_it_and_else_the_moment() -> None:
    async with shown(story()) as (picture, app, pilot):
        lines = lines_of(picture)
        first, mark = lines[5].index("✗"), lines[4].index("▲")
        await pilot.click(picture, offset=(mark, 4))
        assert pointed(app)[-1] in (("worker-01", at(0)), ("worker-01", at(0.4)))
        await pilot.click(picture, offset=(first - 8 + lines[5][first:].index("✗", 1), 5))
        node, moment = pointed(app)[-1]
        assert node == "worker-02"
        assert at(21) < moment < at(330)
        assert under(picture) == ["waited 5m9s for the next attempt"]
        await pilot.click(picture, offset=(4, 7))
        assert pointed(app)[-1] == ("master-01", moment), "a name means its lane"
        await pilot.click(picture, offset=(60, 11))
        assert len(pointed(app)) == 3, "there is nothing below the lanes"


async def test_enter_and_a_double_click_want_the_log_of_that_moment() -> None:
    async with shown(story()) as (picture, app, pilot):
        await pilot.press("left", "enter")
        await pilot.click(picture, offset=(4, 3), times=2)
        wanted = [(one.node, one.at) for one in app.heard if isinstance(one, TimelinePicture.LogsWanted)]
        assert wanted == [("worker-02", at(20)), ("worker-01", at(20))]


async def test_the_cursor_costs_a_column_and_a_lane_costs_that_lane() -> None:
    async with shown(story()) as (picture, _, pilot):
        picture.painted.clear()
        picture.show(story())
        assert picture.painted == [], "what is the same is not painted"
        await pilot.press("left")
        assert max(region.area for region in picture.painted) <= picture.size.width
        picture.painted.clear()
        told = story()
        lane = replace(told.tracks[1], marks=(Mark(at(0), "event", "BackOff", "warn"),))
        picture.show(replace(told, tracks=(told.tracks[0], lane, told.tracks[2])))
        assert picture.painted == [Region(0, 5, 100, 2)]
        await pilot.pause()
        assert "!" in lines_of(picture)[6]


async def test_lanes_that_have_no_room_are_scrolled_to() -> None:
    names = [f"worker-{number:02}" for number in range(1, 20)]
    async with shown(story(lanes=names), (80, 9)) as (picture, _, pilot):
        assert "worker-19" not in "\n".join(lines_of(picture))
        await pilot.press(*["pagedown"] * 4)
        assert "▸ worker-19" in "\n".join(lines_of(picture))
        await pilot.press("g")
        assert "▸ worker-01" in "\n".join(lines_of(picture))
        before = picture.window
        picture.post_message(wheel(picture, ctrl=False))
        await pilot.pause()
        assert picture.scroll_offset.y > 0
        assert picture.window == before
        picture.post_message(wheel(picture, ctrl=True))
        await pilot.pause()
        assert picture.window != before, "with control the wheel is the zoom"


def wheel(picture: TimelinePicture, *, ctrl: bool) -> MouseScrollDown:
    return MouseScrollDown(picture, 20, 3, 0, 1, 0, shift=False, meta=False, ctrl=ctrl)


async def test_the_wheel_zooms_about_the_pointer_where_all_lanes_are_in_view() -> None:
    async with shown(story()) as (picture, _, pilot):
        before = picture.across
        picture.post_message(MouseScrollUp(picture, 40, 3, 0, -1, 0, shift=False, meta=False, ctrl=False))
        await pilot.pause()
        assert before is not None
        assert picture.across is not None
        assert abs(picture.across.cell(before.moment(40 - picture.left)) - (40 - picture.left)) <= 1
        assert picture.across.end - picture.across.start < before.end - before.start


@pytest.mark.parametrize("size", [(1, 1), (14, 2), (20, 30)])
async def test_any_size_draws_something_or_nothing(size: tuple[int, int]) -> None:
    async with shown(story(), size) as (picture, _, pilot):
        for key in ("left", "n", "plus", "h", "0", "j", "G"):
            await pilot.press(key)
        assert all(len(line) <= size[0] for line in lines_of(picture))


async def test_without_anything_to_draw_keys_do_nothing() -> None:
    async with shown(None) as (picture, app, pilot):
        await pilot.press("left", "n", "plus", "0", "h", "j", "g", "enter")
        await pilot.click(picture, offset=(50, 3))
        assert pointed(app) == []
        assert set(lines_of(picture)) == {""}


# --- what the cursor is on ------------------------------------------------------------------------------------------


def thing(words: str, seconds: float = 0) -> Thing:
    return Thing(at(seconds), at(seconds), "!", "warn", words)


def lines(things: Sequence[Thing], width: int = 40, rows: int = 4) -> list[str]:
    return ["".join(text for text, _ in line) for line in told(things, at(0), width, rows)]


def test_long_words_go_on_below_where_there_is_room_and_else_each_has_a_line() -> None:
    assert lines([thing("one two three four five six seven"), thing("b", 1)]) == [
        "▸! 12:00:00  one two three four five",
        "             six seven",
        " ! 12:00:01  b",
    ]
    assert lines([thing("one two three four five six seven"), *(thing("b", 1) for _ in range(3))])[0].endswith("…")


def test_more_than_there_is_room_for_is_counted() -> None:
    told_lines = lines([thing(str(number), number) for number in range(9)], 60)
    assert len(told_lines) == 4
    assert told_lines[-1] == "   … 6 more here: + looks closer, v lists all"


def test_where_nothing_happened_the_keys_that_lead_on_are_named() -> None:
    assert lines([], 90)[0].startswith(" nothing happened here")


async def test_hostile_words_stay_in_their_line() -> None:
    words = CursorWords()
    app = Alone(words)
    async with app.run_test(size=(60, 6)) as pilot:
        words.show(HOSTILE, at(0), (thing(HOSTILE * 9),))
        await pilot.pause()
        shown_lines = lines_of(words)
        assert "[red]x[/red]" in shown_lines[1]
        assert not set("\x1b\u202e") & set("".join(shown_lines))
        assert all(len(line) <= 60 for line in shown_lines)
