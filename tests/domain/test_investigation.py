"""An investigation as a document: nothing is lost on the way, and what is none is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cnitui.domain.investigation import (
    LONGEST_LOG,
    Done,
    Investigation,
    SeenLog,
    investigation_document,
    investigation_of,
    logs_document,
    logs_of,
)

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
KEPT = Investigation(
    "20260304T120000Z-1a2b", "prod", "https://10.0.0.1:6443", NOON, NOON, "confirmed: no space on worker-01",
    8, (3, 5), "patch-daemonset", "20260304T121000Z-3c4d", (Done(NOON, "previewed it"),),
)  # fmt: skip


def test_what_is_written_is_read_back() -> None:
    assert investigation_of(json.loads(json.dumps(investigation_document(KEPT)))) == KEPT


def test_logs_are_read_back_and_bounded() -> None:
    seen = (SeenLog("worker-01", "install-cni", "containerd://1", "x" * (LONGEST_LOG + 9)),)
    (read,) = logs_of(json.loads(json.dumps(logs_document(seen))))
    assert (read.node, read.run, len(read.text)) == ("worker-01", "containerd://1", LONGEST_LOG)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "cnitui/investigation/v9"),
        ("context", 7),
        ("at", "yesterday"),
        ("step", "eight"),
        ("skipped", {}),
        ("done", ["previewed it"]),
    ],
)
def test_what_is_no_investigation_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|isoformat"):
        investigation_of({**investigation_document(KEPT), key: value})


@pytest.mark.parametrize(("step", "shown"), [(0, 1), (11, 11), (99, 11)])
def test_a_step_is_one_of_the_guide(step: int, shown: int) -> None:
    assert investigation_of({**investigation_document(KEPT), "step": step}).step == shown
