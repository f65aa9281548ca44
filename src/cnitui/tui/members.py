"""Who stands for a group on the screen where many nodes fail: one of its members, the one that was walked to."""

from __future__ import annotations

from cnitui.domain.likeness import Cohort
from cnitui.engine.state import State

FEW = 12
"""Failing nodes up to which each is shown by itself."""
MOST = 24
"""Groups that are shown at most, the largest first."""


class Members:
    """Remembers which member of each group is shown; without a choice it is one that was read."""

    def __init__(self) -> None:
        self._walked: dict[str, str] = {}

    def shown(self, state: State) -> tuple[str, ...]:
        """All nodes that fail while they are few, else one of each group."""
        if not grouped(state):
            return tuple(pod.node for pod in state.failing[:FEW])
        return tuple(self.of(cohort) for cohort in state.cohorts[:MOST])

    def of(self, cohort: Cohort) -> str:
        """The member that stands for a group."""
        walked = self._walked.get(cohort.id, "")
        return walked if walked and walked in cohort.members else next(iter((*cohort.agreeing, *cohort.members)))

    def place(self, cohort: Cohort) -> int:
        """Which of the group's members that is, from 1."""
        return cohort.members.index(self.of(cohort)) + 1

    def walk(self, state: State, node: str, by: int) -> bool:
        """On to another member of the node's group, else of the largest; answers whether there was one."""
        cohort = state.cohort_of(node) or next(iter(state.cohorts), None)
        if cohort is None or not grouped(state):
            return False
        self._walked[cohort.id] = cohort.members[(self.place(cohort) - 1 + by) % len(cohort.members)]
        return True


def grouped(state: State) -> bool:
    """Whether so many nodes fail that groups stand for them."""
    return len(state.failing) > FEW and bool(state.cohorts)
