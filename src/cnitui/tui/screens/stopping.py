"""The main screen's long work: told at the bottom once it takes more than a second, and stopped by one key."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from cnitui.tui.screens.visited import VisitedScreen
from cnitui.tui.sittings import Visit
from cnitui.tui.under_way import UnderWay, under_way
from cnitui.tui.widgets.footer_line import FooterLine
from cnitui.tui.wording import SPIN

WORDS_OF_JOBS = "its Jobs are removed"


class StoppingScreen(VisitedScreen):
    """A stop undoes nothing: what was read, written or begun by then is told, and stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("X", "stop", "Stop", id="app.stop",
                tooltip="Stop what is under way: reading nodes, a preview, a rollout, a check, saving"),
    ]  # fmt: skip

    def __init__(self, visit: Visit | None = None, ours: Collection[str] = ()) -> None:
        super().__init__(visit, ours)
        self.saving = ""
        """How far saving is, in words; "" while nothing is saved."""
        self._told: UnderWay | None = None
        self._offered = False

    @property
    def under_way(self) -> UnderWay | None:
        """What could be stopped now."""
        return under_way(self.session, self.state, self.saving) if self.session is not None else None

    def _tick(self) -> None:
        """What was under way a second ago already is told; shorter work only flickers."""
        super()._tick()
        before, self._told = self._told, self.under_way
        told = self._told
        same = told is not None and before is not None and told.work == before.work and not told.quiet
        self.query_one(FooterLine).working = f"{SPIN} {told.words}" if told is not None and same else ""
        if self._offered != (told is not None):
            self._offered = told is not None
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only while there is something to stop."""
        if action == "stop":
            return self.under_way is not None
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        """End it, and say what is done of it."""
        found, session = self.under_way, self.session
        if found is None or session is None:
            return
        if found.work == "writing":
            self._stop_writing(found)
        elif found.work == "reading":
            self._stop_reading(found)
        else:
            group, left = {
                "saving": ("saving", "nothing was written"),
                "planning": ("repair", "nothing was changed"),
            }.get(found.work, ("jobs", WORDS_OF_JOBS))
            self.workers.cancel_group(self, group)
            self._tell_stopped(found, left)

    def _stop_writing(self, found: UnderWay) -> None:
        """What is written at once cannot be halted; a rollout can be left to the controller, and nodes alone."""
        repair = self.session.repair if self.session is not None else None
        how = repair.stoppable if repair is not None else ""
        if repair is None or not how:
            self.notify("It is being written just now, which takes a moment. Press X again then.", severity="warning")
        elif how == "in time":
            repair.halt()
            self.notify("No further node is begun; those that are begun come to their end.", timeout=6)
        else:
            verifying = repair.state.phase == "verifying"
            left = "the test pod is removed" if verifying else "the change is made, and the controller rolls it out"
            self.workers.cancel_group(self, "writing")
            self._tell_stopped(found, left)

    @work(group="stopping")
    async def _stop_reading(self, found: UnderWay) -> None:
        if self.session is not None:
            await self.session.stop_reading()
            self._tell_stopped(found, "r reads on")

    def _tell_stopped(self, found: UnderWay, left: str) -> None:
        self.query_one(FooterLine).working = ""
        self.notify(f"Stopped ({found.words}): {left}.", timeout=6, markup=False)
