"""Only cells that differ are written, and what is on the screen is right all the same."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from cnitui.tui.difference import NEAR, Shown

RED, PLAIN = Style(color="red"), Style()
WIDTH = 30


class Glass:
    """A terminal and what we believe of it."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.screen = pyte.Screen(WIDTH, 3)
        self._stream = pyte.Stream(self.screen)
        self._console = Console(file=io.StringIO(), color_system="truecolor", width=WIDTH)

    def paint(self, *lines: str, style: Style = PLAIN) -> int:
        """Paint whole lines from the top; answers how many cells were written."""
        strips: list[Iterable[Strip]] = [[Strip([Segment(line.ljust(WIDTH), style)])] for line in lines]
        return self._feed(LayoutUpdate(strips, Region(0, 0, WIDTH, len(lines))))

    def touch(self, y: int, left: int, right: int, line: str) -> int:
        """Repaint a span of a line, as a widget does for a cell that changed."""
        chops = [dict[int, Strip | None]() for _ in range(y)] + [{0: Strip([Segment(line.ljust(WIDTH), PLAIN)])}]
        return self._feed(ChopsUpdate(chops, [(y, left, right)], [[]] * y + [[WIDTH]]))

    def _feed(self, update: LayoutUpdate | ChopsUpdate) -> int:
        before = self.shown.written
        self._stream.feed(self.shown.update(update).render_segments(self._console))
        return self.shown.written - before

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]


def test_what_is_there_already_is_not_written_again() -> None:
    glass = Glass()
    assert glass.paint("one", "two") == 2 * WIDTH
    assert glass.paint("one", "two") == 0
    assert glass.lines == ["one", "two", ""]


def test_one_changed_cell_costs_one_cell() -> None:
    glass = Glass()
    glass.paint("next 02:13 and a long rest")
    assert glass.touch(0, 0, WIDTH, "next 02:12 and a long rest") == 1
    assert glass.lines[0] == "next 02:12 and a long rest"


def test_a_span_is_all_that_is_looked_at() -> None:
    glass = Glass()
    glass.paint("a" * WIDTH)
    assert glass.touch(0, 10, 12, "b" * WIDTH) == 2
    assert glass.lines[0] == "a" * 10 + "bb" + "a" * (WIDTH - 12)


def test_cells_near_each_other_are_written_in_one_go() -> None:
    glass = Glass()
    glass.paint("x" * WIDTH)
    near = "y" + "x" * NEAR + "y"
    assert glass.paint(near.ljust(WIDTH, "x")) == NEAR + 2
    assert glass.lines[0].startswith(near)


def test_another_style_is_another_cell() -> None:
    glass = Glass()
    glass.paint("word")
    assert glass.paint("word", style=RED) == WIDTH
    assert glass.screen.buffer[0][0].fg == "red"


def test_after_forgetting_everything_is_written() -> None:
    glass = Glass()
    glass.paint("one")
    glass.shown.forget()
    assert glass.paint("one") == WIDTH


@pytest.mark.parametrize(("text", "again"), [("日本", 0), ("a日b", 0), ("e\u0301cole", 0), ("👩‍💻", 1)])
def test_wide_and_combining_characters_come_whole(text: str, again: int) -> None:
    """What is joined may be as wide as the terminal likes: it is written each time, and its line with it."""
    glass = Glass()
    glass.paint("ab" * 5)
    strip = Strip([Segment(text, PLAIN)])
    rest = WIDTH - strip.cell_length
    update = LayoutUpdate([[strip, Strip([Segment(" " * rest, PLAIN)])]], Region(0, 0, WIDTH, 1))
    glass._feed(update)
    assert text[0] in glass.lines[0]
    assert bool(glass._feed(update)) == bool(again)


@given(st.lists(st.text("ab ", min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=6))
def test_whatever_was_painted_before_the_last_paint_is_what_is_seen(lines: list[str]) -> None:
    glass = Glass()
    for line in lines:
        glass.paint(line)
    assert glass.lines[0] == lines[-1].rstrip()
