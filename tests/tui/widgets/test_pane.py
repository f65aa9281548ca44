"""A pane's title line, and the focus shown in it."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult

from cnitui.engine.guide.blocks import Paragraph
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane, TitleRule
from tests.tui.widgets.conftest import Alone, lines_of, styled


class Example(Pane):
    """A pane with a page in it."""

    pane_id = "example"
    title = "Example"

    def compose(self) -> ComposeResult:
        yield self.rule
        yield BlocksView()


@pytest.mark.parametrize("width", [1, 5, 12, 40, 120])
async def test_the_title_line_fills_any_width_exactly(width: int) -> None:
    rule = TitleRule()
    rule.title, rule.note = "[b]Logs\x1b[31m 漢字", "3 of 11"
    async with Alone(rule).run_test(size=(width, 3)):
        assert rule.render_line(0).cell_length == width
        assert "\x1b" not in rule.render_line(0).text


async def test_title_and_note_stand_in_one_thin_line() -> None:
    rule = TitleRule()
    rule.title, rule.note = "Pods", "3 nodes"
    async with Alone(rule).run_test(size=(40, 3)) as pilot:
        line = lines_of(rule)[0]
        assert line.startswith("─ Pods ─")
        assert line.endswith("─ 3 nodes ──")
        assert len(line) == 39, "the last cell is the margin"
        rule.note = ""
        await pilot.pause()
        assert lines_of(rule)[0].rstrip("─") == "─ Pods "


async def test_focus_changes_the_titles_colour_and_moves_no_text() -> None:
    pane, other = Example(), BlocksView(id="other")
    async with Alone(pane, other).run_test(size=(40, 10)) as pilot:
        pane.query_one(BlocksView).show((Paragraph("content"),))
        pane.focus_content()
        await pilot.pause()
        lit, text = styled(pane.rule, 0), lines_of(pane.rule)
        other.focus()
        await pilot.pause()
        assert pane.rule.lit is False
        assert lines_of(pane.rule) == text
        assert styled(pane.rule, 0) != lit
