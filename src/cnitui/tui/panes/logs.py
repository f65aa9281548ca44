"""Logs of the failing container side by side, the reference node first; of many nodes one of each group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.domain.facts import ContainerStatus
from cnitui.domain.parsing.messages import recognise
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.merged import MergedLog
from cnitui.engine.state import Before, State, View
from cnitui.tui.widgets.log.comparison import LogComparison
from cnitui.tui.widgets.log.grid import LogGrid
from cnitui.tui.widgets.log.merged import MergedPane
from cnitui.tui.widgets.log.paint import Known
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.pattern import pattern_of
from cnitui.tui.wording import moment

Arrangement = Literal["beside", "compared", "merged"]
"""Panes side by side, attempts aligned with the reference's, or all logs as one by time."""


class LogsPane(Pane):
    """One log pane per node: the marked ones, else those that stand for all that fail; the reference in front."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("equals_sign", "arrange('compared')", "compare", key_display="=", id="logs.compare",
                tooltip="Attempts beside the reference's, step by step, and back"),
        Binding("T", "arrange('merged')", "by time", id="logs.merge", tooltip="These logs as one, by time, and back"),
        Binding("escape", "arrange('beside')", "side by side", id="logs.beside", tooltip="Back to a pane for each log"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    LogsPane LogComparison { display: none; }
    """

    pane_id = "logs"
    title = "Logs"
    state: reactive[State] = reactive(State(), repaint=False)
    chosen: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The marked nodes."""
    standing: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The nodes that stand for all that fail."""

    view: reactive[View] = reactive[View]("now", repaint=False)
    """Which moment is shown, where a plan was applied."""

    def __init__(self) -> None:
        super().__init__()
        self._board: LogBoard | None = None
        self._failing: set[str] | None = None
        self._feeds: tuple[LogFeed, ...] = ()
        self._reference: LogFeed | None = None
        self._shown: tuple[str, ...] = ()
        self._unfocused = False
        self._highlighted = ""
        self.arrangement: Arrangement = "beside"
        self._moment: tuple[View, str, int] = ("now", "", 0)

    def compose(self) -> ComposeResult:
        yield LogGrid(
            lead="Logs",
            classify=classify,
            meaning=meaning,
            sentence="logs appear here as soon as a pod is found",
            now=lambda: moment(self.state),
        )
        yield LogComparison(classify=classify)

    def bring_board(self, board: LogBoard) -> None:
        """The feeds, once there is a session."""
        self._board = board
        self._shown, self._failing = (), None
        self._show()

    def watch_state(self) -> None:
        self._show()

    def watch_chosen(self) -> None:
        self._show()

    def watch_standing(self) -> None:
        self._show()

    def watch_view(self) -> None:
        self._show()

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes whose logs are shown, the reference first."""
        state = self.state
        wanted = self.chosen or self.standing
        wanted = wanted or self._shown[1:] or tuple(pod.node for pod in state.pods if pod.node)
        return tuple(dict.fromkeys((*([state.reference] if state.reference else []), *wanted)))

    def _show(self) -> None:
        if self._board is None or not self.is_mounted or not self.state.pods:
            return
        before, self._shown = self._shown, self.nodes
        rows = self.state.roster.by_name
        failing = {node for node in self._shown if node in rows and rows[node].failing}
        earlier = self.state.before
        turn = self._board.others.turn
        moment: tuple[View, str, int] = (self.view, earlier.plan_id, turn) if earlier is not None else ("now", "", turn)
        if (before, failing, moment) == (self._shown, self._failing, self._moment):
            return
        self._failing, self._moment = failing, moment
        grid, feeds = self.query_one(LogGrid), self._board.choose(self._shown)
        self._reference = next((feed for feed in feeds if feed.node == self.state.reference), None)
        if earlier is None or self.view == "now":
            grid.show(feeds, reference=self.state.reference, failing=failing)
        else:
            feeds = self._of_both(self._board, earlier, feeds)
            grid.show(feeds, failing=failing, paired=self.view == "both")
        self._feeds = tuple(feeds)
        self._show_arranged()

    def _show_arranged(self) -> None:
        """What is shown instead of the panes."""
        if self.arrangement == "compared":
            self._compare()
        for pane in self.query(MergedPane):
            if self.arrangement == "merged" and pane.merged.feeds == self._feeds:
                return
            pane.remove()
        if self.arrangement == "merged":
            merged = MergedPane(
                MergedLog(self._feeds), classify=classify, meaning=meaning, now=lambda: moment(self.state)
            )
            merged.highlighted = pattern_of(self._highlighted, may_invert=False)
            had_focus = self.has_focus_within
            self.mount(merged)
            if had_focus:
                merged.focus()

    def _compare(self) -> None:
        """All that is shown beside the reference, which has no moment but now."""
        others = [feed for feed in self._feeds if feed is not self._reference]
        self.query_one(LogComparison).show(self._reference, others, self._failing or ())

    def _of_both(self, board: LogBoard, before: Before, feeds: Sequence[LogFeed]) -> tuple[LogFeed, ...]:
        """Of each node that was repaired its log before the plan, and for `both` the one of now beside it."""
        repaired = [feed for feed in feeds if feed.node in before.nodes] or list(feeds)
        both = self.view == "both"
        return tuple(one for feed in repaired for one in (board.earlier(before, feed.node), feed)[: 2 if both else 1])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Side by side they are mostly: then the key is somebody else's."""
        return action != "arrange" or parameters != (self.arrangement,) or self.arrangement != "beside"

    def action_arrange(self, wanted: Arrangement) -> None:
        """To this arrangement, or from it back to panes side by side."""
        self.arrangement = "beside" if self.arrangement == wanted else wanted
        self.query_one(LogGrid).display = self.arrangement == "beside"
        self.query_one(LogComparison).display = self.arrangement == "compared"
        self._show_arranged()
        self.focus_content()

    def containers(self, node: str) -> dict[str, ContainerStatus | None]:
        """The containers whose logs can be shown for a node, in the order in which they run."""
        return self._board.containers(node) if self._board is not None else {}

    def show_container(self, container: str, node: str = "") -> None:
        """Show this container's log ("": that of the one that fails) for a node, or for all when `node` is ""."""
        if self._board is not None:
            grid = self.query_one(LogGrid)
            focused = grid.active.feed.node if grid.active is not None and grid.active.has_focus else ""
            self._board.others.choose(container, node)
            self._show()
            grid.focus_node(focused)

    def wanted(self, node: str) -> str:
        """The container that was chosen for a node; "" is the one that fails."""
        return self._board.others.wanted(node) if self._board is not None else ""

    def show_moment(self, at: datetime, node: str = "") -> None:
        """All logs at this moment, that of the node among those in view."""
        self.query_one(LogGrid).show_moment(at, node)
        for pane in self.query(MergedPane):
            pane.show_moment(at)

    def focus_node(self, node: str) -> None:
        """The focus to the node's log, where it has a pane in view; else to what is shown."""
        self.focus_content()
        if self.arrangement == "beside":
            self.query_one(LogGrid).focus_node(node)

    def tick(self) -> None:
        """A second has passed: countdowns go on."""
        if self.display:
            self.query_one(LogGrid).count_down()

    def set_zoomed(self, zoomed: bool) -> None:
        """Full screen or not: the grid fits itself in."""

    def focus_content(self) -> None:
        """Focus the first log; one that is still to be mounted gets the focus then."""
        if self.arrangement != "beside":
            arranged = self.query(LogComparison if self.arrangement == "compared" else MergedPane)
            arranged.last().focus()
            return
        active = self.query_one(LogGrid).active
        self._unfocused = active is None
        if active is not None:
            active.focus()

    @on(LogPane.Highlighted)
    def _highlight(self, message: LogPane.Highlighted) -> None:
        """In all logs, now and later."""
        message.stop()
        self._highlighted = message.typed
        self.query_one(LogGrid).highlight(message.typed)
        for pane in self.query(MergedPane):
            pane.highlight(message.typed)

    @on(LogGrid.PageChanged)
    def _focus_at_last(self) -> None:
        if self._unfocused and self.display:
            self.focus_content()


def classify(line: str) -> Known:
    """What a line is to the gutter: a known failure, a line of every good run, or neither."""
    message = recognise(line)
    if message is None:
        return ""
    return "benign" if message.normal else "known"


def meaning(line: str) -> str:
    """What a known line means, in words."""
    message = recognise(line)
    return message.meaning if message is not None else ""
