"""The application: paints at once, then loads the screens and what they work with, and ends quickly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual._compositor import CompositorUpdate
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cnitui.tui.copying import CopyRequested
from cnitui.tui.difference import Shown
from cnitui.tui.screens.opening import OpeningScreen
from cnitui.tui.theme import DARK, THEMES

if TYPE_CHECKING:
    from cnitui.engine.services import Opening
    from cnitui.engine.state import State
    from cnitui.tui.screens.work import WorkScreen

HANG_UP_LOOK = 0.5
"""Seconds between two looks at whether the terminal is still there."""


class CnituiApp(App[int]):
    """The terminal UI on whatever `opening` opens."""

    CSS_PATH = "cnitui.tcss"
    TITLE = "cnitui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "colon,ctrl+p", "command_palette", "Commands", key_display=":", id="app.commands", tooltip="All commands"
        ),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; nothing is lost"),
        Binding("ctrl+c", "copy_or_quit", "Copy or quit", show=False, id="app.interrupt", tooltip="Copy, else quit"),
    ]

    def __init__(self, opening: Opening, *, theme: str = "", keys: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._opening = opening
        self.work: WorkScreen | None = None
        self.shown = Shown()
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = theme or DARK.name
        if keys:
            self.set_keymap(dict(keys))

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
        """The panes and the engine behind them: imported after the first frame, which needs none of it."""
        from cnitui.tui.screens.work import WorkScreen

        self.work = WorkScreen(self._opening)
        await self.switch_screen(self.work)

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
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.notify("copied the selection")
        else:
            await self.action_quit()

    # --- from everywhere ------------------------------------------------------------------------------------------

    @on(CopyRequested)
    def _copy(self, message: CopyRequested) -> None:
        self.copy_to_clipboard(message.text)
        self.notify(f"copied {message.what}", timeout=2, markup=False)

    def action_help(self) -> None:
        from cnitui.tui.help import help_blocks
        from cnitui.tui.screens.page import KeysScreen

        self.push_screen(KeysScreen("Keys", help_blocks(self.screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every pane by its name, and what else can be done."""
        if self.work is not None:
            for name in ("overview", "logs", "selinux", "guide", "differences", "timeline", "listings"):
                yield SystemCommand(name, f"Show the {name}", lambda name=name: self._go(name))
            words = "Logs, SELinux, differences and timeline before the repair, now, or both"
            yield SystemCommand("before, now, both", words, self.work.action_view)
            yield SystemCommand("look again", "Read everything anew", self.work.action_look_again)
            yield SystemCommand("save", "Save the focused log, the report or a case file", self.work.action_save)
            yield SystemCommand("undo", "Preview taking the latest applied plan back", self.work.action_undo)
        yield SystemCommand("help", "All keys", self.action_help)
        yield SystemCommand("theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("quit", "Leave", self.action_quit)

    def _go(self, name: str) -> None:
        if self.work is None:
            return
        while self.screen is not self.work and len(self.screen_stack) > 1:
            self.pop_screen()
        if name == "overview":
            self.work.action_overview()
        else:
            self.work.action_pane(name)


def _mind_terminal() -> None:
    """A terminal may vanish without a signal (`kubectl exec`, `nohup`): its reader would spin for ever then.

    A thread minds it, because the loop itself may be stuck by then: Textual's writer ends at the first error, and a
    full queue in front of it blocks. There is no terminal left to restore, and what matters is on disk.
    """
    while not _hung_up(0):
        time.sleep(HANG_UP_LOOK)
    os._exit(130)


def _hung_up(descriptor: int) -> bool:
    """Whether the other end of a terminal is gone."""
    watched = select.poll()
    watched.register(descriptor, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in watched.poll(0))
