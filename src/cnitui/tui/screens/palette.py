"""The palette: a line to type, and below it what that means; enter runs what is shown, never what was shown before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Static

from cnitui.errors import CnituiError
from cnitui.tui.palette.offers import Catalogue, Row, Verb
from cnitui.tui.text import clean
from cnitui.tui.widgets.pick_list import Pick, PickList
from cnitui.tui.widgets.prompt import Prompt

HINT = "enter runs · tab completes · arrows choose · ^p ^n typed before · esc"
KEY_WIDTH = 9
LINE_WIDTH = 32
TALLEST = 14
"""Rows that are shown at most; the others scroll."""
PAGE = 10


class PromptLine(Static):
    """What is typed, with its sign and a cursor."""

    DEFAULT_CSS = "PromptLine { height: 1; text-style: bold; }"
    text: reactive[str] = reactive(":▏")

    def render(self) -> Content:
        return Content(self.text)


class PaletteScreen(ModalScreen[Row]):
    """Answers the row that was meant, None when nothing was; `typed` are the commands of before, oldest first.

    All keys come to the screen itself, in their order: with a field that has to get the focus first, what somebody
    types fast, or a slow line delivers at once, would go elsewhere in part.
    """

    DEFAULT_CSS = f"""
    PaletteScreen #palette-what {{ height: 1; }}
    PaletteScreen PickList {{ height: auto; max-height: {TALLEST}; background: $surface; }}
    PaletteScreen PickList > .pick--cursor {{
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }}
    """
    AUTO_FOCUS: ClassVar[str | None] = ""
    takes_all_keys: ClassVar[bool] = True

    def __init__(self, catalogue: Catalogue, typed: Sequence[str] = ()) -> None:
        super().__init__()
        self._catalogue, self._typed = catalogue, (*typed, "")
        self._at = len(self._typed) - 1
        self._rows: tuple[Row, ...] = ()
        self._moved = False
        self._running_one = False
        self._learned: set[str] = set()
        self._prompt = Prompt(":", "", lambda _: self._changed(), self._line_ended)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield PromptLine(markup=False)
            rows = PickList(note_from=LINE_WIDTH)
            rows.can_focus = False
            yield rows
            yield Static(id="palette-what", classes="dialog-text", markup=False)
            yield Static(Content(HINT), id="palette-note", classes="dialog-note", markup=False)

    def on_mount(self) -> None:
        self._changed()

    def on_resize(self) -> None:
        self._paint()

    @property
    def line(self) -> str:
        """What is typed, without the sign that opened the palette."""
        return self._prompt.text.lstrip(": ")

    def _paint(self) -> None:
        """Before it has a size, the line is taken to be as wide as it may become."""
        field = self.query_one(PromptLine)
        field.text = self._prompt.shown(field.size.width or 80)

    # --- what is listed -------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._moved = False
        self._paint()
        verb = self._catalogue.verb(self.line)
        if verb is not None and verb.name not in self._learned:
            self._learned.add(verb.name)
            self._learn(verb)
        self._list()
        self._say(HINT)

    def _list(self) -> None:
        self._rows = self._catalogue.rows(self.line)
        rows = self.query_one(PickList)
        named = self._catalogue.verb(self.line) is not None
        rows.show(tuple(_pick(place, row, named=named) for place, row in enumerate(self._rows)))
        if not self._moved:
            rows.cursor = 0
        self._tell_what()

    def _tell_what(self) -> None:
        """What the row under the cursor does, whole: beside its name there may be no room for it."""
        row = self._row
        self.query_one("#palette-what", Static).update(Content(clean(row.what) if row is not None else ""))

    @work(group="learning")
    async def _learn(self, verb: Verb) -> None:
        """More names may come; the row that a person has chosen stays chosen."""
        if await self._learned_of(verb):
            self._list()

    async def _learned_of(self, verb: Verb) -> bool:
        try:
            await verb.learn()
        except CnituiError as error:
            self._say(str(error))
            return False
        return True

    def _say(self, words: str) -> None:
        self.query_one("#palette-note", Static).update(Content(clean(words)))

    # --- keys -----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Everything but leaving waits while a command is looked for."""
        event.stop()
        event.prevent_default()
        if self._running_one and event.key != "escape":
            return
        match event.key:
            case "down" | "up":
                self._move(1 if event.key == "down" else -1)
            case "pagedown" | "pageup":
                self._move(PAGE if event.key == "pagedown" else -PAGE)
            case "tab":
                self._put(self._row.line if self._row is not None else self.line)
            case "ctrl+p" | "ctrl+n":
                self._recall(-1 if event.key == "ctrl+p" else 1)
            case "ctrl+c":
                self.dismiss(None)
            case _:
                self._prompt.key(event)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._prompt.paste(event.text)

    def _line_ended(self, meant: bool) -> None:
        if meant:
            self._run(self._row if self._moved else None)
        else:
            self.dismiss(None)

    def _move(self, by: int) -> None:
        """Above the first row are the commands of before."""
        rows = self.query_one(PickList)
        if by == -1 and rows.cursor == 0:
            self._recall(-1)
            return
        self._moved = bool(self._rows)
        rows.action_move(by)
        self._tell_what()

    def _recall(self, by: int) -> None:
        """Put an earlier command on the line."""
        self._at = max(0, min(len(self._typed) - 1, self._at + by))
        self._put(self._typed[self._at])

    def _put(self, line: str) -> None:
        self._prompt.text = line
        self._changed()

    @property
    def _row(self) -> Row | None:
        place = self.query_one(PickList).cursor
        return self._rows[place] if place < len(self._rows) else None

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        self._run(self._rows[int(event.key)])

    @work(exclusive=True, group="running")
    async def _run(self, chosen: Row | None) -> None:
        """Run what is meant; a name is looked for among all there are, though they may still be on their way."""
        self._running_one = True
        try:
            verb = self._catalogue.verb(self.line)
            if verb is not None and chosen is None and not await self._learned_of(verb):
                return
            self._take(self._catalogue.meant(self.line, chosen))
        finally:
            self._running_one = False

    def _take(self, meant: Row | str) -> None:
        if isinstance(meant, str):
            self._say(meant)
        elif meant.run is None:
            self._put(meant.line)
        else:
            self.dismiss(meant)


def _pick(place: int, row: Row, *, named: bool) -> Pick:
    """Behind a verb a name and what is known of it, else a command, its key and what it does."""
    note = row.what if named else f"{row.key:<{KEY_WIDTH}}{row.what}"
    return Pick(str(place), " ", "normal", row.line if row.run is not None else f"{row.line}…", note)
