"""SELinux, node by node: the reference in the first column, the failing ones beside it, differences marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from cnitui.domain.comparison import Change, Comparison
from cnitui.domain.listing import listed
from cnitui.engine.guide.before_after import all_changes, selinux_changes
from cnitui.engine.guide.blocks import Block, Columns, Heading, Item, Paragraph
from cnitui.engine.guide.contexts import machine_comparison, selinux_comparison, unreadable
from cnitui.engine.guide.looking import unreached
from cnitui.engine.state import Before, State
from cnitui.tui.messages import ListingsOpened
from cnitui.tui.panes.page import PagePane


class ComparisonPane(PagePane):
    """A comparison as a pane; what it compares, and `nothing` to say when that is nothing, is the subclass's.

    Where a plan was applied, it shows the moment before it, now, or each repaired node at both.
    """

    nothing: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    """What else there is to see while nothing fails."""
    standing: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The nodes that stand for all that fail, or failed before a plan."""

    def watch_standing(self) -> None:
        self.renew()

    def fill(self) -> None:
        state, before = self.state, self.state.before
        if before is not None and self.view == "both":
            changes = self.changes(before)
            changed = sum(len(change.differing.rows) for change in changes)
            self.rule.note = f"{changed} changed" if changed else ""
            self.page.show(_side_by_side(before, changes))
            return
        shown = before.state if before is not None and self.view == "before" else state
        comparison = self.comparison(shown)
        differing = len(comparison.differing.rows)
        self.rule.note = f"{differing} differ" if differing else ""
        self.page.show(self._blocks(shown, comparison))

    def comparison(self, state: State) -> Comparison:
        """What is shown of one moment."""
        raise NotImplementedError

    def changes(self, before: Before) -> tuple[Change, ...]:
        """What is shown of both."""
        raise NotImplementedError

    def _blocks(self, state: State, comparison: Comparison) -> tuple[Block, ...]:
        """The comparison, and before it whatever a reader must know about it."""
        unread = unreached(state)
        if unread is not None:
            return (Paragraph(f"✗ {unread.headline}", "bad"), *unread.blocks)
        if state.diagnosis is None:
            return (Paragraph("◌ asking which pods fail …", "dim"),)
        if not state.failing and state.before is None and (state.ill or not state.pods):
            return (Paragraph(f"No pod of Calico is there to compare. {self.instead}".rstrip(), "dim"),)
        if not state.failing and state.before is None:
            return (Paragraph(f"Nothing fails, so there is nothing to compare. {self.instead}".rstrip(), "dim"),)
        notes = (*self._notes(state), *unreadable(state))
        if comparison.rows:
            return (*notes, Columns(comparison))
        if state.settled:
            return notes or (Paragraph(self.nothing, "dim"),)
        return (*notes, Paragraph(f"◌ {progress(state)}", "dim"))

    def _notes(self, state: State) -> tuple[Block, ...]:
        if state.before is not None and not state.failing:
            failed = f"{listed(self.standing)} failed before the plan of {state.before.at:%H:%M:%S}"
            return (Item(f"Nothing fails any more; {failed}: B shows that.", "good"),)
        if state.node_access == "none":
            words = "Nodes are not read (--node-access none): there is cluster evidence only, no labels and no denials."
            return (Item(words, "warn"),)
        if not state.reference:
            return (Item("No node is healthy, so there is none to compare with.", "warn"),)
        return ()


def _side_by_side(before: Before, changes: Sequence[Change]) -> tuple[Block, ...]:
    """Each group of nodes that changed alike, its two moments beside each other."""
    blocks: list[Block] = [Paragraph(f"The plan was applied at {before.at:%Y-%m-%d %H:%M:%S} UTC.", "dim")]
    for change in changes:
        blocks.append(Heading(listed(change.nodes, 12)))
        blocks.append(Columns(change.comparison) if change.rows else Paragraph("Nothing changed.", "dim"))
    return tuple(blocks) if changes else (Paragraph("Nothing is known of the repaired nodes.", "dim"),)


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

    def comparison(self, state: State) -> Comparison:
        return selinux_comparison(state, self.standing)

    def action_listings(self) -> None:
        self.post_message(ListingsOpened())

    def changes(self, before: Before) -> tuple[Change, ...]:
        return selinux_changes(before, self.state, self.standing)


class DifferencesPane(ComparisonPane):
    """Every answer on which the failing nodes differ from the reference, or what a plan changed."""

    nothing = "The failing nodes answer everything as the reference does."

    pane_id = "differences"
    title = "Differences"

    def comparison(self, state: State) -> Comparison:
        return machine_comparison(state, () if state.failing else self.standing).differing

    def changes(self, before: Before) -> tuple[Change, ...]:
        return tuple(change.differing for change in all_changes(before, self.state, self.standing))
