"""What is known of the nodes whose listings are open: the few that a person looks at, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cnitui.domain.evidence import Reading
from cnitui.domain.facts import CniDirectories, Transcript
from cnitui.engine.state import Look, State
from cnitui.late_dataclass import dataclass

Standing = Literal["reference", "fails", "healthy", "not ready", "no pod", "gone"]


@dataclass(frozen=True, slots=True)
class OpenNode:
    """One node: how it stands, how far reading it is, and what it told."""

    name: str
    standing: Standing
    look: Look | None = None
    directories: Reading[CniDirectories] | None = None
    transcript: Reading[Transcript] | None = None


Listings = tuple[OpenNode, ...]
"""One node or two, the one that the other is compared with first."""


def listings_of(state: State, nodes: Sequence[str]) -> Listings:
    """What the state says of these nodes; equal while nothing about them changed."""
    return tuple(_open(state, node) for node in nodes)


def _open(state: State, node: str) -> OpenNode:
    case = state.case
    return OpenNode(
        node,
        _standing(state, node),
        state.look(node),
        case.reading(CniDirectories, node),
        case.reading(Transcript, node),
    )


def _standing(state: State, node: str) -> Standing:
    row = state.roster.by_name.get(node)
    if row is None:
        return "gone"
    if row.pod is None:
        return "no pod"
    if row.failing or node in state.stuck:
        return "fails"
    if node == state.reference:
        return "reference"
    return "healthy" if row.healthy else "not ready"


def pair(state: State, wanted: Sequence[str], cursor: str, before: Sequence[str] = ()) -> tuple[str, ...]:
    """Whose listings to open: two that were marked, else a node beside the reference; the reference stands first.

    The reference itself is opened beside a node that fails, as that is the question then; when none does, beside the
    one that was opened before, which may have been repaired since.
    """
    there = [node for node in wanted if node in state.roster.by_name]
    if len(there) > 1:
        return tuple(sorted(there, key=lambda node: node != state.reference)[:2])
    node = next(iter(there), cursor)
    if node in ("", state.reference):
        others = (*(pod.node for pod in state.failing), *(one for one in before if one in state.roster.by_name))
        node = next((other for other in others if other not in ("", state.reference)), node)
    return tuple(dict.fromkeys(filter(None, (state.reference, node))))


def beside(state: State, wanted: Sequence[str], nodes: Sequence[str], by: int) -> tuple[str, ...]:
    """The same with the next node in the second place: of those marked when they are more than two, else of all."""
    there = [node for node in wanted if node in state.roster.by_name]
    names = there if len(there) > 2 else [row.name for row in state.rows if row.pod is not None]
    first = nodes[0] if nodes else state.reference
    others = [name for name in names if name != first]
    if not others:
        return tuple(nodes)
    if len(nodes) > 1 and nodes[1] in others:
        return first, others[(others.index(nodes[1]) + by) % len(others)]
    return first, others[0 if by > 0 else -1]
