"""The main screen as one of several sittings: what is remembered when it is left, and how the user comes back to it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import replace

from textual import work

from cnitui.domain.investigation import Investigation
from cnitui.domain.plan import ObjectRef
from cnitui.engine.investigations.earlier import Earlier
from cnitui.engine.investigations.keeper import Position
from cnitui.engine.repair.bench import UNDER_WAY
from cnitui.engine.session import Session
from cnitui.errors import CnituiError
from cnitui.tui.panes.guide import GuidePane
from cnitui.tui.panes.pods import PodsPane
from cnitui.tui.screens.repairing import RepairScreen
from cnitui.tui.screens.resuming import Answer, ResumeScreen
from cnitui.tui.sittings import Visit
from cnitui.tui.text import clean
from cnitui.tui.wording import banner, present

APPLYING = 9
"""The step that shows a rollout."""


class VisitedScreen(RepairScreen):
    """Begins where `visit` says that the user was, in an earlier sitting with the same cluster.

    `ours` are the ids of the investigations that this run has kept: they are gone on with unasked.
    """

    def __init__(self, visit: Visit | None = None, ours: Collection[str] = ()) -> None:
        super().__init__()
        self._visit = visit
        self.ours = frozenset(ours)
        self._kept_here = {visit.kept} if visit is not None else set[str]()
        self._left_for_later = set[str]()
        self._deciding = False
        self._unkept = False

    def on_mount(self) -> None:
        super().on_mount()
        if self._visit is not None:
            self._return_to(self._visit)
        self.watch(self.query_one(GuidePane), "step", self._note_position, init=False)

    @property
    def held_by(self) -> str:
        """What must come to its end before this sitting may be left: what writes, and what is saved; "" for nothing."""
        session = self.session
        if session is None:
            return ""
        if session.repair.state.phase in UNDER_WAY or self._at_work("writing"):
            return f"a plan is being {'verified' if session.repair.state.phase == 'verifying' else 'applied'}"
        if session.laboratory.trials.under_way:
            return clean(session.laboratory.trials.under_way)
        if session.jobs is not None and session.jobs.under_way:
            return f"{session.jobs.under_way} Jobs are reading nodes, and are removed at their end"
        return "something is being saved" if self._at_work("saving") else ""

    def _at_work(self, group: str) -> bool:
        return any(one.group == group and one.node is self and not one.is_finished for one in self.app.workers)

    def visit(self) -> Visit:
        """Where the user is, and what the banner says."""
        line = banner(self.state)
        keeper = self.session.investigation if self.session is not None else None
        return Visit(
            present(),
            line.text if self.state.diagnosis is not None else "not read yet",
            keeper.id if keeper is not None else "",
            self.single or self._last_single,
            bool(self._zoomed),
            self.query_one(GuidePane).step,
            self.skipped,
            self.node,
        )

    def _return_to(self, visit: Visit) -> None:
        """As it was left, except for what is shown: that is read anew."""
        self.skipped = visit.skipped
        self.query_one(GuidePane).step = visit.step
        if visit.pane != "listings":
            self.show_pane(visit.pane, zoom=visit.zoomed)

    def _hand_out(self) -> None:
        super()._hand_out()
        visit = self._visit
        if visit is not None and visit.node and self.query_one(PodsPane).go_to(visit.node):
            self._visit = replace(visit, node="")

    async def namespaces(self) -> tuple[str, ...]:
        """Those of the cluster, as far as they may be listed; else those in which something of Calico was seen."""
        seen = {pod.namespace for pod in self.state.pods} | {one.namespace for one in self.state.daemonsets}
        if self.session is not None:
            with contextlib.suppress(CnituiError):
                listed = await self.session.cluster.objects(ObjectRef("", "v1", "namespaces", "Namespace", ""))
                seen |= {str(one["metadata"]["name"]) for one in listed}  # type: ignore[index]
        return tuple(sorted(filter(None, seen)))

    # --- whether this one is kept ---

    def tell_whether_kept(self, why_not: str) -> None:
        """Once, when it cannot be, and once when it can again: it is tried anew with each change."""
        if why_not and not self._unkept:
            words = (
                f"How far you come is not kept for a later sitting: {why_not.rstrip('.')}. The rest works as before."
            )
            self.notify(words, severity="warning", timeout=12, markup=False)
        elif self._unkept and not why_not:
            self.notify("How far you come is kept again.", markup=False)
        self._unkept = bool(why_not)

    # --- what was kept of an earlier one ---

    def offer_to_go_on(self, earlier: Earlier | None) -> None:
        """When something fails or a plan is under way: the sitting that ended there may be gone on with.

        Each session of this screen has to be told, for it keeps nothing until it is; the user is asked once.
        """
        if earlier is not None and not self._deciding:
            self._deciding = True
            self._go_on(earlier.investigation)

    def note_what_is_ours(self) -> None:
        """A session begins: what the one before it on this screen kept is gone on with, where the user is."""
        keeper = self.session.investigation if self.session is not None else None
        if keeper is not None and keeper.id:
            self._kept_here.add(keeper.id)
        self.workers.cancel_group(self, "following")

    @work(group="deciding")
    async def _go_on(self, kept: Investigation) -> None:
        try:
            await self._decided(kept)
        finally:
            self._deciding = False

    async def _decided(self, kept: Investigation) -> None:
        answer = await self._answer(kept)
        session = self.session  # the one that is there now: while it was asked, another may have followed
        if session is None:
            return
        if answer == "anew":
            await session.begin_anew()
        elif answer == "later":
            self._left_for_later.add(kept.id)
            session.leave_earlier()
        else:
            if kept.id not in self._kept_here:
                self._take_place(kept)
            taken = session.take_over(self._position)
            if taken is not None:
                self._follow(session, taken)

    @work(group="following", exclusive=True)
    async def _follow(self, session: Session, kept: Investigation) -> None:
        """What was under way, until its end or that of the session."""
        await session.follow(kept)

    async def _answer(self, kept: Investigation) -> Answer:
        """What the user says, or has said before."""
        if kept.id in self.ours | self._kept_here:
            return "go on"
        if kept.id in self._left_for_later or self.session is None:
            return "later"
        return await self.app.push_screen_wait(ResumeScreen(kept, self.session.clock.now()))

    def _take_place(self, kept: Investigation) -> None:
        """Where the earlier sitting was in the guide; at the rollout, when there is one to follow."""
        self.skipped = frozenset(kept.skipped)
        step = self.query_one(GuidePane).step = max(kept.step, APPLYING) if kept.plan else kept.step
        if step > 1:
            self.show_pane("guide", zoom=not self.narrow)

    def _note_position(self) -> None:
        """What a later sitting begins with."""
        if self.session is not None:
            self.session.at(self._position)

    @property
    def _position(self) -> Position:
        return Position(self.query_one(GuidePane).step, tuple(sorted(self.skipped)))
