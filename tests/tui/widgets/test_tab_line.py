"""The tabs of a small terminal."""

from __future__ import annotations

from cnitui.tui.messages import PaneRequested
from cnitui.tui.widgets.tab_line import TabLine
from tests.tui.widgets.conftest import Alone, lines_of, styled

TABS = (("pods", "Pods", "f1"), ("logs", "Logs", "f2"), ("guide", "Guide 3/11", "f4"))


def tab_line() -> TabLine:
    """Three tabs, the second active."""
    line = TabLine()
    line.tabs, line.active = TABS, "logs"
    return line


async def test_tabs_name_their_keys_and_the_active_one_stands_out() -> None:
    line = tab_line()
    async with Alone(line).run_test(size=(60, 3)):
        assert lines_of(line)[0] == "  f1 Pods │ f2 Logs │ f4 Guide 3/11"
        styles = {text.strip(): style for text, style in styled(line, 0)}
        assert styles["f2 Logs"] != styles["f1 Pods"]
        assert "reverse" in styles["f2 Logs"], "it reads without colour"


async def test_where_there_is_no_room_the_keys_leave_and_the_names_stay() -> None:
    line = tab_line()
    async with Alone(line).run_test(size=(30, 3)):
        assert lines_of(line)[0] == "  Pods │ Logs │ Guide 3/11"


async def test_a_click_asks_for_the_tabs_pane_and_one_beside_for_nothing() -> None:
    line = tab_line()
    app = Alone(line)
    async with app.run_test(size=(60, 3), message_hook=app.hear) as pilot:
        await pilot.click(TabLine, offset=(4, 0))
        await pilot.click(TabLine, offset=(25, 0))
        await pilot.click(TabLine, offset=(55, 0))
        await pilot.pause()
        assert [message.pane for message in app.heard if isinstance(message, PaneRequested)] == ["pods", "guide"]
