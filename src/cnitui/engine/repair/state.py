"""Where a repair stands, as one frozen value."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cnitui.domain.finding import Diagnosis
from cnitui.domain.remedies import Advice
from cnitui.engine.repair.outlook import NO_OUTLOOK, Entry, Outlook, key_of
from cnitui.engine.repair.outlook import Option as Option
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.repair.verify import Check
from cnitui.errors import CnituiError
from cnitui.late_dataclass import dataclass

Phase = Literal["idle", "planning", "planned", "applying", "applied", "verifying", "verified"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something we did, and when: for the report and the timeline."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class RepairState:
    """Where the repair stands; `preview` is what a confirmation would carry out, `undoing` says it takes one back."""

    outlook: Outlook = NO_OUTLOOK
    considered: str = ""
    chosen: str = ""
    no_plan: str = ""
    """Why the chosen remedy has no plan here."""
    preview: Preview | None = None
    phase: Phase = "idle"
    error: CnituiError | None = None
    applied: Preview | None = None
    diagnosed: Diagnosis | None = None
    """What was known when the plan was applied; after a repair the cluster shows no cause any more."""
    override: str = ""
    rollout: Rollout | None = None
    checks: tuple[Check, ...] = ()
    undoing: bool = False
    undone: bool = False
    notes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """All remedies, those that fit first."""
        return self.outlook.options

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What to do by hand against the causes found."""
        return self.outlook.advice

    @property
    def busy(self) -> bool:
        """Whether something is under way that must end first."""
        return self.phase in ("planning", "applying", "verifying")

    @property
    def entry(self) -> Entry | None:
        """What the user looks at of all there is to choose from, else the first: what helps."""
        entries = self.outlook.entries
        wanted = (entry for entry in entries if key_of(entry) == self.considered)
        return next(wanted, entries[0] if entries else None)
