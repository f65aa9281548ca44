"""Help is made from the bindings: none is missing, and a remapped key is shown as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmembers, isclass

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from cnitui.engine.guide.blocks import Grid, Heading
from cnitui.tui.app import CnituiApp
from cnitui.tui.help import PLACES, help_blocks
from cnitui.tui.panes import guide, logs, pods, selinux, timeline
from cnitui.tui.screens import dialogs, main, page, work
from cnitui.tui.widgets import blocks_view, pick_list
from cnitui.tui.widgets.log import grid as log_grid
from cnitui.tui.widgets.log import pane as log_pane
from cnitui.tui.widgets.table import table
from cnitui.tui.widgets.timeline import picture
from tests.engine.guide.states import incident
from tests.tui.showing import showing

PANES = (guide, logs, pods, selinux, timeline)
SCREENS = (dialogs, main, page, work)
WIDGETS = (blocks_view, log_grid, log_pane, pick_list, picture, table)


def bound() -> Iterator[tuple[str, Binding]]:
    """Every binding we define, with the name of its class."""
    classes: dict[str, type[object]] = {"CnituiApp": CnituiApp}
    for module in (*PANES, *SCREENS, *WIDGETS):
        classes |= {name: one for name, one in getmembers(module, isclass) if one.__module__.startswith("cnitui.")}
    for name, one in classes.items():
        if issubclass(one, DOMNode):
            yield from ((name, binding) for binding in one.__dict__.get("BINDINGS", ()))


def test_every_binding_has_an_id_by_which_it_is_remapped_and_a_tooltip_for_help() -> None:
    found = list(bound())
    assert len(found) > 60
    for name, binding in found:
        assert binding.id, (name, binding)
        assert binding.tooltip, (name, binding)


def test_an_id_means_one_action_everywhere() -> None:
    meaning: dict[str, set[str]] = {}
    for _, binding in bound():
        assert binding.id is not None
        meaning.setdefault(binding.id, set()).add(binding.tooltip)
    ambiguous = {name for name, tooltips in meaning.items() if len(tooltips) > 1}
    assert ambiguous <= {"dialog.cancel"}, "cancelling says in each dialog what it does there"


async def test_help_lists_every_key_of_the_screen_and_its_panes() -> None:
    async with showing(incident()) as (app, _):
        blocks = help_blocks(app.main)
    listed = {words for block in blocks if isinstance(block, Grid) for _, words in block.rows}
    shown = (
        "MainScreen",
        "Table",
        "PickList",
        "BlocksView",
        "GuidePane",
        "LogGrid",
        "CnituiApp",
        "ComparisonPane",
        "TimelinePane",
        "TimelinePicture",
    )
    for name, binding in bound():
        if name in shown:
            assert binding.tooltip in listed, (name, binding)
    places = [block.text for block in blocks if isinstance(block, Heading)]
    assert places[:2] == ["Everywhere", "Overview"]
    assert set(places) <= {*PLACES.values(), "Signs"}


async def test_all_keys_of_a_binding_are_shown() -> None:
    async with showing(incident()) as (app, _):
        rows = [row for block in help_blocks(app.main) if isinstance(block, Grid) for row in block.rows]
    keys = {words: key for key, words in rows}
    assert keys["All commands"].split() == [":", "^p"]
    assert keys["Next row"].split() == ["↓", "j"]


async def test_question_mark_opens_help_and_closes_it_again() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        for leave in ("question_mark", "escape", "q"):
            await pilot.press("question_mark")
            await pilot.pause()
            assert app.text.startswith("─ Keys")
            await pilot.press(leave)
            await pilot.pause()
            assert app.screen is app.main


@pytest.mark.parametrize("key", ["f12"])
async def test_a_remapped_key_works_and_is_the_one_that_help_shows(key: str) -> None:
    async with showing(incident()) as (app, pilot):
        app.set_keymap({"app.help": key})
        await pilot.press(key)
        await pilot.pause()
        assert "f12   All keys" in app.text
