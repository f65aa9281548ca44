from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cnitui.domain.parsing.line_time import LoggedTime, logged_time

MOMENT = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "exact"),
    [
        ('time="2026-11-23T02:00:00Z" level=info msg="Running as a Kubernetes pod"', True),
        ("2026-11-23 02:00:00.123 [ERROR][1] cni-installer/<nil> <nil>: found no writeable directory", True),
        ("2026-11-23T04:00:00.5+0200 worker-01 kubelet[1]: x", True),
        ("2026-11-23 02:00:00 something", False),
    ],
)
def test_a_lines_own_time_is_known_whatever_its_format(line: str, exact: bool) -> None:
    assert logged_time(line) == LoggedTime(MOMENT, exact)


@pytest.mark.parametrize(
    "line", ["", "no time", "2026-99-99 02:00:00 x", "2026-11-23T02:00:00Z w1 audit[3]: AVC avc: denied"]
)
def test_a_line_without_a_time_of_its_log_has_none(line: str) -> None:
    assert logged_time(line) is None
