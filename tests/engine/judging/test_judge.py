"""A node is judged again when something was read of it or it fails otherwise, and comes out as if judged at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Reading, Source
from cnitui.domain.facts import LISTED_FACTS, ApiEndpoints, AttemptLogs, LogLine, NodeStatus, PodEvents, PodStatus
from cnitui.domain.finding import Verdict
from cnitui.domain.node_verdict import judge_node
from cnitui.engine.judging.judge import Judge
from tests.engine.guide.states import cluster, read

WORKERS = tuple(f"worker-{number:02d}" for number in range(1, 21))
FULL = (
    "[ERROR][1] cni-installer/<nil> <nil>: failed to copy file: "
    "write /host/opt/cni/bin/calico.tmp: no space left on device"
)


def whole(failing: Iterable[str] = WORKERS) -> CaseFile:
    """Twenty workers that fail, all of them read."""
    return read(cluster(failing=tuple(failing))).case


def listed(case: CaseFile) -> CaseFile:
    """What the lists alone show of it."""
    return case.without([(fact, subject) for fact, subject, _ in case if fact not in LISTED_FACTS and subject])


def with_line(case: CaseFile, node: str, line: str) -> CaseFile:
    logs = case.value(AttemptLogs, node)
    assert logs is not None
    attempts = (replace(logs.attempts[0], lines=(LogLine(line, 1, logs.attempts[0].run.finished_at),)),)
    return case.with_observed(replace(logs, attempts=attempts), Source("kubectl logs"), node)


def judging(case: CaseFile, read_nodes: Iterable[str]) -> Judge:
    judge = Judge()
    judge.know_nodes()
    judge.take(case, case.subjects(PodStatus), read_nodes)
    judge.judge_all()
    return judge


def test_it_comes_out_as_the_whole_case_judged_at_once() -> None:
    case = whole()
    made, kept = diagnose(case), judging(case, WORKERS).diagnosis()
    assert kept.status == made.status
    assert kept.findings == made.findings
    assert [(c.members, c.causes, c.agreeing) for c in kept.cohorts] == [
        (c.members, c.causes, c.agreeing) for c in made.cohorts
    ]


def test_in_whatever_order_it_is_read() -> None:
    case, judge = whole(), Judge()
    judge.know_nodes()
    growing = listed(case)
    judge.take(growing, growing.subjects(PodStatus), ())
    for node in ("", *reversed(WORKERS), "master-01"):
        growing = growing.with_readings((fact, node, found) for fact, found in case.dossier(node).items())
        judge.take(growing, (), (node,))
        judge.judge_all()
    assert judge.diagnosis().findings == diagnose(case).findings


def test_a_tick_of_the_watch_judges_nobody() -> None:
    case = whole()
    judge = judging(case, WORKERS)
    before, made = judge.judged, judge.diagnosis()
    for node in WORKERS:
        pod, machine = case.value(PodStatus, node), case.value(NodeStatus, node)
        assert pod is not None
        assert machine is not None
        pod = replace(pod, status="Init:Error", restarts=pod.restarts + 1)
        case = case.with_observed(pod, Source("watch"), node).with_observed(machine, Source("watch"), node)
    judge.take(case, WORKERS, ())
    assert not judge.due
    assert judge.judged == before
    assert judge.diagnosis().findings == made.findings


def test_one_answer_judges_one_node() -> None:
    case = whole()
    judge = judging(case, WORKERS)
    before = judge.judged
    judge.take(with_line(case, "worker-05", FULL), (), ("worker-05",))
    judge.judge_all()
    assert judge.judged == before + 1
    assert {f.cause: f.nodes for f in judge.diagnosis().confident}["disk-full"] == ("worker-05",)


def test_what_was_read_about_the_cluster_concerns_everyone_who_was_read() -> None:
    case = whole()
    judge = judging(case, WORKERS)
    before = judge.judged
    judge.take(case.with_observed(ApiEndpoints("10.96.0.1:443", ("10.0.0.1:6443",)), Source("kubectl")), (), ("",))
    judge.judge_all()
    assert judge.judged == before + len(WORKERS)


def test_the_diagnosis_is_the_same_object_while_nothing_changed() -> None:
    judge = judging(whole(), WORKERS)
    assert judge.diagnosis() is judge.diagnosis()
    judge.take(judge._case, (), ())
    assert judge.diagnosis() is judge.diagnosis()


def test_nothing_is_confirmed_on_a_node_that_nobody_read() -> None:
    case, seen = whole(), WORKERS[:3]
    kept = listed(case).with_readings(
        (fact, node, found) for node in ("", *seen) for fact, found in case.dossier(node).items()
    )
    found = judging(kept, seen).diagnosis()
    assert found.confident[0].verdict is Verdict.CONFIRMED
    for finding in found.findings:
        assert set(finding.nodes) <= set(seen), finding.cause
        assert set(finding.alike) <= set(WORKERS) - set(seen), finding.cause
    assert set(found.confident[0].alike) == set(WORKERS) - set(seen)
    (only,) = found.cohorts
    assert (only.agreeing, len(only.members)) == (seen, len(WORKERS))


def test_a_pod_that_fails_otherwise_forgets_what_was_said_of_it() -> None:
    case = whole()
    judge = judging(case, WORKERS)
    pod = case.value(PodStatus, "worker-01")
    assert pod is not None
    install = replace(pod.containers[0], last=replace(pod.containers[0].last, exit_code=137, signal=9))  # type: ignore[type-var]
    case = case.with_observed(replace(pod, containers=(install,)), Source("watch"), "worker-01")
    judge.take(case, ("worker-01",), ())
    assert judge.groups.opinion("worker-01") is None
    assert "worker-01" in judge.groups.unread


def test_a_node_that_recovers_leaves_its_group() -> None:
    case = whole()
    judge = judging(case, WORKERS)
    healthy = cluster(healthy=("master-01", "worker-01"), failing=WORKERS[1:]).case
    judge.take(
        case.with_readings((f, "worker-01", r) for f, r in healthy.dossier("worker-01").items()), ["worker-01"], ()
    )
    judge.judge_all()
    assert judge.diagnosis().failing_nodes == WORKERS[1:]
    assert all("worker-01" not in cohort.members for cohort in judge.diagnosis().cohorts)


# --- nodes that are read without being kept -------------------------------------------------------------------------


@pytest.fixture
def few() -> tuple[CaseFile, Judge]:
    """Three of twenty read and judged; the whole case beside it."""
    case = whole()
    kept = listed(case).with_readings(
        (fact, node, found) for node in ("", *WORKERS[:3]) for fact, found in case.dossier(node).items()
    )
    return case, judging(kept, WORKERS[:3])


def test_one_that_says_the_same_counts_without_its_evidence(few: tuple[CaseFile, Judge]) -> None:
    case, judge = few
    assert judge.attest(judge_node(case, "worker-09", CATALOGUE))
    (only,) = judge.diagnosis().cohorts
    assert "worker-09" in only.agreeing
    assert "worker-09" in judge.diagnosis().confident[0].nodes
    assert not judge.was_read("worker-09")


def test_one_that_says_something_else_is_not_swept_under_its_group(few: tuple[CaseFile, Judge]) -> None:
    case, judge = few
    odd = with_line(case, "worker-09", FULL)
    assert not judge.attest(judge_node(odd, "worker-09", CATALOGUE)), "its evidence has to be kept"
    judge.take(odd.only("", *WORKERS[:3], "worker-09").with_readings(_lists(case)), (), ("worker-09",))
    judge.judge_all()
    apart = next(cohort for cohort in judge.diagnosis().cohorts if cohort.apart_from)
    assert apart.members == ("worker-09",)
    assert "disk-full" in apart.causes


def _lists(case: CaseFile) -> list[tuple[type[object], str, Reading[object]]]:
    return [(fact, subject, found) for fact, subject, found in case if fact in LISTED_FACTS]


def test_one_that_recovered_meanwhile_is_nobodys_business(few: tuple[CaseFile, Judge]) -> None:
    case, judge = few
    verdict = judge_node(with_line(case, "worker-09", FULL), "worker-09", CATALOGUE)
    judge.groups.place("worker-09", None)
    assert judge.attest(verdict)
    assert judge.groups.opinion("worker-09") is None


@pytest.mark.parametrize("answered", ["pod", "node"])
def test_one_that_was_read_by_half_does_not_leave_its_group(answered: str) -> None:
    """What is still to come may say what the others say: a log alone proves nothing, the node's denials do."""
    case, half = whole(), WORKERS[4]
    asked = {fact for fact in case.dossier(half) if fact not in LISTED_FACTS}
    of_pod = {AttemptLogs, PodEvents}
    to_come = asked - of_pod if answered == "pod" else of_pod
    (cohort,) = judging(case.without((fact, half) for fact in to_come), WORKERS[:5]).groups.cohorts
    assert cohort.members == WORKERS
    assert cohort.unclear == ((half,) if answered == "pod" else ())
