"""The ids that a configuration may name, and what is said of one that means nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cnitui.compose import opening
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp
from cnitui.tui.binding_table import every_binding, key_rows, mistaken_keys
from cnitui.tui.screens.page import PageScreen


def test_every_binding_of_ours_is_in_the_table_and_can_be_told() -> None:
    table = list(every_binding())
    assert {"app.quit", "log.search", "dialog.cancel"} <= {binding.id for _, binding in table}
    assert all(binding.tooltip for _, binding in table)
    assert len(table) > 130


def test_a_row_tells_where_a_key_works_by_its_id_and_no_id_stands_twice() -> None:
    rows = list(key_rows())
    assert ("Everywhere", "app.quit", "q", "Leave; nothing is lost") in rows
    assert len({name for _, name, _, _ in rows}) == len(rows)


def test_an_id_that_means_no_key_is_told_with_the_one_that_was_meant() -> None:
    assert list(mistaken_keys(["app.quit", "screen.guide"])) == []
    near, far = mistaken_keys(["app.quiet", "x" * 200])
    assert near == "config.yaml: keys: there is no key 'app.quiet'; did you mean app.quit?"
    assert far == f"config.yaml: keys: there is no key '{'x' * 60}'; `cnitui info --keys` lists them"


async def test_a_wrong_id_is_told_on_the_screen_and_the_right_ones_work(tmp_path: Path) -> None:
    nowhere = Settings(kubeconfig=(tmp_path / "none",), state_dir=tmp_path)
    app = CnituiApp(opening(nowhere), keys={"app.help": "f12", "ap.quit": "f11"})
    words = "config.yaml: keys: there is no key 'ap.quit'; did you mean app.quit?"
    async with app.run_test() as pilot, asyncio.timeout(30):
        while words not in [note.message for note in app._notifications]:
            await pilot.pause()
        await pilot.press("f12")
        while not isinstance(app.screen, PageScreen):
            await pilot.pause()
