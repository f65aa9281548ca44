"""What an earlier attempt proved stays proven while nothing about the failure has changed.

The kubelet knows two attempts at most, and the audit log's `recent` is ten minutes. A denial inside an attempt that is
no longer told would lie outside of all known ones, so attempts that were read are remembered beside the newer.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cnitui.domain.facts import Attempt, AttemptLogs
from cnitui.domain.parsing.installer_log import parse_record

KEPT_ATTEMPTS = 4
"""Earlier attempts remembered beside those that the kubelet still tells."""
_OWN = re.compile(r"[0-9a-f]*\d[0-9a-f]*")


def with_earlier(newer: AttemptLogs, earlier: AttemptLogs) -> AttemptLogs:
    """The newer attempts, and before them those read earlier that ended as the newest did; of the same pod only."""
    latest = newer.latest
    if latest is None or (newer.pod, newer.container) != (earlier.pod, earlier.container):
        return newer
    told = {attempt.run.container_id for attempt in newer.attempts}
    mark = _failure_of(latest)
    kept = [
        attempt
        for attempt in earlier.attempts
        if attempt.run.finished_at and attempt.run.container_id not in told and _failure_of(attempt) == mark
    ]
    return replace(newer, attempts=(*kept[-KEPT_ATTEMPTS:], *newer.attempts)) if kept else newer


def _failure_of(attempt: Attempt) -> tuple[object, ...]:
    """How it ended, and the last line that reports an error, without the numbers in it."""
    run = attempt.run
    errors = (line.text for line in reversed(attempt.lines) if parse_record(line).failure)
    return run.exit_code, run.signal, run.reason, _OWN.sub("#", next(errors, ""))
