"""Several logs as one, by time: what happened on which node first.

Lines arrive by node and not by time: an attempt that has ended is read when its end is known. A line that comes late is
put where it belongs, and `KeptLines.revision` tells that places have changed. The lines are those that the feeds keep,
not copies.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from cnitui.engine.logs.compared import label_of
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import Entry, KeptLines, Rule
from cnitui.engine.logs.stamps import NANOSECONDS, nanoseconds
from cnitui.engine.logs.status import AttemptMark, FeedState, FeedStatus

FIRST_LINES = 20_000
"""Lines that it begins with, the newest of all logs: reading their times takes a moment."""
MAX_LINES = 50_000
LATEST = 1 << 62
"""Nanoseconds beyond which no clock tells a time: the year 2116."""
Timed = tuple[int, int, Entry]
"""Nanoseconds since 1970, the place of the log among the merged ones, and the entry."""


class MergedLog:
    """A log to be shown like a feed's; `catch_up` takes over what came."""

    node = container = moment = ""
    chosen = False
    attempts: tuple[AttemptMark, ...] = ()
    status = FeedStatus(FeedState.LIVE)

    def __init__(self, feeds: Sequence[LogFeed]) -> None:
        self.feeds = tuple(feeds)
        self.labels = tuple(map(label_of, feeds))
        self.lines = KeptLines(max_lines=MAX_LINES)
        share = FIRST_LINES // max(1, len(self.feeds))
        self._next = [max(feed.lines.first, feed.lines.end - share) for feed in self.feeds]
        self._newest = [0] * len(self.feeds)
        self._times = array("q")
        self._from = array("H")
        self._first = 0

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever one of the logs changed; answers how to stop that."""
        ends = [feed.listen(listener) for feed in self.feeds]

        def stop() -> None:
            for end in ends:
                end()

        return stop

    def label(self, number: int) -> str:
        """Whose line an entry is; "" for a rule of the merged log itself."""
        place = number - self._first
        return self.labels[self._from[place]] if 0 <= place < len(self._from) else ""

    def catch_up(self) -> None:
        """Take over what came since, each line at its time."""
        came = sorted(self._came(), key=lambda timed: timed[0])
        if not came:
            return
        place = max(bisect_right(self._times, came[0][0]), 1 if self.lines.dropped_lines else 0)
        if place < len(self._times):
            came = sorted([*self._cut(place), *came], key=lambda timed: timed[0])
        self._times.extend(time for time, _, _ in came)
        self._from.extend(source for _, source, _ in came)
        self.lines.add([entry for _, _, entry in came])
        gone = self.lines.first - self._first
        if gone:
            del self._times[:gone], self._from[:gone]
            self._first = self.lines.first

    def _came(self) -> Iterator[Timed]:
        """What came to each log, in the order of that log: a pod's status tells whole seconds only."""
        for source, feed in enumerate(self.feeds):
            start, self._next[source] = self._next[source], feed.lines.end
            came = [entry for _, entry in feed.lines.between(start, feed.lines.end)]
            if not self._newest[source]:
                self._newest[source] = next(filter(None, map(_time_of, came)), 0)
            for entry in came:
                self._newest[source] = time = max(_time_of(entry), self._newest[source])
                yield time, source, self._told(source, entry)

    def _told(self, source: int, entry: Entry) -> Entry:
        """A rule says whose it is: it has the whole width."""
        return replace(entry, text=f"{self.labels[source]}: {entry.text}") if isinstance(entry, Rule) else entry

    def _cut(self, place: int) -> list[Timed]:
        """Take out the entries from a place on."""
        entries = self.lines.take_from(self._first + place)
        cut = list(zip(self._times[place:], self._from[place:], entries, strict=True))
        del self._times[place:], self._from[place:]
        return cut


def _time_of(entry: Entry) -> int:
    """Nanoseconds since 1970; 0 for what tells no time, which stands with what came before it in its own log."""
    if isinstance(entry, bytes):
        time = nanoseconds(entry) or 0
    else:
        time = int(entry.time.timestamp()) * NANOSECONDS if entry.time is not None else 0
    return time if 0 < time < LATEST else 0
