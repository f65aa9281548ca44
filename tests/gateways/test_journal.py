"""The journal: on disk before it returns, for its owner only, and honest when the disk is not willing."""

from __future__ import annotations

import errno
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from cnitui.errors import StateError
from cnitui.gateways.journal import FileJournal

NOW = datetime(2026, 11, 23, 15, 46, 16, 123456, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path / "state" / "cnitui", lambda: NOW)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_looking_around_leaves_nothing_behind(journal: FileJournal) -> None:
    assert journal.plans() == ()
    assert not journal.folder.exists()


def test_audit_lines_are_appended_as_json_with_their_time(journal: FileJournal) -> None:
    journal.audit("apply", {"context": "lab", "object": "DaemonSet a/b\n\x1b[31m"})
    journal.audit("applied", {})
    lines = (journal.folder / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["apply", "applied"]
    assert json.loads(lines[0]) == {
        "time": "2026-11-23T15:46:16.123Z",
        "event": "apply",
        "context": "lab",
        "object": "DaemonSet a/b\n\x1b[31m",
    }
    assert "\x1b" not in lines[0]


def test_everything_is_for_its_owner_only(journal: FileJournal) -> None:
    old = os.umask(0)
    try:
        journal.audit("apply", {})
        path = journal.keep("20261123T154616Z-1a2b", "preimage", {})
    finally:
        os.umask(old)
    assert {mode(journal.folder), mode(path.parent), mode(path.parent.parent)} == {0o700}
    assert {mode(path), mode(journal.folder / "audit.jsonl")} == {0o600}


def test_a_line_cut_by_a_crash_does_not_swallow_the_next_one(journal: FileJournal) -> None:
    journal.audit("apply", {})
    with (journal.folder / "audit.jsonl").open("a") as file:
        file.write('{"time": "20')
    journal.audit("applied", {})
    last = (journal.folder / "audit.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["event"] == "applied"


def test_documents_are_kept_replaced_and_read_back(journal: FileJournal) -> None:
    plan = journal.new_id(NOW)
    journal.keep(plan, "outcome", {"state": "begun"})
    path = journal.keep(plan, "outcome", {"state": "done", "at": NOW, "facts": MappingProxyType({"a": "b"})})
    assert journal.load(plan, "outcome") == {"state": "done", "at": "2026-11-23T15:46:16.123Z", "facts": {"a": "b"}}
    assert [entry.name for entry in path.parent.iterdir()] == ["outcome.json"]


def test_ids_are_utc_time_and_four_hex_digits_oldest_first(journal: FileJournal) -> None:
    ids = [journal.new_id(NOW.replace(hour=hour)) for hour in (3, 1, 2)]
    for plan in ids:
        journal.keep(plan, "plan", {})
    (journal.folder / "plans" / "notes.txt").write_text("mine")
    assert journal.plans() == tuple(sorted(ids))
    assert all(re.fullmatch(r"20261123T0[123]4616Z-[0-9a-f]{4}", plan) for plan in ids)


@pytest.mark.parametrize("plan", ["../../etc", "", "20261123T154616Z-zzzz", "x" * 300])
def test_a_plan_id_is_never_a_path(journal: FileJournal, plan: str) -> None:
    with pytest.raises(StateError, match="no plan's id"):
        journal.load(plan, "plan")


def test_a_document_that_is_absent_or_broken_is_said(journal: FileJournal) -> None:
    plan = journal.new_id(NOW)
    with pytest.raises(StateError, match=r"plan\.json cannot be read: No such file"):
        journal.load(plan, "plan")
    journal.keep(plan, "plan", {}).write_text("{")
    with pytest.raises(StateError, match="is not JSON"):
        journal.load(plan, "plan")


def test_a_folder_that_is_a_file_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    journal = FileJournal(tmp_path / "state")
    with pytest.raises(StateError, match=r"audit\.jsonl cannot be written: .*Make room"):
        journal.audit("apply", {})
    with pytest.raises(StateError, match="cannot be written"):
        journal.keep(journal.new_id(NOW), "plan", {})
    with pytest.raises(StateError, match="cannot be read"):
        journal.plans()


def test_a_full_disk_leaves_the_old_document_whole(journal: FileJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = journal.new_id(NOW)
    path = journal.keep(plan, "plan", {"old": True})

    def full(_descriptor: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StateError, match="No space left on device"):
        journal.keep(plan, "plan", {"new": True})
    with pytest.raises(StateError, match="No space left on device"):
        journal.audit("apply", {})
    monkeypatch.undo()
    assert journal.load(plan, "plan") == {"old": True}
    assert [entry.name for entry in path.parent.iterdir()] == ["plan.json"]
