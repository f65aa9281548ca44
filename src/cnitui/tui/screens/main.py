"""The main screen: the masthead, the panes of the overview, and one of them full screen when asked for."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import StepView
from cnitui.engine.jobs.laboratory import provable
from cnitui.engine.jobs.trying import triable
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.state import State, View
from cnitui.tui.choices import choices_of
from cnitui.tui.members import MOST, Members
from cnitui.tui.messages import PaneRequested, StateChanged, StepOpened, StepSkipped
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.listings import ListingsPane
from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.panes.page import PagePane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.panes.selinux import ComparisonPane, DifferencesPane, SelinuxPane
from cnitui.tui.panes.timeline import TimelinePane
from cnitui.tui.quiz import INVITATION, covered, covered_steps
from cnitui.tui.screens.arrangement import ArrangedScreen
from cnitui.tui.widgets.footer_line import FooterLine
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.masthead import Masthead
from cnitui.tui.widgets.tab_line import TabLine
from cnitui.tui.widgets.table.table import Table
from cnitui.tui.widgets.timeline.picture import TimelinePicture
from cnitui.tui.widgets.too_small import TooSmall

KEYS = {"pods": "f1", "logs": "f2", "selinux": "f3", "guide": "f4", "differences": "f5", "timeline": "f6"}
TITLES = {"pods": "Pods", "logs": "Logs", "selinux": "SELinux", "guide": "Guide"}
OF_MOMENTS = ("logs", "selinux", "differences", "timeline")
"""The panes that can show how things were before a plan."""
VIEWS: tuple[View, ...] = ("now", "before", "both")
WORDS_OF_VIEW: dict[View, str] = {"before": "how it was before the repair", "now": "how it is now", "both": "both"}


class MainScreen(ArrangedScreen):
    """Shows a state; what the user wants goes up to the app as messages."""

    DEFAULT_CSS = """
    MainScreen { layers: default notice; }
    MainScreen.-tiny TooSmall { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "Next step", show=False, id="screen.step-next", tooltip="Next step"),
        Binding("left_square_bracket", "step(-1)", "Previous step", show=False, id="screen.step-back",
                tooltip="Previous step"),
        Binding("B", "view", "Before/now", id="screen.view",
                tooltip="Logs, SELinux, differences and timeline before the repair, now, or both"),
        Binding("greater_than_sign", "member(1)", "Next of group", key_display=">", show=False, id="screen.member-next",
                tooltip="Logs and SELinux of the group's next node"),
        Binding("less_than_sign", "member(-1)", "Previous of group", key_display="<", show=False,
                id="screen.member-previous", tooltip="Logs and SELinux of the group's previous node"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.skipped: frozenset[int] = frozenset()
        self.members = Members()
        self.view: View = "now"
        self.way_back = ""
        """The context that the user came from, "" where this is the first."""
        self.covered = False
        """Whether conclusions are covered, because the trainee has still to say what it is."""
        self._seen_before = ""

    def compose(self) -> ComposeResult:
        yield Masthead()
        yield TabLine()
        with Vertical(id="body"):
            with Horizontal(id="top"):
                yield PodsPane()
                yield GuidePane()
            yield TimelinePane(self.members.of)
            yield LogsPane()
            yield SelinuxPane()
            yield DifferencesPane()
            yield ListingsPane()
        yield FooterLine()
        yield TooSmall()

    def on_mount(self) -> None:
        self.place_panes()
        self.pane("pods").focus_content()
        self.watch(self.query_one(GuidePane), "step", self._name_tabs)
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        """One clock for all that shows time: what moves is painted together, once a second."""
        self.query_one(Masthead).tick()
        self.query_one(PodsPane).tick()
        self.query_one(LogsPane).tick()

    # --- state ----------------------------------------------------------------------------------------------------

    def bring_board(self, board: LogBoard) -> None:
        """The log feeds, once there is a session."""
        self.query_one(LogsPane).bring_board(board)
        self.query_one(TimelinePane).bring_board(board)

    @on(StateChanged)
    def _show(self, message: StateChanged) -> None:
        if not self.app.is_running or self not in self.app.screen_stack:
            return  # it is being taken down, and what its panes are made of goes first
        self.state = covered(message.state) if self.covered else message.state
        with self.app.batch_update():
            self._hand_out()
        self.refresh_bindings()
        self.looked_at()

    def _hand_out(self) -> None:
        state = self.state
        masthead = self.query_one(Masthead)
        masthead.state = state
        masthead.instead = INVITATION if self.covered else None
        masthead.hint = self._hint(state)
        self.query_one(PodsPane).state = state
        self._notice_before()
        self._stand_for(self._standing())
        self.query_one(TimelinePane).state = state
        pane = self.query_one(GuidePane)
        pane.choices = choices_of(state.repair)
        repair = state.repair
        pane.previewable = repair.outlook.previewable
        pane.writable = not state.readonly
        pane.applicable = repair.preview is not None and repair.applied is not repair.preview
        may_try = not (state.readonly or state.recorded or state.trials.under_way)
        pane.provable, pane.triable = may_try and bool(provable(state)), may_try and triable(state)
        views = guide(state, self.skipped)
        pane.views = covered_steps(views) if self.covered else views
        if pane.step == 9 and state.repair.phase == "verifying":
            pane.step = 10
        self._name_tabs()

    def _hint(self, state: State) -> str:
        """The one key to press next."""
        if state.fatal is not None and self.way_back:
            return f":ctx - goes back to {self.way_back}"
        return "f4 guide" if state.failing and self.single != "guide" else ""

    def _notice_before(self) -> None:
        """What was applied here is seen beside what was before; of an earlier sitting it is offered only."""
        before = self.state.before
        if before is not None and before.plan_id != self._seen_before:
            self._seen_before = before.plan_id
            self._look_from("both" if self.state.repair.applied is not None else "now")

    def _standing(self) -> tuple[str, ...]:
        """The nodes that stand for all that fail: for those that did before a plan, unless others fail now."""
        before = self.state.before
        earlier = before is not None and (self.view != "now" or not self.state.failing)
        return self.members.shown(before.state if before is not None and earlier else self.state)

    def _stand_for(self, nodes: tuple[str, ...]) -> None:
        """Logs, SELinux and differences show these nodes for all that fail."""
        logs = self.query_one(LogsPane)
        logs.set_reactive(LogsPane.standing, nodes)
        logs.state = self.state
        for pane in self.query(ComparisonPane):
            pane.set_reactive(ComparisonPane.standing, nodes)
            pane.state = self.state

    def _look_from(self, view: View) -> None:
        """All panes show the same moment."""
        self.view = view
        self.query_one(LogsPane).view = view
        for pane in self.query(PagePane):
            pane.view = view

    def _name_tabs(self) -> None:
        tabs = self.query_one(TabLine)
        step = f"Guide {self.query_one(GuidePane).step}/11"
        titles = {**TITLES, "guide": step}
        tabs.tabs = tuple((pane, titles[pane], KEYS[pane]) for pane in ("pods", "logs", "selinux", "guide"))

    @on(StepSkipped)
    def _skip(self, message: StepSkipped) -> None:
        self.skipped = self.skipped ^ {message.number}
        self._hand_out()

    @property
    def node(self) -> str:
        """The node that keys mean: the focused log's or lane's, else the one under the cursor of the pods, or ""."""
        focused = self.focused
        of_log = focused.feed.node if isinstance(focused, LogPane) else ""
        of_lane = focused.node if isinstance(focused, TimelinePicture) else ""
        return of_log or of_lane or self.query_one(PodsPane).node

    @property
    def rows(self) -> int:
        """As many as there are nodes."""
        return len(self.state.rows)

    def shown(self, name: str) -> None:
        """The hint is about the panes in view."""
        self._hand_out()

    @property
    def steps(self) -> tuple[StepView, ...]:
        """The guide's steps as they are now."""
        return self.query_one(GuidePane).views

    # --- what its panes ask for ---------------------------------------------------------------------------------------

    def jump(self, node: str) -> bool:
        """To a node's row, wherever the user is; False when it has none."""
        if not self.query_one(PodsPane).go_to(node):
            return False
        self.show_pane("pods", zoom=False)
        return True

    @on(PaneRequested)
    def _requested(self, message: PaneRequested) -> None:
        self.show_pane(message.pane, zoom=not self.narrow and message.pane != "pods")

    @on(Masthead.HintClicked)
    def _hint_clicked(self, message: Masthead.HintClicked) -> None:
        """`f4 guide`; a hint that is to be typed is for the keyboard."""
        if message.hint.startswith("f4 "):
            self.action_pane("guide")

    @on(StepOpened)
    def _step_opened(self, message: StepOpened) -> None:
        pane = self.query_one(GuidePane)
        pane.step = message.number
        if self.single != "guide":
            self.show_pane("guide", zoom=not self.narrow)
        self._name_tabs()

    @on(Table.MarksChanged, "#pods-table")
    def _marked(self, message: Table.MarksChanged) -> None:
        """Marked nodes are those whose logs are shown; without marks it is all that fail."""
        self.query_one(LogsPane).chosen = self.query_one(TimelinePane).chosen = message.keys
        self.looked_at()

    @on(TimelinePane.Turned)
    def _turned(self) -> None:
        self.place_panes()

    @on(TimelinePicture.Pointed)
    def _pointed(self, message: TimelinePicture.Pointed) -> None:
        """The logs come along; where they are wanted, they are brought into view."""
        logs = self.query_one(LogsPane)
        logs.show_moment(message.at, message.node)
        if isinstance(message, TimelinePicture.LogsWanted):
            if not self.below:
                self.show_pane("logs", zoom=not self.narrow)
            logs.focus_node(message.node)
        self.looked_at()

    @on(Table.RowHighlighted)
    def _highlighted(self) -> None:
        """The first row brings keys that need one."""
        self.refresh_bindings()
        self.looked_at()

    def looked_at(self) -> None:
        """Other nodes may be on the screen than before."""

    @property
    def in_view(self) -> tuple[str, ...]:
        """The nodes that fail, or did before a plan, and that the user looks at: under the cursor, or shown."""
        rows, before = self.state.roster.by_name, self.state.before
        wanted = dict.fromkeys((self.node, *self.query_one(LogsPane).nodes[: MOST + 1]))
        repaired = before.nodes if before is not None else ()
        return tuple(node for node in wanted if node in rows and (rows[node].failing or node in repaired))

    # --- keys -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before and now are shown by some panes only, and where there is a before."""
        if action == "view":
            return self.state.before is not None and any(self.pane(name).display for name in OF_MOMENTS)
        return super().check_action(action, parameters)

    def action_view(self) -> None:
        """To the next of before, now and both."""
        if self.state.before is None:
            self.notify("There is no before: no plan was applied to this cluster within a day.", timeout=4)
            return
        self._look_from(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])
        self._hand_out()
        self.call_after_refresh(self.keep_focus)  # the log that had it may not be shown any more
        self.notify(f"showing {WORDS_OF_VIEW[self.view]}", timeout=2)

    def action_step(self, by: int) -> None:
        self.query_one(GuidePane).action_step(by)

    def action_member(self, by: int) -> None:
        """Another member stands for the group of the node that keys mean."""
        if self.members.walk(self.state, self.node, by):
            nodes = self._standing()
            self.query_one(LogsPane).standing = nodes
            for pane in self.query(ComparisonPane):
                pane.standing = nodes
            self.query_one(TimelinePane).renew()
            self.looked_at()
