"""The rules must generalise: other words of the same mechanism land in the right class."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.parsing.paste import Block, BlockKind
from cnitui.domain.parsing.pasted import case_of

TABLE = Path(__file__).with_name("variations.tsv")
KINDS: dict[str, BlockKind] = {"reported": "words", "events": "events", "describe": "describe", "pods": "pods"}
ROWS = [line.split("\t") for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]


def judged(origin: str, text: str) -> Diagnosis:
    kind = KINDS.get(origin, "node" if origin.startswith("node") else "log")
    return diagnose(case_of([Block(kind, text.replace("\\n", "\n"), origin)], "paste"))


@pytest.mark.parametrize(("fair", "origin", "text"), ROWS, ids=[row[2][:60] for row in ROWS])
def test_a_variation_lands_in_its_class_and_no_other_is_claimed(fair: str, origin: str, text: str) -> None:
    diagnosis = judged(origin, text)
    answers = fair.split()
    first = diagnosis.findings[0].cause
    assert first in answers or ("unknown" in answers and not diagnosis.confident)
    assert {finding.cause for finding in diagnosis.confident} <= set(answers)


@pytest.mark.parametrize(("fair", "origin", "text"), ROWS, ids=[row[2][:60] for row in ROWS])
def test_every_confident_verdict_quotes_its_evidence_with_its_source(fair: str, origin: str, text: str) -> None:
    for finding in judged(origin, text).confident:
        assert all(piece.quote and piece.source for piece in finding.judgement.evidence_for)
        assert finding.judgement.evidence_for
