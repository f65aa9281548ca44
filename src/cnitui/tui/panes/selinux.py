"""SELinux, node by node: the reference in the first column, the failing ones beside it, differences marked."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.reactive import reactive

from cnitui.domain.comparison import Comparison
from cnitui.engine.blocks import Block, Columns, Paragraph
from cnitui.engine.guide.investigation import machine_comparison, selinux_comparison, unreadable
from cnitui.engine.state import State
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane


class ComparisonPane(Pane):
    """A comparison as a pane; what it compares is the subclass's."""

    state: reactive[State] = reactive(State())

    def compose(self) -> ComposeResult:
        yield self.rule
        yield BlocksView()

    def on_mount(self) -> None:
        self._show()

    def watch_state(self) -> None:
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        comparison = self.comparison()
        differing = len(comparison.differing.rows)
        self.rule.note = f"{differing} differ" if differing else ""
        self.query_one(BlocksView).show(self._blocks(comparison))

    def comparison(self) -> Comparison:
        """What is shown now."""
        raise NotImplementedError

    def _blocks(self, comparison: Comparison) -> tuple[Block, ...]:
        state = self.state
        if not state.failing:
            return (Paragraph(self.quiet(), "dim"),)
        if state.node_access == "none":
            words = "Nodes are not read (--node-access none): there is cluster evidence only, no labels and no denials."
            return (Paragraph(words, "warn"),)
        notes = unreadable(state)
        if not comparison.rows and not notes:
            return (Paragraph(f"reading {len(state.failing)} failing nodes and the reference …", "dim"),)
        return (*notes, Columns(comparison))

    def quiet(self) -> str:
        """The sentence for a cluster in which nothing fails."""
        return "Nothing fails, so there is nothing to compare."

    def focus_content(self) -> None:
        self.query_one(BlocksView).focus()


class SelinuxPane(ComparisonPane):
    """Modes, labels, the process's own label, denials, and the lookalikes."""

    pane_id = "selinux"
    title = "SELinux"

    def comparison(self) -> Comparison:
        return selinux_comparison(self.state)


class DifferencesPane(ComparisonPane):
    """Every answer on which the failing nodes differ from the reference."""

    pane_id = "differences"
    title = "Differences"

    def comparison(self) -> Comparison:
        return machine_comparison(self.state).differing
