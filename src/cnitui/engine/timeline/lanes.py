"""Which lanes a drawing of the timeline has: the failing nodes while they are few, else one of each group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnitui.domain.clocks import astray
from cnitui.domain.likeness import Cohort
from cnitui.engine.state import State, View
from cnitui.late_dataclass import dataclass

MOST_LANES = 12
"""Lanes beside the reference's, where nobody asked for more."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: the node that is drawn, and its name: `worker-07, group A (1,998)`, `master-01 (reference)`.

    `note` is what of the name is not the node's own: `group A (1,998)`, `reference`, `clock 30h behind`.
    """

    node: str
    title: str
    note: str = ""


def one_read(cohort: Cohort) -> str:
    """A member that was read stands for its group."""
    return next(iter((*cohort.agreeing, *cohort.members)))


def lanes_of(
    state: State,
    most: int = MOST_LANES,
    *,
    chosen: Sequence[str] = (),
    member: Callable[[Cohort], str] = one_read,
) -> tuple[Lane, ...]:
    """The chosen nodes, else those that fail, and the reference at the end.

    Where more than `most` fail, one lane for each group, the largest first; `member` says who stands for it. Where
    nothing fails, nodes that run.
    """
    if len(state.failing) > most and state.cohorts and not chosen:
        lanes = [_of_group(cohort, member) for cohort in state.cohorts[:most]]
    else:
        nodes = tuple(chosen) or sorted({pod.node for pod in state.failing if pod.node})
        lanes = [Lane(node, node) for node in nodes[:most]]
    if not lanes:
        lanes = [Lane(row.name, row.name) for row in state.rows[:most] if row.pod is not None]
    reference = state.reference
    last = (Lane(reference, f"{reference} (reference)", "reference"),) if reference else ()
    found = (*(lane for lane in lanes if lane.node != reference), *last)
    return tuple(_by_its_clock(lane, astray(state.case, lane.node)) for lane in found)


def _by_its_clock(lane: Lane, skew: str) -> Lane:
    """What is in a lane stands where the node's own clock puts it; how far that is astray is said, not corrected."""
    if not skew:
        return lane
    note = f"clock {skew}"
    return Lane(lane.node, f"{lane.title}, {note}", f"{note}, {lane.note}" if lane.note else note)


def _of_group(cohort: Cohort, member: Callable[[Cohort], str]) -> Lane:
    node, note = member(cohort), f"group {cohort.id} ({len(cohort.members):,})"
    return Lane(node, f"{node}, {note}", note)


def looked_at(state: State, view: View) -> State:
    """The state whose lanes are drawn: that before a plan while it is looked at, or while nothing fails any more."""
    before = state.before
    earlier = before is not None and (view != "now" or not state.failing)
    return before.state if before is not None and earlier else state
