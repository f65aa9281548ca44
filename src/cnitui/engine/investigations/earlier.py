"""The investigation to go on with: the newest of the same cluster that has not come to its end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from cnitui.domain.documents import as_mapping
from cnitui.domain.investigation import Investigation, SeenLog, investigation_of, logs_of
from cnitui.engine.ports import Connection, Journal, Shelf
from cnitui.engine.repair.kept_plan import in_flight
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass

INVESTIGATION, LOGS, DIAGNOSIS, REPORT = "investigation", "logs", "diagnosis", "report"
"""Names of its documents."""
NEWEST = 10
"""Investigations that are kept, the newest."""
STALE_AFTER = timedelta(days=1)
"""An older one tells of another incident."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An investigation of an earlier sitting, with the logs that were seen in it."""

    investigation: Investigation
    logs: tuple[SeenLog, ...] = ()


def earlier(shelf: Shelf, journal: Journal, connection: Connection, now: datetime) -> Earlier | None:
    """The newest of this cluster, unless it is over or a day old; it is claimed then.

    What cannot be read, and what another sitting is at, is passed over. The journal knows of a plan before the
    investigation does.
    """
    for kept_id in reversed(_newest(shelf)):
        kept = kept_investigation(shelf, kept_id)
        here = kept is not None and (kept.context, kept.server) == (connection.context, connection.server)
        if kept is not None and here and shelf.claim(kept_id):
            if kept.over or not timedelta(0) <= now - kept.at < STALE_AFTER:
                shelf.release(kept_id)
                return None
            plan = kept.plan or in_flight(journal, connection, kept.began)
            return Earlier(replace(kept, plan=plan), _logs(shelf, kept_id))
    return None


def kept_investigation(shelf: Shelf, kept_id: str) -> Investigation | None:
    """What is kept under an id, where that can be read."""
    with suppress(StateError, ValueError):
        kept = investigation_of(as_mapping(shelf.load(kept_id, INVESTIGATION)))
        return kept if kept.id == kept_id else None
    return None


def _newest(shelf: Shelf) -> tuple[str, ...]:
    with suppress(StateError):
        return shelf.ids()[-NEWEST:]
    return ()


def _logs(shelf: Shelf, kept_id: str) -> tuple[SeenLog, ...]:
    with suppress(StateError, ValueError):
        return logs_of(as_mapping(shelf.load(kept_id, LOGS)))
    return ()
