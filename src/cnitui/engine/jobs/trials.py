"""The experiments of a sitting, as far as screens and reports tell of them."""

from __future__ import annotations

from dataclasses import dataclass

from cnitui.domain.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Trials:
    """`under_way` says what is being done, "" when nothing is; `error` why the last experiment came to no end."""

    found: tuple[Experiment, ...] = ()
    under_way: str = ""
    error: str = ""

    @property
    def confirmed(self) -> Experiment | None:
        """The last experiment that confirmed a cause."""
        return next((one for one in reversed(self.found) if one.conclusion == "confirmed"), None)


NO_TRIALS = Trials()
