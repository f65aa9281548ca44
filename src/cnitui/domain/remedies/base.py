"""What a remedy is made of: what it does, what it costs, whether it fits, and how its plan is made."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from cnitui.domain.plan import DoesNotFit, NothingToDo, ObjectRef, Plan
from cnitui.domain.plan import Step as Step
from cnitui.domain.remedies.situation import Beside, Situation
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Fits:
    """This remedy applies here, and why; `reservations` is what speaks against it nevertheless."""

    remedy: str
    why: str
    reservations: tuple[str, ...] = ()


Fit = Fits | DoesNotFit
Planned = Plan | NothingToDo | DoesNotFit


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to fix a cause.

    `guide` is its name in the founding guide ("Solution 2"), "" when it has none there; `correction` says what the
    guide gets wrong about it. `undo` says how it is taken back, "" when it cannot be. `plan` is None for a remedy that
    is explained but never applied by the tool. `looks` and `neighbours` are what is read for its plan beside the case:
    objects, and other programs' pods.
    """

    id: str
    guide: str
    title: str
    summary: str
    trade_offs: tuple[str, ...]
    risk: str
    blast_radius: str
    undo: str
    fit: Callable[[Situation], Fit]
    steps: Callable[[Situation], tuple[Step, ...]]
    plan: Callable[[Situation], Planned] | None = None
    correction: str = ""
    reads: Callable[[Situation], tuple[str, ...]] | None = None
    looks: Callable[[Situation], tuple[ObjectRef, ...]] = lambda _: ()
    neighbours: Callable[[Situation], tuple[Beside, ...]] = lambda _: ()

    @property
    def applicable(self) -> bool:
        """Whether the tool itself can carry it out."""
        return self.plan is not None


def command(*words: str) -> str:
    """A command line for people: every word quoted for a shell where it needs it."""
    return shlex.join(words)
