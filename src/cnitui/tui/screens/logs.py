"""The main screen's logs: which container's log is shown, asked in a short list."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from cnitui.domain.facts import ContainerStatus
from cnitui.engine.guide.blocks import Role
from cnitui.late_dataclass import dataclass
from cnitui.tui.panes.logs import LogsPane
from cnitui.tui.screens.dialogs import words
from cnitui.tui.screens.listings import ListingsScreen
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.pick_list import Pick, PickList

FAILING = ""
"""Stands for whichever container fails."""
FAILED: tuple[str, Role] = ("✗", "bad")
CALM: tuple[str, Role] = (" ", "normal")


@dataclass(frozen=True, slots=True)
class ContainerChoice:
    """A container's name ("": the one that fails), and whether it is meant for all nodes."""

    container: str
    everywhere: bool = False


class ContainerScreen(ModalScreen[ContainerChoice | None]):
    """Asks which container's log to show."""

    DEFAULT_CSS = """
    ContainerScreen PickList { max-height: 12; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "everywhere", "All nodes", id="containers.all", tooltip="This container's log on all nodes"),
        Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Go on with the logs that are shown"),
    ]

    def __init__(self, node: str, rows: tuple[Pick, ...]) -> None:
        super().__init__()
        self._node, self._rows = node, rows

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield words(f"Show the log of which container of {self._node}?", "dialog-title")
            yield PickList(note_from=26)
            yield words("enter shows it for this node, a for all nodes; esc changes nothing", "dialog-note")

    def on_mount(self) -> None:
        picks = self.query_one(PickList)
        picks.show(self._rows)
        picks.styles.height = len(self._rows)
        picks.focus()

    @on(PickList.Picked)
    def _picked(self, message: PickList.Picked) -> None:
        self.dismiss(ContainerChoice(message.key))

    def action_everywhere(self) -> None:
        self.dismiss(ContainerChoice(self.query_one(PickList).key, everywhere=True))

    def action_cancel(self) -> None:
        self.dismiss(None)


class LogsScreen(ListingsScreen):
    """Asks in a dialog what a log pane asks for."""

    @on(LogPane.ContainerAsked)
    def _container_asked(self, message: LogPane.ContainerAsked) -> None:
        message.stop()
        pane, node = self.query_one(LogsPane), message.node
        containers = pane.containers(node)
        if not containers:
            self.notify(f"There is no pod on {node} whose containers could be shown.", markup=False)
            return

        def chosen(choice: ContainerChoice | None) -> None:
            if choice is not None:
                pane.show_container(choice.container, "" if choice.everywhere else node)

        self.app.push_screen(ContainerScreen(node, picks_of(containers, pane.wanted(node))), chosen)


def picks_of(containers: dict[str, ContainerStatus | None], wanted: str) -> tuple[Pick, ...]:
    """One row for whichever fails, and one of each container with its state."""
    rows = [Pick(FAILING, " ", "normal", "the one that fails", "as the pod's status tells", current=not wanted)]
    for name, status in containers.items():
        failed = status is not None and status.last_failure is not None
        glyph, role = FAILED if failed else CALM
        rows.append(Pick(name, glyph, role, name, _told(status), current=name == wanted))
    return tuple(rows)


def _told(status: ContainerStatus | None) -> str:
    """What is worth knowing before its log is opened: init or main, its state, and how often it ran."""
    if status is None:
        return "not started yet"
    runs = status.restart_count + (1 if status.current is not None else 0)
    times = "never ran" if not runs and status.last is None else f"{max(1, runs)} attempt{'s' if runs > 1 else ''}"
    return " · ".join(filter(None, ("init" if status.init else "main", _state_of(status), times)))


def _state_of(status: ContainerStatus) -> str:
    if status.state == "waiting":
        return status.waiting_reason or "waiting"
    if status.state == "terminated" and status.current is not None:
        return "completed" if status.succeeded else f"exit {status.current.exit_code}"
    return status.state
