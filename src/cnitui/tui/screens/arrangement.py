"""Which panes are in view and which of them has the focus: all side by side, one full screen, one at a time where it is
narrow. What the panes show is the main screen's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.panes.timeline import TimelinePane
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.tab_line import TabLine
from cnitui.tui.widgets.too_small import too_small

OVERVIEW = ("pods", "guide", "logs", "selinux")
PANES = (*OVERVIEW, "differences", "timeline", "listings")
WIDE, TALL = 110, 30
"""From this size on several panes are shown at once."""


class ArrangedScreen(Screen[None]):
    """Arranges the panes of `PANES`, which who inherits composes: those of the overview, and below a tab line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "overview", "Overview", show=False, id="screen.overview", tooltip="All panes side by side"),
        Binding("f2", "pane('logs')", "Logs", show=False, id="screen.logs", tooltip="Logs, full screen"),
        Binding("f3", "pane('selinux')", "SELinux", show=False, id="screen.selinux", tooltip="SELinux, full screen"),
        Binding("f4", "pane('guide')", "Guide", id="screen.guide", tooltip="The guide, full screen"),
        Binding("f5", "pane('differences')", "Differences", show=False, id="screen.diff", tooltip="What differs"),
        Binding("f6", "pane('timeline')", "Timeline", show=False, id="screen.timeline", tooltip="All by time"),
        Binding("tab", "next_pane(1)", "Next pane", id="screen.next", tooltip="Focus the next pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="screen.prev", tooltip="Previous pane"),
        Binding("f", "zoom", "Full screen", id="screen.zoom", tooltip="The focused pane on the full screen, and back"),
        Binding("escape", "back", "Back", show=False, id="screen.back", tooltip="Back to the overview"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._zoomed = ""
        self._last_single = "pods"
        self._begun = False

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """The widgets were styled when they were mounted: when the screen is shown first, they are not styled again."""
        event.refresh_styles, self._begun = self._begun, True

    @property
    def rows(self) -> int:
        """How many rows there are for the panes at the top."""
        return 0

    @property
    def narrow(self) -> bool:
        """Whether only one pane fits."""
        return self.size.width < WIDE or self.size.height < TALL

    @property
    def single(self) -> str:
        """The pane that has the screen for itself, "" when several share it."""
        return self._zoomed or (self._last_single if self.narrow else "")

    @property
    def below(self) -> str:
        """The pane below the one that has the screen: the logs go where the picture's cursor goes; "" for none."""
        drawn = self.single == "timeline" and not self.narrow and not self.query_one(TimelinePane).listed
        return "logs" if drawn else ""

    def pane(self, name: str) -> Pane:
        """A pane by its name."""
        return self.query_one(f"#{name}", Pane)

    def on_resize(self, event: events.Resize) -> None:
        """What had the focus stays in view and keeps it, whatever the size."""
        focused = self.focused_pane
        if focused in OVERVIEW and not self._zoomed:
            self._last_single = focused
        self.place_panes()
        self.call_after_refresh(self.keep_focus)

    def keep_focus(self) -> None:
        """A widget that is not shown any more hands its focus to the pane's main one."""
        shown = self.pane(self.single or self._last_single)
        if self.focused is None or self.focused not in self.focus_chain:
            shown.focus_content()

    def place_panes(self) -> None:
        """Give each pane its place, or none, as size and wishes are."""
        single = self.single
        self._classify({"-single": bool(single), "-narrow": self.narrow, "-tiny": too_small(self.size)})
        for name in PANES:
            self.pane(name).display = name in (single, self.below) if single else name in OVERVIEW
        self.query_one(TimelinePane).beside_logs = bool(self.below)
        top = self.query_one("#top")
        top.display = single in ("", "pods", "guide")
        top.styles.height = None if single else max(13, min(self.rows + 3, self.size.height * 2 // 5))
        self.query_one(GuidePane).set_zoomed(single == "guide", width=self.size.width)
        self.query_one(LogsPane).set_zoomed(single == "logs")
        self.query_one(TabLine).active = single

    def _classify(self, wanted: Mapping[str, bool]) -> None:
        """Set the screen's classes; every widget is styled once for all of them, and not at all when none changed."""
        if all(self.has_class(name) == held for name, held in wanted.items()):
            return
        for name, held in wanted.items():
            self.set_class(held, name, update=False)
        self.update_node_styles()

    def show_pane(self, name: str, *, zoom: bool) -> None:
        """Show a pane, alone when asked to or when there is room for one only."""
        self._zoomed = name if zoom else ""
        self._last_single = name
        self.place_panes()
        self.pane(name).focus_content()
        self.shown(name)
        self.refresh_bindings()

    def shown(self, name: str) -> None:
        """A pane has come into view; what it shows may depend on that."""

    def bring(self, name: str) -> None:
        """Make sure that a pane is in view."""
        if not self.pane(name).display:
            self.show_pane(name, zoom=not self.narrow and name not in OVERVIEW)

    # --- keys -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A pane that is shown alone already, or cannot be shown otherwise, has no key for it."""
        if action == "pane":
            return parameters != (self.single,)
        return action != "zoom" or not self.narrow

    def action_overview(self) -> None:
        self.show_pane("pods", zoom=False)

    def action_pane(self, name: str) -> None:
        self.show_pane(name, zoom=True)

    def action_back(self) -> None:
        if self._zoomed or (self.narrow and self._last_single != "pods"):
            back_to = self._zoomed if self._zoomed in OVERVIEW and not self.narrow else "pods"
            self.show_pane(back_to, zoom=False)

    def action_zoom(self) -> None:
        if self._zoomed:
            self.action_back()
            return
        focused = self.focused_pane
        if focused:
            self.show_pane(focused, zoom=True)

    @property
    def focused_pane(self) -> str:
        """The name of the pane that has the focus, "" for none."""
        focused = self.focused
        owners = [node for node in focused.ancestors_with_self if isinstance(node, Pane)] if focused else []
        return owners[0].pane_id if owners else ""

    def action_next_pane(self, by: int) -> None:
        """To the next pane; a pane that has the screen for itself is walked through first."""
        if self.single and self._walked(by):
            return
        here = self.focused_pane or self._last_single
        start = OVERVIEW.index(here) if here in OVERVIEW else -by
        following = [OVERVIEW[(start + by * step) % len(OVERVIEW)] for step in range(1, len(OVERVIEW) + 1)]
        if self.narrow:
            self.show_pane(following[0], zoom=False)
            return
        ready = next(name for name in (*following, here) if self._inside(name) or name == here)
        self._last_single = ready
        self.pane(ready).focus_content()

    def _inside(self, pane: str) -> list[Widget]:
        """What can have the focus in a pane that is in view, or in the one below; an empty pane has nothing."""
        panes = [self.pane(name) for name in (pane, self.below if pane == self.single else "") if name]
        return [widget for widget in self.focus_chain if any(one in widget.ancestors for one in panes)]

    def _walked(self, by: int) -> bool:
        """Focus the pane's next widget, if there is one; a zoomed pane on a large screen is not left by tab."""
        chain = self._inside(self.single)
        place = chain.index(self.focused) + by if self.focused in chain else 0
        if not chain or (self.narrow and not 0 <= place < len(chain)):
            return False
        chain[place % len(chain)].focus()
        return True
