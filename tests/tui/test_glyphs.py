"""Terminals without Unicode: which they are, and that nothing but ASCII is ever painted there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from rich.cells import cell_len

import cnitui
from cnitui.tui.glyphs import SIGNS, as_ascii, wants_ascii
from tests.engine.guide.states import incident
from tests.tui.showing import showing


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # as Python leaves it
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "C", "LC_ALL": "de_DE.utf8"}, False),
        ({"LANG": "de_DE@euro"}, True),
        ({"LC_CTYPE": "UTF-8"}, False),
        ({"LANG": "", "LC_ALL": ""}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}, False),
    ],
)
def test_the_environment_says_whether_the_terminal_has_unicode(environ: dict[str, str], ascii_only: bool) -> None:
    assert wants_ascii(environ) is ascii_only


def test_every_sign_of_ours_has_a_counterpart() -> None:
    """Whatever stands in a text of the screens is exchanged for a sign, not for a question mark."""
    unknown = {"�", "␡", "␀", "␛"}  # they say that something cannot be shown
    for folder in ("tui", "engine", "domain"):
        for path in Path(cnitui.__file__).with_name(folder).rglob("*.py"):
            texts = (
                node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)
            )
            signs = {one for text in texts if isinstance(text, str) for one in text if not one.isascii()} - unknown
            assert {one for one in signs if as_ascii(one) == "?"} <= {"⏎"}, path


def test_signs_that_tell_states_apart_stay_apart() -> None:
    states = [SIGNS[one] for one in "✗✓≠▸◌■·–"] + ["!", "?"]
    assert len(set(states)) == len(states)


@pytest.mark.parametrize("text", ["plain", "✗ worker-01…", "日本語", "e\u0301te\u0301", "🙂", "\ufffd"])
def test_a_text_takes_as_many_cells_as_before(text: str) -> None:
    shown = as_ascii(text)
    assert shown.isascii()
    assert len(shown) == cell_len(text)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_nothing_but_ascii_is_painted(size: tuple[int, int]) -> None:
    async with showing(incident(), size, ascii_only=True) as (app, pilot):
        app.work = app.main  # type: ignore[assignment]  # the palette needs nothing of a session
        for key in ("f1", "f3", "f4", "f5", "f6", "question_mark", "escape", "f4", "right_square_bracket", "colon"):
            await pilot.press(key)
            await pilot.pause()
            assert app.text.isascii(), [one for one in app.text if not one.isascii()]
        assert "enter runs" in app.text
        await pilot.press("escape", "f1")
        await pilot.pause()
        assert "enter " in app.text.splitlines()[-1]
        assert "X Init:CrashLoopBackOff" in app.text
