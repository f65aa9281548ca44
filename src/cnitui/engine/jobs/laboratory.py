"""Experiments in a sitting: designed on what is known now, previewed, and carried out once they were confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace

from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.finding import Finding, Verdict
from cnitui.engine.jobs.experiment import Design, Under, design, experiment, preview_experiment, variants
from cnitui.engine.jobs.kept import kept_trials
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.jobs.trials import Trials, trial_readings, trials_of
from cnitui.engine.jobs.trying import TryDesign, design_try, preview_try, try_out
from cnitui.engine.probes.cluster import Readings
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.state import State
from cnitui.errors import CnituiError, UsageError


def provable(state: State) -> str:
    """The cause that an experiment would tell about now: the first that is not ruled out, "" when there is none."""
    finding = _open(state)
    return finding.cause if finding else ""


def _open(state: State) -> Finding | None:
    findings = state.diagnosis.findings if state.diagnosis else ()
    known = variants()
    return next((one for one in findings if one.cause in known and one.verdict is not Verdict.RULED_OUT), None)


class Laboratory:
    """Holds what was found; `changed` is called whenever that is something else.

    What was found is evidence about its nodes: `arrived` takes it as readings. `recorded` is what a case file holds.
    """

    def __init__(
        self,
        bench: Workbench,
        changed: Callable[[], None],
        arrived: Callable[[Readings], None],
        recorded: Iterable[Experiment | Try] = (),
    ) -> None:
        self._bench, self._changed, self._arrived = bench, changed, arrived
        self.trials = trials_of(recorded)
        self._arrived(trial_readings(self.trials))

    def remember(self) -> None:
        """Take up what was found on this cluster within the last day, in other sittings."""
        connection, now = self._bench.api.connection, self._bench.clock.now()
        kept = kept_trials(self._bench.journal, connection.context, connection.server, now)
        if kept:
            self._hold(trials_of(kept))

    def _hold(self, trials: Trials) -> None:
        self._arrived(trial_readings(trials))
        self._tell(trials)

    async def preview(self, state: State, node: str = "") -> tuple[Design, JobsPreview]:
        """An experiment on the first provable cause, on that node if it has it; raises UsageError and ClusterErrors."""
        finding = _open(state)
        if finding is None:
            raise UsageError("no cause that is still open can be told by an experiment")
        first = next(iter(finding.nodes), "")
        plan = await design(self._bench, state, finding.cause, node if node in finding.nodes else first)
        return plan, await preview_experiment(self._bench, plan)

    async def preview_try(self, state: State, wanted: Iterable[str] = ()) -> tuple[TryDesign, JobsPreview]:
        """A try of what is previewed, on the wanted failing nodes, else on one of each group.

        Raises UsageError and ClusterErrors.
        """
        plan = design_try(state, wanted)
        return plan, await preview_try(self._bench, plan)

    async def carry_out(self, plan: Design | TryDesign, seen: JobsPreview, confirmation: Confirmation) -> None:
        """Make the experiment or try, telling what goes on; what it fails of is kept as the error."""
        self._tell(replace(self.trials, error="", under_way="the Job is created"))
        steps: AsyncGenerator[Under | Experiment | Try, None]
        if isinstance(plan, Design):
            steps = experiment(self._bench, plan, seen, confirmation)
        else:
            steps = try_out(self._bench, plan, seen, confirmation)
        try:
            async with aclosing(steps):
                async for step in steps:
                    self._take(step)
        except CnituiError as error:
            self._tell(replace(self.trials, error=str(error)))
        except asyncio.CancelledError:
            why = f"you stopped it ({self.trials.under_way}); its Jobs are removed"
            self._tell(replace(self.trials, error=why))
            raise
        finally:
            self._tell(replace(self.trials, under_way=""))

    def _take(self, step: Under | Experiment | Try) -> None:
        match step:
            case Under():
                self._tell(replace(self.trials, under_way=step.words))
            case Experiment():
                self._hold(replace(self.trials, found=(*self.trials.found, step)))
            case Try():
                self._hold(replace(self.trials, tries=(*self.trials.tries, step)))

    def _tell(self, trials: Trials) -> None:
        self.trials = trials
        self._changed()
