"""READY, STATUS, RESTARTS: the cases of kubernetes pkg/printers/internalversion/printers_test.go@v1.35.4 and more."""

from __future__ import annotations

import pytest

from cnitui.gateways.kubernetes.pods import pod_from_plain

State = dict[str, object]
READY = {"type": "Ready", "status": "True"}
INITIALIZED = {"type": "Initialized", "status": "True"}
NOT_INITIALIZED = {"type": "Initialized", "status": "False"}


def running(restarts: int = 0, *, ready: bool = False, started: bool | None = None, name: str = "") -> State:
    return {"state": {"running": {}}, "restartCount": restarts, "ready": ready, "started": started, "name": name}


def waiting(reason: str = "", restarts: int = 0, *, started: bool | None = None, name: str = "") -> State:
    waits = {"waiting": {"reason": reason} if reason else {}}
    return {"state": waits, "restartCount": restarts, "started": started, "name": name}


def ended(
    code: int = 0, reason: str = "", restarts: int = 0, *, signal: int = 0, ready: bool = False, name: str = ""
) -> State:
    end = {"exitCode": code, "signal": signal, **({"reason": reason} if reason else {})}
    return {"state": {"terminated": end}, "restartCount": restarts, "ready": ready, "name": name, "started": False}


def stateless(restarts: int = 0, *, ready: bool = False, name: str = "") -> State:
    return {"restartCount": restarts, "ready": ready, "name": name}


def words(
    containers: list[State],
    init: list[State] | None = None,
    *,
    phase: str = "podPhase",
    reason: str = "",
    conditions: list[dict[str, str]] | None = None,
    deleted: bool = False,
    count: int | None = None,
    sidecars: tuple[str, ...] = (),
    init_count: int | None = None,
) -> tuple[str, str, int]:
    """READY, STATUS and RESTARTS of a pod with these container statuses."""
    ordinary = [{"name": str(c.get("name"))} for c in init or () if c.get("name") not in sidecars]
    restartable = [{"name": name, "restartPolicy": "Always"} for name in sidecars]
    document = {
        "metadata": {"name": "test", **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})},
        "spec": {
            "initContainers": [*ordinary, *restartable][:init_count],
            "containers": [{"name": "c"}] * (len(containers) if count is None else count),
        },
        "status": {
            "phase": phase,
            "reason": reason,
            "conditions": conditions or [],
            "initContainerStatuses": init or [],
            "containerStatuses": containers,
        },
    }
    printed = pod_from_plain(document)
    return f"{printed.ready}/{printed.total}", printed.status, printed.restarts


def test_restarts_are_added_and_ready_containers_counted() -> None:
    assert words([running(3, ready=True), stateless(3)]) == ("1/2", "podPhase", 6)


def test_a_waiting_container_overrides_the_phase() -> None:
    assert words([running(3, ready=True), waiting("Why", 3)]) == ("1/2", "Why", 6)


def test_the_first_container_overrides_the_others() -> None:
    assert words([waiting("Why", 3), ended(0, "Ended", 3)]) == ("0/2", "Why", 6)


def test_ready_without_running_is_not_counted() -> None:
    assert words([running(3, ready=True), stateless(3, ready=True)]) == ("1/2", "podPhase", 6)


def test_the_pods_reason_overrides_its_phase() -> None:
    assert words([running(3, ready=True)], reason="podReason") == ("1/1", "podReason", 3)


@pytest.mark.parametrize(("conditions", "status"), [([], "NotReady"), ([READY], "Running")])
def test_a_completed_container_beside_a_running_one(conditions: list[dict[str, str]], status: str) -> None:
    containers = [ended(0, "Completed", 3, ready=True), running(3, ready=True)]
    assert words(containers, phase="Running", conditions=conditions) == ("1/2", status, 6)


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ([running(3)], ("0/1", "Init:0/1", 3)),
        ([running(3), waiting()], ("0/1", "Init:0/2", 3)),
        ([ended(), running(3)], ("0/1", "Init:1/2", 3)),
        ([ended(0, "", 2), running(3)], ("0/1", "Init:1/2", 5)),
        ([waiting("PodInitializing"), waiting("PodInitializing")], ("0/1", "Init:0/2", 0)),
        ([ended(), waiting("CrashLoopBackOff", 7)], ("0/1", "Init:CrashLoopBackOff", 7)),
        ([ended(), ended(1, "Error", 2)], ("0/1", "Init:Error", 2)),
        ([ended(), ended(137, "OOMKilled", 2)], ("0/1", "Init:OOMKilled", 2)),
        ([ended(137, "", 1)], ("0/1", "Init:ExitCode:137", 1)),
        ([ended(137, "", 1, signal=9)], ("0/1", "Init:Signal:9", 1)),
        ([waiting("ImagePullBackOff")], ("0/1", "Init:ImagePullBackOff", 0)),
    ],
)
def test_init_containers_name_the_status_and_count_the_restarts(
    init: list[State], expected: tuple[str, str, int]
) -> None:
    assert words([waiting("PodInitializing")], init, phase="Pending") == expected


def test_restarts_of_finished_init_containers_are_forgotten() -> None:
    assert words([running(4)], [ended(0, "", 2)], phase="Running") == ("0/1", "Running", 4)


def test_a_gated_pod_says_so() -> None:
    gate = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    assert words([], conditions=[gate], count=2) == ("0/2", "SchedulingGated", 0)


@pytest.mark.parametrize(
    ("phase", "container", "status"),
    [("Succeeded", ended(0, "Completed"), "Completed"), ("Failed", ended(1, "Error"), "Error")],
)
def test_a_pod_that_has_ended_keeps_its_word_even_when_deleted(phase: str, container: State, status: str) -> None:
    assert words([container], phase=phase) == ("0/1", status, 0)
    assert words([container], phase=phase, deleted=True) == ("0/1", status, 0)


@pytest.mark.parametrize("containers", [[running()], [waiting("ContainerCreating")], []])
def test_a_deleted_pod_is_terminating(containers: list[State]) -> None:
    assert words(containers, phase="Running", deleted=True, count=1) == ("0/1", "Terminating", 0)


def test_a_deleted_pod_on_a_lost_node_is_unknown() -> None:
    assert words([running()], phase="Running", reason="NodeLost", deleted=True)[1] == "Unknown"
    assert words([running()], phase="Running", reason="NodeLost")[1] == "NodeLost"


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([ended(1, "podCrash"), running(ready=True)], ("1/2", "podCrash", 0)),
        ([running(ready=True), ended(1, "podCrash")], ("1/2", "podCrash", 0)),
        ([running(ready=True), ended(1, "podCrash", ready=True), ended(0, ready=True)], ("1/3", "podCrash", 0)),
        ([running(), ended(1, "podCrash"), ended(0)], ("0/3", "podCrash", 0)),
        ([ended(0, "Completed"), ended(1, "podCrash")], ("0/2", "podCrash", 0)),
        ([ended(9, "", signal=9)], ("0/1", "Signal:9", 0)),
        ([ended(3)], ("0/1", "ExitCode:3", 0)),
    ],
)
def test_a_crashed_container_beside_others(containers: list[State], expected: tuple[str, str, int]) -> None:
    assert words(containers, phase="Failed") == expected


SIDECARS = ("s1", "s2")


@pytest.mark.parametrize(
    ("init", "containers", "conditions", "expected"),
    [
        (
            [running(3, started=False, name="s1"), waiting(started=False, name="s2")],
            [waiting()],
            [NOT_INITIALIZED],
            ("0/3", "Init:0/2", 3),
        ),
        (
            [running(3, started=True, name="s1"), running(started=False, name="s2")],
            [waiting()],
            [NOT_INITIALIZED],
            ("0/3", "Init:1/2", 3),
        ),
        (
            [running(3, started=True, name="s1"), running(started=True, name="s2")],
            [running(4, ready=True)],
            [INITIALIZED],
            ("1/3", "Running", 7),
        ),
        (
            [running(3, started=True, ready=True, name="s1"), running(started=True, ready=True, name="s2")],
            [running(4, ready=True)],
            [INITIALIZED],
            ("3/3", "Running", 7),
        ),
        (
            [ended(137, "Error", 3, name="s1"), ended(137, "Error", name="s2")],
            [ended(0, "Completed", 4)],
            [INITIALIZED],
            ("0/3", "Completed", 7),
        ),
    ],
)
def test_sidecars_count_as_containers(
    init: list[State], containers: list[State], conditions: list[dict[str, str]], expected: tuple[str, str, int]
) -> None:
    assert words(containers, init, phase="Running", conditions=conditions, sidecars=SIDECARS) == expected


def test_statuses_of_containers_that_do_not_exist_do_no_harm() -> None:
    init = [stateless(name="initinvalid"), stateless(name="init1"), stateless(name="s1")]
    assert words([stateless(), stateless()], init, phase="Running", count=1, sidecars=("s1",))[0] == "0/2"


def test_a_pod_without_any_status_is_just_its_phase() -> None:
    assert words([], phase="Pending", count=1) == ("0/1", "Pending", 0)
