"""The offer to go on with the investigation of an earlier sitting."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from cnitui.domain.investigation import LAST_STEP, Investigation
from cnitui.engine.guide.blocks import Block, Item, Paragraph
from cnitui.tui.screens.dialogs import words
from cnitui.tui.widgets.blocks_view import BlocksView

Answer = Literal["go on", "anew", "later"]
SHOWN = 3
"""Of what was done in it, the newest."""


class ResumeScreen(ModalScreen[Answer]):
    """Says where the earlier investigation stands; nothing is written to the cluster by any answer."""

    DEFAULT_CSS = "ResumeScreen BlocksView { height: auto; max-height: 10; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "later", "Not now", id="dialog.cancel", tooltip="Neither: leave it as it is"),
        Binding("q", "app.quit", "Quit", id="dialog.quit", tooltip="Leave"),
    ]

    def __init__(self, kept: Investigation, now: datetime) -> None:
        super().__init__()
        self._kept, self._now = kept, now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield words("Go on where the last sitting ended?", "dialog-title")
            yield BlocksView(id="earlier")
            yield words("Going on takes over its place in the guide and its logs; it changes nothing.", "dialog-note")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Begin anew", id="anew")
                yield Button("Go on", id="go", variant="primary")

    def on_mount(self) -> None:
        view = self.query_one(BlocksView)
        view.can_focus = False
        view.show(earlier_blocks(self._kept, self._now))
        self.query_one("#go", Button).focus()

    @on(Button.Pressed, "#go")
    def _go_on(self) -> None:
        self.dismiss("go on")

    @on(Button.Pressed, "#anew")
    def _anew(self) -> None:
        self.dismiss("anew")

    def action_later(self) -> None:
        self.dismiss("later")


def earlier_blocks(kept: Investigation, now: datetime) -> tuple[Block, ...]:
    """What is known of it: when, how far, what was found, what was done and what is in flight."""
    blocks: list[Block] = [
        Paragraph(f"It stood at step {kept.step} of {LAST_STEP}, {ago(now, kept.at)}; context {kept.context}"),
        Item(kept.found or "nothing was found yet", "normal"),
    ]
    if kept.plan:
        blocks.append(Item(f"plan {kept.plan} was applied in it: its rollout is followed from where it is", "warn"))
    blocks += [Item(f"{one.at:%H:%M:%S} {one.words}", "dim") for one in kept.done[-SHOWN:]]
    return tuple(blocks)


def ago(now: datetime, then: datetime) -> str:
    """`12 minutes ago`."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 1:
        return "less than a minute ago"
    count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
    return f"{count} {unit}{'s' if count > 1 else ''} ago"
