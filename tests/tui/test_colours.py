"""What matters is said by a sign or a word, never by a colour alone; each theme keeps its states apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from textual.color import Color

from cnitui.domain.comparison import Comparison, Row
from cnitui.domain.finding import Verdict
from cnitui.engine.guide.blocks import GLYPHS, Grid, Item
from cnitui.engine.state import State
from cnitui.tui.layout import comparison_lines, lay_out
from cnitui.tui.panes.pods import rows_of
from cnitui.tui.theme import COLOUR_BLIND, DARK, GREY, LIGHT, SIXTEEN, THEMES, default_theme
from cnitui.tui.wording import banner
from tests.engine.guide.states import incident
from tests.tui.showing import showing

DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
"""Machado, Oliveira and Fernandes 2009, severity 1.0."""


def text_of(lines: object) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)  # type: ignore[attr-defined]


def verdicts() -> Iterator[State]:
    """The same state, the leading finding each time with another verdict."""
    state = incident()
    assert state.diagnosis is not None
    first, *others = state.diagnosis.findings
    for verdict in Verdict:
        found = replace(first, judgement=replace(first.judgement, verdict=verdict))
        yield replace(state, diagnosis=replace(state.diagnosis, findings=(found, *others)))


def test_the_banner_says_a_verdict_in_words() -> None:
    told = [banner(state) for state in verdicts()]
    confident = {line.text for line in told if "CONFIRMED" in line.text or "LIKELY" in line.text}
    assert len(confident) == 2
    assert all(line.glyph.strip() for line in told)


def test_every_role_has_a_sign_of_its_own() -> None:
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    items = {text_of(lay_out([Item("the same words", role)], 80)) for role in GLYPHS}
    assert len(items) == len(GLYPHS)
    rows = {text_of(lay_out([Grid(("A",), (("x",),), roles=(role,))], 80)) for role in GLYPHS}
    assert len(rows) == len(GLYPHS)


def test_what_differs_carries_a_sign() -> None:
    alike = Row("mode", ("enforcing", "enforcing"), (False, False))
    columns = (("master-01",), ("worker-01",))
    same = comparison_lines(Comparison(columns, (alike,), True), 100)
    other = comparison_lines(Comparison(columns, (replace(alike, differs=(False, True)),), True), 100)
    assert "≠" not in text_of(same)
    assert text_of(other).count("≠") == 1


async def test_a_failing_row_is_told_by_its_sign() -> None:
    """The same words in another role read otherwise."""
    state = incident()
    async with showing(state) as (app, pilot):
        table = app.main.query_one("#pods-table")
        key, _ = next(iter(rows_of(state)))
        seen = set()
        for role in ("good", "bad", "warn"):
            table.set_cell(key, "status", ("Init:0/3", role))  # type: ignore[attr-defined]
            table.flush()  # type: ignore[attr-defined]
            await pilot.pause()
            seen.add(next(line for line in app.text.splitlines() if key in line and "Init:0/3" in line))
        assert len(seen) == 3


# --- the themes themselves ------------------------------------------------------------------------------------------


def colours(name: str) -> dict[str, Color]:
    theme = THEMES[name]
    roles = {"good": theme.success, "warn": theme.warning, "bad": theme.error, "normal": theme.foreground}
    return {role: Color.parse(str(value)) for role, value in roles.items()}


def seen_with(matrix: tuple[tuple[float, ...], ...], colour: Color) -> tuple[float, float, float]:
    rgb = colour.rgb
    red, green, blue = (sum(weight * part for weight, part in zip(row, rgb, strict=True)) for row in matrix)
    return red, green, blue


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    parts = [[part / 255 for part in colour.rgb] for colour in (one, other)]
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb] for rgb in parts]
    dark, light = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [theme.name for theme in (DARK, LIGHT, COLOUR_BLIND, SIXTEEN, GREY)])
def test_every_role_can_be_read_on_its_ground(name: str) -> None:
    ground = Color.parse(str(THEMES[name].background))
    muted = Color.parse(THEMES[name].variables["text-muted"])
    for role, colour in colours(name).items():
        assert contrast(colour, ground) >= 4.5, role  # WCAG 2.2, 1.4.3
    assert contrast(muted, ground) >= 4.5


@pytest.mark.parametrize("matrix", [DEUTERANOPIA, PROTANOPIA])
def test_the_theme_for_the_colour_blind_keeps_its_roles_apart(matrix: tuple[tuple[float, ...], ...]) -> None:
    seen = {role: seen_with(matrix, colour) for role, colour in colours(COLOUR_BLIND.name).items()}
    for one, other in combinations(("good", "warn", "bad"), 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        assert distance > 80, (one, other)


def test_the_theme_of_sixteen_colours_uses_no_other() -> None:
    sixteen = {(high, mid, low) for high in (0, 170) for mid in (0, 170) for low in (0, 170)}
    sixteen |= {(high, mid, low) for high in (85, 255) for mid in (85, 255) for low in (85, 255)}
    theme = SIXTEEN
    given = [theme.primary, theme.accent, theme.foreground, theme.background, theme.success, theme.warning, theme.error]
    for value in (*given, *theme.variables.values()):
        assert Color.parse(str(value)).rgb in sixteen


def test_who_asks_for_no_theme_gets_the_one_that_the_terminal_can_show() -> None:
    assert default_theme("truecolor") == default_theme("256") == DARK.name
    assert default_theme("standard") == SIXTEEN.name
    assert default_theme("truecolor", no_colour=True) == GREY.name
