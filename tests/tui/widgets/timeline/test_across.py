"""Cells and moments: there and back, zooming about a cell that stays, panning as far as there is something."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.engine.timeline.scale import Scale
from cnitui.tui.widgets.timeline.across import LEAST_CELL, Across
from tests.engine.guide.states import NOON

KNOWN = [NOON + timedelta(seconds=seconds) for seconds in (0, 1, 1.5, 300, 301, 7200)]
SCALE = Scale(KNOWN, NOON - timedelta(seconds=1), NOON + timedelta(hours=3))
CELLS = 60


def across(start: float = -1, end: float = 10800) -> Across:
    return Across(SCALE, NOON + timedelta(seconds=start), NOON + timedelta(seconds=end), CELLS)


def again(shown: Across, window: tuple[datetime, datetime]) -> Across:
    return Across(shown.scale, *window, shown.cells)


@given(st.integers(0, CELLS - 1))
def test_the_moment_of_a_cell_is_in_that_cell(cell: int) -> None:
    assert across().cell(across().moment(cell)) == cell


def test_cells_are_in_the_order_of_time_and_tell_what_is_outside() -> None:
    shown = across(0.5, 7200)
    cells = [shown.cell(moment) for moment in KNOWN]
    assert cells == sorted(cells)
    assert cells[0] < 0
    assert cells[-1] == CELLS - 1
    assert shown.cell(NOON + timedelta(hours=3)) >= CELLS


@pytest.mark.parametrize("moment", KNOWN)
def test_a_closer_look_keeps_the_cell_of_what_is_looked_at(moment: datetime) -> None:
    shown = across()
    closer = again(shown, shown.zoomed(0.5, moment))
    assert abs(closer.cell(moment) - shown.cell(moment)) <= 1
    assert closer.end - closer.start < shown.end - shown.start
    back = again(closer, closer.zoomed(2.0, moment))
    assert abs(back.start - shown.start) + abs(back.end - shown.end) < timedelta(milliseconds=1)


def test_looking_closer_ends_where_nothing_more_can_be_told_apart() -> None:
    shown = across()
    for _ in range(80):
        shown = again(shown, shown.zoomed(0.5, KNOWN[2]))
    assert LEAST_CELL * CELLS <= shown.end - shown.start < LEAST_CELL * CELLS * 4


def test_looking_further_ends_with_all_that_is_known() -> None:
    shown = across(0.5, 2)
    for _ in range(40):
        shown = again(shown, shown.zoomed(2.0, KNOWN[1]))
    assert (shown.start, shown.end) == (SCALE.start, SCALE.end)


@pytest.mark.parametrize("share", [0.5, -0.5, 40.0, -40.0])
def test_panning_keeps_the_width_and_stays_on_the_scale(share: float) -> None:
    shown = across(300, 7000)
    moved = again(shown, shown.panned(share))
    width = [SCALE.at(one.end) - SCALE.at(one.start) for one in (shown, moved)]
    assert width[0] == pytest.approx(width[1])
    assert SCALE.start <= moved.start < moved.end <= SCALE.end
    assert (moved.start > shown.start) == (share > 0)


def test_what_is_shown_comes_along_to_a_moment_that_is_not_in_it_and_only_then() -> None:
    shown = across(300, 302)
    assert shown.holding(KNOWN[3]) == (shown.start, shown.end)
    moved = again(shown, shown.holding(KNOWN[5]))
    assert 0 <= moved.cell(KNOWN[5]) < CELLS
