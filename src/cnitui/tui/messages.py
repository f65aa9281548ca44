"""The whole vocabulary that travels between widgets and screens; private messages are nested in their widgets."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from cnitui.engine.state import State
from cnitui.tui.copying import CopyRequested as CopyRequested


@dataclass
class StateChanged(Message):
    """The session published a new state; a newer one replaces it in the queue."""

    state: State

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StateChanged)


@dataclass
class PaneRequested(Message):
    """Show this pane on the full screen: `pods`, `logs`, `selinux`, `guide`, `differences`, `timeline`, `listings`."""

    pane: str


@dataclass
class NodeOpened(Message):
    """Show everything about one node."""

    node: str


@dataclass
class ListingsOpened(Message):
    """Show the listings of this node, or of the one that keys mean."""

    node: str = ""


@dataclass
class ListingsWalked(Message):
    """Show the listings of the next node, or of the one before."""

    by: int


@dataclass
class StepOpened(Message):
    """Show this step of the guide."""

    number: int


@dataclass
class LookAgain(Message):
    """Read a node (or everything, when empty) anew."""

    node: str = ""


@dataclass
class RemedyConsidered(Message):
    """Show this remedy's trade-offs."""

    remedy: str


@dataclass
class RemedyChosen(Message):
    """Plan and preview this remedy."""

    remedy: str


@dataclass
class ApplyRequested(Message):
    """Ask for the confirmation of the previewed plan."""


@dataclass
class ProveRequested(Message):
    """Preview the experiment that would prove the cause."""


@dataclass
class TryRequested(Message):
    """Preview running the patched container on one node."""


@dataclass
class VerifyRequested(Message):
    """Run the verification (again)."""


@dataclass
class UndoRequested(Message):
    """Ask for the confirmation of taking the applied plan back."""


@dataclass
class SaveRequested(Message):
    """Write the report (or what the focused pane keeps) to a file."""


@dataclass
class StepSkipped(Message):
    """Mark the step as skipped, or no longer."""

    number: int
