"""A case file changes where something was read, and nowhere else."""

from __future__ import annotations

from cnitui.domain.evidence import CaseFile, Observed, Source
from cnitui.domain.facts import NodeStatus, SelinuxMode

HERE = Source("getenforce")


def filled() -> CaseFile:
    return CaseFile().with_readings(
        (SelinuxMode, f"worker-{number:02d}", Observed(SelinuxMode("Enforcing"), HERE)) for number in range(100)
    )


def test_a_reading_renews_the_dossier_of_its_own_subject_only() -> None:
    before = filled()
    after = before.with_observed(SelinuxMode("Permissive"), HERE, "worker-07")
    renewed = {name for name in after.subjects(SelinuxMode) if after.dossier(name) is not before.dossier(name)}
    assert renewed == {"worker-07"}
    assert before.value(SelinuxMode, "worker-07") == SelinuxMode("Enforcing"), "nobody's case changes under him"


def test_nothing_new_is_the_same_case() -> None:
    case = filled()
    assert case.with_readings(()) is case
    assert case.without([(NodeStatus, "worker-01"), (SelinuxMode, "nobody")]) is case


def test_a_subject_of_which_nothing_is_left_is_gone() -> None:
    case = filled().without([(SelinuxMode, "worker-01")])
    assert "worker-01" not in case.subjects(SelinuxMode)
    assert len(case) == 99


def test_a_part_shares_the_dossiers_of_the_whole() -> None:
    case = filled()
    part = case.only("worker-03", "nobody")
    assert len(part) == 1
    assert part.dossier("worker-03") is case.dossier("worker-03")
