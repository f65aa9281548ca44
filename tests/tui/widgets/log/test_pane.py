"""LogPane and LogGrid alone in an app: following, staying, searching, filtering, hostile lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from syrupy.assertion import SnapshotAssertion
from textual import events

from cnitui.domain.facts import Run
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import KeptLines, Rule
from cnitui.engine.logs.status import FeedState, FeedStatus
from cnitui.engine.ports import Clock, ClusterApi
from cnitui.tui.messages import CopyRequested
from cnitui.tui.widgets.log.grid import PER_TICK, LogGrid
from cnitui.tui.widgets.log.paint import Known
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.log.window import LogWindow
from tests.tui.widgets.conftest import Alone, lines_of, styled

NOW = datetime(2026, 11, 23, 10, 42, 13, tzinfo=UTC)
RUN = (
    ("INFO", "Running as a Kubernetes pod"),
    ("INFO", "/host/opt/cni/bin is not writeable, skipping"),
    ("INFO", "/host/secondary-bin-dir is not writeable, skipping"),
    ("FATAL", "found no writeable directory, exiting error=<nil>"),
)
"""install-cni v3.27.0 on a node that denies it; the lines of a capture of the real installer."""


def line(text: str, time: datetime = NOW, level: str = "INFO") -> bytes:
    written = f"{time:%Y-%m-%d %H:%M:%S}.123 [{level}][1] cni-installer/<nil> <nil>: {text}"
    return f"{time:%Y-%m-%dT%H:%M:%S}.123456789Z {written}".encode()


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [line(f"line {n}", NOW + timedelta(seconds=n)) for n in range(start, start + count)]


def feed_of(node: str = "worker-01", kept: KeptLines | None = None) -> LogFeed:
    api, clock = cast(ClusterApi, None), cast(Clock, None)
    return LogFeed(api, clock, node=node, container="install-cni", lines=kept)


def crash_loop(node: str = "worker-01", attempts: int = 3, newest: int = 192) -> LogFeed:
    feed = feed_of(node)
    for number in range(newest - attempts + 1, newest + 1):
        start = NOW - timedelta(minutes=6 * (newest - number) + 3)
        feed.take_lines([line(text, start, level) for level, text in RUN])
        feed.lines.add([Rule(f"attempt {number} · exit 1 · 0.4s · back-off 5m", "attempt", True, start)])
    feed.status = FeedStatus(FeedState.WAITING, "", NOW + timedelta(seconds=133), newest)
    return feed


def classify(text: str) -> Known:
    if "no writeable directory" in text:
        return "known"
    return "benign" if "secondary-bin-dir" in text else ""


def pane_of(feed: LogFeed, *, failing: bool = False) -> LogPane:
    return LogPane(feed, classify=classify, now=lambda: NOW, failing=failing)


# --- how it looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_a_crash_loop_at_every_width(width: int, screen_text: SnapshotAssertion) -> None:
    pane = pane_of(crash_loop(), failing=True)
    async with Alone(pane).run_test(size=(width, 19)) as pilot:
        await pilot.pause()
        assert lines_of(pane) == screen_text


@pytest.mark.parametrize(
    "status",
    [
        FeedStatus(FeedState.CONNECTING, "reading attempt 7", None, 7),
        FeedStatus(FeedState.LIVE, "", None, 7),
        FeedStatus(FeedState.RECONNECTING, "connection reset by peer", NOW + timedelta(seconds=4), 7),
        FeedStatus(FeedState.ENDED, "completed", None, 7),
        FeedStatus(FeedState.FORBIDDEN, "pods/log in kube-system", NOW + timedelta(seconds=30), 7),
        FeedStatus(FeedState.GONE, "no calico-node pod on this node", None, 0),
    ],
    ids=lambda status: status.state.name,
)
async def test_every_state_of_a_stream_has_its_words(status: FeedStatus, screen_text: SnapshotAssertion) -> None:
    feed = feed_of()
    feed.status = status
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(80, 3)) as pilot:
        await pilot.pause()
        assert lines_of(pane) == screen_text


async def test_a_known_failure_has_a_gutter_and_a_normal_line_is_dim() -> None:
    pane = pane_of(crash_loop(attempts=1))
    async with Alone(pane).run_test(size=(100, 10)) as pilot:
        await pilot.pause()
        assert [text[0] for text in lines_of(pane)[1:5]] == [" ", " ", " ", "▌"]
        normal, benign = styled(pane, 2)[-2][1], styled(pane, 3)[-2][1]
        assert normal != benign
        assert styled(pane, 3)[1][1] == benign


async def test_timestamps_are_short_full_or_off() -> None:
    pane = pane_of(crash_loop(attempts=1))
    async with Alone(pane).run_test(size=(140, 10)) as pilot:
        await pilot.pause()
        assert lines_of(pane)[1] == " 10:39:13 Running as a Kubernetes pod"
        await pilot.press("t")
        assert lines_of(pane)[1] == (
            " 2026-11-23T10:39:13.123456789Z 2026-11-23 10:39:13.123 [INFO][1] cni-installer/<nil> <nil>: "
            "Running as a Kubernetes pod"
        )
        await pilot.press("t")
        assert lines_of(pane)[1] == " Running as a Kubernetes pod"


async def test_long_lines_wrap_or_scroll_sideways() -> None:
    feed = feed_of()
    feed.take_lines([line("0123456789" * 5)])
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(41, 6)) as pilot:
        await pilot.pause()
        assert lines_of(pane)[1] == " 10:42:13 01234567890123456789012345678…"
        await pilot.press("right")
        assert lines_of(pane)[1] == " 10:42:13 89012345678901234567890123456…"
        assert "+8" in lines_of(pane)[0]
        await pilot.press("w")
        assert lines_of(pane)[1:3] == [" 10:42:13 012345678901234567890123456789", "          01234567890123456789"]


# --- following and staying ------------------------------------------------------------------------------------------


async def test_the_end_is_followed_until_somebody_scrolls_up() -> None:
    feed = feed_of()
    feed.status = FeedStatus(FeedState.LIVE)
    feed.take_lines(numbered(30))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.pause()
        feed.take_lines(numbered(1, 30))
        pane.paint()
        assert lines_of(pane)[-1].endswith("line 30")
        await pilot.press("k")
        await pilot.pause()
        before = lines_of(pane)[1:]
        feed.take_lines(numbered(12, 31))
        pane.paint()
        await pilot.pause()
        assert lines_of(pane)[1:] == before
        assert "▼ 12 new" in lines_of(pane)[0]
        await pilot.press("G")
        await pilot.pause()
        assert lines_of(pane)[-1].endswith("line 42")
        assert "new" not in lines_of(pane)[0]
        assert pane.following


async def test_the_wheel_scrolls_and_autoscroll_starts_again_at_the_end() -> None:
    feed = feed_of()
    feed.status = FeedStatus(FeedState.LIVE)
    feed.take_lines(numbered(50))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.pause()
        pane.post_message(events.MouseScrollUp(pane, 5, 5, 0, -1, 0, False, False, False))
        await pilot.pause()
        assert not pane.following
        pane.action_rows(1000)
        await pilot.pause()
        assert pane.following


async def test_autoscroll_off_stays_even_at_the_end() -> None:
    feed = feed_of()
    feed.take_lines(numbered(30))
    feed.status = FeedStatus(FeedState.LIVE)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.press("s")
        before = lines_of(pane)[1:]
        feed.take_lines(numbered(5, 30))
        pane.paint()
        assert lines_of(pane)[1:] == before
        assert "autoscroll off" in lines_of(pane)[0]
        await pilot.press("s")
        assert lines_of(pane)[-1].endswith("line 34")


async def test_dropped_lines_do_not_move_what_is_read_and_are_counted() -> None:
    feed = feed_of(kept=KeptLines(max_lines=100))
    feed.status = FeedStatus(FeedState.LIVE)
    feed.take_lines(numbered(90))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.press(*["k"] * 5)
        await pilot.pause()
        before = lines_of(pane)[1:]
        feed.take_lines(numbered(30, 90))
        pane.paint()
        assert lines_of(pane)[1:] == before
        await pilot.press("g")
        assert "older lines" in lines_of(pane)[1]
        assert "dropped" in lines_of(pane)[1]


async def test_a_resize_keeps_following() -> None:
    feed = feed_of()
    feed.status = FeedStatus(FeedState.LIVE)
    feed.take_lines(numbered(50))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 20)) as pilot:
        await pilot.resize_terminal(41, 8)
        await pilot.pause()
        assert lines_of(pane)[-1].endswith("line 49")


async def test_the_previous_attempt_is_one_key_away() -> None:
    feed = crash_loop(attempts=1)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 4)) as pilot:
        await pilot.press("p")
        assert lines_of(pane)[1].endswith("Running as a Kubernetes pod")


# --- attempts like the next one are folded ---------------------------------------------------------------------------


async def test_a_key_a_click_the_attempt_before_and_a_found_line_open_a_fold() -> None:
    async def opened(*keys: str) -> bool:
        feed = crash_loop(attempts=0)
        for number in range(3):
            start = feed.lines.end
            feed.take_lines([line(text, NOW) for _, text in RUN])
            feed.take_attempt(number + 1, "pod", Run(), [Rule(f"attempt {number + 1} · exit 1 · 1s", "attempt", True)])
            feed._past[-1] = replace(feed._past[-1], start=start)
        pane = pane_of(feed)
        async with Alone(pane).run_test(size=(60, 9)) as pilot:
            await pilot.pause()
            assert [text for text in lines_of(pane) if "like the next" in text] == [lines_of(pane)[1]]
            if keys:
                await pilot.press(*keys)
            else:
                await pilot.click(pane, offset=(5, 1))
            shown = lines_of(pane)
            if keys == ("p",):
                assert "Running as" in shown[1]
                assert "attempt 2 " in shown[5]
            if keys == ("z",):
                await pilot.press("z")
                assert "like the next" in lines_of(pane)[1]
            return not any("like the next" in text for text in shown)

    assert await opened("z")
    assert await opened("p")
    assert await opened("slash", *"Running", "enter", "n", "n")
    assert await opened()


async def test_a_reader_is_not_moved_by_a_fold_and_finds_it_at_the_end() -> None:
    feed = crash_loop(attempts=2)
    feed.take_lines(numbered(3))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 7)) as pilot:
        await pilot.pause()
        await pilot.press("k", "k")
        await pilot.pause()
        before = lines_of(pane)[1:]
        feed.lines.add([Rule("attempt 193 · exit 1", "attempt", True)])
        for number in (194, 195):
            feed.lines.add([*numbered(3), Rule(f"attempt {number} · exit 1", "attempt", True)])
        pane.paint()
        assert lines_of(pane)[1:] == before
        await pilot.press("G")
        pane.paint()
        assert "attempts 193-194 like the next" in lines_of(pane)[1]


# --- known messages -------------------------------------------------------------------------------------------------


def known_pane(feed: LogFeed, calls: list[str] | None = None) -> LogPane:
    def known(text: str) -> Known:
        if calls is not None:
            calls.append(text)
        return classify(text)

    return LogPane(feed, classify=known, meaning=lambda _: "Nothing could be written there.", now=lambda: NOW)


async def at_rest(pane: LogPane) -> None:
    await pane.workers.wait_for_complete()


async def test_m_walks_over_known_messages_says_what_they_mean_and_passes_over_folds() -> None:
    feed = crash_loop(attempts=3)
    feed.take_lines([*numbered(30), line("found no writeable directory", level="FATAL"), *numbered(30)])
    pane = known_pane(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.press("g", "m")
        await at_rest(pane)
        first = pane.current
        assert isinstance(entry := pane.entry(first), bytes)
        assert b"FATAL" in entry
        assert feed.attempts == ()
        assert "Nothing could be written there." in lines_of(pane)[-1]
        await pilot.press("m")
        await at_rest(pane)
        assert pane.current == first + 32
        assert any("found no writeable" in text for text in lines_of(pane))
        await pilot.press("m")
        await at_rest(pane)
        assert pane.current == first
        await pilot.press("M")
        await at_rest(pane)
        assert pane.current == first + 32
        await pilot.press("escape")
        assert not any("Nothing could" in text for text in lines_of(pane))


async def test_what_is_said_hides_neither_its_line_nor_more_than_it_must_in_a_low_pane() -> None:
    feed = feed_of()
    feed.status = FeedStatus(FeedState.LIVE)
    feed.take_lines([*numbered(30), line("found no writeable directory")])
    pane = known_pane(feed)
    async with Alone(pane).run_test(size=(42, 4)) as pilot:
        await pilot.press("m")
        await at_rest(pane)
        assert "no writeable" in lines_of(pane)[-1]
        assert lines_of(pane)[1] == " Nothing could be written there."


async def test_a_log_without_known_messages_says_so_and_compares_what_it_repeats_once() -> None:
    feed = feed_of()
    feed.take_lines([line("the same again", NOW + timedelta(seconds=n)) for n in range(5000)])
    calls: list[str] = []
    pane = known_pane(feed, calls)
    async with Alone(pane).run_test(size=(60, 6)) as pilot:
        await pilot.pause()
        calls.clear()
        await pilot.press("m")
        await at_rest(pane)
        assert "no line of this log is a known message" in lines_of(pane)[-1]
        assert len(calls) == 1


# --- search and filter ----------------------------------------------------------------------------------------------


async def test_a_search_counts_marks_and_walks_over_the_matches() -> None:
    pane = pane_of(crash_loop())
    async with Alone(pane).run_test(size=(100, 8)) as pilot:
        await pilot.press("g", "slash", *"writeable dir")
        assert "/writeable dir 1/3" in lines_of(pane)[0]
        await pilot.press("enter", "n")
        assert "/writeable dir 2/3" in lines_of(pane)[0]
        assert any("▌10:33:13 FATAL" in text for text in lines_of(pane))
        await pilot.press("n", "n")
        assert "1/3" in lines_of(pane)[0]
        await pilot.press("N")
        assert "3/3" in lines_of(pane)[0]
        await pilot.press("escape")
        assert "/" not in lines_of(pane)[0]


async def test_a_search_keeps_counting_while_lines_come() -> None:
    feed = feed_of()
    feed.take_lines(numbered(5))
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 11)) as pilot:
        await pilot.press("slash", *"line", "enter")
        feed.take_lines(numbered(4, 5))
        pane.paint()
        assert "/9" in lines_of(pane)[0]


async def test_a_filter_shows_matching_lines_and_every_rule_and_can_be_inverted() -> None:
    pane = pane_of(crash_loop(attempts=2))
    async with Alone(pane).run_test(size=(100, 12)) as pilot:
        await pilot.press("ampersand", *"FATAL", "enter")
        shown = [text.strip() for text in lines_of(pane)[1:6]]
        assert [("FATAL" in text, "exit 1" in text) for text in shown[:4]] == [(True, False), (False, True)] * 2
        await pilot.press("ampersand", *["backspace"] * 5, *"!FATAL", "enter")
        assert not any("FATAL found" in text for text in lines_of(pane)[1:])
        assert "&!FATAL" in lines_of(pane)[0]


async def test_new_lines_pass_the_filter() -> None:
    feed = feed_of()
    feed.status = FeedStatus(FeedState.LIVE)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 8)) as pilot:
        await pilot.press("ampersand", *"9$", "enter")
        feed.take_lines(numbered(40))
        pane.paint()
        assert [text[-2:] for text in lines_of(pane)[1:5]] == [" 9", "19", "29", "39"]


async def test_a_time_window_shows_only_newer_lines() -> None:
    feed = feed_of()
    feed.take_lines([line("old", NOW - timedelta(minutes=10)), line("new", NOW - timedelta(minutes=2))])
    feed.status = FeedStatus(FeedState.LIVE)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(60, 8)) as pilot:
        await pilot.press("3")
        assert lines_of(pane)[1].endswith("new")
        assert "since 5m" in lines_of(pane)[0]
        await pilot.press("1")
        assert lines_of(pane)[1].endswith("old")


# --- hostile lines --------------------------------------------------------------------------------------------------

HOSTILE = [
    b"[/host/opt/cni/bin] permission denied",
    b"[red]markup[/red] [@click=app.quit]x[/]",
    b"\x1b[31mred\x1b[2J\x1b[H",
    b"\x1b]52;c;aGk=\x07\x1b]0;title\x07",
    "bidi \u202e\u2066evil\u2069".encode(),
    "zero\u200bwidth e\u0301\u0301\u0301\u0301".encode(),
    "日本語 and 👍🏽 🇩🇪".encode(),
    b"nul \x00\x01\x7f\x9b31m",
    b"broken \xff\xfe\xc3",
    b"tab\tand\rreturn",
    b"x" * 1_000_000,
    b"",
]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_hostile_lines_change_nothing_but_their_own_row(wrapped: bool) -> None:
    feed = feed_of()
    feed.take_lines([b"2026-11-23T10:00:00.000000000Z " + text for text in HOSTILE])
    feed.take_lines(HOSTILE)
    pane = pane_of(feed)
    async with Alone(pane).run_test(size=(50, 30)) as pilot:
        if wrapped:
            await pilot.press("w")
        await pilot.press("g")
        for _ in range(12):
            strips = [pane.render_line(y) for y in range(pane.size.height)]
            assert {strip.cell_length for strip in strips} == {50}
            assert all(character.isprintable() for strip in strips for character in strip.text)
            await pilot.press("pagedown")


async def test_what_is_copied_and_kept_is_what_came() -> None:
    feed = feed_of()
    feed.take_lines([b"2026-11-23T10:00:00.000000000Z " + text for text in HOSTILE[:4]])
    feed.lines.add([Rule("attempt 1 · exit 1", "attempt", True)])
    pane = pane_of(feed)
    app = Alone(pane)
    async with app.run_test(size=(50, 10), message_hook=app.hear) as pilot:
        await pilot.press("c")
        await pilot.pause()
        copied = next(m for m in app.heard if isinstance(m, CopyRequested)).text
        assert copied.splitlines()[0] == "[/host/opt/cni/bin] permission denied"
        assert "\x1b]52;c;aGk=\x07" in copied
        kept = pane.kept().split(b"\n")
        assert kept[3] == b"2026-11-23T10:00:00.000000000Z " + HOSTILE[3]
        assert kept[4].decode() == "# attempt 1 · exit 1"


async def test_a_selection_with_the_mouse_copies_whole_lines_as_they_came() -> None:
    feed = feed_of()
    feed.take_lines([line(f"\x1b[31mline {number}\x1b[0m") for number in range(5)])
    pane = pane_of(feed)
    app = Alone(pane)
    async with app.run_test(size=(60, 10), message_hook=app.hear) as pilot:
        await pilot.mouse_down(pane, offset=(1, 2))
        await pilot.hover(pane, offset=(12, 4))
        await pilot.mouse_up(pane, offset=(12, 4))
        await pilot.press("c")
        await pilot.pause()
        copied = next(m for m in app.heard if isinstance(m, CopyRequested)).text.splitlines()
        prefix = "2026-11-23 10:42:13.123 [INFO][1] cni-installer/<nil> <nil>: "
        assert copied[:2] == [f"{prefix}\x1b[31mline {number}\x1b[0m" for number in (1, 2)]
        assert copied[2] == " 10:42:13 lin"
        assert any("on" in style for text, style in styled(pane, 3) if "line 2" in text)


# --- several panes --------------------------------------------------------------------------------------------------


def grid_of(nodes: int, **options: str) -> tuple[LogGrid, list[LogFeed]]:
    feeds = [crash_loop("master-01", 1, 1), *(crash_loop(f"worker-{n:02d}") for n in range(1, nodes))]
    return LogGrid(lead=options.get("lead", ""), classify=classify, now=lambda: NOW), feeds


@pytest.mark.parametrize("size", [(80, 24), (120, 19), (200, 30)], ids=str)
async def test_panes_stand_side_by_side_with_the_reference_first(
    size: tuple[int, int], screen_text: SnapshotAssertion
) -> None:
    grid, feeds = grid_of(3, lead="Logs install-cni")
    async with Alone(grid).run_test(size=size) as pilot:
        grid.show(list(reversed(feeds)), reference="master-01", failing={"worker-01", "worker-02"})
        await pilot.pause()
        grid.tick()
        await pilot.pause()
        panes = [pane for pane in grid.query(LogPane) if pane.display]
        drawn = [f"{pane.region.x},{pane.region.y} {text}" for pane in panes for text in lines_of(pane)]
        assert drawn == screen_text


async def test_more_nodes_than_fit_are_on_further_pages_with_the_reference_pinned() -> None:
    grid, feeds = grid_of(9)
    app = Alone(grid)
    async with app.run_test(size=(120, 12), message_hook=app.hear) as pilot:
        grid.show(feeds, reference="master-01")
        await pilot.pause()
        assert grid.pages == 4
        await pilot.press("tab", "]")
        await pilot.pause()
        seen = [m.nodes for m in app.heard if isinstance(m, LogGrid.PageChanged)]
        assert seen == [("master-01", "worker-01", "worker-02"), ("master-01", "worker-03", "worker-04")]
        await pilot.press("[", "[")
        await pilot.pause()
        assert grid.page == 3
        assert [pane.feed.node for pane in grid.query(LogPane) if pane.display] == [
            "master-01",
            "worker-07",
            "worker-08",
        ]


async def test_locked_panes_go_to_the_same_time() -> None:
    grid = LogGrid(now=lambda: NOW)
    feeds = [feed_of(f"worker-{n}") for n in range(2)]
    for feed in feeds:
        feed.status = FeedStatus(FeedState.LIVE)
        feed.take_lines(numbered(100))
    async with Alone(grid).run_test(size=(100, 12)) as pilot:
        grid.show(feeds)
        await pilot.pause()
        grid.tick()
        await pilot.press("tab", "l", "g")
        await pilot.pause()
        first, second = list(grid.query(LogPane))
        assert lines_of(first)[1] == lines_of(second)[1]
        assert lines_of(first)[1].endswith("line 0")
        assert "locked" in lines_of(second)[0]
        await pilot.press("G")
        await pilot.pause()
        assert first.following
        assert second.following


async def test_no_more_than_a_few_panes_are_painted_in_one_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    monkeypatch.setattr(LogPane, "paint", lambda pane: painted.append(pane.feed.node))
    grid = LogGrid(now=lambda: NOW)
    feeds = [feed_of(f"worker-{n:02d}") for n in range(10)]
    async with Alone(grid).run_test(size=(200, 40)) as pilot:
        grid.show(feeds)
        await pilot.pause()
        for _ in range(3):
            grid.tick()
        painted.clear()
        for feed in feeds:
            feed.take_lines(numbered(3))
        grid.tick()
        assert len(painted) == PER_TICK
        grid.tick()
        grid.tick()
        assert sorted(painted) == [feed.node for feed in feeds]


async def test_a_node_that_is_not_chosen_any_more_leaves_and_an_empty_grid_says_so() -> None:
    grid, feeds = grid_of(3)
    async with Alone(grid).run_test(size=(120, 12)) as pilot:
        grid.show(feeds)
        await pilot.pause()
        grid.show(feeds[:1])
        await pilot.pause()
        assert [pane.feed.node for pane in grid.query(LogPane)] == ["master-01"]
        grid.show([])
        grid.say("no calico-node pod found")
        await pilot.pause()
        assert "no calico-node pod found" in str(grid.render())


async def test_scrolling_tells_the_time_of_the_top_line() -> None:
    feed = feed_of()
    feed.take_lines(numbered(50))
    pane = pane_of(feed)
    app = Alone(pane)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        await pilot.press("g")
        await pilot.pause()
        times = [m.at for m in app.heard if isinstance(m, LogWindow.Scrolled)]
        assert times[-1] == NOW.replace(microsecond=123456)
        pane.scroll_to_time(NOW + timedelta(seconds=20))
        assert lines_of(pane)[1].endswith("line 20")
