"""The main screen's repairs: a remedy considered, previewed, confirmed, applied, verified and taken back."""

from __future__ import annotations

from textual import on, work

from cnitui.engine.jobs.trying import covered
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.bench import UNDER_WAY
from cnitui.engine.repair.preview import Preview
from cnitui.tui.messages import ApplyRequested, RemedyChosen, RemedyConsidered, UndoRequested, VerifyRequested
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.screens.confirming import plan_confirmation
from cnitui.tui.screens.jobs import JobsScreen


class RepairScreen(JobsScreen):
    """Every write goes through a dialog of its own; one thing at a time is written or verified."""

    @on(RemedyConsidered)
    def _considered(self, message: RemedyConsidered) -> None:
        if self.session is not None:
            self.session.repair.consider(message.remedy)

    @on(RemedyChosen)
    def _chosen(self, message: RemedyChosen) -> None:
        if self._under_way():
            return
        self.query_one(GuidePane).step = 8
        self._preview(message.remedy)

    @work(exclusive=True, group="repair")
    async def _preview(self, remedy: str) -> None:
        if self.session is not None:
            await self.session.choose_remedy(remedy)

    @on(ApplyRequested)
    def _apply_requested(self) -> None:
        """Checked before the dialog's worker begins: that one would end a preview that is still under way."""
        session = self.session
        seen = session.repair.state.preview if session is not None else None
        if session is None or seen is None or session.repair.state.busy:
            self.notify("There is nothing previewed to apply: choose a solution first (step 7).", severity="warning")
        elif session.repair.state.applied is seen:
            self.notify("This has been applied already; u takes it back.", severity="warning")
        elif (failed := self.state.trials.refuting(seen.plan_id)) is not None:
            self.notify(f"This is not applied: {failed.sentence}.", severity="error", markup=False)
        elif seen.blocked:
            why = "; ".join(problem.words for problem in seen.blocked)
            self.notify(f"This cannot be applied: {why}", severity="error", markup=False)
        else:
            self._confirm_and_apply(seen)

    @work(exclusive=True, group="repair")
    async def _confirm_and_apply(self, seen: Preview) -> None:
        tried = self.state.trials.of_plan(seen.plan_id)
        proven = covered(self.state, tried)
        confirmed = await self.app.push_screen_wait(plan_confirmation(seen, tried, proven=proven))
        if confirmed is None:
            self.notify("Nothing was changed.", timeout=3)
            return
        self.query_one(GuidePane).step = 9
        self._carry_out(Confirmation(confirmed.typed, confirmed.reason or "; ".join(one.sentence for one in tried)))

    @work(exclusive=True, group="writing")
    async def _carry_out(self, confirmation: Confirmation) -> None:
        """Apply, and when that came to its end, verify: the steps follow what happens."""
        if self.session is None:
            return
        await self.session.apply(confirmation)

    @on(VerifyRequested)
    def _verify_requested(self) -> None:
        if not self._under_way():
            self._verify()

    def _under_way(self) -> bool:
        """Whether something is being written or verified; says so, for nothing else begins meanwhile."""
        phase = self.session.repair.state.phase if self.session is not None else ""
        if phase in UNDER_WAY:
            self.notify(f"Still {phase}: wait for its end.", severity="warning")
        return phase in UNDER_WAY

    @work(exclusive=True, group="writing")
    async def _verify(self) -> None:
        if self.session is not None:
            await self.session.verify()

    @on(UndoRequested)
    def action_undo(self) -> None:
        """Preview taking the latest applied plan back."""
        if self._under_way():
            return
        self.show_pane("guide", zoom=True)
        self.query_one(GuidePane).step = 8
        self._plan_undo()

    @work(exclusive=True, group="repair")
    async def _plan_undo(self) -> None:
        if self.session is not None:
            await self.session.repair.plan_undo()
