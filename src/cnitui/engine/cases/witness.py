"""How things were before a plan: looked at just before it is applied, and kept beside it as a case file.

The file is a case like any other: redacted, bounded, opened with `--case`. Its diagnosis is the one that the plan was
chosen by. A later sitting with the same cluster finds it (`recall`).
"""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.recording import Hidden, KeptLog, Recording
from cnitui.domain.redaction import Redactor
from cnitui.domain.report import as_json
from cnitui.engine.cases.cleaning import redacted
from cnitui.engine.cases.collect import Bounds, collect
from cnitui.engine.repair.workbench import ACCOUNT
from cnitui.engine.reports.account import account_of, as_document
from cnitui.engine.services import Services
from cnitui.engine.state import Before, State
from cnitui.errors import CnituiError

CASE_BEFORE = "before.tar.gz"
"""The case file's name in a plan's folder."""
BOUNDS = Bounds(pods=200, nodes=24, size=16 << 20, within=10.0)
"""A plan that a person confirmed does not wait for long, and many plans are kept."""


class Witness:
    """Of one plan: looks first, and keeps what it saw once the plan has a place on disk."""

    def __init__(self, services: Services, state: State, kept: tuple[KeptLog, ...] = ()) -> None:
        self._services, self._logs = services, kept
        self._state = replace(state, before=None)
        self._seen: tuple[Recording, tuple[Hidden, ...]] | None = None
        self._trouble: CnituiError | None = None
        self.before: Before | None = None
        """What was seen, from `keep` on."""

    async def look(self) -> None:
        """Ask once more for all that the diagnosis rests on; never raises, for a plan does not depend on it."""
        files = self._services.files
        if files is None:
            return
        try:
            recording = await collect(self._services, self._state, files, self._logs, BOUNDS)
            self._seen = await redacted(recording)
        except CnituiError as error:
            self._trouble = error

    async def keep(self, plan_id: str) -> str:
        """Write the case file beside the plan; answers why that was not possible, "" when it was."""
        before = self.before = Before(plan_id, self._services.clock.now(), self._state)
        try:
            self._tell(before)
            await self._write(plan_id)
        except CnituiError as error:
            self._trouble = error
        return f"The state before is not kept on disk: {self._trouble.what}" if self._trouble else ""

    def _tell(self, before: Before) -> None:
        """The report as far as it goes: should this sitting end before the plan does, there is no other."""
        if self._state.diagnosis is not None:
            repair = replace(self._state.repair, applied=self._state.repair.preview)
            account = account_of(replace(self._state, repair=repair, before=before), before.at)
            self._services.journal.keep(before.plan_id, ACCOUNT, as_document(account))

    async def _write(self, plan_id: str) -> None:
        files = self._services.files
        if files is None or self._seen is None or self._state.diagnosis is None:
            return
        recording, hidden = self._seen
        diagnosis = Redactor().fact(self._state.diagnosis, "diagnosis.json")
        path = self._services.journal.place(plan_id, CASE_BEFORE)
        await files.write(path, recording, as_json(diagnosis), hidden, overwrite=True)
