"""Experiments and tries that outlive their sitting: kept in the journal, found again for the same cluster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cnitui.domain.documents import as_mapping
from cnitui.domain.experiment import Experiment, Try
from cnitui.domain.trial_documents import trial_document, trial_of
from cnitui.engine.ports import Journal
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import StateError

NAME = "trial"
"""Of the document in the journal."""
NEWEST = 50
"""Documents that are looked at, the newest."""
STALE_AFTER = timedelta(days=1)
"""An older experiment tells of another incident, whatever it looks like."""


def keep(bench: Workbench, found: Experiment | Try) -> None:
    """Put it into the journal under an id of its own; raises StateError."""
    document = trial_document(found, bench.api.connection.context, bench.api.connection.server)
    bench.journal.keep(bench.journal.new_id(bench.clock.now()), NAME, document)


def kept_trials(journal: Journal, context: str, server: str, at: datetime) -> tuple[Experiment | Try, ...]:
    """Those of a cluster made within a day before `at`, oldest first; what cannot be read is passed over."""
    return tuple(one for one in _read(journal, context, server) if _recent(one, at))


def _read(journal: Journal, context: str, server: str) -> Iterator[Experiment | Try]:
    try:
        ids = journal.plans()[-NEWEST:]
    except StateError:
        return
    for kept_id in ids:
        try:
            document = as_mapping(journal.load(kept_id, NAME))
            found = trial_of(document)
        except (StateError, ValueError):
            continue  # a plan, or something of another release
        if (document.get("context"), document.get("server")) == (context, server):
            yield found


def _recent(found: Experiment | Try, at: datetime) -> bool:
    return found.at is not None and timedelta(0) <= at - found.at < STALE_AFTER
