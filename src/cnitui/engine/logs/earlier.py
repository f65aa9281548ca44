"""A log as it was before a plan was applied: the attempts that were read by then, and nothing that follows."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.facts import INSTALL_CNI, Attempt, AttemptLogs, LogLine
from cnitui.engine.logs.attempts import ending_words
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import Entry, Rule
from cnitui.engine.logs.status import FeedState, FeedStatus
from cnitui.engine.ports import Clock, ClusterApi
from cnitui.engine.state import Before


def earlier_feed(api: ClusterApi, clock: Clock, before: Before, node: str) -> LogFeed:
    """The feed of a node as it was; it is never run."""
    logs = before.state.case.value(AttemptLogs, node)
    feed = LogFeed(api, clock, node=node, container=logs.container if logs else INSTALL_CNI, moment="before")
    recorded = before.state.recorded
    for kept, container, lines in recorded.kept if recorded else ():
        if (kept, container) == (node, feed.container):
            feed.take_lines(lines.splitlines())
    pod = before.state.pod(node)
    status = pod.container(feed.container) if pod is not None else None
    newest = status.restart_count + 1 if status is not None else 0
    attempts = logs.attempts if logs else ()
    for place, attempt in enumerate(attempts):
        ordinal = max(1, newest - (len(attempts) - 1 - place))
        feed.take_attempt(ordinal, logs.pod if logs else "", attempt.run, list(_entries(attempt, ordinal)))
    why = f"before the plan of {before.at:%H:%M:%S}"
    feed.status = FeedStatus(FeedState.ENDED, why if attempts else f"not read {why}")
    return feed


def _entries(attempt: Attempt, ordinal: int) -> Iterator[Entry]:
    """The lines as a kubelet would send them, and the rule below them."""
    yield from (_line(line) for line in attempt.lines)
    if attempt.run.finished_at is not None:
        words = " · ".join([f"attempt {ordinal}", *ending_words(attempt.run)])
        yield Rule(words, "attempt", attempt.run.failed, attempt.run.finished_at)


def _line(line: LogLine) -> bytes:
    stamp = f"{line.time:%Y-%m-%dT%H:%M:%S.%f}000Z " if line.time is not None else ""
    return (stamp + line.text).encode("utf-8", "surrogateescape")
