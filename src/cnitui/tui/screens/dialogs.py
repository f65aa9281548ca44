"""Dialogs: the confirmation of a write, the acceptance of a host key, a file name. Cancel always has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Static

from cnitui.engine.guide.blocks import Block
from cnitui.errors import HostKeyUnknown
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean
from cnitui.tui.widgets.blocks_view import BlocksView


def words(text: str, classes: str) -> Static:
    """Literal text: nothing in it is markup."""
    return Static(Content("\n".join(clean(line) for line in text.split("\n"))), classes=classes, markup=False)


class TypedInput(Input):
    """An input that takes key presses only: a confirmation is typed, not pasted."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.app.notify("Type it, please: a confirmation is not pasted.", severity="warning")

    def action_paste(self) -> None:
        self.app.notify("Type it, please: a confirmation is not pasted.", severity="warning")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the user typed: the context's name, and the reason for an override when one was asked for."""

    typed: str
    reason: str = ""


class ConfirmScreen(ModalScreen[Confirmation | None]):
    """Asks for the context's name before a write; says in full what will be written where."""

    DEFAULT_CSS = """
    ConfirmScreen .dialog { overflow-y: auto; scrollbar-size-vertical: 1; }
    ConfirmScreen BlocksView { height: auto; max-height: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Close without doing anything"),
        Binding("pageup", "scroll(-1)", "Up", show=False, id="dialog.up", tooltip="What is further up"),
        Binding("pagedown", "scroll(1)", "Down", show=False, id="dialog.down", tooltip="What is further down"),
    ]

    def __init__(
        self, title: str, blocks: tuple[Block, ...], context: str, *, verb: str, override: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self._title, self._blocks, self._wanted = title, blocks, context
        self._verb, self._override = verb, override

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -danger"):
            yield words(self._title, "dialog-title")
            yield BlocksView(id="confirm-what")
            if self._override:
                yield words("This needs an override, which is recorded: " + "; ".join(self._override), "dialog-text")
                yield Input(placeholder="reason for the override", id="reason", compact=True)
            yield words(
                f"Nothing has been changed yet. Type the context's name to go on: {self._wanted}", "dialog-note"
            )
            yield TypedInput(placeholder="type it here", id="typed", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button(self._verb, id="go", variant="error", disabled=True)

    def on_mount(self) -> None:
        what = self.query_one(BlocksView)
        what.can_focus = False
        what.show(self._blocks)
        for field in self.query(Input):  # no message: a tab that follows the last letter at once finds the button
            self.watch(field, "value", self._check, init=False)
        cancel = self.query_one("#cancel", Button).focus()
        self.call_after_refresh(cancel.scroll_visible, animate=False)

    def action_scroll(self, by: int) -> None:
        """On a screen too low for the whole dialog."""
        self.query_one(".dialog").scroll_relative(y=by * 5, animate=False)

    def _complete(self) -> bool:
        reasons = [field.value.strip() for field in self.query("#reason").results(Input)]
        return self.query_one("#typed", Input).value == self._wanted and all(reasons)

    def _check(self) -> None:
        self.query_one("#go", Button).disabled = not self._complete()

    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        if self._complete():
            reason = next((field.value.strip() for field in self.query("#reason").results(Input)), "")
            self.dismiss(Confirmation(self.query_one("#typed", Input).value, reason))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)


class HostKeyScreen(ModalScreen[bool | None]):
    """A node shows a key nobody has accepted yet: its fingerprint, and the choice; None when not to ask at all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Not now", id="dialog.cancel", tooltip="Trust no key, and ask about no other"),
    ]

    def __init__(self, host: HostKeyUnknown) -> None:
        super().__init__()
        self._host = host

    def compose(self) -> ComposeResult:
        host = self._host
        with Vertical(classes="dialog"):
            yield words(f"The host key of {host.node} is not known", "dialog-title")
            yield words(f"host         {host.host}\nfingerprint  {host.fingerprint}", "dialog-text")
            yield words(
                "Compare it with what the node itself prints: ssh-keygen -lf "
                "/etc/ssh/ssh_host_ed25519_key.pub. Accepting keeps it in cnitui's own known_hosts file; yours "
                "is not touched. Escape asks about no other node either, until you look again with r.",
                "dialog-note",
            )
            with Horizontal(classes="dialog-buttons"):
                yield Button("Refuse", id="refuse")
                yield Button("Accept", id="accept", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#refuse", Button).focus()

    @on(Button.Pressed, "#accept")
    def _accept(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#refuse")
    def _refuse(self) -> None:
        self.dismiss(False)

    def action_cancel(self) -> None:
        self.dismiss(None)


class TickBox(Checkbox, inherit_bindings=False):
    """A box whose sign is there only when it is ticked: Textual's is there always, and its colour alone would tell.

    Enter is left to the dialog, which it ends everywhere else.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "toggle_button", "Tick", id="dialog.tick", tooltip="Set or remove the tick"),
    ]

    BUTTON_LEFT, BUTTON_INNER, BUTTON_RIGHT = "", "[ ]", ""

    def watch_value(self) -> None:
        self.BUTTON_INNER = "[x]" if self.value else "[ ]"
        super().watch_value()


@dataclass(frozen=True, slots=True)
class FileName:
    """Where to save, and whether the bytes as they came are wanted."""

    name: str
    raw: bool = False


class FileNameScreen(ModalScreen[FileName | None]):
    """Where to save; with `raw_offered` also whether secrets are to stay in it, which nothing but a person decides."""

    DEFAULT_CSS = """
    FileNameScreen TickBox { margin: 1 0 0 0; background: $surface; }
    FileNameScreen TickBox > .toggle--button { color: $foreground; background: $surface; }
    FileNameScreen TickBox.-on > .toggle--button { color: $text-warning; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Save nothing"),
        Binding("enter", "save", "Save", show=False, id="dialog.save", tooltip="Save to this file"),
    ]

    def __init__(self, title: str, suggestion: str, *, raw_offered: bool = False) -> None:
        super().__init__()
        self._title, self._suggestion, self._raw_offered = title, suggestion, raw_offered

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield words(self._title, "dialog-title")
            yield Input(self._suggestion, id="file", compact=True)
            if self._raw_offered:
                yield TickBox("keep passwords, tokens and keys: the bytes as they came", id="raw", compact=True)
                yield words("Without the tick they are hidden in the file. tab, then space, sets it.", "dialog-note")
            yield words("enter saves, esc does not; an existing file is not overwritten", "dialog-note")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button("Save", id="save", variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        name = self.query_one("#file", Input).value.strip()
        raw = any(box.value for box in self.query("#raw").results(Checkbox))
        self.dismiss(FileName(name, raw) if name else None)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)
