"""Who fails: by attempts and events, never by the status word of one moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import ContainerStatus, Event, PodEvents, PodStatus, Run
from cnitui.domain.standing import LASTING, fails, refusal_to_start, waits

NODE, NOON = "worker-01", datetime(2026, 11, 28, 12, tzinfo=UTC)
SOURCE = Source("kubectl", NODE)
INSTALL = ContainerStatus("install-cni", init=True, state="waiting", waiting_reason="PodInitializing")
MAIN = ContainerStatus("calico-node", init=False, state="waiting", waiting_reason="PodInitializing")
POD = PodStatus(
    "kube-system", "calico-node-x", "u", NODE, "Init:0/3", "Pending", total=1, created_at=NOON,
    containers=(INSTALL, MAIN),
)  # fmt: skip


def event(after: float, reason: str = "FailedCreatePodSandBox", **changes: object) -> Event:
    at = NOON + timedelta(seconds=after)
    made = Event("Warning", reason, "Failed to create pod sandbox: …", "Pod/calico-node-x", last_at=at)
    return replace(made, **changes)  # type: ignore[arg-type]


def case(*events: Event, pod: PodStatus = POD) -> CaseFile:
    return CaseFile().with_observed(pod, SOURCE, NODE).with_observed(PodEvents(events), SOURCE, NODE)


def running(attempt: ContainerStatus) -> PodStatus:
    return replace(POD, status="Init:1/3", containers=(attempt, MAIN))


@pytest.mark.parametrize(
    "attempt",
    [
        replace(INSTALL, state="running", waiting_reason="", restart_count=1, last=Run("c1", exit_code=1)),
        replace(INSTALL, state="running", waiting_reason="", restart_count=1),
        replace(INSTALL, restart_count=1),
    ],
    ids=["the dead run is known", "the dead run was cleared away", "about to run again"],
)
def test_between_attempts_a_pod_fails_whatever_its_status_word_is(attempt: ContainerStatus) -> None:
    pod = running(attempt)
    assert fails(case(pod=pod), pod)
    assert not waits(pod)
    assert diagnose(case(pod=pod)).status == "failing"


def test_an_init_container_that_runs_again_after_it_succeeded_does_not_fail() -> None:
    again = replace(INSTALL, state="running", waiting_reason="", restart_count=1, last=Run("c1", exit_code=0))
    assert not fails(case(pod=running(again)), running(again))


def test_a_first_attempt_is_no_failure() -> None:
    first = running(replace(INSTALL, state="running", waiting_reason="", current=Run("c1", NOON)))
    assert waits(first)
    assert not fails(case(pod=first), first)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((event(LASTING),), True),
        ((event(3, count=2),), True),
        ((event(3),), False),
        ((event(-60, count=9),), False),
        ((event(60, kind="Normal"),), False),
        ((event(60, reason="Unhealthy"),), False),
        ((event(60, object="Pod/another"),), False),
        ((event(60, object=""),), True),
        ((replace(event(60), last_at=None),), True),
        ((), False),
    ],
    ids=["lasting", "again and again", "a hitch of the first seconds", "of another pod before it", "Normal",
         "about something else", "about another pod", "about nobody named", "without a time", "none"],
)  # fmt: skip
def test_events_say_that_a_pod_cannot_start(events: tuple[Event, ...], told: bool) -> None:
    assert (refusal_to_start(case(*events), POD) is not None) is told
    assert (diagnose(case(*events)).status == "failing") is told


def test_a_container_that_started_since_makes_them_past() -> None:
    started = running(replace(INSTALL, state="running", waiting_reason="", current=Run("c1", NOON + timedelta(90))))
    assert refusal_to_start(case(event(60), pod=started), started) is None


def test_a_pod_that_cannot_start_rules_nothing_out_by_that() -> None:
    findings = {finding.cause: finding.judgement for finding in diagnose(case(event(60, count=9))).findings}
    assert not any("nothing fails" in judgement.because for judgement in findings.values())
    vip = findings["kube-proxy-service-vip"]
    assert vip.because == "no container of the pod has been started"


@pytest.mark.parametrize(("phase", "deleting", "failed"), [("Failed", False, True), ("Failed", True, False)])
def test_a_pod_that_the_kubelet_refused_has_failed_without_a_container(
    phase: str, deleting: bool, failed: bool
) -> None:
    pod = replace(POD, phase=phase, deleting=deleting, containers=())
    assert fails(case(pod=pod), pod) is failed
