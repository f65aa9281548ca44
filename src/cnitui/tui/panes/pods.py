"""One row per node: its calico-node pod in kubectl's words, and what the node says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.app import ComposeResult
from textual.reactive import reactive

from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import SelinuxMode
from cnitui.engine.guide.blocks import Role
from cnitui.engine.state import Look, NodeRow, State
from cnitui.errors import CnituiError, HostKeyChanged, HostKeyUnknown, NodeLoginFailed, NodeUnreachable
from cnitui.tui.messages import NodeOpened
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.table.columns import Column
from cnitui.tui.widgets.table.rows import Cell
from cnitui.tui.widgets.table.table import Table
from cnitui.tui.wording import SPIN, age, countdown, moment

COLUMNS = (
    Column("node", "NODE", min=9, max=40, cut="middle"),
    Column("role", "ROLE", min=6, max=7, leaves=6),
    Column("pod", "POD", min=12, max=40, cut="middle", leaves=9),
    Column("ready", "READY", min=5, max=7, leaves=3),
    Column("status", "STATUS", min=21, max=30, glyph=True),
    Column("restarts", "RESTARTS", min=8, max=8, align="right", leaves=1),
    Column("next", "NEXT", min=5, max=5, align="right", leaves=2, quiet=True),
    Column("age", "AGE", min=4, max=6, align="right", leaves=5, quiet=True),
    Column("ready-node", "NODE READY", min=10, max=28, glyph=True, leaves=4),
    Column("selinux", "SELINUX", min=10, max=18, leaves=2),
    Column("template", "TEMPLATE", min=8, max=12, leaves=7),
)


_IN_SHORT: dict[type[CnituiError], str] = {
    NodeUnreachable: "unreachable",
    NodeLoginFailed: "no login",
    HostKeyUnknown: "host key?",
    HostKeyChanged: "key changed",
}


class PodsPane(Pane):
    """The pods, live; `enter` opens a node."""

    pane_id = "pods"
    title = "Pods"
    state: reactive[State] = reactive(State())

    def compose(self) -> ComposeResult:
        yield self.rule
        yield Table(COLUMNS, sentence="asking for the calico-node pods …", id="pods-table")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self._show()

    def watch_state(self) -> None:
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        state, table = self.state, self.query_one(Table)
        table.show(list(rows_of(state, moment(state))))
        table.say(*_sentence(state))
        self.rule.note = table.summary or (f"{len(state.rows)} nodes" if state.rows else "")

    def _tick(self) -> None:
        """The countdowns and ages move although nothing happened."""
        now, table = moment(self.state), self.query_one(Table)
        for row in self.state.rows:
            if row.name in table.rows and row.pod is not None:
                table.set_cell(row.name, "next", _countdown(row, now))
                table.set_cell(row.name, "age", age(row.pod.created_at, now))

    @property
    def node(self) -> str:
        """The node under the cursor, "" without one."""
        return self.query_one(Table).cursor_key or ""

    @property
    def marked(self) -> tuple[str, ...]:
        """The nodes the user marked."""
        return tuple(sorted(self.query_one(Table).marked))

    def on_table_row_selected(self, event: Table.RowSelected) -> None:
        event.stop()
        self.post_message(NodeOpened(event.key))

    def focus_content(self) -> None:
        self.query_one(Table).focus()


def _sentence(state: State) -> tuple[str, Role]:
    link = state.pods_link
    trouble = state.fatal or (link.error if link.phase in ("stale", "refused") else None)
    if trouble is not None:
        return str(trouble), "warn"
    if link.phase == "asking":
        return "asking for the calico-node pods …", "dim"
    return "no calico-node pods in the namespaces you may read: Calico is not installed, or elsewhere (-n)", "warn"


def rows_of(state: State, now: datetime) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """The table's rows, in the state's order."""
    generation = str(state.daemonset.generation) if state.daemonset else ""
    looks = dict(state.looks)
    for row in () if state.unlisted else state.rows:
        yield row.name, _cells(state, row, looks.get(row.name), now, generation)


def _cells(state: State, row: NodeRow, look: Look | None, now: datetime, generation: str) -> tuple[Cell, ...]:
    pod, node = row.pod, row.node
    role = ("ctrl" if node.control_plane else "worker") if node else "?"
    return (
        row.name,
        role,
        pod.name if pod else ("no pod", "warn"),
        f"{pod.ready}/{pod.total}" if pod else "–",
        _status(row),
        str(pod.restarts) if pod else "–",
        _countdown(row, now),
        age(pod.created_at, now) if pod else "–",
        _node_ready(row),
        _selinux(state, row.name, look),
        _template(row, generation),
    )


def _status(row: NodeRow) -> Cell:
    if row.pod is None:
        return ("no pod", "warn")
    if row.failing:
        return (row.pod.status, "bad")
    return (row.pod.status, "good" if row.healthy else "warn")


def _countdown(row: NodeRow, now: datetime) -> Cell:
    return countdown(row.next_attempt, now) if row.failing else "–"


def _node_ready(row: NodeRow) -> Cell:
    node = row.node
    if node is None:
        return ("? no access", "dim")
    if node.ready == "True":
        return ("Ready", "good")
    words = "NotReady" if node.ready == "False" else "Unknown"
    return (words, "bad")


def _selinux(state: State, node: str, look: Look | None) -> Cell:
    reading = state.case.reading(SelinuxMode, node)
    if look is not None and look.error is not None:
        return (f"? {_IN_SHORT.get(type(look.error), 'not readable')}", "warn")
    if isinstance(reading, Unavailable):
        return (f"? {reading.why}", "dim")
    if reading is not None:
        return reading.value.current.lower()
    return (SPIN, "dim") if look is not None and look.phase == "asking" else ("", "dim")


def _template(row: NodeRow, generation: str) -> Cell:
    """Whether the pod runs the DaemonSet's present template."""
    if row.pod is None or not row.pod.template_generation:
        return ""
    if generation and row.pod.template_generation == generation:
        return "current"
    return (f"old ({row.pod.template_generation})", "warn")
