"""A short list to pick from: the guide's steps, the remedies, the pods of a rollout."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cnitui.engine.guide.blocks import Role
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean, exactly, fit

LEAST_NOTE = 30
"""Cells of a note that say something."""
GLYPH = 3
"""Cells before the text: the sign, and air on both sides of it."""
LEAST_COLUMN = 8
"""Cells of a column of notes that is worth having."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One row: a sign in its role's colour, a text, and a quieter note at the right of it.

    Where there is no room for the text, `short` says it in fewer letters; with `gives_way` also where there is none for
    the note, which says more. The cursor stands on the `current` one until a person moves it.
    """

    key: str
    glyph: str
    role: Role
    text: str
    note: str = ""
    current: bool = False
    short: str = ""
    gives_way: bool = False


class PickList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor; posts `Highlighted` when a person moves it and `Picked` on enter or a click."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PickList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .pick--dim { color: $text-muted; }
        & > .pick--good { color: $text-success; }
        & > .pick--bad { color: $text-error; }
        & > .pick--warn { color: $text-warning; }
        & > .pick--accent { color: $text-accent; }
        & > .pick--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        &:focus > .pick--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "pick--dim",
        "pick--good",
        "pick--bad",
        "pick--warn",
        "pick--accent",
        "pick--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Next", show=False, id="list.down", tooltip="Cursor down"),
        Binding("k,up", "move(-1)", "Previous", show=False, id="list.up", tooltip="Cursor up"),
        Binding("g,home", "move(-100000)", "First", show=False, id="list.top", tooltip="First row"),
        Binding("G,end", "move(100000)", "Last", show=False, id="list.end", tooltip="Last row"),
        Binding("enter", "pick", "Open", id="list.pick", tooltip="Open the row under the cursor"),
    ]
    cursor: reactive[int] = reactive(0)

    @dataclasses.dataclass
    class Highlighted(Message):
        """A person put the cursor on this row."""

        pick_list: PickList
        key: str

        @property
        def control(self) -> PickList:
            return self.pick_list

    @dataclasses.dataclass
    class Picked(Message):
        """This row was chosen."""

        pick_list: PickList
        key: str

        @property
        def control(self) -> PickList:
            return self.pick_list

    def __init__(self, *, id: str | None = None, note_from: int = 0, flowing: bool = False) -> None:  # noqa: A002
        """Notes begin at a column, or with `flowing` behind each text; without either they are not shown."""
        super().__init__(id=id)
        self._rows: tuple[Pick, ...] = ()
        self._note_from, self._flowing = note_from, flowing
        self._moved = False

    @property
    def rows(self) -> tuple[Pick, ...]:
        """What can be picked."""
        return self._rows

    @property
    def key(self) -> str:
        """The key under the cursor, "" in an empty list."""
        return self._rows[self.cursor].key if self.cursor < len(self._rows) else ""

    def show(self, rows: tuple[Pick, ...]) -> None:
        """Replace the rows; a cursor that a person has moved stays on its key while that is still there."""
        key = self.key
        if rows == self._rows:
            return
        self._rows = rows
        self._moved = self._moved and bool(rows)
        self.virtual_size = Size(self.size.width, len(rows))
        self.cursor = self._place_of(key)
        self.refresh()

    def _place_of(self, key: str) -> int:
        current = [place for place, row in enumerate(self._rows) if row.current]
        if current and not self._moved:
            return current[0]
        keys = [row.key for row in self._rows]
        return keys.index(key) if key in keys else min(self.cursor, max(0, len(keys) - 1))

    def move_to(self, key: str) -> None:
        """Put the cursor on a key."""
        keys = [row.key for row in self._rows]
        if key in keys:
            self.cursor = keys.index(key)

    def watch_cursor(self, cursor: int) -> None:
        self.scroll_to_region(Region(0, cursor, self.size.width, 1), animate=False)
        self.refresh()

    def action_move(self, by: int) -> None:
        self._go(max(0, min(len(self._rows) - 1, self.cursor + by)))

    def _go(self, place: int) -> None:
        if self._rows:
            self.cursor, self._moved = place, True
            self.post_message(self.Highlighted(self, self.key))

    def action_pick(self) -> None:
        if self._rows:
            self.post_message(self.Picked(self, self.key))

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row < len(self._rows):
            self._go(row)
            self.action_pick()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        base = self.rich_style
        if index >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[index]
        if index == self.cursor:
            base = self.get_component_rich_style("pick--cursor")
        return self._strip(row, width, focused=index == self.cursor and self.has_focus).apply_style(base)

    def _strip(self, row: Pick, width: int, *, focused: bool) -> Strip:
        text, note = self._flowed(row, width) if self._flowing else self._in_columns(row, width)
        glyph = None if row.role == "normal" or focused else self._ink(row.role)
        segments = [Segment(" "), Segment(f"{row.glyph} ", glyph), Segment(text)]
        if note:
            segments.append(Segment(f"  {note}", None if focused else self._ink("dim")))
        return Strip(segments).adjust_cell_length(width)

    def _ink(self, role: str) -> Style:
        return self.get_component_rich_style(f"pick--{role}", partial=True)

    def _in_columns(self, row: Pick, width: int) -> tuple[str, str]:
        """Notes stand below each other, where their column has any room."""
        note_width = max(0, width - self._note_from - 1) if self._note_from else 0
        noted = bool(row.note) and note_width >= LEAST_COLUMN
        room = max(1, (self._note_from - 1 if note_width >= LEAST_COLUMN else width) - GLYPH)
        return exactly(_said(row, room), room), fit(clean(row.note), note_width - 2) if noted else ""

    def _flowed(self, row: Pick, width: int) -> tuple[str, str]:
        """The note goes on behind the text: whole, or so much of it that it says something."""
        note, room = clean(row.note), width - GLYPH
        text = _said(row, room, LEAST_NOTE + 2 if row.gives_way and note else 0)
        left = room - cell_len(text) - 3
        return text, fit(note, left) if left >= min(LEAST_NOTE, cell_len(note)) else ""


def _said(row: Pick, room: int, kept: int = 0) -> str:
    """The text, or the short form of one that has no room when so much is kept free."""
    text = clean(row.text)
    return fit(clean(row.short) if row.short and cell_len(text) + kept > room else text, room)
