"""The listings of a node, or of two beside each other, and the transcript of what was run there."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.engine.guide.blocks import Block, Listing
from cnitui.engine.judging.listings import Listings
from cnitui.engine.reports.transcript import as_session
from cnitui.tui.copying import CopyRequested
from cnitui.tui.listing_lines import in_brief
from cnitui.tui.listing_page import listing_blocks, note_of, transcript_blocks
from cnitui.tui.messages import ListingsWalked, LookAgain
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane


class ListingsPane(Pane):
    """Shows the nodes it is handed; made only while somebody can see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "transcript", "Transcript", id="listings.transcript",
                tooltip="All commands that were run there with what they answered, and back to the listing"),
        Binding("greater_than_sign", "walk(1)", "Next node", key_display=">", id="listings.next",
                tooltip="The next node in the second place (of the marked ones, when more than two are)"),
        Binding("less_than_sign", "walk(-1)", "Previous node", key_display="<", show=False, id="listings.previous",
                tooltip="The previous node in the second place"),
        Binding("w", "whole", "All columns", id="listings.whole",
                tooltip="Mode, owner, size and time of every file, however narrow it is; or in brief"),
        Binding("r", "again", "Read again", id="listings.again", tooltip="Read these nodes anew"),
        Binding("c", "copy", "Copy", id="listings.copy", tooltip="Copy the listing, or the transcript (no secrets)"),
    ]  # fmt: skip

    pane_id = "listings"
    title = "Listings"
    listings: reactive[Listings] = reactive((), repaint=False)
    transcript: reactive[bool] = reactive(False, repaint=False, bindings=True)
    whole: reactive[bool] = reactive(False, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._narrow = False

    def compose(self) -> ComposeResult:
        yield self.rule
        yield BlocksView()

    @property
    def page(self) -> BlocksView:
        """Where the blocks go."""
        return self.query_one(BlocksView)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes that are shown."""
        return tuple(node.name for node in self.listings)

    # --- what is shown ---

    def on_mount(self) -> None:
        self._fill()

    def on_show(self) -> None:
        self._fill()

    def watch_listings(self, before: Listings, now: Listings) -> None:
        other = [node.name for node in before] != [node.name for node in now]
        self._fill(from_top=other)

    def watch_transcript(self) -> None:
        self._fill(from_top=True)

    def watch_whole(self) -> None:
        self._fill()

    def _fill(self, *, from_top: bool = False) -> None:
        if not self.is_mounted or not self.display:
            return
        self.rule.title = f"{'Transcript' if self.transcript else self.title} {' and '.join(self.names)}"
        self.rule.note = note_of(self.listings)
        self.page.show(self._blocks(), from_top=from_top)
        self._note_width()

    def on_resize(self) -> None:
        self._note_width()

    def _note_width(self) -> None:
        """Whether the listing is told in brief at this width, unless all of it is wanted."""
        shown = (block for block in self.page.blocks if isinstance(block, Listing) and len(block.heads) > 1)
        narrow = any(in_brief(block.heads, block.sections, self.page.text_width) for block in shown)
        if narrow != self._narrow:
            self._narrow = narrow
            self.refresh_bindings()

    def _blocks(self) -> tuple[Block, ...]:
        if self.transcript:
            return transcript_blocks(self.listings)
        return listing_blocks(self.listings, whole=self.whole)

    def focus_content(self) -> None:
        self.page.focus()

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """All columns are asked for only where they are not shown anyway; a transcript has none."""
        return self._narrow if action == "whole" else True

    def action_transcript(self) -> None:
        self.transcript = not self.transcript

    def action_whole(self) -> None:
        self.whole = not self.whole

    def action_walk(self, by: int) -> None:
        self.post_message(ListingsWalked(by))

    def action_again(self) -> None:
        for name in self.names:
            self.post_message(LookAgain(name))

    def action_copy(self) -> None:
        what = "the transcript" if self.transcript else "the listing"
        text = as_session(self.listings) if self.transcript else self.page.text
        self.post_message(CopyRequested(text, f"{what} of {' and '.join(self.names)}"))
