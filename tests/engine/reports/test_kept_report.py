"""The report of what is on disk: the latest thing done, be it a plan or an investigation without one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnitui.domain.investigation import Investigation, investigation_document
from cnitui.engine.investigations.earlier import INVESTIGATION, REPORT
from cnitui.engine.reports.kept_report import kept_report
from cnitui.errors import StateError
from cnitui.gateways.investigations import InvestigationShelf
from cnitui.gateways.journal import FileJournal

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EARLY, LATE = "20260304T100000Z-0001", "20260304T140000Z-0002"


class Disk:
    """A state folder with plans and investigations in it."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.shelf = FileJournal(folder), InvestigationShelf(folder)

    def plan(self, kept_id: str) -> None:
        body = {"title": f"the plan {kept_id}", "target": {}, "changes": []}
        self.journal.keep(kept_id, "plan", {"at": NOON.isoformat(), "plan": body})

    def investigation(self, kept_id: str, plan: str = "") -> None:
        kept = Investigation(kept_id, "prod", "https://one", NOON, NOON, plan=plan)
        self.shelf.keep(kept_id, INVESTIGATION, investigation_document(kept))
        self.shelf.keep(kept_id, REPORT, {"markdown": f"# Of {kept_id}\n", "document": {"schema": "x", "id": kept_id}})

    def report(self, kept_id: str = "") -> str:
        return kept_report(self.journal, self.shelf, kept_id, "markdown")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_without_anything_that_is_said(disk: Disk) -> None:
    with pytest.raises(StateError, match="nothing to report"):
        disk.report()


def test_the_latest_is_told(disk: Disk) -> None:
    disk.plan(EARLY)
    disk.investigation(LATE)
    assert disk.report() == f"# Of {LATE}\n"
    assert f"the plan {EARLY}" in disk.report(EARLY)


def test_a_plan_made_after_the_investigation_began_is_the_latest(disk: Disk) -> None:
    disk.investigation(EARLY)
    disk.plan(LATE)
    assert f"the plan {LATE}" in disk.report()
    assert disk.report(EARLY) == f"# Of {EARLY}\n"


def test_an_investigation_with_a_plan_is_told_by_the_plan(disk: Disk) -> None:
    disk.plan(EARLY)
    disk.investigation(LATE, plan=EARLY)
    assert f"the plan {EARLY}" in disk.report()
    assert f"the plan {EARLY}" in disk.report(LATE)


def test_other_forms_are_made_of_the_same(disk: Disk) -> None:
    disk.investigation(LATE)
    assert json.loads(kept_report(disk.journal, disk.shelf, "", "json"))["id"] == LATE


def test_an_id_of_nothing_is_said(disk: Disk) -> None:
    disk.investigation(LATE)
    with pytest.raises(StateError):
        disk.report(EARLY)
