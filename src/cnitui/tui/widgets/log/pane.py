"""One node's log with everything a person does to a log: search, filter, wrap, go back an attempt, copy, save.

Its keys all act on the same few things (what is shown, found and folded away), which is why it is one module.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from cnitui.engine.logs.folding import Fold, Folding
from cnitui.engine.logs.kept import Entry, line_of
from cnitui.engine.logs.status import LogSource
from cnitui.tui.copying import CopyRequested
from cnitui.tui.layout import wrap_words
from cnitui.tui.text import ELLIPSIS, clean
from cnitui.tui.widgets.log.keys import LOG_KEYS
from cnitui.tui.widgets.log.known import KnownLines
from cnitui.tui.widgets.log.paint import Classify, Look, Meaning, meaningless, unclassified
from cnitui.tui.widgets.log.text import Span, Stamps, raw_text
from cnitui.tui.widgets.log.view import Hits
from cnitui.tui.widgets.log.window import TITLE, LogWindow
from cnitui.tui.widgets.log.words import utc_now
from cnitui.tui.widgets.pattern import Pattern, pattern_of

SIDEWAYS = 8


class LogPane(LogWindow):
    """The log of one container, followed across its attempts."""

    BINDINGS: ClassVar[list[BindingType]] = LOG_KEYS

    class ContainerAsked(Message):
        """Which container's log is to be shown is to be asked, for this node."""

        def __init__(self, node: str) -> None:
            super().__init__()
            self.node = node

    class Highlighted(Message):
        """This is to be highlighted in all logs."""

        def __init__(self, typed: str) -> None:
            super().__init__()
            self.typed = typed

    def __init__(
        self,
        feed: LogSource,
        *,
        classify: Classify = unclassified,
        meaning: Meaning = meaningless,
        now: Callable[[], datetime] = utc_now,
        reference: bool = False,
        failing: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(feed, classify=classify, now=now, id=id, classes=classes)
        self.reference, self.failing = reference, failing
        self.lead, self.note = "", ""
        """What the title begins with, and what it says besides; for whoever arranges panes."""
        self.stamps, self.wrapped = Stamps.SHORT, False
        self.hits: Hits | None = None
        self.filtered: Pattern | None = None
        self.highlighted: Pattern | None = None
        self.told = ""
        """What is said over the log's last rows (its first ones, where that would hide the line it is about)."""
        self._known, self._meaning = KnownLines(feed.lines, self.view, classify), meaning
        self.folded = Folding(feed.lines)
        self.folds_away = True
        self._opened: set[int] = set()
        """Entries in folds that were opened by themselves."""
        self._folds: tuple[Fold, ...] = ()
        self._awaited: datetime | None = None
        """The moment to show as soon as there is something to show."""
        self._window = ""
        self._from = 0
        self._column = 0

    # --- what is shown ---

    def _look(self) -> Look:
        found = self.hits.pattern if self.hits else None
        return Look(
            self.size.width,
            self.stamps,
            self.wrapped,
            self._column,
            found=found,
            filtered=self.filtered,
            highlight=self.highlighted,
        )

    def _restyle(self) -> None:
        """Same rows, other looks."""
        self.look = self._look()
        self.forget_drawn()
        self.refresh()

    def choose(self) -> None:
        """Other rows; the top line stays the top line, the end stays the end."""
        top, following = self.top, self.following
        self.look = self._look()
        measure, self._folds = self._measure if self.wrapped else None, self._to_fold()
        self.view.show(filtered=self.filtered, start=self._from, measure=measure, folds=self._folds)
        self.forget_drawn()
        if following:
            self.follow()
        else:
            self.go_to(top)

    def _measure(self, entry: Entry) -> int:
        return self._painter.rows(entry, self.look)

    def paint(self) -> None:
        """Found lines are kept up with the log; folds too, unless that would move what is read."""
        if self.hits is not None:
            self.hits.extend()
        if self.folded.extend():
            self._wake()
        if self.following and self.filtered is None and self._to_fold() != self._folds:
            self.choose()
        super().paint()
        self._show_awaited()

    def _to_fold(self) -> tuple[Fold, ...]:
        """The folds that are closed."""
        if not self.folds_away:
            return ()
        return tuple(
            fold for fold in self.folded.folds if not any(fold.start <= one < fold.end for one in self._opened)
        )

    # --- folds ---

    def action_fold(self) -> None:
        """Open all attempts that are folded away; when none is, close them."""
        if self.view.folds:
            self.folds_away = False
        else:
            self.folds_away = True
            self._opened.clear()
        self.choose()

    def _unfold(self, number: int) -> None:
        """Open the fold that an entry is in, if it is in one."""
        fold = self.view.fold_of(number)
        if fold is not None:
            self._opened.add(fold.end - 1)
            self.choose()

    def reveal(self, number: int) -> None:
        """A line that is folded away is unfolded first."""
        self._unfold(number)
        super().reveal(number)

    def on_click(self, event: events.Click) -> None:
        """A click on a fold opens it; the end of a drag on one does not."""
        row = self.row_at(event.y)
        found = self.view.at(row) if row >= 0 and event.chain == 1 and not self.dragged else None
        if found is not None and self.view.fold_at(found[0]) is not None:
            self._unfold(found[0])

    def headings(self) -> list[list[Span]]:
        """Node with its sign, attempt, and what the stream does; what is left out first when it is narrow."""
        bad, dim = self.ink("bad"), self.ink("dim")
        sign: list[Span] = [("✗ ", bad)] if self.failing else [("reference ", dim)] if self.reference else []
        lead: list[Span] = [(self.lead, self.ink("normal")), (" ── ", self.ink("frame"))] if self.lead else []
        told = [[*sign, *spans] for spans in super().headings()]
        return [[*lead, *told[0]], *told] if lead else told

    def notes(self) -> str:
        """What the person has set, and how many lines are new."""
        found = ""
        if self.hits is not None:
            place = self.hits.place(self.current)
            found = f"/{clean(self.hits.pattern.typed, 20)} {place or '–'}/{len(self.hits):,}"
        parts = [
            found,
            f"&{clean(self.filtered.typed, 20)}" if self.filtered else "",
            f"h {clean(self.highlighted.typed, 20)}" if self.highlighted else "",
            self._window,
            f"+{self._column}" if self._column else "",
            "" if self.autoscroll else "autoscroll off",
            self.note,
            super().notes(),
        ]
        return " · ".join(filter(None, parts))

    # --- known messages ---

    def action_known(self, by: int) -> None:
        """To the next line whose message is known, or the one before, and say what it means."""
        at = self.current if self.current >= 0 else self.top - 1
        self.say("looking for a known message …")
        self.run_worker(self._go_to_known(at, by), exclusive=True, group="known")

    async def _go_to_known(self, at: int, by: int) -> None:
        number = await self._known.next(at, by)
        entry = self.feed.lines[number] if number is not None else b""
        if number is None or not isinstance(entry, bytes):
            self.say("no line of this log is a known message")
            return
        self.current = number
        self.reveal(number)
        self.say(self._meaning(raw_text(entry)))

    def say(self, words: str) -> None:
        """Over the log, until a person goes on; "" for nothing."""
        self.told = words
        self._restyle()

    def draw(self, y: int) -> Strip:
        """The row, or what is said over it."""
        if not self.told:
            return super().draw(y)
        rows = self._told_rows()
        found = self.view.row_of(self.current) - self.scroll_offset.y + TITLE if self.current >= 0 else 0
        first = TITLE if found >= self.size.height - len(rows) else self.size.height - len(rows)
        if first <= y < first + len(rows):
            return self.strip([(f" {rows[y - first]}", self.ink("prompt"))], self.ink("prompt"))
        return super().draw(y)

    def _told_rows(self) -> list[str]:
        rows = wrap_words(clean(self.told, 1000), max(1, self.size.width - 3))
        room = max(1, self.page - 2)
        return rows if len(rows) <= room else [*rows[: room - 1], f"{rows[room - 1][:-1]}{ELLIPSIS}"]

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A person who scrolls has read what was said."""
        if self.told and not self._placing:
            self.say("")
        super().watch_scroll_y(old_value, new_value)

    # --- search and filter ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are somebody else's."""
        if action == "clear":
            return bool(self.told) or self.hits is not None or self.filtered is not None
        if action == "next":
            return self.hits is not None
        if action == "fold":
            return self.filtered is None and bool(self.folded.folds)
        return True

    def action_search(self) -> None:
        """Search while typing, from what is in view on."""
        before, top = self.hits, self.top

        def typed(text: str) -> None:
            self.search(text, start=top)

        def closed(meant: bool) -> None:
            if not meant:
                self.hits = before
                self.go_to(top)
                self._restyle()

        self.ask("/", "", typed, closed)

    def search(self, text: str, *, start: int | None = None) -> None:
        """Mark what matches, and go to the first line found behind the top one."""
        pattern = pattern_of(text, may_invert=False)
        self.hits = Hits(self.feed.lines, pattern) if pattern else None
        self.current = -1
        if self.hits is not None:
            self._stand_on(self.hits.after((self.top if start is None else start) - 1))
        self._restyle()

    def action_next(self, by: int) -> None:
        """To the next line found, or the one before; the view starts over at the ends."""
        if self.hits is None:
            return
        at = self.current if self.current >= 0 else self.top - 1
        self._stand_on(self.hits.after(at) if by > 0 else self.hits.before(at))
        self._restyle()

    def show_moment(self, at: datetime) -> None:
        """Mark the first line that is not older, and bring it into view; where there is none, the end.

        A log of which nothing was read yet does so once something was.
        """
        if not self.size or not len(self.feed.lines):
            self._awaited = at
            return
        self._awaited = None
        number = self.view.number_at(at)
        if number < self.feed.lines.end:
            self._stand_on(number)
        else:
            self.current = -1
            self.follow()
        self._restyle()

    def on_resize(self) -> None:
        super().on_resize()
        self._show_awaited()

    def _show_awaited(self) -> None:
        if self._awaited is not None:
            self.show_moment(self._awaited)

    def _stand_on(self, number: int | None) -> None:
        if number is not None:
            self.current = number
            self.reveal(number)

    def action_filter(self) -> None:
        """Filter while typing."""
        before = self.filtered.typed if self.filtered else ""

        def closed(meant: bool) -> None:
            if not meant:
                self.filter(before)

        self.ask("&", before, self.filter, closed)

    def filter(self, text: str) -> None:
        """Show only lines that match (or, behind `!`, that do not), and all rules."""
        self.filtered = pattern_of(text)
        self.choose()

    def action_highlight(self) -> None:
        """Highlight while typing, in all logs; what is searched for stays marked besides."""
        before = self.highlighted.typed if self.highlighted else ""

        def typed(text: str) -> None:
            self.post_message(self.Highlighted(text))

        def closed(meant: bool) -> None:
            if not meant:
                typed(before)

        self.ask("h ", before, typed, closed)

    def highlight(self, typed: str) -> None:
        """Mark what matches, besides what is searched for; "" marks nothing."""
        self.highlighted = pattern_of(typed, may_invert=False)
        self._restyle()

    def action_clear(self) -> None:
        """Back to all lines, unmarked and without words over them."""
        if self.told:
            self.workers.cancel_group(self, "known")
            self.say("")
            return
        self.hits, self.current = None, -1
        if self.filtered is not None:
            self.filter("")
        self._restyle()

    # --- looks and places ---

    def action_wrap(self) -> None:
        self.wrapped, self._column = not self.wrapped, 0
        self.choose()

    def action_stamps(self) -> None:
        modes = list(Stamps)
        self.stamps = modes[(modes.index(self.stamps) + 1) % len(modes)]
        self.choose()

    def action_sideways(self, by: int) -> None:
        if not self.wrapped:
            self._column = max(0, self._column + by * SIDEWAYS)
            self._restyle()

    def action_autoscroll(self) -> None:
        """Off: stay whatever comes. On: to the end and along."""
        self.autoscroll = not self.autoscroll
        if self.autoscroll:
            self.action_bottom()
        else:
            self.following = False
            self.paint_title()

    def action_rows(self, by: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_pages(self, by: int) -> None:
        self.action_rows(by * max(1, self.page - 1))

    def action_top(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_bottom(self) -> None:
        self.scroll_to(y=self.max_scroll_y, animate=False)
        self.follow()

    def action_attempt(self, by: int) -> None:
        """To the first line of the attempt before (or after) the one in the top row; a fold that it is in is opened."""
        fold = self.view.fold_at(self.top)
        here = fold.end if fold is not None and by < 0 else self.top
        starts = [mark.start for mark in self.feed.attempts]
        others = [start for start in starts if (start < here if by < 0 else start > here)]
        if others:
            wanted = max(others) if by < 0 else min(others)
            self._unfold(wanted)
            self.scroll_to(y=self.view.row_of(wanted), animate=False)
        elif by < 0:
            self.action_top()

    def action_tail(self) -> None:
        self._show_from(0, "")
        self.action_bottom()

    def action_head(self) -> None:
        self._show_from(0, "")
        self.action_top()

    def action_window(self, minutes: int) -> None:
        """Only lines of the last minutes, counted from now."""
        self._show_from(self.view.number_at(self._now() - timedelta(minutes=minutes)), f"since {minutes}m")

    def _show_from(self, number: int, words: str) -> None:
        self._from, self._window = number, words
        self.choose()

    def action_container(self) -> None:
        self.post_message(self.ContainerAsked(self.feed.node))

    # --- out of the program ---

    def action_copy(self) -> None:
        """Hand the selection, or the lines in view, to whoever owns the clipboard."""
        selection = self.text_selection
        selected = self.get_selection(selection) if selection else None
        text, what = (selected[0], "the selection") if selected else (self.in_view(), "the lines in view")
        self.post_message(CopyRequested(text, f"{what} of {clean(self.feed.node or 'all logs')}"))

    def kept(self) -> bytes:
        """Everything kept, as it came, with rules as comments."""
        return b"".join(line_of(entry) + b"\n" for entry in self.feed.lines.since(0))
