"""Step 2: the known messages in logs and events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import Source
from cnitui.domain.facts import AttemptLogs
from cnitui.engine.guide.blocks import Heading, Item, Paragraph, Quote
from cnitui.engine.guide.known_reports import known_messages
from tests.engine.guide.states import (
    FATAL,
    cluster,
    incident,
    items,
    judged,
    read,
    step,
)


def test_a_recognised_message_is_quoted_with_its_source_its_meaning_and_its_nodes() -> None:
    view = step(incident(), 2)
    assert (view.state, view.summary) == ("fail", "1 known")
    assert Heading("worker-01, worker-02") in view.blocks
    assert Quote(FATAL, "look at worker-01 line 1") in view.blocks
    assert "selinux-denial" in next(block for block in view.blocks if isinstance(block, Item)).detail


def test_a_message_of_thousands_of_nodes_is_shown_once_with_a_bounded_list() -> None:
    state = judged(read(cluster([f"w{number:03}" for number in range(300)])))
    view = step(state, 2)
    assert [block.text for block in view.blocks if isinstance(block, Heading)] == [
        "w000, w001, w002, w003, w004 and 295 more"
    ]
    assert len(known_messages(state)[0].nodes) == 300


def test_while_logs_are_being_read_the_step_says_so() -> None:
    view = step(replace(judged(cluster()), settled=False), 2)
    assert (view.state, view.summary) == ("running", "reading logs")


def test_logs_that_may_not_be_read_are_unknown_with_the_reason() -> None:
    state = cluster()
    case = state.case.with_unavailable(AttemptLogs, "you may not get pods/log", Source("kubectl logs"), "worker-01")
    view = step(judged(replace(state, case=case)), 2)
    assert (view.state, view.summary) == ("unknown", "none known")
    assert items(view.blocks) == ["worker-01: logs not readable: you may not get pods/log"]


def test_unreadable_logs_of_many_nodes_are_bounded() -> None:
    state = cluster([f"w{number:03}" for number in range(100)])
    case = state.case
    for failing in state.failing:
        case = case.with_unavailable(AttemptLogs, "no", Source("kubectl logs"), failing.node)
    view = step(judged(replace(state, case=case)), 2)
    assert len(items(view.blocks)) == 5
    assert view.blocks[-1] == Paragraph("and 95 more nodes", "dim")


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_when_nothing_fails_no_step_looks_for_a_reason(number: int) -> None:
    view = step(judged(cluster((), ("master-01",))), number)
    assert (view.state, view.summary) == ("pass", "nothing fails")
