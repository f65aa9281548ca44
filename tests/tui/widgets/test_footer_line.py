"""The bottom line: what can be done here and now, the most useful first."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.pilot import Pilot

from cnitui.tui.widgets.footer_line import FooterLine
from tests.tui.widgets.conftest import Alone, lines_of


class Keys(Alone):
    """An app with a few bindings, one of them switched off."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", id="app.quit"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("z", "note", "Zeta", id="app.zeta"),
        Binding("g", "off", "Off", id="app.off"),
        Binding("h", "hide", "Hidden", show=False, id="app.hidden"),
        Binding("a", "apply", "Apply", id="guide.apply"),
        Binding("X", "stop", "Stop", id="app.stop"),
    ]
    noted = 0
    at_work = False

    def action_note(self) -> None:
        """Count the presses."""
        self.noted += 1

    def action_stop(self) -> None:
        """Count it too."""
        self.noted += 10

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One key would do nothing now."""
        return self.at_work or action not in ("off", "stop")


@asynccontextmanager
async def shown(width: int = 80) -> AsyncIterator[tuple[FooterLine, Pilot[None], Keys]]:
    """The line of that app."""
    footer = FooterLine()
    app = Keys(footer)
    async with app.run_test(size=(width, 3)) as pilot:
        await pilot.pause()
        yield footer, pilot, app


def words(footer: FooterLine) -> list[str]:
    """The hints, in order."""
    return re.split(r"\s{2,}", lines_of(footer)[0].strip())


async def test_what_leads_on_comes_first_and_help_and_quit_last() -> None:
    async with shown() as (footer, _, _):
        told = words(footer)
        assert told[0] == "a apply"
        assert told[-2:] == ["? help", "q quit"]
        assert "z zeta" in told
        assert not {"h hidden", "g off"} & set(told)


async def test_help_and_quit_stay_when_there_is_no_room_for_the_rest() -> None:
    async with shown(20) as (footer, _, _):
        assert words(footer) == ["? help", "q quit"]


async def test_a_click_presses_the_key_under_it() -> None:
    async with shown() as (footer, pilot, app):
        await pilot.click(FooterLine, offset=(lines_of(footer)[0].index("zeta"), 0))
        await pilot.pause()
        assert app.noted == 1


async def test_what_is_under_way_stands_first_and_the_key_that_stops_it_stays_on_a_narrow_screen() -> None:
    async with shown(44) as (footer, pilot, app):
        assert "X stop" not in words(footer)
        app.at_work = True
        footer.working = "◌ reading [nodes]: 3 of 12 read"
        await pilot.pause()
        told = lines_of(footer)[0]
        assert told.startswith(" ◌ reading [nod")
        assert words(footer)[1:] == ["X stop", "? help", "q quit"]
        await pilot.click(FooterLine, offset=(told.index("stop"), 0))
        await pilot.pause()
        assert app.noted == 10
        app.at_work = False
        footer.working = ""
        await pilot.pause()
        assert words(footer)[0] == "a apply"
