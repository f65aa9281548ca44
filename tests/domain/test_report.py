from __future__ import annotations

import json

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.diagnosis import waiting_diagnosis
from cnitui.domain.explain import explanation
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Judgement, Missing, NextEvidence, Verdict, Waiting
from cnitui.domain.report import as_data, as_json, as_markdown, as_text, headline
from cnitui.errors import UsageError
from tests.domain.causes import incident

HOSTILE = "[red]`x`` </b> \x1b[31m\u202e line\nnext | {0}"


def diagnosis() -> Diagnosis:
    facts = (incident.attempt_logs(*incident.NOT_WRITEABLE), incident.install_cni(), incident.denial())
    return incident.diagnosis(*facts)


def hostile() -> Diagnosis:
    piece = Evidence(HOSTILE, HOSTILE, HOSTILE)
    judgement = Judgement(Verdict.LIKELY, HOSTILE, (piece,), (piece,), weight=2)
    missing = Missing(HOSTILE, HOSTILE)
    return Diagnosis(
        "failing", (Finding("disk-full", "A full disk", judgement),), (NextEvidence("a", "b"),), (missing,)
    )


def test_the_json_has_the_documented_keys_and_lists_every_cause() -> None:
    data = json.loads(as_json(diagnosis()))
    assert (data["schema"], data["status"]) == ("cnitui/diagnosis/v2", "failing")
    assert set(data) == {"schema", "status", "causes", "next_evidence", "unavailable", "waiting", "groups", "machines"}
    assert data["causes"][0]["id"] == "selinux-denial"
    assert {cause["id"] for cause in data["causes"]} == {cause.id for cause in CATALOGUE}


def test_a_cause_carries_verdict_nodes_evidence_and_remedies() -> None:
    first = as_data(diagnosis())["causes"][0]  # type: ignore[index]
    assert first["verdict"] == "confirmed"
    assert first["nodes"] == ["worker-01"]
    assert set(first["for"][0]) == {"source", "position", "quote"}
    assert "patch-daemonset" in first["remedies"]


def test_the_text_says_cause_evidence_source_and_fix() -> None:
    text = as_text(diagnosis())
    assert text.startswith("Calico fails on worker-01. Confirmed: SELinux stops install-cni.\n")
    assert "(source of AvcDenials, line 7)" in text
    assert "fix: run install-cni" in text


def test_no_brace_of_a_template_is_left_in_a_fix() -> None:
    for cause in CATALOGUE:
        judgement = Judgement(Verdict.CONFIRMED, "x")
        shown = as_text(Diagnosis("failing", (Finding(cause.id, cause.title, judgement),)))
        assert "{" not in shown, cause.id


def test_hostile_text_stays_on_its_line_and_without_escapes() -> None:
    text = as_text(hostile())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("next |") for line in text.splitlines())


def test_hostile_text_does_not_become_markdown() -> None:
    shown = as_markdown(hostile())
    assert "\x1b" not in shown
    assert "```" in shown, "a quote with two ticks needs a longer fence"
    assert "\\</b\\>" in shown
    rows = [line for line in shown.splitlines() if line.startswith("| `disk-full`")]
    assert rows[0].count("|") - rows[0].count("\\|") == 5


def test_healthy_and_undecided_are_said_in_words() -> None:
    assert as_text(Diagnosis("healthy")) == "All Calico pods are healthy.\n"
    assert "does not determine a cause" in as_text(incident.diagnosis())


def test_explain_lists_all_and_tells_one() -> None:
    assert all(cause.id in explanation() for cause in CATALOGUE)
    told = explanation("text-file-busy")
    assert "What rules it out" in told
    assert "text file busy" in told


def test_explain_of_a_misspelt_cause_suggests_the_right_one() -> None:
    with pytest.raises(UsageError, match="did you mean disk-full"):
        explanation("disk-ful")


def test_who_is_not_ready_yet_is_named_with_the_reason() -> None:
    waiting = (Waiting("worker-02", "Init:0/3 for 12 s, no attempt has failed yet"),)
    told = waiting_diagnosis(Diagnosis("healthy"), waiting, ())
    assert headline(told) == (
        "No Calico pod has failed, but not all are ready: worker-02 (Init:0/3 for 12 s, no attempt has failed yet)."
    )
    assert {finding.verdict for finding in told.findings} == {Verdict.UNDETERMINED}
