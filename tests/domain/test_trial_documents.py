"""Experiments and tries come back from their documents as they were; anything else is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cnitui.domain.experiment import Attempt, Experiment, Try
from cnitui.domain.trial_documents import trial_document, trial_of

AT = datetime(2026, 11, 28, 12, 30, 1, tzinfo=UTC)
FAILS, WORKS = Attempt(1, "found no writeable directory", ("one", "two")), Attempt(0, "Done")
EXPERIMENT = Experiment("selinux-denial", "SELinux stops it", "type spc_t", "worker-01", "install-cni", FAILS, FAILS,
                        WORKS, "r1", AT)  # fmt: skip
TRY = Try("20261128T080114Z-8d08", "privileged", "worker-01", "install-cni", FAILS, WORKS, AT)
SILENT = Experiment("a", "b", "c", "d", "e", FAILS, Attempt(None, ""))
ALONE = Experiment("selinux-denial", "SELinux stops it", "type spc_t", "worker-01", "install-cni", FAILS, WORKS)


@pytest.mark.parametrize("found", [EXPERIMENT, TRY, ALONE, SILENT])
def test_they_come_back_as_they_were(found: Experiment | Try) -> None:
    written = json.loads(json.dumps(trial_document(found, "prod", "https://10.0.0.1:6443")))
    assert (written["context"], written["server"]) == ("prod", "https://10.0.0.1:6443")
    assert trial_of(written) == found


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "cnitui/plan/v1"},
        {"schema": None},
        {"cause": 7},
        {"control": None},
        {"control": {"exit_code": "1", "log": [], "last_words": ""}},
        {"control": {"exit_code": 1, "log": "x", "last_words": ""}},
        {"variant": []},
        {"at": "yesterday"},
    ],
    ids=str,
)
def test_what_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"schema|expected|attempt|isoformat"):
        trial_of({**trial_document(EXPERIMENT, "prod", ""), **change})


def test_what_is_read_back_is_bounded() -> None:
    document = {**trial_document(TRY, "", ""), "title": "x" * 100_000}
    document["tried"] = {"exit_code": 1, "last_words": "", "log": ["y" * 100_000] * 20_000}
    found = trial_of(document)
    assert isinstance(found, Try)
    assert (len(found.title), len(found.tried.log), len(found.tried.log[0])) == (4_000, 10_000, 4_000)
