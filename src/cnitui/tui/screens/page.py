"""A page of blocks on top of everything: a node's details, YAML, help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cnitui.engine.guide.blocks import Block, Command, Paragraph, Quote
from cnitui.engine.probes.calico_objects import CalicoObjects
from cnitui.tui.copying import CopyRequested
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.footer_line import FooterLine
from cnitui.tui.widgets.pane import TitleRule


class PageScreen(Screen[str]):
    """Something to read; `esc` goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Back", key_display="esc", id="page.back", tooltip="Back"),
        Binding("c", "copy", "Copy", id="page.copy", tooltip="Copy the page's text"),
    ]

    def __init__(self, title: str, blocks: tuple[Block, ...]) -> None:
        super().__init__(classes="page")
        self._heading, self._blocks = title, blocks

    def compose(self) -> ComposeResult:
        rule = TitleRule()
        rule.title = self._heading
        yield rule
        yield BlocksView()
        yield FooterLine()

    def on_mount(self) -> None:
        view = self.query_one(BlocksView)
        view.show(self._blocks)
        view.focus()

    def action_copy(self) -> None:
        parts = [
            block.line if isinstance(block, Command) else block.text
            for block in self._blocks
            if isinstance(block, Command | Quote)
        ]
        self.post_message(CopyRequested("\n".join(parts), self._heading))


class SummaryScreen(PageScreen):
    """What to tell the incident channel: on the clipboard already, and shown, since no terminal says what it took."""

    def __init__(self, text: str) -> None:
        super().__init__("For the incident channel: copied; c copies it again", (Paragraph(text),))
        self._text = text

    def on_mount(self) -> None:
        super().on_mount()
        self.action_copy()

    def action_copy(self) -> None:
        """Unwrapped: a line of it is a line there."""
        self.post_message(CopyRequested(self._text, "the summary"))


class NodeScreen(PageScreen):
    """Everything about one node; answers its name when its listings are wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "listings", "Listings", id="page.listings",
                tooltip="Every file of the node's CNI directories, and all that was run there"),
    ]  # fmt: skip

    def __init__(
        self,
        node: str,
        blocks: Callable[[CalicoObjects | None], tuple[Block, ...]],
        ask: Callable[[], Awaitable[CalicoObjects]] | None = None,
    ) -> None:
        super().__init__(f"Node {node}", blocks(None))
        self.node = node
        self._blocks_with, self._ask = blocks, ask

    def on_mount(self) -> None:
        super().on_mount()
        if self._ask is not None:
            self._complete(self._ask)

    @work
    async def _complete(self, ask: Callable[[], Awaitable[CalicoObjects]]) -> None:
        """What is asked for when a node is opened, and not before."""
        self._blocks = self._blocks_with(await ask())
        self.query_one(BlocksView).show(self._blocks)

    def action_listings(self) -> None:
        self.dismiss(self.node)


class KeysScreen(PageScreen):
    """Help; the key that opened it closes it again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "app.pop_screen", "Back", show=False, id="page.close", tooltip="Close the help"),
    ]
