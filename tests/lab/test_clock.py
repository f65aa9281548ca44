"""Stamps, durations and ages as Kubernetes prints them, and timers that replay the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cnitui.lab.clock import Clock, go_duration, human_duration, parse_rfc3339, rfc3339, rfc3339_nano
from cnitui.lab.kubelet.backoff import Backoff, waits
from cnitui.lab.kubelet.timeline import Timeline

START = datetime(2026, 11, 23, 14, 8, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10, "10s"),
        (20, "20s"),
        (80, "1m20s"),
        (160, "2m40s"),
        (300, "5m0s"),
        (2.5, "2.5s"),
        (0.8, "800ms"),
        (3661, "1h1m1s"),
    ],
)
def test_durations_read_as_go_prints_them(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (85, "85s"),
        (191, "3m11s"),
        (600, "10m"),
        (17 * 3600 + 1260, "17h"),
        (3 * 3600, "3h"),
        (2 * 86400 + 5, "2d"),
        (1e6, "11d"),
    ],
)
def test_ages_read_as_kubectl_prints_them(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_stamps_survive_a_round_trip() -> None:
    assert parse_rfc3339(rfc3339(START)) == START
    moment = START + timedelta(microseconds=123_456)
    assert parse_rfc3339(rfc3339_nano(moment)) == moment
    assert parse_rfc3339("2026-11-23T14:08:11.1+01:00") == START + timedelta(hours=-1, milliseconds=100)


def test_the_first_restart_is_immediate_and_waits_double_up_to_five_minutes() -> None:
    assert waits(9) == (0, 10, 20, 40, 80, 160, 300, 300, 300)
    entry = Backoff()
    assert tuple(entry.wait(START, START) for _ in range(9)) == waits(9)


def test_a_long_good_run_forgets_the_back_off() -> None:
    entry = Backoff()
    for _ in range(8):
        entry.wait(START, START)
    assert entry.wait(START + timedelta(seconds=1), START + timedelta(seconds=602)) == 0
    assert entry.wait(START + timedelta(seconds=602), START + timedelta(seconds=604)) == 10


def test_the_past_runs_in_order_and_what_is_left_is_handed_over() -> None:
    timeline = Timeline(Clock(), START)
    seen: list[tuple[str, datetime]] = []
    timeline.later(30, lambda: seen.append(("late", timeline.now())))
    timeline.later(10, lambda: seen.append(("early", timeline.now())))
    timeline.later(20, lambda: seen.append(("never", timeline.now()))).cancel()
    timeline.replay(START + timedelta(seconds=15))
    assert seen == [("early", START + timedelta(seconds=10))]
    assert timeline.replaying
    timeline.replay(START + timedelta(seconds=60))
    assert seen[1:] == [("late", START + timedelta(seconds=30))]


def test_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Clock(0)
