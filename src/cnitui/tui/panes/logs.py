"""Logs of the failing container side by side, the reference node first; of many nodes one of each group."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.domain.likeness import Cohort
from cnitui.domain.parsing.messages import recognise
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.state import State
from cnitui.tui.widgets.log.grid import LogGrid
from cnitui.tui.widgets.log.paint import Known
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.wording import moment

FEW = 12
"""Failing nodes up to which each has a log pane of its own."""


class LogsPane(Pane):
    """One log pane per chosen node: the marked ones, else all that fail, with the reference in front.

    Where many fail, one node of each group is shown; `>` and `<` walk through the group's members.
    """

    pane_id = "logs"
    title = "Logs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("greater_than_sign", "member(1)", "next of group", key_display=">", show=False, id="logs.member-next",
                tooltip="The log of the group's next node"),
        Binding("less_than_sign", "member(-1)", "previous of group", key_display="<", show=False,
                id="logs.member-previous", tooltip="The log of the group's previous node"),
    ]  # fmt: skip
    state: reactive[State] = reactive(State())
    chosen: reactive[tuple[str, ...]] = reactive(())

    def __init__(self) -> None:
        super().__init__()
        self._board: LogBoard | None = None
        self._failing: set[str] | None = None
        self._shown: tuple[str, ...] = ()
        self._member: dict[str, str] = {}
        """The node that is shown of each group, where it is not its first."""

    def compose(self) -> ComposeResult:
        yield LogGrid(
            lead="Logs",
            classify=classify,
            sentence="logs appear here as soon as a pod is found",
            now=lambda: moment(self.state),
        )

    def bring_board(self, board: LogBoard) -> None:
        """The feeds, once there is a session."""
        self._board = board
        self._shown, self._failing = (), None
        self._show()

    def watch_state(self) -> None:
        self._show()

    def watch_chosen(self) -> None:
        self._show()

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes whose logs are shown, the reference first."""
        state = self.state
        wanted = self.chosen or self._of_each_group()
        wanted = wanted or self._shown[1:] or tuple(pod.node for pod in state.pods if pod.node)
        return tuple(dict.fromkeys((*([state.reference] if state.reference else []), *wanted)))

    def _of_each_group(self) -> tuple[str, ...]:
        """All that fail while they are few, else one of each group: the one walked to, else one that was read."""
        state = self.state
        if len(state.failing) <= FEW or not state.cohorts:
            return tuple(pod.node for pod in state.failing[:FEW])
        return tuple(self._shown_of(cohort) for cohort in state.cohorts)

    def _shown_of(self, cohort: Cohort) -> str:
        walked = self._member.get(cohort.id, "")
        found = self.state.cohort_of(walked)
        return (
            walked if found is not None and found.id == cohort.id else next(iter((*cohort.agreeing, *cohort.members)))
        )

    def action_member(self, by: int) -> None:
        """Walk through the group of the log that has the focus."""
        active = self.query_one(LogGrid).active
        cohort = self.state.cohort_of(active.feed.node) if active is not None else None
        if active is None or cohort is None or self.chosen or len(self.state.failing) <= FEW:
            return
        place = cohort.members.index(active.feed.node) + by
        self._member[cohort.id] = cohort.members[place % len(cohort.members)]
        self._show()

    def _show(self) -> None:
        if self._board is None or not self.is_mounted or not self.state.pods:
            return
        before, self._shown = self._shown, self.nodes
        rows = self.state.roster.by_name
        failing = {node for node in self._shown if node in rows and rows[node].failing}
        if (before, failing) == (self._shown, self._failing):
            return
        self._failing = failing
        feeds = self._board.choose(self._shown)
        self.query_one(LogGrid).show(feeds, reference=self.state.reference, failing=failing)

    def set_zoomed(self, zoomed: bool) -> None:
        """Full screen or not: the grid fits itself in."""

    def focus_content(self) -> None:
        active = self.query_one(LogGrid).active
        if active is not None:
            active.focus()


def classify(line: str) -> Known:
    """What a line is to the gutter: a known failure, a line of every good run, or neither."""
    message = recognise(line)
    if message is None:
        return ""
    return "benign" if message.normal else "known"
