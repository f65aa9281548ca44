"""Writes down where an investigation stands, a moment after that changed, so that a crash or kill -9 loses a moment.

What is written leaves the program, so it is redacted like a case file. That it cannot be written stops nothing: it
is tried again with the next change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from cnitui.domain.facts import PodStatus
from cnitui.domain.finding import Diagnosis
from cnitui.domain.investigation import (
    Done,
    Investigation,
    SeenLog,
    investigation_document,
    logs_document,
)
from cnitui.domain.listing import listed
from cnitui.domain.redaction import Redactor
from cnitui.domain.report import as_data
from cnitui.engine.investigations.earlier import DIAGNOSIS, INVESTIGATION, LOGS, NEWEST, REPORT, Earlier, earlier
from cnitui.engine.logs.attempts import runs_of
from cnitui.engine.logs.board import LogBoard
from cnitui.engine.ports import Clock, Connection, Journal, Shelf
from cnitui.engine.state import State
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass

PAUSE = 2.0
"""Seconds between two writes at least."""
LAST_WRITE = 0.2
"""Seconds that the end of a sitting waits for the last one."""
GOES_ON_EVERY = 60.0
"""Seconds after which logs that went on and nodes that were read are written, though nothing else has changed.

Of thousands of nodes some are read every few seconds, and each report is a tenth of a second's work.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is written at once; a part that is None stays as it is on disk."""

    investigation: Investigation
    diagnosis: Diagnosis | None = None
    logs: tuple[SeenLog, ...] | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the user is in the guide."""

    step: int = 1
    skipped: tuple[int, ...] = ()


class Keeper:
    """Keeps the investigation of one sitting; begins one when something fails, or goes on with an earlier one."""

    def __init__(
        self,
        shelf: Shelf,
        journal: Journal,
        clock: Clock,
        seen: Callable[[], tuple[SeenLog, ...]],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._shelf, self._journal, self._clock, self._seen = shelf, journal, clock, seen
        self._changed = changed
        self._kept: Investigation | None = None
        self._diagnosis: Diagnosis | None = None
        self._written: Diagnosis | None = None
        self._state: State | None = None
        self._logs: tuple[SeenLog, ...] = ()
        self._position = Position()
        self._due = asyncio.Event()
        self._recalled = False
        self.earlier: Earlier | None = None
        """The one to go on with, until somebody decided."""
        self.trouble = ""
        """Why the newest write failed, "" when it did not; `changed` is called when that is another."""

    # --- an earlier one -------------------------------------------------------------------------------------------

    async def look_for_earlier(self, connection: Connection) -> None:
        """Find out whether there is one to go on with."""
        now = self._clock.now()
        self.earlier = await self._shelf.aside(lambda: earlier(self._shelf, self._journal, connection, now))

    def recall(self, board: LogBoard, pod_on: Callable[[str], PodStatus | None]) -> None:
        """Bring back, once, the logs that the earlier one saw and the kubelet no longer serves."""
        if self.earlier is not None and not self._recalled:
            board.recall(self.earlier.logs, lambda log: log.run in _served(pod_on(log.node), log.container))
        self._recalled = True

    def offered(self, state: State) -> Earlier | None:
        """The earlier one, where there is something to go on with: nodes that fail, or a plan that was applied."""
        found = self.earlier
        return found if found is not None and (state.failing or found.investigation.plan) else None

    def go_on(self, position: Position | None = None) -> Investigation | None:
        """Go on with the earlier one, under its id, at its place or at that position."""
        found, self.earlier = self.earlier, None
        if found is None:
            return None
        self._kept = found.investigation
        self._position = position or Position(self._kept.step, self._kept.skipped)
        return self._kept

    def leave_earlier(self) -> None:
        """Leave it for another time."""
        found, self.earlier = self.earlier, None
        if found is not None:
            self._shelf.release(found.investigation.id)

    async def begin_anew(self) -> None:
        """Leave the earlier one as it is; nobody is asked about it again."""
        found, self.earlier = self.earlier, None
        if found is not None:
            await self._write(Standing(replace(found.investigation, over=True)))
            self._shelf.release(found.investigation.id)

    @property
    def id(self) -> str:
        """Under which this one is kept, "" before there is anything to keep."""
        return self._kept.id if self._kept is not None else ""

    # --- this one -------------------------------------------------------------------------------------------------

    def at(self, position: Position, state: State) -> None:
        """The user is at another place in the guide."""
        self._position = position
        self.take(state)

    def take(self, state: State) -> None:
        """A new state; cheap, and nothing is written before somebody decided about an earlier investigation."""
        if self.earlier is not None or (self._kept is None and not _worth_keeping(state)):
            return
        before = self._kept or self._begun(state)
        self._diagnosis, self._state = known(state) or self._diagnosis, state
        now = _standing(before, state, self._position)
        if self._kept is None or now != before:
            self._kept = replace(now, at=self._clock.now())
            self._due.set()

    def _begun(self, state: State) -> Investigation:
        now, connection = self._clock.now(), state.connection
        kept_id = self._shelf.new_id(now)
        self._shelf.claim(kept_id)
        return Investigation(kept_id, connection.context, connection.server, now, now)

    async def run(self) -> None:
        """Write whenever something is due, until cancelled; then once more what is still due.

        Not at once: the first rows go before, and what they begin with is no loss.
        """
        try:
            await self._clock.sleep(PAUSE)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOES_ON_EVERY):
                        await self._due.wait()
                await self._save()
                await self._clock.sleep(PAUSE)
        finally:
            if self._due.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WRITE):
                        await self._save()
            self.leave_earlier()
            if self._kept is not None:
                self._shelf.release(self._kept.id)

    async def _save(self) -> None:
        """Write what differs from what is on disk."""
        due = self._due.is_set()
        self._due.clear()
        if self._kept is None:
            return
        logs = self._seen()
        if due or logs != self._logs or self._diagnosis is not self._written:
            self._logs, self._written = logs, self._diagnosis
            self._kept = self._kept if due else replace(self._kept, at=self._clock.now())
            await self._write(Standing(self._kept, self._diagnosis, logs, self._state))

    async def _write(self, standing: Standing) -> None:
        before = self.trouble
        try:
            await self._shelf.aside(lambda: write(self._shelf, standing))
            self.trouble = ""
        except StateError as error:
            self.trouble = str(error)
        if self.trouble != before:
            self._changed()


def write(shelf: Shelf, standing: Standing) -> None:
    """Write the documents, redacted, the investigation last: it makes the others count. Raises StateError."""
    kept = standing.investigation
    redactor = Redactor()
    documents = {
        LOGS: logs_document(standing.logs) if standing.logs is not None else None,
        DIAGNOSIS: as_data(standing.diagnosis) if standing.diagnosis is not None else None,
        REPORT: _report(standing.state, kept.at) if standing.state is not None else None,
        INVESTIGATION: investigation_document(kept),
    }
    for name, document in documents.items():
        if document is not None:
            shelf.keep(kept.id, name, redactor.document(document, name))
    for old in shelf.ids()[:-NEWEST]:
        shelf.drop(old)


def _report(state: State, at: datetime) -> dict[str, object] | None:
    """The report in the forms that cannot be made from one another; None before anything was judged."""
    from cnitui.engine.reports.account import account_of, as_document  # what tells is imported when it is told
    from cnitui.engine.reports.account_markdown import as_account_markdown

    try:
        account = account_of(state, at)
    except StateError:
        return None
    return {"markdown": as_account_markdown(account), "document": as_document(account)}


# --- from a state ---------------------------------------------------------------------------------------------------


def _worth_keeping(state: State) -> bool:
    return bool(state.failing) or state.repair.applied is not None


def _standing(before: Investigation, state: State, position: Position) -> Investigation:
    """The same investigation as this state shows it; its time stays until something else is new."""
    repair = state.repair
    applied = repair.applied.plan_id if repair.applied is not None else before.plan
    return replace(
        before,
        found=_found(known(state)) or before.found,
        step=position.step,
        skipped=position.skipped,
        considered=repair.considered or before.considered,
        plan="" if repair.undone else applied,
        done=tuple(Done(action.at, action.words) for action in repair.actions),
        over=_over(state),
    )


def known(state: State) -> Diagnosis | None:
    """What is known of the incident: once a plan is applied, what was known then, since what failed is going."""
    return state.diagnosis if state.repair.applied is None else state.repair.diagnosed


def _found(diagnosis: Diagnosis | None) -> str:
    """`confirmed: SELinux stops install-cni on worker-01, worker-02`; "" while nothing fails."""
    if diagnosis is None or diagnosis.status == "healthy":
        return ""
    leading = diagnosis.leading
    if leading is None or not leading.verdict.confident:
        return "no cause is proven yet"
    return f"{leading.verdict.words}: {leading.title} on {listed(sorted((*leading.nodes, *leading.alike)))}"


def _over(state: State) -> bool:
    """Whether there is nothing left to go on with."""
    healthy = state.settled and not state.failing and state.diagnosis is not None
    return healthy and state.repair.phase in ("idle", "verified")


def _served(pod: PodStatus | None, container: str) -> frozenset[str]:
    """The attempts of which the kubelet still has the log."""
    found = pod.container(container) if pod is not None else None
    return frozenset(run.container_id for run, _, _ in runs_of(found)) if found is not None else frozenset()
