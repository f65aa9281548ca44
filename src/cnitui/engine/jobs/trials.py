"""The experiments and tries of a sitting, as far as screens and reports tell of them."""

from __future__ import annotations

from dataclasses import dataclass

from cnitui.domain.experiment import Experiment, Try


@dataclass(frozen=True, slots=True)
class Trials:
    """`under_way` says what is being done, "" when nothing is; `error` why the last of them came to no end."""

    found: tuple[Experiment, ...] = ()
    tries: tuple[Try, ...] = ()
    under_way: str = ""
    error: str = ""

    def of_plan(self, plan_id: str) -> Try | None:
        """The last try of a plan."""
        return next((one for one in reversed(self.tries) if one.plan_id == plan_id), None)

    @property
    def confirmed(self) -> Experiment | None:
        """The last experiment that confirmed a cause."""
        return next((one for one in reversed(self.found) if one.conclusion == "confirmed"), None)


NO_TRIALS = Trials()
