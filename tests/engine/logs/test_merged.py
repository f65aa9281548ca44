"""Several logs as one: each line at its time, also the one that comes late."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import KeptLines, Rule
from cnitui.engine.logs.merged import FIRST_LINES, MAX_LINES, MergedLog
from cnitui.engine.ports import Clock, ClusterApi
from tests.engine.logs.test_feed import at, line


def feed_of(node: str) -> LogFeed:
    return LogFeed(cast(ClusterApi, None), cast(Clock, None), node=node, container="install-cni")


def shown(merged: MergedLog) -> list[str]:
    lines = merged.lines
    return [
        entry.text if isinstance(entry, Rule) else f"{merged.label(number)} {(entry.split() or [b''])[-1].decode()}"
        for number, entry in lines.between(lines.first, lines.end)
    ]


def test_lines_stand_by_time_with_their_nodes_and_rules_below_what_they_end() -> None:
    one, other = feed_of("worker-01"), feed_of("worker-02")
    one.take_lines([line(1.2, "a").rstrip(), line(3.9, "c").rstrip()])
    one.lines.add([Rule("attempt 1 · exit 1", "attempt", True, at(3))])
    other.take_lines([line(2, "b").rstrip(), line(5, "d").rstrip()])
    merged = MergedLog([one, other])
    merged.catch_up()
    assert shown(merged) == [
        "worker-01 a",
        "worker-02 b",
        "worker-01 c",
        "worker-01: attempt 1 · exit 1",
        "worker-02 d",
    ]
    assert merged.lines.revision == 0


def test_what_comes_late_is_put_at_its_time_and_places_are_told_to_have_changed() -> None:
    one, other = feed_of("worker-01"), feed_of("worker-02")
    merged = MergedLog([one, other])
    one.take_lines([line(second, f"a{second}").rstrip() for second in (1, 4, 6)])
    merged.catch_up()
    other.take_lines([line(second, f"b{second}").rstrip() for second in (2, 5, 7)])
    merged.catch_up()
    assert [text.split()[1] for text in shown(merged)] == ["a1", "b2", "a4", "b5", "a6", "b7"]
    assert merged.lines.revision == 1
    one.take_lines([line(8, "a8").rstrip()])
    merged.catch_up()
    assert merged.lines.revision == 1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=60), st.integers(1, 7), st.integers(8, 40))
def test_whatever_comes_when_each_log_keeps_its_order_and_bounds_hold(
    steps: list[tuple[int, int]], every: int, bound: int
) -> None:
    feeds = [feed_of(f"n{number}") for number in range(3)]
    merged = MergedLog(feeds)
    merged.lines = KeptLines(max_lines=bound)
    clocks = [0, 0, 0]
    for count, (source, step) in enumerate(steps):
        clocks[source] += step
        feeds[source].take_lines([line(clocks[source], f"{count}").rstrip()])
        if count % every == 0:
            merged.catch_up()
    merged.catch_up()
    kept = [text for text in shown(merged) if "dropped" not in text]
    assert len(merged.lines) <= bound
    for feed in feeds:
        own = [int(text.split()[1]) for text in kept if text.startswith(feed.node)]
        assert own == sorted(own)
    if not merged.lines.dropped_lines:
        assert len(kept) == len(steps)
        times = [clock for clock, _, _ in sorted(_timed(steps))]
        assert [_time_of(steps, int(text.split()[1])) for text in kept] == times


def _timed(steps: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    return [(_time_of(steps, count), source, count) for count, (source, _) in enumerate(steps)]


def _time_of(steps: list[tuple[int, int]], count: int) -> int:
    return sum(step for source, step in steps[: count + 1] if source == steps[count][0])


def test_a_long_past_is_begun_with_at_its_end() -> None:
    feed = feed_of("worker-01")
    feed.take_lines([line(number, f"{number}").rstrip() for number in range(FIRST_LINES + 10)])
    merged = MergedLog([feed])
    merged.catch_up()
    assert shown(merged)[0] == "worker-01 10"
    assert len(merged.lines) == FIRST_LINES < MAX_LINES


def test_a_listener_hears_of_each_log_until_it_stops() -> None:
    feeds = [feed_of("a"), feed_of("b")]
    heard: list[str] = []
    stop = MergedLog(feeds).listen(lambda: heard.append("news"))
    for feed in feeds:
        feed.take_lines([line(1, "x").rstrip()])
    assert heard == ["news"] * 2
    stop()
    feeds[0].take_lines([line(2, "x").rstrip()])
    assert heard == ["news"] * 2


def test_times_that_no_clock_tells_stand_with_the_line_before() -> None:
    feed = feed_of("worker-01")
    feed.take_lines([line(1, "a").rstrip(), b"9999-01-01T00:00:00Z b", b"0001-01-01T00:00:00Z c", b"no time", b""])
    merged = MergedLog([feed])
    merged.catch_up()
    assert len(merged.lines) == 5
    assert [text.split()[-1] for text in shown(merged)[:3]] == ["a", "b", "c"]
