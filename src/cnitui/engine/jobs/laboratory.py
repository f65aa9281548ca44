"""Experiments in a sitting: designed on what is known now, previewed, and carried out once they were confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cnitui.domain.experiment import Experiment
from cnitui.engine.jobs.experiment import Design, Under, design, experiment, preview_experiment, variants
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.jobs.trials import Trials
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.state import State
from cnitui.errors import CnituiError, UsageError


def provable(state: State) -> str:
    """The cause that an experiment would tell about now: the first that is not ruled out, "" when there is none."""
    findings = state.diagnosis.findings if state.diagnosis else ()
    known = variants()
    return next((one.cause for one in findings if one.cause in known and one.verdict.value != "ruled_out"), "")


class Laboratory:
    """Holds what was found; `changed` is called whenever that is something else."""

    def __init__(self, bench: Workbench, changed: Callable[[], None]) -> None:
        self._bench, self._changed = bench, changed
        self.trials = Trials()

    async def preview(self, state: State, cause: str = "") -> tuple[Design, JobsPreview]:
        """An experiment on a cause, the first provable one unless named; raises UsageError and ClusterErrors."""
        wanted = cause or provable(state)
        if not wanted:
            raise UsageError("no cause that is still open can be told by an experiment")
        findings = state.diagnosis.findings if state.diagnosis else ()
        nodes = next((one.nodes for one in findings if one.cause == wanted), ())
        plan = await design(self._bench, state, wanted, next(iter(nodes), ""))
        return plan, await preview_experiment(self._bench, plan)

    async def carry_out(self, plan: Design, seen: JobsPreview, confirmation: Confirmation) -> None:
        """Make the experiment, telling what goes on; what it fails of is kept as the error."""
        self._tell(replace(self.trials, error="", under_way="the experiment begins"))
        try:
            async for step in experiment(self._bench, plan, seen, confirmation):
                match step:
                    case Under():
                        self._tell(replace(self.trials, under_way=step.words))
                    case Experiment():
                        self._tell(replace(self.trials, found=(*self.trials.found, step)))
        except CnituiError as error:
            self._tell(replace(self.trials, error=str(error)))
        finally:
            self._tell(replace(self.trials, under_way=""))

    def _tell(self, trials: Trials) -> None:
        self.trials = trials
        self._changed()
