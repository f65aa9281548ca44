"""Selecting text with the mouse, in pages and in logs: by dragging, by words, by lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.facts import Run
from cnitui.engine.guide.blocks import Item, Quote
from cnitui.engine.logs.kept import Rule
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.selectable import word_at
from tests.tui.widgets.conftest import Alone, lines_of, styled
from tests.tui.widgets.log.test_pane import RUN, crash_loop, line, pane_of

PAGE = (Item("日本 denied on /opt/cni/bin", "bad"), Quote("type=AVC avc:  denied  { write }", "ssh worker-01"))


@pytest.mark.parametrize(
    ("x", "word"),
    [(3, "日本"), (4, "日本"), (8, "denied"), (18, "/opt/cni/bin"), (14, "")],
)
def test_a_word_is_what_stands_between_blanks_counted_in_cells(x: int, word: str) -> None:
    text = "   日本 denied /opt/cni/bin"
    start, end = word_at(text, x)
    assert text[start:end] == word


async def test_dragging_over_a_page_selects_what_is_shown_and_keeps_its_colours() -> None:
    page = BlocksView()
    async with Alone(page).run_test(size=(60, 8)) as pilot:
        page.show(PAGE)
        await pilot.pause()
        assert lines_of(page)[0] == " ✗ 日本 denied on /opt/cni/bin"
        before = {text: style for text, style in styled(page, 0) if text.strip()}
        await pilot.mouse_down(page, offset=(8, 0))
        await pilot.hover(page, offset=(20, 1))
        await pilot.mouse_up(page, offset=(20, 1))
        assert pilot.app.screen.get_selected_text() == "denied on /opt/cni/bin\n  │ type=AVC avc:  d"
        (selected,) = [style for text, style in styled(page, 0) if text.strip() == "denied on /opt/cni/bin"]
        assert " on " in selected
        assert selected.split(" on ")[0] == before["日本 denied on /opt/cni/bin"].split(" on ")[0]
        assert not any("日本" in text and style == selected for text, style in styled(page, 0))


async def test_two_clicks_take_a_word_and_three_the_line() -> None:
    pane = pane_of(crash_loop(attempts=1))
    async with Alone(pane).run_test(size=(70, 9)) as pilot:
        row = next(y for y, text in enumerate(lines_of(pane)) if "/host/opt/cni/bin" in text)
        at = (lines_of(pane)[row].index("opt"), row)
        await pilot.click(pane, offset=at, times=2)
        assert pilot.app.screen.get_selected_text() == "/host/opt/cni/bin"
        await pilot.click(pane, offset=at, times=3)
        selected = pilot.app.screen.get_selected_text()
        assert selected is not None
        assert selected.endswith("/host/opt/cni/bin is not writeable, skipping"), "the line as it came"
        await pilot.click(pane, offset=at)
        assert not pilot.app.screen.get_selected_text()


async def test_a_drag_that_ends_on_folded_attempts_opens_none() -> None:
    feed = crash_loop(attempts=0)
    for number in range(3):
        start = feed.lines.end
        feed.take_lines([line(text) for _, text in RUN])
        feed.take_attempt(number + 1, "pod", Run(), [Rule(f"attempt {number + 1} · exit 1 · 1s", "attempt", True)])
        feed._past[-1] = replace(feed._past[-1], start=start)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 9)) as pilot:
        await pilot.pause()
        assert "like the next" in lines_of(pane)[1]
        await pilot.mouse_down(pane, offset=(12, 3))
        await pilot.hover(pane, offset=(5, 1))
        await pilot.mouse_up(pane, offset=(5, 1))
        await pilot.pause()
        assert "like the next" in lines_of(pane)[1]
        await pilot.click(pane, offset=(5, 1))
        assert not any("like the next" in text for text in lines_of(pane))
