"""Dialogs: Cancel has the focus, a confirmation is typed and not pasted, and text of a cluster is literal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from cnitui.engine.guide.blocks import Item
from cnitui.errors import HostKeyUnknown
from cnitui.tui.screens.dialogs import Confirmation, ConfirmScreen, FileName, FileNameScreen, HostKeyScreen
from tests.engine.guide.states import incident
from tests.tui.showing import Showing, showing

Dialog = ModalScreen[bool | None] | ModalScreen[Confirmation | None] | ModalScreen[FileName | None]
UNANSWERED = object()


class Asked:
    """A dialog on the screen and what it was answered."""

    def __init__(self, app: Showing, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.answer: object = UNANSWERED

    def take(self, answer: object) -> None:
        """The dialog was closed."""
        self.answer = answer

    async def press(self, *keys: str) -> None:
        """Press keys and let the app digest them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def go(self) -> Button:
        """The button that does it."""
        return self.app.screen.query_one("#go", Button)

    def ready(self) -> bool:
        """Whether that can be pressed."""
        return not self.go.disabled


@asynccontextmanager
async def asked(dialog: Dialog) -> AsyncIterator[Asked]:
    """The dialog over the overview."""
    async with showing(incident(), (80, 24)) as (app, pilot):
        asking = Asked(app, pilot)
        app.push_screen(dialog, callback=asking.take)
        await pilot.pause()
        await pilot.pause()
        yield asking


def confirm(*override: str, title: str = "Make it privileged") -> ConfirmScreen:
    """The confirmation of a patch in the context prod-eu."""
    return ConfirmScreen(title, (Item("patch it", "bad"),), "prod-eu", verb="Apply", override=override)


async def test_the_focus_is_on_cancel_and_enter_held_down_changes_nothing() -> None:
    async with asked(confirm()) as asking:
        assert asking.app.focused is not None
        assert asking.app.focused.id == "cancel"
        await asking.press("enter", "enter", "enter")
        assert asking.answer is None


async def test_only_the_contexts_whole_name_wakes_the_button() -> None:
    async with asked(confirm()) as asking:
        asking.app.screen.query_one("#typed", Input).focus()
        for key in "prod-e":
            await asking.press(key)
            assert not asking.ready()
        await asking.press("u")
        assert asking.ready()
        await asking.press("x")
        assert not asking.ready()
        await asking.press("backspace", "tab", "tab", "enter")
        assert asking.answer == Confirmation("prod-eu")


async def test_the_last_letter_itself_wakes_the_button() -> None:
    async with asked(confirm()) as asking:
        asking.app.screen.query_one("#typed", Input).value = "prod-eu"
        assert asking.ready(), "a key that follows at once must find it awake"


async def test_enter_in_the_field_applies_nothing() -> None:
    async with asked(confirm()) as asking:
        asking.app.screen.query_one("#typed", Input).focus()
        await asking.press(*"prod-eu", "enter")
        assert asking.answer is UNANSWERED


async def test_a_pasted_name_is_refused_in_words() -> None:
    async with asked(confirm()) as asking:
        field = asking.app.screen.query_one("#typed", Input)
        field.focus()
        await asking.pilot.pause()
        asking.app.post_message(events.Paste("prod-eu"))
        await asking.press("ctrl+v")
        assert field.value == ""
        assert all("not pasted" in note.message for note in asking.app._notifications)
        assert len(asking.app._notifications) >= 1


async def test_an_override_needs_a_reason_beside_the_name() -> None:
    async with asked(confirm("no denial is on record")) as asking:
        assert "no denial is on record" in asking.app.text
        asking.app.screen.query_one("#typed", Input).focus()
        await asking.press(*"prod-eu")
        assert not asking.ready()
        asking.app.screen.query_one("#reason", Input).focus()
        await asking.press(*"it", "space")
        assert asking.ready()
        asking.go.press()
        await asking.pilot.pause()
        assert asking.answer == Confirmation("prod-eu", "it")


async def test_escape_changes_nothing() -> None:
    async with asked(confirm()) as asking:
        await asking.press("escape")
        assert asking.answer is None


async def test_hostile_words_in_a_title_are_literal() -> None:
    async with asked(confirm("[b]\x1b[31m", title="[red]x[/red]\x1b]0;t\x07 [/nothing]")) as asking:
        assert "[red]x[/red]" in asking.app.text
        assert "\x1b" not in asking.app.text


HOST = HostKeyUnknown("unknown key", node="worker-01", host="10.0.0.2", fingerprint="SHA256:abc[b]")


@pytest.mark.parametrize(("keys", "answer"), [(("enter",), False), (("escape",), None), (("tab", "enter"), True)])
async def test_a_host_key_is_refused_unless_somebody_accepts_it(keys: tuple[str, ...], answer: bool | None) -> None:
    async with asked(HostKeyScreen(HOST)) as asking:
        assert "SHA256:abc[b]" in asking.app.text
        await asking.press(*keys)
        assert asking.answer is answer


async def test_a_file_name_is_offered_and_may_be_changed_or_refused() -> None:
    async with asked(FileNameScreen("Save", "report.md")) as asking:
        await asking.press("end", *".txt", "enter")
        assert asking.answer == FileName("report.md.txt")
    async with asked(FileNameScreen("Save", "report.md")) as asking:
        await asking.press("escape")
        assert asking.answer is None


@pytest.mark.parametrize(("keys", "raw"), [(("enter",), False), (("tab", "space", "enter"), True)])
async def test_secrets_stay_in_a_log_only_when_a_person_says_so(keys: tuple[str, ...], raw: bool) -> None:
    async with asked(FileNameScreen("Save", "x.log", raw_offered=True)) as asking:
        assert "[ ] keep passwords, tokens and keys" in asking.app.text
        await asking.press(*keys)
        assert asking.answer == FileName("x.log", raw)


async def test_whether_secrets_stay_is_said_by_more_than_a_colour() -> None:
    async with asked(FileNameScreen("Save", "x.log", raw_offered=True)) as asking:
        await asking.press("tab", "space")
        assert "[x] keep passwords, tokens and keys" in asking.app.text


async def test_a_file_is_saved_or_not_with_the_mouse_alone() -> None:
    async with asked(FileNameScreen("Save", "report.md")) as asking:
        await asking.pilot.click("#save")
    assert asking.answer == FileName("report.md")
    async with asked(FileNameScreen("Save", "report.md")) as asking:
        await asking.pilot.click("#cancel")
    assert asking.answer is None
