"""The main screen's Jobs: nodes read by them, experiments and tries, each previewed and confirmed first."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from cnitui.engine.jobs.experiment import Design
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.jobs.trying import TryDesign
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.session import Session
from cnitui.errors import CnituiError, NodeUnconfirmed
from cnitui.tui.messages import ProveRequested, TryRequested
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens.confirming import jobs_confirmation
from cnitui.tui.screens.logs import LogsScreen


class JobsScreen(LogsScreen):
    """Creates nothing that a person did not confirm in a dialog of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "read_nodes", "Read nodes…", id="app.read-nodes",
                tooltip="Which Jobs would read the nodes; confirm them (--node-access pod)"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None

    def say(self, error: CnituiError) -> None:
        """Tell what went wrong, and what helps."""
        self.notify(str(error), severity="error", timeout=8, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Jobs are offered while some node waits for them."""
        if action == "read_nodes":
            waiting = any(isinstance(look.error, NodeUnconfirmed) for _, look in self.state.looks)
            return waiting and not self.state.readonly and bool(self.state.failing or self.opened)
        return super().check_action(action, parameters)

    @work(exclusive=True, group="jobs")
    async def action_read_nodes(self) -> None:
        """Preview the Jobs that would read the nodes, and have them confirmed."""
        session = self.session
        try:
            seen = await session.preview_jobs() if session is not None else None
            if session is None or seen is None:
                return
            leave = await self._leave_for(seen, "Read nodes by Jobs", "Nodes cannot be read by Jobs")
            if leave is not None:
                await session.confirm_jobs(seen, leave)
        except CnituiError as error:
            self.say(error)

    async def _leave_for(self, seen: JobsPreview, title: str, refusal: str) -> Confirmation | None:
        """What a person typed to have the Jobs created; None when they may not be, or nobody wants them."""
        if seen.problems:
            self.notify(f"{refusal}: {seen.why_not}", severity="error", timeout=8, markup=False)
            return None
        confirmed = await self.app.push_screen_wait(jobs_confirmation(seen, title))
        if confirmed is None:
            self.notify("Nothing was created.", timeout=3)
            return None
        return Confirmation(confirmed.typed, confirmed.reason)

    @on(ProveRequested)
    def _prove_requested(self) -> None:
        """On the node that keys mean, if the cause is open there."""
        if self.session is not None:
            self._carry_out_trial(self.session, self.session.laboratory.preview(self.state, self.node))

    @on(TryRequested)
    def _try_requested(self) -> None:
        """On the marked nodes that fail, else the one that keys mean, else one of each group."""
        if self.session is not None:
            wanted = self.query_one(PodsPane).marked or (self.node,)
            self._carry_out_trial(self.session, self.session.laboratory.preview_try(self.state, wanted))

    @work(exclusive=True, group="jobs")
    async def _carry_out_trial(
        self, session: Session, asking: Coroutine[object, object, tuple[Design | TryDesign, JobsPreview]]
    ) -> None:
        """Preview it, have it confirmed, carry it out; steps 6 and 8 tell how it goes."""
        try:
            plan, seen = await asking
        except CnituiError as error:
            self.say(error)
            return
        leave = await self._leave_for(seen, plan.title, f"{plan.title}: it cannot be done")
        if leave is not None:
            await session.laboratory.carry_out(plan, seen, leave)
