"""How things were before a plan: kept beside it as a case, found by a later sitting, and told in its report."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cnitui.domain.documents import as_mapping
from cnitui.domain.facts import SelinuxMode
from cnitui.engine.cases.recall import STALE_AFTER, recall
from cnitui.engine.cases.witness import CASE_BEFORE, Witness
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.workbench import OUTCOME, PLAN, UNDONE
from cnitui.engine.reports.plan_report import as_plan_markdown, plan_report
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.sitting import sitting
from cnitui.engine.state import Before
from cnitui.errors import StateError
from cnitui.gateways.bundle import read_bundle
from cnitui.lab import Lab
from tests.engine.fake_sitting import running, until
from tests.engine.lab_case import connected


@asynccontextmanager
async def repaired(folder: Path) -> AsyncIterator[tuple[Services, Session]]:
    """A sitting that has applied the plan of the guide and verified it."""
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab, connected(lab, folder) as (opened, _):
        session = Session(opened)
        async with running(session):
            await until(session, lambda state: state.settled and state.failing)
            await session.choose_remedy("patch-daemonset")
            await session.apply(Confirmation(session.state.connection.context))
            assert session.state.repair.error is None
            await until(session, lambda state: state.before is not None and not state.failing)
            yield opened, session


async def test_the_state_before_is_a_case_beside_the_plan_and_a_later_sitting_finds_it(tmp_path: Path) -> None:
    async with repaired(tmp_path) as (opened, session):
        before = session.state.before
        assert before is not None
        assert before.nodes == ("worker-01", "worker-02")
        assert before.state.before is None

        path = opened.journal.place(before.plan_id, CASE_BEFORE)
        assert path.stat().st_mode & 0o777 == 0o600
        assert read_bundle(path).context == session.state.connection.context

        later = await recall(opened, session.state.connection)
        assert later is not None
        assert (later.plan_id, later.nodes) == (before.plan_id, before.nodes)
        assert later.state.case.value(SelinuxMode, "worker-01") == before.state.case.value(SelinuxMode, "worker-01")
        assert [f.cause for f in later.state.diagnosis.confident] == ["selinux-denial"]  # type: ignore[union-attr]

        report = plan_report(opened.journal)
        pairs = {
            one["node"]: (as_mapping(one["before"])["exit_code"], as_mapping(one["now"])["exit_code"])
            for one in as_mapping(report["before_and_now"])["attempts"]  # type: ignore[attr-defined]
        }
        assert pairs == {"worker-01": (1, 0), "worker-02": (1, 0)}
        assert "found no writeable directory" in as_plan_markdown(report)
        assert "Done configuring CNI" in as_plan_markdown(report)

        await forgotten(opened, session, before)


async def forgotten(opened: Services, session: Session, before: Before) -> None:
    """What belongs to another cluster, to another day, or was taken back is not recalled."""
    connection, journal = session.state.connection, opened.journal
    assert await recall(opened, replace(connection, server="https://elsewhere")) is None
    plan = as_mapping(journal.load(before.plan_id, PLAN))
    journal.keep(before.plan_id, PLAN, {**plan, "at": (before.at - STALE_AFTER - timedelta(1)).isoformat()})
    assert await recall(opened, connection) is None
    journal.keep(before.plan_id, PLAN, plan)
    assert await recall(opened, connection) is not None
    path = journal.place(before.plan_id, CASE_BEFORE)
    path.write_bytes(path.read_bytes()[:500])
    assert await recall(opened, connection) is None, "a damaged file is no reason to fail"
    journal.keep(before.plan_id, OUTCOME, {"state": "refused"})
    assert await recall(opened, connection) is None
    journal.keep(before.plan_id, OUTCOME, {"state": "done"})
    journal.keep(before.plan_id, UNDONE, {"by": before.plan_id})
    assert await recall(opened, connection) is None


async def test_a_sitting_that_dies_with_the_plan_begun_leaves_its_report(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab, connected(lab, tmp_path) as (opened, _):
        state = await sitting(opened, 30)
        plan_id = opened.journal.new_id(opened.clock.now())
        witness = Witness(opened, state)
        await witness.look()
        assert await witness.keep(plan_id) == ""
        opened.journal.keep(plan_id, PLAN, {"context": state.connection.context})
        told = as_mapping(plan_report(opened.journal)["before_and_now"])
    pairs = [(one["node"], bool(one["before"]), one["now"]) for one in told["attempts"]]  # type: ignore[attr-defined]
    assert pairs == [("worker-01", True, None), ("worker-02", True, None)]
    assert told["changes"] == []


class FullDisk:
    """Journals on which case files do not fit."""

    def __init__(self, files: object) -> None:
        self._files = files

    def __getattr__(self, name: str) -> object:
        return getattr(self._files, name)

    async def write(self, *_: object, **__: object) -> None:
        raise StateError("there is no room")


@pytest.mark.parametrize("files", [FullDisk, lambda _: None])
async def test_a_plan_does_not_depend_on_it(tmp_path: Path, files: object) -> None:
    async with Lab.start("selinux-denial", speed=20, seed=7) as lab, connected(lab, tmp_path) as (whole, _):
        opened = replace(whole, files=files(whole.files))  # type: ignore[operator]
        session = Session(opened)
        async with running(session):
            await until(session, lambda state: state.settled and state.failing)
            await session.choose_remedy("patch-daemonset")
            await session.apply(Confirmation(session.state.connection.context))
            repair = session.repair.state
            assert (repair.error, repair.phase) == (None, "verified")
            assert [note for note in repair.notes if "no room" in note] == repair_notes(files)
            before = session.state.before
            assert before is not None, "this sitting knows it nevertheless"
            assert not opened.journal.place(before.plan_id, CASE_BEFORE).exists()


def repair_notes(files: object) -> list[str]:
    return ["The state before is not kept on disk: there is no room"] if files is FullDisk else []
