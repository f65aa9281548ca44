"""The rules must generalise: other words of the same mechanism land in the right class."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.parsing.pasted import case_of
from cnitui.domain.parsing.recorded import blocks_of_evidence

TABLE = Path(__file__).with_name("variations.tsv")
KEYS = {"pods": "pod_status", "events": "events", "describe": "describe"}
ROWS = [line.split("\t") for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]


def evidence_of(parts: str) -> dict[str, object]:
    """The map that a recorded case would hold."""
    logs: dict[str, object] = {}
    node: dict[str, object] = {}
    reported: list[str] = []
    evidence: dict[str, object] = {"logs": logs, "node": node, "reported": reported}
    for part in parts.split(" ## "):
        origin, _, escaped = part.partition("|")
        text = escaped.replace("\\n", "\n").replace("\\\\", "\\")
        if origin == "reported":
            reported.append(text)
        elif origin in KEYS:
            evidence[KEYS[origin]] = text
        elif origin.startswith("node "):
            node[origin.removeprefix("node ")] = text
        else:
            logs[origin] = text
    return evidence


def judged(parts: str) -> Diagnosis:
    return diagnose(case_of(blocks_of_evidence(evidence_of(parts), "variation"), "variation"))


@pytest.mark.parametrize(("fair", "parts"), ROWS, ids=[row[1][:60] for row in ROWS])
def test_a_variation_lands_in_its_class_and_no_other_is_claimed(fair: str, parts: str) -> None:
    diagnosis = judged(parts)
    answers = fair.split()
    first = diagnosis.findings[0].cause
    assert first in answers or ("unknown" in answers and not diagnosis.confident)
    assert {finding.cause for finding in diagnosis.confident} <= set(answers)


@pytest.mark.parametrize(("fair", "parts"), ROWS, ids=[row[1][:60] for row in ROWS])
def test_every_confident_verdict_quotes_its_evidence_with_its_source(fair: str, parts: str) -> None:
    for finding in judged(parts).confident:
        assert all(piece.quote and piece.source for piece in finding.judgement.evidence_for)
        assert finding.judgement.evidence_for
