"""Experiments among the causes: they outweigh traces, on the failure they were made on and on no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.experiment import Attempt, Experiment, Experiments, attempt_of
from cnitui.domain.facts import AttemptLogs, AvcDenials, LogLine, PodStatus, SelinuxMode
from cnitui.domain.finding import Verdict
from cnitui.domain.node_verdict import NodeVerdict, judge_node
from tests.engine.guide.states import FAILED, NOON, cluster, read

NODE = "worker-01"
WORKS = Attempt(0, "Done configuring CNI.")
OTHERWISE = Attempt(1, "no space left on device")


def now(case: CaseFile) -> Attempt:
    """How the container of the incident ends."""
    logs = case.value(AttemptLogs, NODE)
    assert logs is not None
    assert logs.latest is not None
    return attempt_of(1, logs.latest.lines)


def untold() -> CaseFile:
    """The founding incident without what the nodes told: traces decide nothing."""
    return read(cluster()).case.without([(AvcDenials, NODE), (SelinuxMode, NODE)])


def made(case: CaseFile, *, cause: str = "selinux-denial", variant: Attempt | None = WORKS) -> Experiment:
    fails = now(case)
    return Experiment(cause, "SELinux stops it", "type spc_t", NODE, "install-cni", fails, fails, variant, at=NOON)


def judged(case: CaseFile, *found: Experiment) -> NodeVerdict:
    case = case.with_observed(Experiments(found), Source("cnitui, by Jobs", NODE), NODE) if found else case
    return judge_node(case, NODE, CATALOGUE)


def test_a_variant_that_works_confirms_what_traces_left_open() -> None:
    case = untold()
    assert not judged(case).blamed
    verdict = judged(case, made(case))
    assert verdict.blamed == {"selinux-denial"}
    assert verdict.proven
    judgement = verdict.judgements["selinux-denial"]
    assert judgement.because.startswith("by experiment: install-cni fails on worker-01 as it is")
    assert judgement.evidence_for[0].source == "experiment by Jobs on worker-01, 2026-11-23 12:00:00 UTC"
    assert [piece.quote.split(":")[0] for piece in judgement.evidence_for[:3]] == [
        "in the DaemonSet",
        "control, as it is",
        "variant, with type spc_t",
    ]
    assert verdict.judgements["unknown"].verdict is Verdict.RULED_OUT


def test_one_that_fails_alike_rules_out_every_cause_of_that_change_even_against_traces() -> None:
    case = read(cluster()).case
    assert judged(case).judgements["selinux-denial"].verdict is Verdict.CONFIRMED
    verdict = judged(case, made(case, variant=now(case)))
    assert {verdict.judgements[cause].verdict for cause in ("selinux-denial", "selinux-wrong-context")} == {
        Verdict.RULED_OUT
    }
    assert not verdict.proven


def test_what_traces_single_out_among_causes_of_one_change_is_what_is_proven() -> None:
    case = read(cluster()).case
    verdict = judged(case, made(case, cause="selinux-wrong-context"))
    traced = judged(case).judgements["selinux-denial"]
    proven = verdict.judgements["selinux-denial"]
    assert (proven.because, proven.weight) == (traced.because, traced.weight), "it stays one finding with other nodes"
    assert [piece.source[:18] for piece in proven.evidence_for[-3:]] == ["experiment by Jobs"] * 3
    assert not verdict.judgements["selinux-wrong-context"].verdict.confident


@pytest.mark.parametrize("variant", [None, OTHERWISE], ids=["the control ended otherwise", "another failure followed"])
def test_what_proves_nothing_changes_nothing(variant: Attempt | None) -> None:
    case = untold()
    assert judged(case, made(case, variant=variant)).judgements == judged(case).judgements


def test_the_later_one_counts() -> None:
    case = untold()
    works, fails = made(case), made(case, variant=now(case))
    assert judged(case, works, fails).blamed == frozenset()
    assert judged(case, fails, works).blamed == {"selinux-denial"}


def failing_otherwise(case: CaseFile) -> CaseFile:
    logs = case.value(AttemptLogs, NODE)
    assert logs is not None
    attempts = (replace(logs.attempts[0], lines=(LogLine("no space left on device", 1, FAILED.finished_at),)),)
    return case.with_observed(replace(logs, attempts=attempts), Source("kubectl logs"), NODE)


def of_another_template(case: CaseFile) -> CaseFile:
    pod = case.value(PodStatus, NODE)
    assert pod is not None
    return case.with_observed(replace(pod, revision="another"), Source("kubectl get pods"), NODE)


def healed(case: CaseFile) -> CaseFile:
    pod = case.value(PodStatus, NODE)
    assert pod is not None
    return case.with_observed(replace(pod, containers=()), Source("kubectl get pods"), NODE)


@pytest.mark.parametrize("change", [failing_otherwise, of_another_template, healed])
def test_it_speaks_of_the_failure_it_was_made_on_and_of_no_other(change: object) -> None:
    case = untold()
    found = made(case)
    after = change(case)  # type: ignore[operator]
    assert judged(after, found).judgements == judged(after).judgements
