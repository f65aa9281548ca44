"""The application: paints at once, then loads the screens and what they work with, and ends quickly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from cnitui.background import in_daemon_thread
from cnitui.errors import CnituiError
from cnitui.tui.copying import CopyRequested
from cnitui.tui.difference import Shown
from cnitui.tui.glyphs import KEY_NAMES, AsciiFilter
from cnitui.tui.screens.opening import OpeningScreen
from cnitui.tui.sittings import Sittings
from cnitui.tui.theme import DARK, THEMES

if TYPE_CHECKING:
    from cnitui.engine.contexts import Contexts, Where
    from cnitui.engine.ports import History
    from cnitui.engine.services import Opening
    from cnitui.engine.state import State
    from cnitui.tui.palette.offers import Row
    from cnitui.tui.quiz import Quiz
    from cnitui.tui.screens.work import WorkScreen

HANG_UP_LOOK = 0.5
"""Seconds between two looks at whether the terminal is still there."""


class CnituiApp(App[int]):
    """The terminal UI on whatever `opening` opens."""

    CSS_PATH = "cnitui.tcss"
    TITLE = "cnitui"
    ENABLE_COMMAND_PALETTE = False  # ours is bound below
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "colon,ctrl+p",
            "command_palette",
            "Commands",
            key_display=":",
            id="app.commands",
            tooltip="All commands",
            priority=True,
        ),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; nothing is lost"),
        Binding(
            "ctrl+c",
            "copy_or_quit",
            "Copy or quit",
            show=False,
            id="app.interrupt",
            tooltip="Copy what is selected, else quit",
            priority=True,
        ),
    ]

    def __init__(
        self,
        opening: Opening,
        *,
        theme: str = "",
        keys: Mapping[str, str] | None = None,
        contexts: Contexts | None = None,
        history: History | None = None,
        ascii_only: bool = False,
        quiz: Quiz | None = None,
    ) -> None:
        super().__init__()
        self._ascii_only = ascii_only
        self._quiz = quiz
        if ascii_only:
            self._filters.append(AsciiFilter())
        self.sittings = Sittings(opening, contexts)
        self._history = history
        self._typed: tuple[str, ...] = ()
        self._going = False
        self.work: WorkScreen | None = None
        self.shown = Shown()
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = theme or DARK.name
        self._remapped = dict(keys or {})
        if self._remapped:
            self.set_keymap(self._remapped)

    # --- life -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, self._resumed)
        self.push_screen(OpeningScreen())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, lambda: self.exit(130))
        if not self.is_headless:
            threading.Thread(target=_mind_terminal, name="cnitui-terminal", daemon=True).start()
        self.call_after_refresh(self._load)

    # --- painting -------------------------------------------------------------------------------------------------

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        """Only what differs from what the terminal shows is written."""
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and not self.is_headless:
            renderable = self.shown.update(renderable)
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        """A terminal moves its lines about when its size changes."""
        self.shown.forget()

    def _resumed(self, _: object) -> None:
        self.shown.forget()
        self.refresh(repaint=True, layout=True)

    @work(exclusive=True)
    async def _load(self) -> None:
        """The panes and the engine behind them: imported after the first frame, which needs none of it.

        In a thread: it is a third of a second in which keys are answered.
        """
        await in_daemon_thread(lambda: import_module("cnitui.tui.screens.work"))
        from cnitui.tui.screens.work import WorkScreen

        self.work = WorkScreen(self.sittings.first, quiz=self._quiz)
        self._recall()
        await self.switch_screen(self.work)
        if self._remapped:
            self._check_keys()

    @work(thread=True)
    def _check_keys(self) -> None:
        """Tell of ids that mean no key: not before the first frame, and no reason to refuse to start at 3 a.m."""
        from cnitui.tui.binding_table import mistaken_keys

        for words in mistaken_keys(self._remapped):
            self.call_from_thread(self.notify, words, severity="warning", timeout=12, markup=False)

    @property
    def state(self) -> State | None:
        """The newest state, None before the first."""
        return self.work.state if self.work is not None else None

    async def action_quit(self) -> None:
        if self.work is not None:
            await self.work.close_services()
        self.workers.cancel_all()
        self.exit(0)

    async def action_copy_or_quit(self) -> None:
        """Before Textual's own, which says nothing and copies what is empty."""
        field = self.focused
        selected = (field.selected_text if isinstance(field, Input) else "") or self.screen.get_selected_text()
        if selected:
            self._copy(CopyRequested(selected, "the selection"))
        else:
            await self.action_quit()

    # --- from everywhere ------------------------------------------------------------------------------------------

    def get_key_display(self, binding: Binding) -> str:
        """Keys by their names where their signs cannot be shown."""
        shown = super().get_key_display(binding)
        return KEY_NAMES.get(shown, shown) if self._ascii_only else shown

    @on(CopyRequested)
    def _copy(self, message: CopyRequested) -> None:
        self.copy_to_clipboard(message.text)
        self.notify(f"copied {message.what}", timeout=2, markup=False)

    def action_help(self) -> None:
        from cnitui.tui.help import help_blocks
        from cnitui.tui.screens.page import KeysScreen

        self.push_screen(KeysScreen("Keys", help_blocks(self.screen)))

    # --- commands -------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The palette comes before all keys, so that none of its line goes elsewhere; but not where one types.

        A screen that takes all keys decides itself what ends it.
        """
        if action == "copy_or_quit":
            return not getattr(self.screen, "takes_all_keys", False)
        if action == "command_palette":
            typing = self.focused is not None and self.focused.check_consume_key("colon", ":")
            return not (typing or self.screen.is_modal)
        return super().check_action(action, parameters)

    def action_command_palette(self) -> None:
        """Everything that can be done here and now, by its name."""
        from cnitui.tui.palette.catalogue import catalogue
        from cnitui.tui.screens.palette import PaletteScreen

        self.push_screen(PaletteScreen(catalogue(self), self._typed), self._command)

    async def _command(self, row: Row | None) -> None:
        if row is None or row.run is None:
            return
        self._remember(row.line)
        done = row.run()
        if isawaitable(done):
            await done

    @work(group="history")
    async def _recall(self) -> None:
        """What was typed in earlier sittings, for the palette."""
        if self._history is not None:
            self._typed = (*await self._history.lines(), *self._typed)

    @work(group="history")
    async def _remember(self, line: str) -> None:
        """Keep a command; that it cannot be kept is said once and stops nothing."""
        self._typed = (*(one for one in self._typed if one != line), line)
        try:
            if self._history is not None:
                await self._history.add(line)
        except CnituiError as error:
            self._history = None
            self.notify(str(error), severity="warning", markup=False)

    def use_theme(self, name: str) -> None:
        """Other colours, until the end of this run."""
        self.theme = name

    def front(self) -> WorkScreen | None:
        """The main screen, brought to the front."""
        while self.work is not None and self.screen is not self.work and len(self.screen_stack) > 1:
            self.pop_screen()
        return self.work

    # --- another sitting ------------------------------------------------------------------------------------------

    @work(group="going")
    async def go(self, where: Where) -> None:
        """End this sitting and begin one elsewhere; refused while something must come to its end first."""
        work, here = self.work, self.sittings.here(self.state)
        if work is None or self._going or where == here:
            self.notify("You are there already." if where == here else "Not now: a sitting is just beginning.")
            return
        self._going = True
        try:
            await self._leave_for(work, here, where, self.sittings.opening(where))
        except CnituiError as error:
            self.notify(str(error), severity="error", timeout=8, markup=False)
        finally:
            self._going = False

    async def _leave_for(self, work: WorkScreen, here: Where, where: Where, opening: Opening) -> None:
        """Keys go to a screen of its own meanwhile, so that none reaches the sitting that ends."""
        between = OpeningScreen(f"leaving {here.context}, opening {where.context}")
        await self.push_screen(between)
        if work.held_by:
            between.dismiss()
            self.notify(f"Nothing was switched: {work.held_by}. Wait for its end.", severity="warning", markup=False)
            return
        from cnitui.tui.screens.work import WorkScreen

        visit = work.visit()
        await work.leave()
        before = self.sittings.leave(here, visit, where)
        following = WorkScreen(opening, before, self.sittings.ours)
        following.way_back = here.context
        self.front()
        self.work = following
        await self.switch_screen(following)


def _mind_terminal() -> None:
    """A terminal may vanish without a signal (`kubectl exec`, `nohup`): its reader would spin for ever then.

    A thread minds it, because the loop itself may be stuck by then: Textual's writer ends at the first error, and a
    full queue in front of it blocks. There is no terminal left to restore, and what matters is on disk.
    """
    while not _hung_up(0):
        time.sleep(HANG_UP_LOOK)
    os._exit(130)


def _hung_up(descriptor: int) -> bool:
    """Whether the other end of a terminal is gone; poll of macOS calls some terminals that are there invalid."""
    watched = select.poll()
    watched.register(descriptor, 0)
    told = next((event for _, event in watched.poll(0)), 0)
    return bool(told & (select.POLLHUP | select.POLLERR)) or (bool(told & select.POLLNVAL) and _closed(descriptor))


def _closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False
