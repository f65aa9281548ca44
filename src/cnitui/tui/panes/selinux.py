"""SELinux, node by node: the reference in the first column, the failing ones beside it, differences marked."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.domain.comparison import Comparison
from cnitui.engine.guide.blocks import Block, Columns, Item, Paragraph
from cnitui.engine.guide.investigation import machine_comparison, selinux_comparison, unreached, unreadable
from cnitui.engine.state import State
from cnitui.tui.messages import ListingsOpened
from cnitui.tui.panes.page import PagePane


class ComparisonPane(PagePane):
    """A comparison as a pane; what it compares, and `nothing` to say when that is nothing, is the subclass's."""

    nothing: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    """What else there is to see while nothing fails."""

    def fill(self) -> None:
        comparison = self.comparison()
        differing = len(comparison.differing.rows)
        self.rule.note = f"{differing} differ" if differing else ""
        self.page.show(self._blocks(comparison))

    def comparison(self) -> Comparison:
        """What is shown now."""
        raise NotImplementedError

    def _blocks(self, comparison: Comparison) -> tuple[Block, ...]:
        """The comparison, and before it whatever a reader must know about it."""
        state = self.state
        unread = unreached(state)
        if unread is not None:
            return (Paragraph(f"✗ {unread.headline}", "bad"), *unread.blocks)
        if state.diagnosis is None:
            return (Paragraph("◌ asking which pods fail …", "dim"),)
        if not state.failing:
            return (Paragraph(f"Nothing fails, so there is nothing to compare. {self.instead}".rstrip(), "dim"),)
        notes = (*self._notes(), *unreadable(state))
        if comparison.rows:
            return (*notes, Columns(comparison))
        if state.settled:
            return notes or (Paragraph(self.nothing, "dim"),)
        return (*notes, Paragraph(f"◌ {progress(state)}", "dim"))

    def _notes(self) -> tuple[Block, ...]:
        if self.state.node_access == "none":
            words = "Nodes are not read (--node-access none): there is cluster evidence only, no labels and no denials."
            return (Item(words, "warn"),)
        if not self.state.reference:
            return (Item("No node is healthy, so there is none to compare with.", "warn"),)
        return ()


def progress(state: State) -> str:
    """How many of the nodes have been read, while they are."""
    looks = [look for node, look in state.looks if node]
    read = sum(look.phase != "asking" for look in looks)
    return f"reading the failing nodes and the reference: {read} of {len(looks)} read"


class SelinuxPane(ComparisonPane):
    """Modes, labels, the process's own label, denials, and the lookalikes; `enter` opens the listings.

    Of many nodes those are compared that stand for their groups.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "listings", "Listings", id="selinux.listings",
                tooltip="Every file of the CNI directories of the marked nodes, or of the node under the pods' cursor"),
    ]  # fmt: skip

    nothing = "Neither the failing nodes nor the reference told anything."
    instead = "enter lists the CNI directories of any node: of those you mark, or of the one under the pods' cursor."

    pane_id = "selinux"
    title = "SELinux"
    standing: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The nodes that stand for all that fail."""

    def watch_standing(self) -> None:
        self.renew()

    def action_listings(self) -> None:
        self.post_message(ListingsOpened())

    def comparison(self) -> Comparison:
        return selinux_comparison(self.state, self.standing)


class DifferencesPane(ComparisonPane):
    """Every answer on which the failing nodes differ from the reference."""

    nothing = "The failing nodes answer everything as the reference does."

    pane_id = "differences"
    title = "Differences"

    def comparison(self) -> Comparison:
        return machine_comparison(self.state).differing
