"""Rows of cells: what is drawn where, what is seen when two share a cell, and signs that need no colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from cnitui.engine.timeline.chart import Act, Bar, Chart, Mark, chart
from cnitui.engine.timeline.lanes import Lane
from cnitui.engine.timeline.scale import Scale
from cnitui.tui.glyphs import as_ascii
from cnitui.tui.widgets.timeline.across import Across
from cnitui.tui.widgets.timeline.paint import LEGEND, Cell, axis, rows_of, rows_of_ours, ticks
from tests.engine.guide.states import NOON


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def even(start: float, end: float, cells: int) -> Across:
    """Cells of the same length."""
    return Across(Scale((), at(start), at(end)), at(start), at(end), cells)


def drawn(bars: Sequence[Bar] = (), marks: Sequence[Mark] = (), acts: Sequence[Act] = (), due: float = 0) -> Chart:
    told = chart([Lane("n", "n")], {"n": bars}, {"n": marks}, acts, due={"n": at(due)} if due else None)
    assert told is not None
    return told


def text(row: Sequence[Cell]) -> str:
    return "".join(sign for sign, _ in row)


def rows(told: Chart, across: Across) -> tuple[str, str]:
    upper, lower = rows_of(told.tracks[0], across, told.latest, [across.cell(act.at) for act in told.acts])
    return text(upper), text(lower)


def test_attempts_are_bars_with_their_outcome_and_the_back_off_between_them() -> None:
    bars = [Bar("c", at(0), at(3.5), "1"), Bar("c", at(20), at(22.5), "1"), Bar("x", at(30), at(32.5), "0")]
    told = drawn(bars, due=40)
    assert rows(told, even(0, 42, 42))[0] == "━━━✗····· 16s ······━━✗·······━━✓·······◌ "


def test_one_that_runs_goes_on_to_the_last_thing_known_and_one_out_of_view_is_cut() -> None:
    told = drawn([Bar("c", at(-100))], [Mark(at(7.5), "event", "x", "warn")])
    assert rows(told, even(0, 12, 12)) == ("━━━━━━━▸    ", "       !    ")


def test_the_end_of_one_is_seen_where_the_next_runs_already() -> None:
    told = drawn([Bar("install-cni", at(0), at(3.5), "0"), Bar("calico-node", at(3))], [Mark(at(9.5), "event", "x")])
    assert rows(told, even(0, 12, 12))[0] == "━━━✓━━━━━▸  "


def test_of_two_in_one_cell_the_more_telling_is_seen() -> None:
    marks = [
        Mark(at(1), "event", "Pulled", "dim"), Mark(at(1), "denial", "d", "warn"), Mark(at(1), "denial", "d", "bad"),
        Mark(at(3), "node", "Ready is False", "warn"), Mark(at(3), "event", "BackOff", "warn"),
        Mark(at(5), "event", "BackOff", "warn"), Mark(at(5), "event", "Pulled", "dim"), Mark(at(7), "node", "", "good"),
    ]  # fmt: skip
    bars = [Bar("a", at(1), at(1.2), "0"), Bar("b", at(1.3), at(1.4), "1")]
    told = drawn(bars, marks)
    upper, lower = rows_of(told.tracks[0], even(0, 10, 5), told.latest)
    assert (text(upper), text(lower)) == ("✗    ", "▲◆!◇ ")
    assert lower[0][1] == "bad"


def test_our_actions_are_numbers_and_lines_through_every_lane() -> None:
    acts = [Act(number, at(number), "x") for number in range(9, 13)]
    told = drawn([Bar("c", at(9), at(10.5), "1")], acts=acts)
    assert rows(told, even(8, 14, 24)) == ("    ━━━━━━✗ │   │       ", "    │   │   │   │       ")
    upper, lower = rows_of_ours(acts, even(8, 14, 24))
    assert (text(upper), text(lower)) == ("    9   10  11  12      ", "    │   │   │   │       ")
    assert text(rows_of_ours(acts, even(0, 60, 12))[0]) == " 9+         ", "a number that has no room is counted"


def test_signs_stay_apart_without_unicode_and_without_colour() -> None:
    signs = {words: as_ascii(sign) for sign, _, words in LEGEND}
    for row in (("denial", "node unwell", "warning", "node well", "event"), ("failed", "done", "running", "back-off")):
        assert len({signs[words] for words in row}) == len(row)


@pytest.mark.parametrize(("end", "words"), [(10, "12:00:05.000"), (600, "12:05:00"), (200000, "11-24 15:46")])
def test_the_axis_is_as_exact_as_what_is_shown(end: float, words: str) -> None:
    across = even(0, end, 60)
    assert ticks([at(end / 2)], across) == ((30, words),)


def test_ticks_keep_apart_and_make_room_for_the_cursors_time() -> None:
    across = even(0, 600, 40)
    told = ticks([at(second) for second in range(0, 600, 15)], across)
    assert [cell for cell, _ in told] == [0, 11, 22]
    assert text(axis(told, at(30), across)) == "  ▾12:00:30           ┊12:05:30         "
    assert text(axis(told, at(599), across)).endswith("12:09:59▾")
    assert "▾" not in text(axis(told, at(900), across))
