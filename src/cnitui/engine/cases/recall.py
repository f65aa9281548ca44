"""What a sitting knows of an earlier one: how things were before the latest plan that was applied to this cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from cnitui.domain.documents import as_mapping, moment
from cnitui.engine.cases.replay import replayed
from cnitui.engine.cases.witness import CASE_BEFORE
from cnitui.engine.ports import Connection, Journal
from cnitui.engine.repair.workbench import OUTCOME, PLAN, REFUSED, UNDONE, kept_part
from cnitui.engine.services import Services
from cnitui.engine.sitting import sitting
from cnitui.engine.state import Before
from cnitui.errors import CnituiError, StateError

STALE_AFTER = timedelta(days=1)
"""An older plan belongs to another incident, whatever it looks like."""
NEWEST = 20
"""Plans that are looked at, the newest."""
JUDGED_WITHIN = 30.0


async def recall(services: Services, connection: Connection) -> Before | None:
    """The state before the latest plan of this cluster, judged anew from its case file; None when there is none."""
    files = services.files
    latest = next(_plans(services.journal, connection, services.clock.now()), None)
    if files is None or latest is None or services.recorded is not None:
        return None
    plan_id, at = latest
    try:
        path = services.journal.place(plan_id, CASE_BEFORE)
        recording = await files.read(path)
        state = await sitting(replayed(recording, files, services.render, path.name), JUDGED_WITHIN)
    except CnituiError:
        return None
    return Before(plan_id, at, replace(state, connection=connection))


def _plans(journal: Journal, connection: Connection, now: datetime) -> Iterator[tuple[str, datetime]]:
    """The plans of this cluster that were applied lately and changed something, the newest first."""
    try:
        ids = journal.plans()[-NEWEST:]
    except StateError:
        return
    for plan_id in reversed(ids):
        plan, outcome = kept_part(journal, plan_id, PLAN), kept_part(journal, plan_id, OUTCOME)
        own = (plan.get("context"), plan.get("server")) == (connection.context, connection.server)
        changed = outcome.get("state") not in (None, REFUSED) and not kept_part(journal, plan_id, UNDONE)
        at = moment(plan.get("at"))
        undoing = "undoes" in as_mapping(as_mapping(plan.get("plan")).get("facts"))
        if own and changed and not undoing and at is not None and timedelta(0) <= now - at < STALE_AFTER:
            yield plan_id, at
