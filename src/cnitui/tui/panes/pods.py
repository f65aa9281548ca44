"""One row per node: its calico-node pod in kubectl's words, and what the node says of itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, KeysView
from datetime import datetime

from textual.app import ComposeResult
from textual.reactive import reactive

from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import SelinuxMode
from cnitui.domain.finding import Diagnosis
from cnitui.engine.guide.blocks import Role
from cnitui.engine.state import Look, NodeRow, State
from cnitui.engine.watching.roster import Roster
from cnitui.errors import (
    AnotherMachine,
    CnituiError,
    HostKeyChanged,
    HostKeyUnknown,
    NodeLoginFailed,
    NodeUnreachable,
    ReadingStopped,
)
from cnitui.tui.messages import NodeOpened
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.table.columns import Column
from cnitui.tui.widgets.table.rows import Cell, Head, Moving
from cnitui.tui.widgets.table.table import Table
from cnitui.tui.wording import SPIN, age, cohort_line, countdown, counted, present

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
    ReadingStopped: "stopped",
    NodeLoginFailed: "no login",
    HostKeyUnknown: "host key?",
    HostKeyChanged: "key changed",
    AnotherMachine: "not itself",
}


class PodsPane(Pane):
    """The pods, live; `enter` opens a node."""

    pane_id = "pods"
    title = "Pods"
    state: reactive[State] = reactive(State(), repaint=False)

    def compose(self) -> ComposeResult:
        yield self.rule
        yield Table(COLUMNS, sentence="asking for the calico-node pods …", id="pods-table")

    def __init__(self) -> None:
        super().__init__()
        self._shown = State()
        self._heads_of: tuple[Roster | None, Diagnosis | None, bool] = (None, None, False)
        """What the heads of the groups were made of: thousands of rows are not counted again for the same."""

    def on_mount(self) -> None:
        self._show()

    def watch_state(self) -> None:
        if self.is_mounted:
            self._show()

    def on_resize(self) -> None:
        """Whether the nodes are grouped depends on how many rows there is room for."""
        self._group()

    def _show(self) -> None:
        """Only rows that have changed since the last state are made anew."""
        state, table, before = self.state, self.query_one(Table), self._shown
        self._shown = state
        gone = _gone(table.rows.keys(), before, state)
        table.change(((row.name, cells_of(state, row)) for row in changed_rows(before, state)), gone)
        self._group()
        table.say(*_sentence(state))
        self.rule.note = table.summary or _note(state)

    def _group(self) -> None:
        """Where the nodes outnumber the lines, nodes that fail alike stand under one line."""
        table, state = self.query_one(Table), self.state
        grouped = len(state.rows) > table.size.height - 1 > 0
        made_of = (state.roster, state.diagnosis, grouped)
        if any(one is not other for one, other in zip(made_of, self._heads_of, strict=True)):
            self._heads_of = made_of
            table.group(heads_of(state) if grouped else ())

    def tick(self) -> None:
        """The countdowns and ages move although nothing happened; a recorded time stands still."""
        if self.display and self.state.recorded is None:
            self.query_one(Table).tick()

    @property
    def node(self) -> str:
        """The node under the cursor, the first of a group under its line; "" without one."""
        return self.query_one(Table).cursor_row or ""

    def go_to(self, node: str) -> bool:
        """Put the cursor on a node; False when it has no row."""
        return self.query_one(Table).reveal(node)

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


def _rows_shown(state: State) -> tuple[NodeRow, ...]:
    return () if state.unlisted else state.rows


def _gone(known: KeysView[str], before: State, state: State) -> Collection[str]:
    """Rows of the table that are not in the state any more."""
    now = _rows_shown(state)
    if before.roster is state.roster and before.unlisted == state.unlisted:
        return ()
    return known - {row.name for row in now}


def _note(state: State) -> str:
    """How many nodes there are, how many failing ones have been read meanwhile, and why the list may be old."""
    progress = state.progress
    reading = (
        f" · {progress.read + progress.unreadable:,} of {progress.nodes:,} failing ones read" if progress.left else ""
    )
    reading += " · reading stopped, r reads on" if state.reading_stopped else ""
    link = state.pods_link
    broken = link.error is not None and link.phase in ("stale", "refused")
    seen = f" · as last seen; {link.error.what}" if broken and link.error is not None else ""
    return f"{len(state.rows):,} nodes{reading}{seen}" if state.rows else ""


def changed_rows(before: State, state: State) -> Iterator[NodeRow]:
    """The rows whose cells may read otherwise than before, in the state's order."""
    if before.started_at is None or before.revision != state.revision or before.unlisted != state.unlisted:
        yield from _rows_shown(state)
        return
    known = before.roster.by_name if before.roster is not state.roster else state.roster.by_name
    read = _read_anew(before, state)
    if before.roster is state.roster and not read:
        return
    for row in _rows_shown(state):
        if known.get(row.name) is not row or row.name in read:
            yield row


def _read_anew(before: State, state: State) -> set[str]:
    """Nodes that were looked at since: the others' cells say nothing of what was read."""
    nodes = {node for node, look in (*before.looks, *state.looks) if before.look(node) is not state.look(node)}
    if before.case is not state.case:
        nodes |= {node for node, _ in state.looks if before.case.dossier(node) is not state.case.dossier(node)}
        nodes |= {node for cohort in state.cohorts if cohort.apart_from for node in cohort.members}
    return nodes


def heads_of(state: State) -> tuple[Head, ...]:
    """One line per group, faults first: nodes that fail alike, those that are not ready, the healthy ones."""
    failing = tuple(
        Head(f"group {cohort.id}", f"{cohort.id}  {cohort_line(cohort, state)}", "bad", cohort.members)
        for cohort in state.cohorts
    )
    placed = set[str]().union(*(cohort.members for cohort in state.cohorts))
    waiting, healthy = (tuple(sorted(names - placed)) for names in (state.roster.unwell, state.roster.well))
    return (
        *failing,
        *((Head("group waiting", f"{counted(len(waiting))} not ready", "warn", waiting),) if waiting else ()),
        *((Head("group healthy", f"{counted(len(healthy))} healthy", "good", healthy),) if healthy else ()),
    )


def rows_of(state: State) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """The table's rows, in the state's order."""
    return ((row.name, cells_of(state, row)) for row in _rows_shown(state))


def cells_of(state: State, row: NodeRow) -> tuple[Cell, ...]:
    """The cells of one row."""
    pod, node = row.pod, row.node
    role = ("ctrl" if node.control_plane else "worker") if node else "?"
    return (
        row.name,
        role,
        pod.name if pod else ("no pod", "warn"),
        f"{pod.ready}/{pod.total}" if pod else "–",
        _status(state, row),
        str(pod.restarts) if pod else "–",
        _moving(state, row.next_attempt, countdown) if row.failing else "–",
        _moving(state, pod.created_at, age, old=True) if pod else "–",
        _node_ready(row),
        _selinux(state, row.name, state.look(row.name)),
        _template(state, row),
    )


def _moving(
    state: State, at: datetime | None, tell: Callable[[datetime | None, datetime], str], *, old: bool = False
) -> Cell:
    """A time that goes on; that of a case file stands still."""
    return tell(at, state.recorded.at) if state.recorded else Moving(at, tell, present, age=old)


def _status(state: State, row: NodeRow) -> Cell:
    if row.pod is None:
        return ("no pod", "warn")
    if row.failing or row.name in state.stuck:
        return (row.pod.status, "bad")
    return (row.pod.status, "good" if row.healthy else "warn")


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
        return ("? not read" if state.node_access == "none" else f"? {reading.why}", "dim")
    if reading is not None:
        return reading.value.current.lower()
    return (SPIN, "dim") if look is not None and look.phase == "asking" else ("", "dim")


def _template(state: State, row: NodeRow) -> Cell:
    """Whether the pod runs its DaemonSet's present template; nothing for a pod of another one, or of none."""
    pod, daemonset = row.pod, state.daemonset
    if pod is None or daemonset is None or not pod.revision or pod.owner != f"DaemonSet/{daemonset.name}":
        return ""
    if not state.revision:
        return ("?", "dim")
    return "current" if pod.revision == state.revision else ("old", "warn")
