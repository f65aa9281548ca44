"""Logs and events of one pod, and why there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cnitui.domain.evidence import CaseFile, Observed, Unavailable
from cnitui.domain.facts import ApiEndpoints, AttemptLogs, Milestones, PodEvents, Run
from cnitui.engine.ports import LogRequest
from cnitui.engine.probes.cluster import LOG_LIMIT, pod_unread, probe_endpoints, probe_pod
from cnitui.errors import ClusterError, ClusterUnreachable, Forbidden, NotFound
from tests.engine.fake_cluster import FakeClock, pod
from tests.engine.fake_sitting import ScriptedCluster

CLOCK = FakeClock()
FAILING = pod("worker-01", failing=True)
LINE = b"2026-11-23T10:00:00.000000000Z permission denied\n"


def two_runs() -> ScriptedCluster:
    cluster = ScriptedCluster()
    cluster.logs = lambda request: LINE.replace(b"permission", b"previous") if request.previous else LINE
    return cluster


async def read(cluster: ScriptedCluster, found: object = FAILING) -> CaseFile:
    return CaseFile().with_readings(await probe_pod(cluster, found, CLOCK))  # type: ignore[arg-type]  # a PodStatus


async def test_the_last_two_runs_are_read_oldest_first() -> None:
    container = replace(FAILING.containers[0], state="terminated", current=Run("c2", exit_code=1))
    asked: list[LogRequest] = []
    cluster = two_runs()
    answer = cluster.logs
    cluster.logs = lambda request: asked.append(request) or answer(request)  # type: ignore[func-returns-value]
    case = await read(cluster, replace(FAILING, containers=(container,)))
    logs = case.value(AttemptLogs, "worker-01")
    assert logs is not None
    assert [attempt.run.container_id for attempt in logs.attempts] == ["c1", "c2"]
    assert [request.previous for request in asked] == [True, False]
    assert {request.limit_bytes for request in asked} == {LOG_LIMIT}
    assert case.value(Milestones, "worker-01") is not None
    assert case.value(PodEvents, "worker-01") == PodEvents(())


async def test_a_previous_log_that_is_gone_leaves_the_present_one() -> None:
    def logs(request: LogRequest) -> bytes:
        if request.previous:
            raise NotFound("previous terminated container not found", status=400)
        return LINE

    cluster = ScriptedCluster()
    cluster.logs = logs
    container = replace(FAILING.containers[0], state="terminated", current=Run("c2", exit_code=1))
    case = await read(cluster, replace(FAILING, containers=(container,)))
    found = case.value(AttemptLogs, "worker-01")
    assert found is not None
    assert [attempt.run.container_id for attempt in found.attempts] == ["c2"]


@pytest.mark.parametrize(
    "instead",
    [
        b"unable to retrieve container logs for containerd://14f554febf2fe53f",
        b"failed to try resolving symlinks in path /var/log/pods/x/0.log: no such file",
        b"2026-11-23T12:07:00.000000000Z [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n",
    ],
)
async def test_an_answer_that_is_not_that_attempts_log_is_no_evidence(instead: bytes) -> None:
    """Between status and question an attempt may end: the kubelet then answers with words of its own or a later log."""
    ended = Run("c1", finished_at=datetime(2026, 11, 23, 12, 5, tzinfo=UTC), exit_code=1)
    running = Run("c2", started_at=datetime(2026, 11, 23, 12, 6, tzinfo=UTC))
    cluster = ScriptedCluster()
    cluster.logs = lambda request: instead if request.previous else LINE
    container = replace(FAILING.containers[0], state="running", last=ended, current=running)
    found = (await read(cluster, replace(FAILING, containers=(container,)))).value(AttemptLogs, "worker-01")
    assert found is not None
    assert [attempt.run for attempt in found.attempts] == [running]
    cluster.logs = lambda _: instead
    container = replace(container, state="waiting", current=None)
    reading = (await read(cluster, replace(FAILING, containers=(container,)))).reading(AttemptLogs, "worker-01")
    assert isinstance(reading, Unavailable), "what could not be read is not called read"
    assert "does not have the log of that attempt any more" in reading.why


NEXT_RUNS = [b"", b"2026-11-23T12:07:00Z Running as a Kubernetes pod\n"]
ENDED = Run("c1", datetime(2026, 11, 23, 10, 0, tzinfo=UTC), datetime(2026, 11, 23, 10, 1, tzinfo=UTC), 1)


async def attempts_of(ended: Run, newest: bytes, previous: bytes) -> list[tuple[Run, list[str]]] | None:
    cluster = ScriptedCluster()
    cluster.logs = lambda request: previous if request.previous else newest
    container = replace(FAILING.containers[0], state="waiting", last=ended, current=None)
    found = (await read(cluster, replace(FAILING, containers=(container,)))).value(AttemptLogs, "worker-01")
    if found is None:
        return None
    return [(attempt.run, [line.text for line in attempt.lines]) for attempt in found.attempts]


@pytest.mark.parametrize("newest", NEXT_RUNS, ids=["without a line", "with lines"])
async def test_when_the_next_attempt_has_begun_meanwhile_the_log_is_read_as_the_previous_ones(newest: bytes) -> None:
    assert await attempts_of(ENDED, newest, LINE) == [(ENDED, ["permission denied"])]


@pytest.mark.parametrize("previous", [b"2026-11-23T09:03:00Z an older word\n", b"2026-11-23T12:07:00Z a later\n", b""])
async def test_an_attempt_without_a_word_is_not_given_its_neighbours(previous: bytes) -> None:
    assert await attempts_of(ENDED, b"", previous) == [(ENDED, [])]
    assert await attempts_of(ENDED, NEXT_RUNS[1], previous) is None


async def test_logs_that_may_not_be_read_are_unavailable_and_events_are_not() -> None:
    def refused(_: LogRequest) -> bytes:
        raise Forbidden("may not get pods/log", "Ask for it.")

    cluster = ScriptedCluster()
    cluster.logs = refused
    case = await read(cluster)
    for fact in (AttemptLogs, Milestones):
        reading = case.reading(fact, "worker-01")
        assert isinstance(reading, Unavailable)
        assert (reading.why, reading.next_step) == ("may not get pods/log", "Ask for it.")
    assert isinstance(case.reading(PodEvents, "worker-01"), Observed)


async def test_hostile_bytes_of_a_log_are_kept_as_text() -> None:
    cluster = ScriptedCluster()
    cluster.logs = lambda _: b"2026-11-23T10:00:00Z [/x] \x1b[2J \xff\xfe" + b"A" * 100_000 + b"\nno stamp\n\x00\n"
    found = (await read(cluster)).value(AttemptLogs, "worker-01")
    assert found is not None
    assert found.latest is not None
    assert len(found.latest.lines) == 3


async def test_endpoints_that_cannot_be_read_are_unavailable() -> None:
    class Down(ScriptedCluster):
        async def api_endpoints(self) -> ApiEndpoints:
            raise ClusterUnreachable("refused")

    case = CaseFile().with_readings(await probe_endpoints(Down(), CLOCK))
    reading = case.reading(ApiEndpoints)
    assert isinstance(reading, Unavailable)
    assert reading.source.command == "kubectl -n default get service,endpoints kubernetes"


async def test_events_that_cannot_be_read_leave_the_logs() -> None:
    class NoEvents(ScriptedCluster):
        async def events(self, namespace: str, involved: str = "") -> tuple[()]:
            raise ClusterError("500")

    cluster = NoEvents()
    cluster.logs = lambda _: LINE
    case = await read(cluster)
    assert isinstance(case.reading(PodEvents, "worker-01"), Unavailable)
    assert case.value(AttemptLogs, "worker-01") is not None


def test_a_pod_that_was_not_read_lacks_all_that_reading_gives() -> None:
    readings = pod_unread(FAILING, "no time", CLOCK.now())
    assert {fact for fact, _, _ in readings} == {AttemptLogs, Milestones, PodEvents}
    assert all(isinstance(reading, Unavailable) and reading.why == "no time" for _, _, reading in readings)
