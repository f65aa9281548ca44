"""The experiments and tries of a sitting, as far as screens and reports tell of them."""

from __future__ import annotations

from collections.abc import Iterable

from cnitui.domain.evidence import Observed, Reading, Source
from cnitui.domain.experiment import Experiment, Experiments, Tries, Try
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Trials:
    """`under_way` says what is being done, "" when nothing is; `error` why the last of them came to no end."""

    found: tuple[Experiment, ...] = ()
    tries: tuple[Try, ...] = ()
    under_way: str = ""
    error: str = ""

    def of_plan(self, plan_id: str) -> tuple[Try, ...]:
        """The last try of a plan on each node, those that did not work first."""
        last = {one.node: one for one in self.tries if one.plan_id == plan_id}
        return tuple(sorted(last.values(), key=lambda one: (one.works, one.node)))

    def refuting(self, plan_id: str) -> Try | None:
        """A try that shows that the plan would not help."""
        return next((one for one in self.of_plan(plan_id) if not one.works), None)


NO_TRIALS = Trials()
_SOURCE = "cnitui, by Jobs"


def trials_of(found: Iterable[Experiment | Try]) -> Trials:
    """Experiments and tries told apart, in their order."""
    everything = tuple(found)
    return Trials(
        tuple(one for one in everything if isinstance(one, Experiment)),
        tuple(one for one in everything if isinstance(one, Try)),
    )


def trial_readings(trials: Trials) -> tuple[tuple[type[object], str, Reading[object]], ...]:
    """All of them as facts about the nodes they were made on."""
    made: dict[str, list[Experiment]] = {}
    tried: dict[str, list[Try]] = {}
    for found in trials.found:
        made.setdefault(found.node, []).append(found)
    for one in trials.tries:
        tried.setdefault(one.node, []).append(one)
    facts: list[tuple[str, object]] = [(node, Experiments(tuple(own))) for node, own in made.items()]
    facts += [(node, Tries(tuple(own))) for node, own in tried.items()]
    return tuple((type(fact), node, Observed(fact, Source(_SOURCE, node))) for node, fact in facts)
