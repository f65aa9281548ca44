"""What an earlier attempt proved stays known while the failure is the same."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.facts import Attempt, AttemptLogs, LogLine
from cnitui.domain.remembered import KEPT_ATTEMPTS, with_earlier
from tests.engine.guide.states import FAILED, FATAL


def attempt(container_id: str, line: str = FATAL, exit_code: int = 1) -> Attempt:
    return Attempt(replace(FAILED, container_id=container_id, exit_code=exit_code), (LogLine(line, 1),))


def logs(*attempts: Attempt, name: str = "calico-node-x") -> AttemptLogs:
    return AttemptLogs("install-cni", attempts, name)


def ids(found: AttemptLogs) -> list[str]:
    return [one.run.container_id for one in found.attempts]


def test_attempts_that_ended_alike_are_kept_before_the_newer_ones() -> None:
    assert ids(with_earlier(logs(attempt("c2"), attempt("c3")), logs(attempt("c1"), attempt("c2")))) == [
        "c1",
        "c2",
        "c3",
    ]


def test_numbers_in_the_last_error_are_each_attempts_own() -> None:
    one, other = attempt("c1", f"{FATAL} pid=17"), attempt("c2", f"{FATAL} pid=2345")
    assert ids(with_earlier(logs(other), logs(one))) == ["c1", "c2"]


def test_another_failure_another_pod_or_one_that_runs_still_is_not_kept() -> None:
    newer = logs(attempt("c3"))
    assert with_earlier(newer, logs(attempt("c1", "[FATAL] no space left on device"))) is newer
    assert with_earlier(newer, logs(attempt("c1", exit_code=2))) is newer
    assert with_earlier(newer, logs(attempt("c1"), name="calico-node-y")) is newer
    running = replace(attempt("c1"), run=replace(FAILED, container_id="c1", finished_at=None))
    assert with_earlier(newer, logs(running)) is newer
    assert with_earlier(logs(), logs(attempt("c1"))).attempts == ()


def test_not_more_than_a_few_are_kept_however_long_it_goes_on() -> None:
    known = logs(attempt("c0"))
    for number in range(1, 50):
        known = with_earlier(logs(attempt(f"c{number}")), known)
    assert ids(known) == [f"c{number}" for number in range(49 - KEPT_ATTEMPTS, 50)]
