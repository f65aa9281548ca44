"""Attempts, events, denials, node conditions and our own actions by time: as a picture, and as a list to read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from cnitui.domain.clocks import clocks_astray
from cnitui.domain.likeness import Cohort
from cnitui.engine.guide.blocks import Block, Grid, Paragraph
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.timeline.drawn import chart_of
from cnitui.engine.timeline.lanes import MOST_LANES, lanes_of, looked_at, one_read
from cnitui.engine.timeline.moments import Moment, Seen, timeline, unfollowed
from cnitui.tui.copying import CopyRequested
from cnitui.tui.layout import lay_out
from cnitui.tui.panes.page import PagePane
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.timeline.picture import TimelinePicture
from cnitui.tui.widgets.timeline.telling import CursorWords, Legend, show_or_hide
from cnitui.tui.widgets.timeline.view import LaneView

SHOWN = 1000
"""Moments of the list, the newest."""
UNCUT = 10_000
"""Cells of a line that is copied."""
AROUND = 2
"""Rows of title and legend."""
WORDS, MORE_WORDS = 5, 7
"""Rows of what the cursor is on: more of them where all lanes are in view all the same."""
FRAME = 4
"""Rows of the screen around its panes."""


class TimelinePane(PagePane):
    """What happened, in order. `member` says who stands for a group where more fail than there are lanes for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "turn(True)", "list", id="timeline.list", tooltip="The timeline as a list to read"),
        Binding("v", "turn(False)", "picture", id="timeline.picture", tooltip="The timeline drawn, a lane per node"),
    ]

    class Turned(Message):
        """The pane shows the list instead of the picture, or the other way round."""

    pane_id = "timeline"
    title = "Timeline"
    chosen: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The marked nodes."""
    listed: reactive[bool] = reactive(False, repaint=False, bindings=True)
    """Whether the list is shown."""
    beside_logs: reactive[bool] = reactive(False, repaint=False)
    """Whether the logs stand below: then the pane takes no more rows than it has a use for."""

    def __init__(self, member: Callable[[Cohort], str] = one_read) -> None:
        super().__init__()
        self._member = member
        self._board: LogBoard | None = None

    def compose(self) -> ComposeResult:
        yield self.rule
        yield TimelinePicture()
        yield CursorWords()
        yield Legend()
        yield BlocksView()

    def bring_board(self, board: LogBoard) -> None:
        """The log feeds, once there is a session: they have seen attempts that the kubelet has forgotten."""
        self._board = board

    @property
    def _seen(self) -> Seen:
        return self._board.runs if self._board is not None else unfollowed

    @property
    def picture(self) -> TimelinePicture:
        """Where it is drawn."""
        return self.query_one(TimelinePicture)

    # --- what is shown ---

    def fill(self) -> None:
        drawn = not self.listed and self._draw()
        show_or_hide(drawn, self.picture, self.query_one(CursorWords), self.query_one(Legend))
        show_or_hide(not drawn, self.page)
        if self.listed:
            self._list()
        self._fit_in()

    def _draw(self) -> bool:
        """Draw the picture; answers whether there is anything to draw."""
        shown = looked_at(self.state, self.view)
        lanes = lanes_of(shown, max(MOST_LANES, self._room), chosen=self.chosen, member=self._member)
        chart = chart_of(self.state, lanes, self.view, self._seen)
        self.picture.show(chart)
        if chart is None:
            self.rule.note = ""
            self.page.show((_as_list(()),))
        return chart is not None

    @property
    def _room(self) -> int:
        """Lanes beside the reference's that fit on the screen."""
        return (self._rows - AROUND - WORDS) // 2 - 2

    def _list(self) -> None:
        found = timeline(self.state, self.view, seen=self._seen)
        self.rule.note = (
            f"the last {SHOWN:,} of {len(found):,} moments" if len(found) > SHOWN else f"{len(found)} moments"
        )
        shown = found[-SHOWN:]
        self.page.show((*self._clocks(shown), _as_list(shown, self._pointed_at(shown))))

    def _clocks(self, moments: Sequence[Moment]) -> Iterator[Block]:
        """Whose clock is astray, of those that the list is about."""
        nodes = sorted({moment.node for moment in moments if moment.node})
        yield from (Paragraph(words, "warn") for words in clocks_astray(looked_at(self.state, self.view).case, nodes))

    def _pointed_at(self, moments: Sequence[Moment]) -> int | None:
        """The moment that the picture's cursor is on, or the last before it; the newest while nobody moved it."""
        picture = self.picture
        at, node = picture.at, picture.node
        if at is None:
            return len(moments) - 1 if moments else None
        same = [place for place, moment in enumerate(moments) if (moment.at, moment.node) == (at, node)]
        return same[0] if same else max(0, bisect_right(moments, at, key=lambda moment: moment.at) - 1)

    @on(LaneView.Shown)
    def _tell(self) -> None:
        """What the cursor is on, and how much is out of sight."""
        picture, cursor = self.picture, self.picture.cursor
        if picture.drawn is None or cursor is None or self.listed:
            return
        at, lane = cursor
        self.query_one(CursorWords).show(picture.drawn.lanes[lane].title, at, picture.under_cursor)
        earlier, later = picture.outside()
        told = [f"← {earlier:,} earlier" if earlier else "", f"{later:,} later →" if later else ""]
        self.rule.note = " · ".join(filter(None, told)) or "all that is known"

    # --- its size ---

    def on_resize(self) -> None:
        self._fit_in()

    def watch_beside_logs(self) -> None:
        self._fit_in()

    def _fit_in(self) -> None:
        """Above the logs no more rows than there is a use for, and never so many that no log is left."""
        if not self.is_mounted:
            return
        lanes = AROUND + self.picture.needed
        words = MORE_WORDS if lanes + MORE_WORDS <= self._rows else WORDS
        self.query_one(CursorWords).styles.height = words
        self.styles.height = min(lanes + words, self._rows) if self.beside_logs and not self.listed else None

    @property
    def _rows(self) -> int:
        """Rows that the pane may have."""
        rows = self.screen.size.height - FRAME
        return rows * 3 // 5 if self.beside_logs else rows

    # --- keys ---

    def watch_chosen(self) -> None:
        self.renew()

    def watch_view(self) -> None:
        super().watch_view()
        self.page.go_here()

    def on_show(self) -> None:
        super().on_show()
        self.page.go_here()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """To what is shown already there is no key."""
        return action != "turn" or parameters != (self.listed,)

    def action_turn(self, listed: bool) -> None:
        """To the list, or back to the picture."""
        self.listed = listed
        self.renew()
        self.page.go_here()
        self.post_message(self.Turned())
        self.focus_content()

    def action_copy(self) -> None:
        """The list, whichever is shown; nothing in it is cut."""
        moments = timeline(self.state, self.view, seen=self._seen)[-SHOWN:]
        listed = lay_out((*self._clocks(moments), _as_list(moments)), UNCUT)
        text = "\n".join("".join(text for text, _ in line).rstrip() for line in listed)
        self.post_message(CopyRequested(text, "the timeline as a list"))

    def focus_content(self) -> None:
        (self.page if self.page.display else self.picture).focus()


def _as_list(moments: Sequence[Moment], here: int | None = None) -> Block:
    if not moments:
        return Paragraph("Nothing with a time is known yet.", "dim")
    rows = tuple((f"{m.at:%m-%d %H:%M:%S}", m.node or "–", m.kind, m.words) for m in moments)
    return Grid(("TIME (UTC)", "NODE", "KIND", "WHAT"), rows, tuple(m.role for m in moments), leaves=(2,), here=here)
