"""Container logs with timestamps, as the kubelet serves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.domain.parsing.container_log import parse_line, parse_log, parse_stamp


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-11-23T10:25:01Z", datetime(2026, 11, 23, 10, 25, 1, tzinfo=UTC)),
        ("2026-11-23T10:25:01.5Z", datetime(2026, 11, 23, 10, 25, 1, 500_000, tzinfo=UTC)),
        ("2026-11-23T10:25:01.123456789Z", datetime(2026, 11, 23, 10, 25, 1, 123_456, tzinfo=UTC)),
        ("2026-11-23T12:25:01.000000001+02:00", datetime(2026, 11, 23, 10, 25, 1, tzinfo=UTC)),
        ("2026-11-23T10:25:01", datetime(2026, 11, 23, 10, 25, 1, tzinfo=UTC)),
    ],
)
def test_stamps_keep_microseconds_and_become_utc(text: str, stamp: datetime) -> None:
    assert parse_stamp(text) == stamp


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-11-23",
        "2026-13-23T10:25:01Z",
        "time=2026",
        "2026-11-23T10:25:01.Zx",
        "1" * 50 + "T",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_stamp_is_none(text: str) -> None:
    assert parse_stamp(text) is None


def test_a_line_is_its_time_and_the_rest_as_it_came() -> None:
    line = parse_line("2026-11-23T10:25:01Z [INFO][1]  two  spaces ", 7)
    assert (line.number, line.text) == (7, "[INFO][1]  two  spaces ")
    assert line.time == datetime(2026, 11, 23, 10, 25, 1, tzinfo=UTC)


def test_a_line_without_a_time_keeps_its_text_whole() -> None:
    assert parse_line("panic: no time here", 1).text == "panic: no time here"
    assert parse_line("panic: no time here", 1).time is None


def test_a_line_of_nothing_but_a_time_is_empty() -> None:
    assert parse_line("2026-11-23T10:25:01Z").text == ""


def test_lines_are_numbered_from_one_and_empty_ones_leave_no_gap_in_the_text() -> None:
    lines = parse_log(b"2026-11-23T10:25:01Z one\r\n\n2026-11-23T10:25:02Z three\n")
    assert [(line.number, line.text) for line in lines] == [(1, "one"), (3, "three")]


def test_broken_utf8_becomes_replacement_characters() -> None:
    assert parse_log(b"2026-11-23T10:25:01Z \xff\xfe ok")[0].text == "�� ok"


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    for line in parse_log(raw):
        assert "\n" not in line.text


@given(st.integers(0, 4_000_000_000_000_000), st.integers(-14, 14))
def test_every_stamp_of_every_zone_is_read_back(micros: int, hours: int) -> None:
    stamp = datetime(1970, 1, 2, tzinfo=timezone(timedelta(hours=hours))) + timedelta(microseconds=micros)
    assert parse_stamp(stamp.isoformat()) == stamp
