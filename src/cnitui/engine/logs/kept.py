"""What was seen of one container's log, kept within bounds: the kubelet forgets attempts, this does not.

Lines stay the bytes that came, timestamp included, because most of them are never looked at: 100,000 lines take about
1.25 times their raw size. Entries are addressed by a number that never changes, also after the oldest were dropped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from cnitui.late_dataclass import dataclass

MAX_LINES = 100_000
MAX_BYTES = 24 << 20
MAX_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of ours between the container's: the end of an attempt, another pod, or what is missing and why."""

    text: str
    kind: Literal["attempt", "pod", "note", "dropped", "fold", "difference"] = "note"
    failed: bool = False
    time: datetime | None = None


Entry = bytes | Rule
_COMMENT = b"# "


def line_of(entry: Entry) -> bytes:
    """An entry as a line of a file: rules are comments."""
    return _COMMENT + entry.text.encode("utf-8", "replace") if isinstance(entry, Rule) else entry


def entry_of(line: bytes) -> Entry:
    """The entry of such a line; the lines of a container begin with a timestamp."""
    if line.startswith(_COMMENT):
        return Rule(line.removeprefix(_COMMENT).decode("utf-8", "replace"))
    return line


class KeptLines:
    """Log lines and rules in order; append-only but for the oldest, which leave in blocks when a bound is reached."""

    def __init__(self, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        self._entries: list[Entry] = []
        self._rules: list[int] = []
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self.first = 0
        """Number of the oldest entry kept."""
        self.revision = 0
        """Counts how often entries were taken out at the end: the numbers of those that follow mean others then."""
        self.bytes = 0
        self.dropped_lines = 0
        self.dropped_bytes = 0

    @property
    def end(self) -> int:
        """Number of the next entry."""
        return self.first + len(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, number: int) -> Entry:
        if number < self.first:
            raise IndexError(number)
        return self._entries[number - self.first]

    def since(self, number: int) -> Sequence[Entry]:
        """The entries from that number on (from the oldest kept, when it is gone)."""
        return self._entries[max(0, number - self.first) :]

    def between(self, start: int, end: int) -> Iterator[tuple[int, Entry]]:
        """Numbered entries of a range, as far as they are kept."""
        start = max(start, self.first)
        return enumerate(self._entries[start - self.first : max(0, end - self.first)], start)

    def tail(self, start: int, end: int, most: int) -> bytes:
        """The last `most` bytes of a range as lines of a file; what comes before them is not written out."""
        lines: list[bytes] = []
        size = 0
        for number in range(min(end, self.end) - 1, max(start, self.first) - 1, -1):
            lines.append(line_of(self[number]) + b"\n")
            size += len(lines[-1])
            if size >= most:
                break
        return b"".join(reversed(lines))[-most:]

    def next_rule(self, number: int) -> int | None:
        """The number of the first rule from a number on; rules are few, so nobody has to look at each line for them."""
        place = bisect_left(self._rules, number)
        return self._rules[place] if place < len(self._rules) else None

    def add(self, entries: Sequence[Entry]) -> None:
        """Append; may drop the oldest."""
        sizes = [len(entry) for entry in entries if isinstance(entry, bytes)]
        if len(sizes) != len(entries):
            self._rules += [number for number, entry in enumerate(entries, self.end) if isinstance(entry, Rule)]
        self._entries.extend(entries)
        self.bytes += sum(sizes)
        if len(self._entries) > self._max_lines or self.bytes > self._max_bytes:
            self._drop()

    def take_from(self, number: int) -> list[Entry]:
        """Take out the entries from a number on."""
        place = max(0, number - self.first)
        taken, self._entries[place:] = self._entries[place:], []
        self.bytes -= sum(len(entry) for entry in taken if isinstance(entry, bytes))
        self.revision += 1
        del self._rules[bisect_left(self._rules, self.end) :]
        return taken

    def _drop(self) -> None:
        """Drop the oldest down to 7/8 of both bounds, so that the next drop is far; a rule says how much is gone."""
        lines, size, count = 0, 0, 0
        excess_lines = len(self._entries) - self._max_lines * 7 // 8
        excess_bytes = self.bytes - self._max_bytes * 7 // 8
        for entry in self._entries[:-1]:
            if count >= excess_lines and size >= excess_bytes:
                break
            count += 1
            if isinstance(entry, bytes):
                lines, size = lines + 1, size + len(entry)
        self.dropped_lines += lines
        self.dropped_bytes += size
        self.bytes -= size
        if count:
            self._entries[:count] = [self._dropped_rule()]
            self.first += count - 1
            self._rules[: bisect_right(self._rules, self.first)] = [self.first]

    def _dropped_rule(self) -> Rule:
        bound = f"{self._max_lines:,} lines or {self._max_bytes >> 20} MiB"
        return Rule(
            f"{self.dropped_lines:,} older lines ({size_of(self.dropped_bytes)}) dropped, kept {bound}", "dropped"
        )


def size_of(count: int) -> str:
    """Bytes for people: `512 B`, `2.1 MB`."""
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= divisor:
            return f"{count / divisor:.1f} {unit}"
    return f"{count} B"


class LineBuffer:
    """Chunks of a stream in, whole lines out; what a line has beyond `MAX_LINE` bytes is counted, not kept."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._rest = b""
        self._skipped = 0
        self._skipping = False

    def feed(self, chunk: bytes) -> list[Entry]:
        """The lines that this chunk completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n") if self._rest else chunk.split(b"\n")
        entries: list[Entry] = list(lines)
        if self._skipping and lines:
            entries[0] = self._end_of_skipping(lines[0])
        if len(self._rest) > self._limit or (self._skipping and not lines):
            entries.extend(self._skip())
        if any(map(self._limit.__lt__, map(len, lines))):
            entries = [piece for entry in entries for piece in self._bounded(entry)]
        return entries

    def last(self) -> list[Entry]:
        """What was left without a line break when the log ended."""
        rest, self._rest = self._rest, b""
        if self._skipping:
            return [self._end_of_skipping(rest)]
        return [rest] if rest else []

    def _skip(self) -> list[Entry]:
        start = [] if self._skipping else [self._rest[: self._limit]]
        self._skipped += len(self._rest) - sum(map(len, start))
        self._rest, self._skipping = b"", True
        return list[Entry](start)

    def _end_of_skipping(self, tail: bytes) -> Rule:
        skipped, self._skipped, self._skipping = self._skipped + len(tail), 0, False
        return self._rule(skipped)

    def _bounded(self, entry: Entry) -> list[Entry]:
        if isinstance(entry, Rule) or len(entry) <= self._limit:
            return [entry]
        return [entry[: self._limit], self._rule(len(entry) - self._limit)]

    def _rule(self, skipped: int) -> Rule:
        return Rule(f"the line above goes on for {size_of(skipped)}, kept {size_of(self._limit)} of a line", "dropped")
