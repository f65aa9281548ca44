"""Groups in a table: one line for many rows, folded until somebody wants to see them."""

from __future__ import annotations

from collections.abc import Sequence

from cnitui.tui.widgets.table.columns import Column
from cnitui.tui.widgets.table.rows import Head
from cnitui.tui.widgets.table.table import Table
from tests.tui.widgets.conftest import Alone, lines_of

COLUMNS = (Column("node", "NODE", 8, 24), Column("status", "STATUS", 12, 26, glyph=True))
ODD, EVEN = tuple(f"n{number}" for number in range(1, 12, 2)), tuple(f"n{number}" for number in range(0, 12, 2))


def table(*heads: Head) -> Table:
    made = Table(COLUMNS)
    made.show([(f"n{number}", (f"worker-{number:02d}", ("Init:Error", "bad"))) for number in range(12)])
    made.group(heads or (head("A", ODD), head("B", EVEN)))
    return made


def head(letter: str, members: Sequence[str], words: str = "nodes") -> Head:
    return Head(f"group {letter}", f"{letter}  {len(members)} {words}", "bad", tuple(members))


def texts(made: Table) -> list[str]:
    return [line for line in lines_of(made)[1:] if line]


async def test_many_rows_are_a_line_per_group() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        first, second = texts(made)
        assert "A  6 nodes" in first
        assert "B  6 nodes" in second


async def test_words_that_do_not_fit_end_in_an_ellipsis() -> None:
    made = table(head("A", ODD, "nodes · " + "a long story " * 9))
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert texts(made)[0].endswith("…")


async def test_right_unfolds_left_folds_and_enter_does_either() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        made.focus()
        await pilot.press("right")
        assert [line.split()[-2:] for line in texts(made)][1] == ["✗", "Init:Error"]
        assert len(texts(made)) == 2 + len(ODD)
        await pilot.press("down", "down", "left")
        assert len(texts(made)) == 2
        assert made.cursor_key == "group A", "folding from inside leads to the group's line"
        await pilot.press("down", "enter")
        assert len(texts(made)) == 2 + len(EVEN)
        await pilot.press("enter")
        assert len(texts(made)) == 2


async def test_space_marks_a_whole_group_and_takes_it_back() -> None:
    app = Alone(made := table())
    async with app.run_test(size=(60, 20), message_hook=app.hear) as pilot:
        made.focus()
        await pilot.press("space")
        assert made.marked == set(ODD)
        await pilot.press("up", "space")
        assert made.marked == set()


async def test_what_is_looked_for_is_shown_though_its_group_is_folded() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        made.filter("worker-07")
        await pilot.pause()
        assert [line.split()[-3:] for line in texts(made)][1:] == [["worker-07", "✗", "Init:Error"]]
        made.filter("")
        assert len(texts(made)) == 2


async def test_groups_that_change_places_are_painted_where_they_are_now() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        painted: list[object] = []
        refresh = made.refresh
        made.refresh = lambda *given, **more: painted.append(given) or refresh(*given, **more)  # type: ignore[method-assign, func-returns-value]
        made.group((head("B", EVEN), head("A", ODD)))
        made.flush()
        assert () in painted, "all of it, because every line says something else now"
        assert "B  6 nodes" in texts(made)[0]
        painted.clear()
        made.group((head("B", EVEN, "nodes, 3 read"), head("A", ODD)))
        made.flush()
        assert len(painted) == 1
        assert painted[0] != (), "one line says something else: one line is painted"


async def test_the_cursor_stays_on_its_group_when_groups_come_and_go() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        made.focus()
        await pilot.press("down")
        assert made.cursor_key == "group B"
        made.group((head("C", ("n1",)), head("A", ODD[1:]), head("B", EVEN)))
        made.flush()
        assert made.cursor_key == "group B"
        assert made.cursor_row == EVEN[0], "under a group's line keys mean its first node"
        made.group((head("A", ODD),))
        made.flush()
        assert made.cursor_key in made.rows.shown


async def test_what_left_is_blank_until_the_rows_move_up() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        made.focus()
        await pilot.press("right")
        made.group((head("B", EVEN),))
        made.drop("n3")
        assert made.render_line(1).text.strip() == "", "a repaint for another reason comes in between"
        made.flush()
        assert "B  6 nodes" in texts(made)[0]


async def test_a_row_in_no_group_stands_below_them() -> None:
    made = table(head("A", ODD))
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert len(texts(made)) == 1 + len(EVEN)
        assert "worker-00" in texts(made)[1]


async def test_without_groups_it_is_one_list_again() -> None:
    made = table()
    async with Alone(made).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        made.group(())
        made.flush()
        assert len(texts(made)) == 12
