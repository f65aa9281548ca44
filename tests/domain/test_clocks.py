"""What is said of clocks: in one unit, by whose clock, and nothing where they are in step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cnitui.domain.clocks import astray, clocks_astray
from cnitui.domain.comparison import UNKNOWN, compare
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeClock
from cnitui.domain.questions import RUNTIME_QUESTIONS
from tests.engine.guide.states import observed


def case_of(**ahead: timedelta | None) -> CaseFile:
    """Nodes by name, and how far their clocks are ahead."""
    case = CaseFile()
    for node, by in ahead.items():
        case = observed(case, node, NodeClock(by))
    return case


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(7, "7s ahead"), (-119, "119s behind"), (120, "2m ahead"), (-108_000, "30h behind"), (31_536_000, "365d ahead")],
)
def test_a_skew_is_told_in_one_unit(seconds: int, words: str) -> None:
    assert astray(case_of(worker=timedelta(seconds=seconds)), "worker") == words


def test_clocks_in_step_and_clocks_nobody_compared_are_not_astray() -> None:
    case = case_of(a=timedelta(), b=None)
    assert [astray(case, node) for node in ("a", "b", "c")] == ["", "", ""]
    assert clocks_astray(case, "abc") == ()


def test_nodes_with_the_same_skew_are_one_sentence() -> None:
    behind = timedelta(hours=-30)
    first, second = clocks_astray(case_of(a=behind, b=timedelta(seconds=9), c=behind), "abc")
    assert first.startswith("By the API server's clock, a, c are 30h behind.")
    assert second.startswith("By the API server's clock, b is 9s ahead.")


def test_the_comparison_tells_a_clock_that_could_not_be_compared_from_one_in_step() -> None:
    rows = compare(case_of(a=timedelta(), b=None, c=timedelta(hours=2)), "a", ["b", "c"], RUNTIME_QUESTIONS).rows
    (clock,) = [row for row in rows if row.label == "clock"]
    assert clock.cells[0] == "in step with the API server's"
    assert any(cell.startswith(UNKNOWN) for cell in clock.cells)
    assert "2h ahead of the API server's" in clock.cells
