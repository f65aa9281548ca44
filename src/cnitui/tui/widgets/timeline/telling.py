"""Below a picture: what the cursor is on, in words, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from textual.strip import Strip
from textual.widget import Widget

from cnitui.tui.layout import wrap_words
from cnitui.tui.text import clean, fit, width_of
from cnitui.tui.widgets.line_view import LineView
from cnitui.tui.widgets.timeline.paint import LEGEND
from cnitui.tui.widgets.timeline.things import Thing, clock

NOTHING = "nothing happened here: ← → go to what did, n to what came next in any lane"
Told = tuple[tuple[str, str], ...]
"""A line as texts with their roles."""


def told(things: Sequence[Thing], at: datetime, width: int, rows: int) -> list[Told]:
    """What is there, oldest first, in so many rows: whole where there is room, else each in a line of its own.

    What happened at the cursor's very moment is marked.
    """
    if not things:
        return [((f" {fit(NOTHING, width - 1)}", "dim"),)]
    whole = [line for thing in things for line in _told(thing, at, width, whole=True)]
    if len(whole) <= rows:
        return whole
    lines = [line for thing in things for line in _told(thing, at, width, whole=False)]
    if len(lines) > rows:
        lines[rows - 1 :] = [((f"   … {len(lines) - rows + 1} more here: + looks closer, v lists all", "dim"),)]
    return lines


def _told(thing: Thing, at: datetime, width: int, *, whole: bool) -> Iterator[Told]:
    here, times = thing.at == at and thing.stop, clock(thing.at)
    room = max(8, width - width_of(times) - 6)
    first, *more = wrap_words(thing.words, room) if whole else [fit(clean(thing.words), room)]
    sign = ("▸" if here else " ", "accent"), (f"{thing.sign} ", thing.role)
    yield (*sign, (f"{times}  ", "dim"), (first, "normal"))
    for line in more:
        yield (" " * (width_of(times) + 5), "dim"), (line, "normal")


class CursorWords(LineView, can_focus=False):
    """A thin line with lane and moment in it, and below it what is there."""

    DEFAULT_CSS = """
    CursorWords { height: 6; overflow-y: hidden; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: tuple[str, datetime | None, tuple[Thing, ...]] = ("", None, ())

    def show(self, lane: str, at: datetime | None, things: tuple[Thing, ...]) -> None:
        """Say this."""
        if (lane, at, things) != self._told:
            self._told = lane, at, things
            self.refresh()

    def draw(self, y: int) -> Strip:
        lane, at, things = self._told
        if at is None:
            return self.strip([])
        if y == 0:
            head = fit(clean(lane, 300), max(1, self.size.width - 20), "middle")
            title = f" {head} · {clock(at)} "
            line = "─" * max(0, self.size.width - width_of(title) - 1)
            return self.strip([("─", self.ink("frame")), (title, self.ink("accent")), (line, self.ink("frame"))])
        lines = told(things, at, self.size.width, self.size.height - 1)
        return self.strip([(text, self.ink(role)) for text, role in lines[y - 1]] if y <= len(lines) else [])


class Legend(LineView, can_focus=False):
    """What the signs mean, as many of them as there is room for, and that time is not to scale."""

    DEFAULT_CSS = """
    Legend { height: 1; overflow-y: hidden; }
    """

    def draw(self, y: int) -> Strip:
        spans, used = [(" ", self.ink("dim"))], 1
        for sign, role, words in (*LEGEND, ("", "dim", "long silences are drawn short")):
            size = width_of(sign) + width_of(words) + 3
            if used + size <= self.size.width:
                spans += [(sign, self.ink(role)), (f" {words}  ", self.ink("dim"))]
                used += size
        return self.strip(spans)


def show_or_hide(shown: bool, *widgets: Widget) -> None:
    """These are in view or not."""
    for widget in widgets:
        widget.display = shown
