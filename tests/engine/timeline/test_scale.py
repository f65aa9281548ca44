"""Moments and places: in the order of time, there and back, and silences shorter than they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.engine.timeline.scale import Scale
from tests.engine.guide.states import NOON

SECONDS = st.floats(0, 40 * 86400, allow_nan=False).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(st.lists(SECONDS, min_size=1, max_size=30), SECONDS, SECONDS)
def test_places_are_in_the_order_of_time_and_lead_back(known: list[datetime], one: datetime, other: datetime) -> None:
    scale = Scale(known, NOON - timedelta(seconds=1), NOON + timedelta(days=41))
    earlier, later = sorted((one, other))
    assert 0 <= scale.at(earlier) <= scale.at(later) <= 1
    assert abs(scale.moment(scale.at(one)) - one) < timedelta(milliseconds=1)


def test_five_minutes_of_silence_leave_the_second_in_which_it_happens_room() -> None:
    start, end = NOON, NOON + timedelta(minutes=5, seconds=1)
    scale = Scale((end - timedelta(seconds=1),), start, end)
    assert 1 - scale.at(end - timedelta(seconds=1)) > 0.05
    assert (end - start - timedelta(minutes=5)) / (end - start) < 0.004


def test_what_is_beyond_an_end_stands_at_that_end() -> None:
    scale = Scale((), NOON, NOON + timedelta(minutes=1))
    assert (scale.at(NOON - timedelta(days=1)), scale.at(NOON + timedelta(days=1))) == (0, 1)
    assert (scale.moment(-1.0), scale.moment(2.0)) == (scale.start, scale.end)
    assert not scale.holds(NOON - timedelta(seconds=1))


@pytest.mark.parametrize("year", [1, 9999])
def test_any_year_has_its_place(year: int) -> None:
    edge = datetime(year, 6, 1, tzinfo=UTC)
    assert Scale((NOON,), min(edge, NOON), max(edge, NOON)).at(edge) in (0, 1)
