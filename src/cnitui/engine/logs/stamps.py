"""The kubelet's timestamp at the start of a log line, and resuming a cut stream by it.

With `timestamps=true` each line is `2026-11-23T14:09:16.707000000Z text`: nine digits of fraction and the node's zone
(kubernetes pkg/kubelet/kuberuntime/logs/logs.go@v1.31.0, timeFormatOut = RFC3339NanoFixed). `sinceTime` is cut to whole
seconds on its way to the kubelet, so a resumed stream repeats lines that were seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

NANOSECONDS = 1_000_000_000


def split(line: bytes) -> tuple[bytes, bytes]:
    """Timestamp and text of a line; the timestamp is b"" for what the kubelet wrote itself."""
    if line[10:11] == b"T" and line[4:5] == b"-":
        end = line.find(b" ", 19, 40)
        if end > 0:
            return line[:end], line[end + 1 :]
    return b"", line


def without_stamps(log: bytes) -> str:
    """The text of a whole log."""
    return b"\n".join(split(line)[1] for line in log.split(b"\n")).decode("utf-8", "replace")


def time_of(line: bytes) -> datetime | None:
    """When the runtime wrote the line, in UTC to the microsecond."""
    stamp = split(line)[0]
    try:
        return datetime.fromisoformat(stamp.decode("ascii")).astimezone(UTC) if stamp else None
    except (ValueError, OverflowError):
        return None


def nanoseconds(line: bytes) -> int | None:
    """The same since 1970 and to the nanosecond, which is what tells two lines of one burst apart."""
    time = time_of(line)
    if time is None:
        return None
    whole = int(time.replace(microsecond=0).timestamp())
    digits = split(line)[0][19:].lstrip(b".")
    fraction = digits[: len(digits) - len(digits.lstrip(b"0123456789"))]
    return whole * NANOSECONDS + int(fraction[:9].ljust(9, b"0"))


class Cursor:
    """How far one attempt's log was read, so that a resumed stream repeats nothing and omits nothing."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._equal = 0
        self._repeated = 0
        self._resuming = False

    @property
    def since(self) -> datetime | None:
        """What to ask the server for: the last line's second, inclusive; None for everything."""
        return None if self._last is None else datetime.fromtimestamp(self._last // NANOSECONDS, UTC)

    def resume(self) -> None:
        """The stream starts again from `since`: from here on, what was seen is skipped."""
        self._resuming = self._last is not None
        self._repeated = 0

    def fresh(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """The lines that were not seen before; remembers where they end."""
        if self._resuming:
            lines = self._unseen(lines)
        if lines:
            self._remember(lines)
        return lines

    def _unseen(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        for index, line in enumerate(lines):
            if not self._seen(line):
                self._resuming = False
                return lines[index:]
        return ()

    def _seen(self, line: bytes) -> bool:
        time = nanoseconds(line)
        if time is None or self._last is None or time > self._last:
            return False
        if time == self._last:
            self._repeated += 1
            return self._repeated <= self._equal
        return True

    def _remember(self, lines: Sequence[bytes]) -> None:
        last: int | None = None
        equal = 0
        for line in reversed(lines):
            time = nanoseconds(line)
            if time is None:
                continue
            if last is not None and time != last:
                break
            last, equal = time, equal + 1
        else:
            equal += self._equal if last == self._last else 0
        if last is not None:
            self._last, self._equal = last, equal
