"""The pick list alone: a cursor that a person moves, and that nothing else moves away from them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from cnitui.tui.widgets.pick_list import Pick, PickList
from tests.tui.widgets.conftest import Alone, lines_of

ROWS = tuple(Pick(f"k{number}", "✓", "good", f"row {number}", f"note {number}") for number in range(5))


@asynccontextmanager
async def shown(
    rows: tuple[Pick, ...] = ROWS, size: tuple[int, int] = (40, 6), note_from: int = 0, *, flowing: bool = False
) -> AsyncIterator[tuple[PickList, Pilot[None], Alone]]:
    """A list with these rows, focused."""
    widget = PickList(note_from=note_from, flowing=flowing)
    app = Alone(widget)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        widget.show(rows)
        widget.focus()
        await pilot.pause()
        yield widget, pilot, app


def posted(app: Alone, kind: type[PickList.Highlighted | PickList.Picked]) -> list[str]:
    """The keys of the messages of that kind, in order."""
    return [message.key for message in app.heard if isinstance(message, kind)]


async def test_keys_move_the_cursor_and_stop_at_the_ends() -> None:
    async with shown() as (widget, pilot, app):
        await pilot.press("j", "down", "k", "up", "up", "G", "j", "g")
        assert posted(app, PickList.Highlighted) == ["k1", "k2", "k1", "k0", "k0", "k4", "k4", "k0"]
        assert widget.key == "k0"


async def test_enter_and_a_click_pick() -> None:
    async with shown() as (widget, pilot, app):
        await pilot.press("j", "enter")
        await pilot.click(PickList, offset=(5, 3))
        await pilot.pause()
        assert posted(app, PickList.Picked) == ["k1", "k3"]
        assert widget.key == "k3"


async def test_a_click_below_the_last_row_picks_nothing() -> None:
    async with shown() as (_, pilot, app):
        await pilot.click(PickList, offset=(5, 5))
        assert posted(app, PickList.Picked) == []


async def test_the_cursor_stands_on_the_current_row_until_a_person_moves_it() -> None:
    async with shown() as (widget, pilot, _):
        widget.show((*ROWS[:3], Pick("k3", "✓", "good", "row 3", current=True), ROWS[4]))
        assert widget.key == "k3"
        widget.show((Pick("k0", "✓", "good", "row 0", current=True), *ROWS[1:]))
        assert widget.key == "k0"
        await pilot.press("j")
        widget.show((*ROWS[:4], Pick("k4", "✓", "good", "row 4", current=True)))
        assert widget.key == "k1"


async def test_a_moved_cursor_stays_on_its_row_when_the_rows_are_sorted_anew() -> None:
    async with shown() as (widget, pilot, app):
        await pilot.press("j", "j")
        app.heard.clear()
        widget.show(tuple(reversed(ROWS)))
        await pilot.pause()
        assert widget.key == "k2"
        assert posted(app, PickList.Highlighted) == [], "nobody moved it"


async def test_a_row_that_is_gone_leaves_the_cursor_in_its_place() -> None:
    async with shown() as (widget, pilot, _):
        await pilot.press("G")
        widget.show(ROWS[:2])
        assert widget.key == "k1"
        widget.show(())
        assert widget.key == ""
        await pilot.press("enter", "j")


async def test_a_list_longer_than_its_window_scrolls_with_the_cursor() -> None:
    rows = tuple(Pick(f"k{number}", "·", "dim", f"row {number}") for number in range(30))
    async with shown(rows) as (widget, pilot, _):
        await pilot.press("G")
        await pilot.pause()
        assert any("row 29" in line for line in lines_of(widget))


@pytest.mark.parametrize(
    ("width", "short", "line"),
    [
        (60, "id", " – A rather long name  the reason"),
        (30, "id", " – id  the reason"),
        (18, "", " – A rather long …"),
    ],
)
async def test_a_note_flows_behind_its_text_or_behind_its_short_name(width: int, short: str, line: str) -> None:
    row = Pick("k", "–", "dim", "A rather long name", "the reason", short=short, gives_way=True)
    async with shown((row,), size=(width, 3), flowing=True) as (widget, _, _):
        assert lines_of(widget)[0].rstrip() == line


async def test_a_text_without_room_is_told_in_short_and_a_note_that_would_say_nothing_is_left_out() -> None:
    note = "fits: SELinux stops an installer that is not privileged"
    row = Pick("k", "✓", "good", "Make it privileged (Solution 2)", note, short="Make it privileged")
    for width, line in (
        (100, f" ✓ Make it privileged (Solution 2)  {note}"),
        (70, " ✓ Make it privileged (Solution 2)  fits: SELinux stops an installer…"),
        (60, " ✓ Make it privileged (Solution 2)"),
        (30, " ✓ Make it privileged"),
    ):
        async with shown((row,), size=(width, 3), flowing=True) as (widget, _, _):
            assert lines_of(widget)[0].rstrip() == line


async def test_notes_stand_beside_where_there_is_room_and_leave_where_there_is_none() -> None:
    async with shown(size=(60, 6), note_from=20) as (widget, _, _):
        assert lines_of(widget)[0] == " ✓ row 0             note 0"
    async with shown(size=(24, 6), note_from=20) as (widget, _, _):
        assert lines_of(widget)[0] == " ✓ row 0"


async def test_a_text_too_long_ends_in_an_ellipsis_also_beside_a_scrollbar() -> None:
    rows = tuple(Pick(f"k{number}", "·", "dim", "a text that is too long for it") for number in range(30))
    async with shown(rows, size=(20, 6)) as (widget, _, _):
        assert lines_of(widget)[0].rstrip().endswith("…")
        assert len(lines_of(widget)[0].rstrip()) <= 19


async def test_hostile_text_is_literal_and_never_wider() -> None:
    async with shown((Pick("k", "✗", "bad", "[red]x\x1b[31m 漢字漢字漢字漢字", "[b]note"),), size=(20, 3)) as (
        widget,
        _,
        _,
    ):
        assert "\x1b" not in lines_of(widget)[0]
        assert "[red]x" in lines_of(widget)[0]
        assert widget.render_line(0).cell_length == 20
