"""Table alone in an app: places, cursor, filter, order, narrow windows, hostile cells."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.strip import Strip

from cnitui.tui.widgets.table.columns import Column, lay_out
from cnitui.tui.widgets.table.rows import Cell, TableRows, sort_key
from cnitui.tui.widgets.table.table import Table
from tests.tui.widgets.conftest import Alone, lines_of, styled

COLUMNS = (
    Column("node", "NODE", 8, 24),
    Column("pod", "POD", 12, 30, cut="middle", leaves=6),
    Column("ready", "READY", 5, 6, leaves=2),
    Column("status", "STATUS", 12, 26, glyph=True),
    Column("restarts", "RESTARTS", 8, 8, "right", leaves=1),
    Column("next", "NEXT", 5, 5, "right", quiet=True, leaves=3),
)


def row(number: int) -> tuple[str, list[Cell]]:
    bad = number % 3 > 0
    return f"n{number}", [
        f"worker-{number:02d}" if number else "master-01",
        f"calico-node-abcde-x{number:03d}p",
        "0/1" if bad else "1/1",
        ("Init:CrashLoopBackOff", "bad") if bad else "Running",
        str(191 - number) if bad else "0",
        "02:13" if bad else "–",
    ]


def filled(count: int = 3) -> Table:
    table = Table(COLUMNS)
    table.show([row(number) for number in range(count)])
    return table


@pytest.mark.parametrize("width", [200, 80, 60, 40, 20])
async def test_columns_leave_in_their_order_and_node_and_status_stay(
    width: int, screen_text: SnapshotAssertion
) -> None:
    table = filled()
    async with Alone(table).run_test(size=(width, 6)) as pilot:
        await pilot.pause()
        assert lines_of(table) == screen_text


def test_a_column_that_stays_is_cut_only_when_no_other_can_leave() -> None:
    widths = {"node": 9, "status": 21, "pod": 20, "restarts": 3}
    placed = lay_out(COLUMNS, widths, 45)
    assert {place.column.key: place.width for place in placed} == {"node": 9, "status": 21, "restarts": 8}
    assert [place.column.key for place in lay_out(COLUMNS, widths, 20)] == ["node", "status"]
    assert all(place.start + place.width <= 20 for place in lay_out(COLUMNS, widths, 20))


async def test_an_empty_table_says_what_that_means() -> None:
    table = Table(COLUMNS, sentence="asking for pods since 3 s")
    async with Alone(table).run_test(size=(80, 6)) as pilot:
        assert "asking for pods since 3 s" in lines_of(table)[1]
        table.say("may not list pods: forbidden", "bad")
        await pilot.pause()
        assert lines_of(table)[1] == " ✗ may not list pods: forbidden"


async def test_rows_keep_their_place_and_the_cursor_its_row_while_data_changes() -> None:
    table = filled(30)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        await pilot.press("G")
        assert table.cursor_key == "n29"
        before = lines_of(table)
        table.show([row(number) for number in reversed(range(30))])
        table.flush()
        await pilot.pause()
        assert lines_of(table) == before
        table.drop("n3")
        table.flush()
        await pilot.pause()
        assert table.cursor_key == "n29"
        assert lines_of(table)[-1] == before[-1]


async def test_the_cursor_of_a_row_that_left_goes_to_its_neighbour() -> None:
    table = filled(3)
    app = Alone(table)
    async with app.run_test(size=(80, 10), message_hook=app.hear) as pilot:
        await pilot.press("j")
        table.show([row(0), row(2)])
        table.flush()
        await pilot.pause()
        assert table.cursor_key == "n2"
        highlighted = [m.key for m in app.heard if isinstance(m, Table.RowHighlighted)]
        assert highlighted == ["n0", "n1", "n2"]


async def test_enter_and_a_double_click_open_a_row() -> None:
    table = filled(3)
    app = Alone(table)
    async with app.run_test(size=(80, 10), message_hook=app.hear) as pilot:
        await pilot.press("down", "enter")
        await pilot.click(table, offset=(4, 3), times=2)
        await pilot.pause()
        assert [m.key for m in app.heard if isinstance(m, Table.RowSelected)] == ["n1", "n2"]


async def test_keys_move_the_cursor_and_keep_it_in_view() -> None:
    table = filled(100)
    async with Alone(table).run_test(size=(80, 11)) as pilot:
        for key, expected in (("j", 1), ("pagedown", 10), ("G", 99), ("k", 98), ("pageup", 89), ("g", 0)):
            await pilot.press(key)
            assert table.cursor_key == f"n{expected}"
            assert any(line.startswith("▸") for line in lines_of(table))


async def test_a_filter_works_while_typing_and_escape_takes_it_back() -> None:
    table = filled(30)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        await pilot.press("slash", *"worker-2")
        assert table.summary == "10 of 30 · /worker-2"
        assert lines_of(table)[-1].startswith("/worker-2")
        await pilot.press("enter")
        assert "10 of 30" in lines_of(table)[0]
        await pilot.press("escape")
        assert table.summary == ""
        assert len(table.rows.shown) == 30


async def test_a_filter_that_is_no_regular_expression_is_plain_text() -> None:
    table = filled(3)
    table.put("odd", ["node[(", "p", "1/1", "Running", "0", "–"])
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        await pilot.press("slash", *"node[(", "enter")
        assert table.rows.shown == ["odd"]


async def test_a_filter_given_up_leaves_the_one_before() -> None:
    table = filled(30)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        table.filter("worker-2")
        await pilot.press("slash", *"xyz")
        assert "none of 30 rows matches" in lines_of(table)[1]
        await pilot.press("escape")
        assert table.summary == "10 of 30 · /worker-2"


async def test_a_row_that_changes_enters_or_leaves_the_filter() -> None:
    table = filled(4)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        await pilot.press("x")
        assert table.rows.shown == ["n1", "n2"]
        table.set_cell("n3", "status", ("Init:Error", "bad"))
        table.set_cell("n1", "status", "Running")
        table.flush()
        assert table.rows.shown == ["n2", "n3"]


async def test_sorting_happens_once_and_rows_stay_afterwards() -> None:
    table = filled(6)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        table.sort("restarts")
        assert table.rows.shown == ["n0", "n3", "n5", "n4", "n2", "n1"]
        table.set_cell("n0", "restarts", "999")
        table.flush()
        assert table.rows.shown[0] == "n0"
        await pilot.press("O")
        assert table.rows.shown == ["n0", "n1", "n2", "n4", "n5", "n3"]
        assert "RESTART▾" in lines_of(table)[0]


def test_sorting_knows_durations_clocks_and_numbers_in_names() -> None:
    assert sorted(["2d3h", "17h", "5m10s", "30s"], key=sort_key) == ["30s", "5m10s", "17h", "2d3h"]
    assert sorted(["worker-10", "worker-2"], key=sort_key) == ["worker-2", "worker-10"]
    assert sorted(["10:00", "02:13", "–"], key=sort_key) == ["–", "02:13", "10:00"]


async def test_marks_are_kept_by_row_and_told() -> None:
    table = filled(4)
    app = Alone(table)
    async with app.run_test(size=(80, 10), message_hook=app.hear) as pilot:
        await pilot.press("space", "space")
        await pilot.pause()
        assert table.marked == {"n0", "n1"}
        assert [m.keys for m in app.heard if isinstance(m, Table.MarksChanged)] == [("n0",), ("n0", "n1")]
        assert lines_of(table)[1].startswith("◆")
        table.show([row(1), row(2)])
        table.flush()
        assert table.marked == {"n1"}


async def test_a_changed_cell_is_bright_for_a_second_and_a_countdown_never(monkeypatch: pytest.MonkeyPatch) -> None:
    table = filled(3)
    async with Alone(table).run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        before = styled(table, 2)
        table.set_cell("n1", "next", "02:12")
        table.flush()
        assert [style for _, style in styled(table, 2)] == [style for _, style in before]
        table.set_cell("n1", "restarts", "999")
        table.flush()
        lit = dict(styled(table, 2))
        assert "bold" in lit["999"]
        monkeypatch.setattr("cnitui.tui.widgets.table.bright.BRIGHT", -1.0)
        table.set_cell("n1", "restarts", "1000")
        table.flush()
        assert "bold" not in dict(styled(table, 2))["1000"]


async def test_hostile_cells_change_neither_the_layout_nor_the_table() -> None:
    plain, hostile = filled(3), filled(3)
    bad = "[/host/opt/cni/bin] \x1b[31m\x1b]52;c;eA==\x07\u202e\x00" + "日" * 50 + "\ud800" + "x" * 1_000_000
    hostile.set_cell("n1", "pod", bad)
    async with Alone(plain, hostile).run_test(size=(120, 12)) as pilot:
        await pilot.pause()
        strips = [hostile.render_line(y) for y in range(hostile.size.height)]
        assert {strip.cell_length for strip in strips} == {120}
        assert "Init:CrashLoopBackOff" in strips[2].text
        assert lines_of(hostile)[3].replace(" ", "") == lines_of(plain)[3].replace(" ", "")


async def test_thousands_of_rows_are_filled_and_changed_without_a_repaint_each() -> None:
    drawn: list[int] = []

    class Counted(Table):
        def draw(self, y: int) -> Strip:
            drawn.append(y)
            return super().draw(y)

    table = Counted(COLUMNS)
    async with Alone(table).run_test(size=(80, 24)) as pilot:
        table.show([row(number) for number in range(5000)])
        table.flush()
        await pilot.pause()
        assert table.max_scroll_y == 5000 + 1 - 24
        assert set(drawn) == set(range(24))
        drawn.clear()
        for number in range(1000, 2000):
            table.set_cell(f"n{number}", "restarts", "7")
        table.flush()
        await pilot.pause()
        assert drawn == []


async def test_a_resize_keeps_the_cursor_in_view() -> None:
    table = filled(60)
    async with Alone(table).run_test(size=(120, 40)) as pilot:
        await pilot.press(*["j"] * 30)
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert any(line.startswith("▸worker-30") for line in lines_of(table))


async def test_no_colour_still_says_what_is_wrong() -> None:
    table = filled(2)
    async with Alone(table).run_test(size=(80, 6)) as pilot:
        await pilot.pause()
        assert "✗ Init:CrashLoopBackOff" in lines_of(table)[2]
        assert lines_of(table)[1].startswith("▸")


def test_a_row_dropped_and_put_again_is_there_once() -> None:
    rows = TableRows(COLUMNS)
    for number in range(3):
        rows.put(*row(number))
    rows.drop("n1")
    rows.put(*row(1))
    rows.renew()
    assert sorted(rows.shown) == ["n0", "n1", "n2"]
