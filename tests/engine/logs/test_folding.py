"""Attempts that are like the next are one fold; whatever tells them apart, or may be missing, keeps them open."""

from __future__ import annotations

import pytest

from cnitui.engine.logs.folding import Folding
from cnitui.engine.logs.kept import Entry, KeptLines, Rule, entry_of, line_of

SAID = ("Running as a Kubernetes pod", "dial tcp 10.0.0.5:{port}->10.96.0.1:443: i/o timeout")


def attempt(number: int, *, last: str = "exiting", ending: str = "exit 1") -> list[Entry]:
    stamp = f"2026-11-23 10:{number % 60:02d}:01.{number:03d} [INFO][1] cni-installer/<nil> <nil>: "
    texts = [*(text.format(port=40_000 + number) for text in SAID), last]
    lines: list[Entry] = [f"2026-11-23T10:{number % 60:02d}:01.000000000Z {stamp}{text}".encode() for text in texts]
    return [*lines, Rule(f"attempt {number} · {ending} · {number % 7}s · back-off {number}s", "attempt", True)]


def folds(*entries: list[Entry], kept: KeptLines | None = None) -> list[str]:
    kept = kept if kept is not None else KeptLines()
    folding = Folding(kept)
    for some in entries:
        kept.add(some)
        while folding.extend():
            pass
    return [fold.rule.text.partition(" like")[0] for fold in folding.folds]


def test_all_but_the_newest_of_attempts_that_say_the_same_are_folded() -> None:
    assert folds(*map(attempt, range(180, 204))) == ["attempts 180-202"]


def test_a_running_attempt_is_in_no_fold() -> None:
    assert folds(attempt(1), attempt(2), attempt(3)[:-1]) == ["attempt 1"]


@pytest.mark.parametrize(
    "odd",
    [
        attempt(3, last="another word"),
        attempt(3, ending="exit 137 · OOMKilled"),
        [*attempt(3)[:2], Rule("the line above goes on for 2 kB", "dropped"), *attempt(3)[2:]],
        [Rule("attempt 3: only its last 20,000 lines were read", "dropped"), *attempt(3)],
        [*attempt(3)[:2], Rule("attempt 3: its last lines may be missing"), *attempt(3)[2:]],
    ],
    ids=["words", "ending", "cut line", "end alone", "missing lines"],
)
def test_an_attempt_that_differs_parts_those_before_it_from_those_after(odd: list[Entry]) -> None:
    entries = [attempt(1), attempt(2), odd, attempt(4), attempt(5), attempt(6)]
    assert folds(*entries) == ["attempt 1", "attempts 4-5"]


def test_attempts_that_were_not_seen_are_not_claimed_to_be_alike() -> None:
    gap: list[Entry] = [Rule("attempts 3 to 5 came and went unseen: the kubelet keeps only the newest two")]
    assert folds(attempt(1), attempt(2), gap, attempt(6), attempt(7)) == ["attempt 1", "attempt 6"]


def test_another_pod_begins_anew() -> None:
    replaced: list[Entry] = [Rule("pod b replaced a", "pod")]
    assert folds(attempt(1), attempt(2), replaced, attempt(1), attempt(2)) == ["attempt 1", "attempt 1"]


def test_what_was_saved_as_a_file_folds_as_it_did() -> None:
    saved = [entry_of(line_of(entry)) for number in range(1, 5) for entry in attempt(number)]
    assert folds(saved) == ["attempts 1-3"]


def test_a_long_backlog_is_taken_in_pieces() -> None:
    kept = KeptLines()
    kept.add([entry for number in range(1, 2001) for entry in attempt(number)])
    folding = Folding(kept)
    assert folding.extend()
    first = folding.folds[0].last
    assert 1 < first < 1999
    while folding.extend():
        pass
    assert folding.folds[0].last == 1999


def test_dropped_attempts_leave_the_fold() -> None:
    kept = KeptLines(max_lines=40)
    assert folds(*map(attempt, range(1, 40)), kept=kept) == ["attempts 1-38"]
    assert kept.dropped_lines
