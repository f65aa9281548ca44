"""Logs brought to a moment from elsewhere: unfolded, marked, on the page of the node, and as soon as there are any."""

from __future__ import annotations

from datetime import timedelta

from cnitui.engine.logs.kept import Rule
from cnitui.tui.widgets.log.grid import LogGrid
from tests.tui.widgets.conftest import Alone, lines_of
from tests.tui.widgets.log.test_pane import NOW, crash_loop, feed_of, numbered, pane_of


async def test_a_folded_attempt_is_opened_at_its_line_and_new_lines_do_not_carry_it_away() -> None:
    feed = crash_loop(attempts=9)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(80, 8)) as pilot:
        await pilot.pause()
        start = NOW - timedelta(minutes=6 * 4 + 3)
        number = pane.view.number_at(start)
        assert pane.view.folds, "attempts alike are folded away"
        pane.show_moment(start)
        await pilot.pause()
        assert pane.current == number
        assert any("Running as a Kubernetes pod" in line for line in lines_of(pane))
        assert not pane.following
        feed.take_lines(numbered(50))
        pane.paint()
        assert pane.current == number
        assert pane.scroll_offset.y <= pane.view.row_of(number) < pane.scroll_offset.y + pane.page


async def test_behind_the_last_line_it_is_the_end_that_is_followed() -> None:
    feed = feed_of()
    feed.take_lines(numbered(50))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(80, 8)) as pilot:
        pane.show_moment(NOW)
        assert (pane.current, pane.following) == (0, False)
        pane.show_moment(NOW + timedelta(days=1))
        await pilot.pause()
        assert (pane.current, pane.following) == (-1, True)


async def test_a_log_of_which_nothing_was_read_goes_there_once_something_was() -> None:
    feed = feed_of()
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(80, 8)) as pilot:
        await pilot.pause()
        pane.show_moment(NOW + timedelta(seconds=20))
        feed.take_lines(numbered(50))
        pane.paint()
        await pilot.pause()
        assert pane.current == 20
        assert any("line 20" in line for line in lines_of(pane))


async def test_the_page_is_turned_to_the_log_of_the_node_and_all_panes_go_there() -> None:
    feeds = [feed_of(f"worker-{number:02}") for number in range(9)]
    for feed in feeds:
        feed.take_lines(numbered(50))
        feed.lines.add([Rule("attempt 1 · exit 1", "attempt", True, NOW + timedelta(seconds=50))])
    grid = LogGrid(now=lambda: NOW)
    async with Alone(grid).run_test(size=(80, 20)) as pilot:
        grid.show(feeds, reference="worker-00")
        await pilot.pause()
        grid.show_moment(NOW + timedelta(seconds=10), "worker-07")
        await pilot.pause()
        await pilot.pause()
        shown = {pane.feed.node: pane.current for pane in grid._in_view}
        assert "worker-07" in shown
        assert set(shown.values()) == {10}


async def test_without_panes_it_waits_for_them() -> None:
    feed = feed_of()
    feed.take_lines(numbered(50))
    grid = LogGrid(now=lambda: NOW)
    async with Alone(grid).run_test(size=(80, 10)) as pilot:
        grid.show_moment(NOW + timedelta(seconds=10), "worker-01")
        grid.show([feed])
        await pilot.pause()
        await pilot.pause()
        assert [pane.current for pane in grid._in_view] == [10]
