"""Attempts beside the reference's at the same step, wrapped so that nothing is lost on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer

from cnitui.engine.logs.compared import Attempts, compare, label_of
from cnitui.engine.logs.feed import LogFeed
from cnitui.tui.copying import CopyRequested
from cnitui.tui.text import clean
from cnitui.tui.widgets.line_view import LineView
from cnitui.tui.widgets.log.beside import Beside, heading_of, plain
from cnitui.tui.widgets.log.paint import Classify, unclassified
from cnitui.tui.widgets.selectable import Selectable

LEAST_WIDTH = 38
FLUSH = 0.2
"""Seconds in which news of the feeds are gathered: attempts end every few seconds at most."""


class LogComparison(LineView, Selectable):
    """The reference on the left, the others at its side; as many as fit, the rest on further pages."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "difference(1)", "next difference", id="compare.next", tooltip="To what differs next"),
        Binding("N", "difference(-1)", "previous difference", show=False, id="compare.previous",
                tooltip="To what differs before"),
        Binding("p", "attempt(1)", "previous attempt", id="compare.attempt", tooltip="Compare the attempt before"),
        Binding("P", "attempt(-1)", "next attempt", show=False, id="compare.attempt-next",
                tooltip="Compare the attempt after"),
        Binding("z", "fold", "fold", id="compare.fold", tooltip="All lines that only the reference has, or how many"),
        Binding("c", "copy", "copy", id="compare.copy", tooltip="Copy the comparison"),
        Binding("right_square_bracket", "page(1)", "next page", key_display="]", id="compare.page",
                tooltip="Further nodes beside the reference"),
        Binding("left_square_bracket", "page(-1)", "previous page", key_display="[", show=False,
                id="compare.page-previous", tooltip="The nodes before"),
        Binding("down,j", "rows(1)", "down", show=False, id="compare.down", tooltip="One line down"),
        Binding("up,k", "rows(-1)", "up", show=False, id="compare.up", tooltip="One line up"),
        Binding("pagedown,ctrl+d", "rows(10)", "page down", show=False, id="compare.page-down",
                tooltip="Ten lines down"),
        Binding("pageup,ctrl+u", "rows(-10)", "page up", show=False, id="compare.page-up", tooltip="Ten lines up"),
        Binding("g,home", "edge(False)", "first", show=False, id="compare.first", tooltip="First line"),
        Binding("G,end", "edge(True)", "last", show=False, id="compare.last", tooltip="Last line"),
    ]  # fmt: skip

    def __init__(self, *, classify: Classify = unclassified, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._classify = classify
        self._reference: Attempts | None = None
        self._others: tuple[Attempts, ...] = ()
        self._failing: frozenset[str] = frozenset()
        self._unlisten: list[Callable[[], None]] = []
        self._timer: Timer | None = None
        self._seen: object = None
        self._beside: Beside | None = None
        self._laid_out: tuple[LogFeed, ...] = ()
        """The feeds beside the reference as they are drawn: others may have been asked for since."""
        self.back = 0
        """How many attempts before the newest one are compared."""
        self.folded = True
        self.page = 0

    # --- what is compared ---

    def show(self, reference: LogFeed | None, others: Sequence[LogFeed], failing: Collection[str] = ()) -> None:
        """Compare these, from now on; what is compared already stays where it is."""
        self._failing = frozenset(failing)
        if [one.feed for one in self._all()] == [*([reference] if reference else []), *others]:
            self.renew()
            self.refresh()
            return
        self._stop_listening()
        self._reference = Attempts(reference) if reference is not None else None
        self._others = tuple(map(Attempts, others))
        self._unlisten = [one.feed.listen(self._wake) for one in self._all()]
        self._seen, self.page, self.back = None, 0, 0
        self.renew()

    def _all(self) -> tuple[Attempts, ...]:
        return (self._reference, *self._others) if self._reference is not None else self._others

    def _stop_listening(self) -> None:
        for unlisten in self._unlisten:
            unlisten()
        self._unlisten = []

    def on_unmount(self) -> None:
        """Listen no more."""
        self._stop_listening()

    def _wake(self) -> None:
        if self._timer is None and self.is_running and self.display:
            self._timer = self.set_timer(FLUSH, self.renew)

    def on_resize(self) -> None:
        """Other columns, other lines."""
        self.renew()

    @property
    def fitting(self) -> int:
        """How many logs fit beside the reference's."""
        return max(1, min(len(self._others), self.size.width // LEAST_WIDTH - 1))

    @property
    def pages(self) -> int:
        """Pages it takes to see all of them."""
        return max(1, -(-len(self._others) // self.fitting))

    def renew(self) -> None:
        """Compare anew where another attempt has ended, or the width is another; the place that is read stays."""
        self._timer = None
        if not self.size.width:
            return
        self.page = min(self.page, self.pages - 1)
        others = self._others[self.page * self.fitting :][: self.fitting]
        picked = [(one, one.pick(self.back)) for one in others]
        if self._reference is not None:
            picked.insert(0, (self._reference, self._reference.pick()))
        seen = (self.size.width, self.folded, [(id(one), segment) for one, segment in picked])
        if seen == self._seen:
            return
        first_time, self._seen = self._seen is None, seen
        found = [one.compared(segment) for one, segment in picked if segment is not None]
        self._beside = None
        if others and self._reference is not None and len(found) == len(picked):
            self._beside = Beside(compare(found[0], found[1:]), self.size.width, self.ink, self._classify)
            self._beside.lay_out(folded=self.folded)
            self._laid_out = tuple(one.feed for one in others)
        self.virtual_size = Size(self.size.width, len(self._beside.lines) + 1 if self._beside else 1)
        if first_time:
            self.scroll_to(y=max(0, self._first - self.size.height // 2), animate=False)
        self.refresh()

    @property
    def _first(self) -> int:
        return self._beside.first if self._beside is not None else 0

    def sentence(self) -> str:
        """Why nothing is compared."""
        if self._reference is None:
            return "there is no healthy node to compare with"
        if not self._others:
            return "no log of another node is shown: space marks nodes in the list of pods"
        waiting = [label_of(one.feed) for one in (self._reference, *self._others) if one.pick() is None]
        return f"nothing was read yet of {', '.join(waiting)}"

    # --- drawing ---

    def notify_style_update(self) -> None:
        """Lines are laid out in their inks."""
        super().notify_style_update()
        if self._seen is not None:
            self._seen = ()
            self.call_after_refresh(self.renew)

    def draw(self, y: int) -> Strip:
        if self._beside is None:
            said = f" {clean(self.sentence())}" if y == 1 else "─" * self.size.width if y == 0 else ""
            return self.strip([(said, self.ink("frame" if y == 0 else "dim"))])
        if y == 0:
            return self.strip(self._beside.titles(self._headings(self._beside)))
        row = self.row_at(y)
        return self.selectable(self.strip(self._beside.lines[row] if row < len(self._beside.lines) else []), row)

    # --- what is selected ---

    def row_at(self, y: int) -> int:
        """Below the titles."""
        return round(self.scroll_offset.y) + y - 1 if y else -1

    @property
    def row_count(self) -> int:
        return len(self._beside.lines) if self._beside is not None else 0

    def row_text(self, row: int) -> str:
        """The row of all columns as it is drawn."""
        found = self._beside.lines[row] if self._beside is not None and row < self.row_count else []
        return "".join(text for text, _ in found).rstrip()

    def _headings(self, beside: Beside) -> list[list[list[tuple[str, Style]]]]:
        reference = heading_of(beside.comparison.reference, self.ink, failing=False, reference=True)
        told = zip(beside.comparison.others, self._laid_out, strict=True)
        others = [heading_of(one, self.ink, failing=self._fails(feed), reference=False) for one, feed in told]
        return [reference, *others]

    def _fails(self, feed: LogFeed) -> bool:
        return bool(feed.moment) or feed.node in self._failing

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what would do something."""
        if action == "page":
            return self.pages > 1
        if action in ("difference", "copy", "fold", "attempt"):
            return self._beside is not None
        return True

    def action_difference(self, by: int) -> None:
        """To the next stretch that differs, from the start again behind the last."""
        marks = self._beside.marks if self._beside is not None else []
        here = self.scroll_offset.y
        further = [mark for mark in marks if (mark > here if by > 0 else mark < here)]
        if marks:
            to = (min(further, default=marks[0])) if by > 0 else max(further, default=marks[-1])
            self.scroll_to(y=to, animate=False)

    def action_attempt(self, by: int) -> None:
        """The attempt before (or after) of the nodes beside the reference."""
        most = max((one.count for one in self._others), default=1) - 1
        self.back = max(0, min(self.back + by, most))
        self.renew()

    def action_fold(self) -> None:
        self.folded = not self.folded
        self.renew()

    def action_page(self, by: int) -> None:
        """Further pages start over behind the last."""
        self.page = (self.page + by) % self.pages
        self.renew()

    def action_rows(self, by: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_edge(self, last: bool) -> None:
        self.scroll_to(y=self.max_scroll_y if last else 0, animate=False)

    def action_copy(self) -> None:
        """Hand the comparison to whoever owns the clipboard."""
        if self._beside is not None:
            titles = self._beside.titles(self._headings(self._beside))
            self.post_message(CopyRequested(plain([titles, *self._beside.lines]), "the comparison"))
