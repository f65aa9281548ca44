"""The quiz's dialog: a list of causes to choose from; answers the chosen id, None when it is put off."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from cnitui.tui.quiz import choices
from cnitui.tui.screens.dialogs import words
from cnitui.tui.widgets.pick_list import PickList

TITLE_WIDTH = 50
"""Cells before the ids."""


class AnswerScreen(ModalScreen[str | None]):
    """One answer counts: after it everything is uncovered."""

    DEFAULT_CSS = """
    AnswerScreen .dialog { width: 90%; max-width: 96; height: 90%; max-height: 36; }
    AnswerScreen PickList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Look again first", id="dialog.cancel", tooltip="Close without an answer"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield words("What is it?", "dialog-title")
            yield words("j k or arrows move, enter answers, esc goes back to looking", "dialog-note")
            yield PickList(id="answers", note_from=TITLE_WIDTH)

    def on_mount(self) -> None:
        answers = self.query_one("#answers", PickList)
        answers.show(choices())
        answers.focus()

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        event.stop()
        self.dismiss(event.key)

    def action_cancel(self) -> None:
        self.dismiss(None)
