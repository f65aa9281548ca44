"""MergedPane alone in an app: whose line it is, and what is read stays in view when a line comes late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.merged import MergedLog
from cnitui.tui.messages import CopyRequested
from cnitui.tui.widgets.log.merged import MergedPane
from tests.tui.widgets.conftest import Alone, lines_of
from tests.tui.widgets.log.test_pane import HOSTILE, NOW, classify, crash_loop, feed_of, line


def merged_of(*feeds: LogFeed) -> MergedPane:
    return MergedPane(MergedLog(feeds), classify=classify, now=lambda: NOW)


def said(feed: LogFeed, *seconds: int) -> None:
    feed.take_lines([line(f"{feed.node} says {second}", NOW + timedelta(seconds=second)) for second in seconds])


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=["80x24", "120x35", "200x50"])
async def test_two_crash_loops_as_one(size: tuple[int, int], screen_text: SnapshotAssertion) -> None:
    pane = merged_of(crash_loop("worker-01"), crash_loop("a-node-with-a-long-name.example.internal", newest=77))
    async with Alone(pane).run_test(size=size) as pilot:
        await pilot.pause()
        assert lines_of(pane) == screen_text


@pytest.mark.parametrize("keys", [(), ("w",), ("ampersand", *"says", "enter")], ids=["plain", "wrapped", "filtered"])
async def test_late_lines_do_not_move_what_is_read_or_found(keys: tuple[str, ...]) -> None:
    one, other = feed_of("worker-01"), feed_of("worker-02")
    said(one, *range(0, 60, 2))
    pane = merged_of(one, other)
    async with Alone(pane).run_test(size=(60, 8)) as pilot:
        await pilot.press(*keys, "slash", *"says 30$", "enter")
        await pilot.pause()
        before, found = lines_of(pane)[1:], pane.current
        assert any("says 30" in text for text in before)
        said(other, *range(1, 12, 2))
        pane.paint()
        await pilot.pause()
        assert lines_of(pane)[1:] == before
        assert pane.current == found + 6
        assert " 1/1" in lines_of(pane)[0]
        await pilot.press("g")
        await pilot.pause()
        assert [text.split()[1] for text in lines_of(pane)[1:4]] == ["worker-01", "worker-02", "worker-01"]
        said(one, 60)
        pane.paint()
        await pilot.press("G")
        assert "says 60" in lines_of(pane)[-1]


async def test_what_is_copied_and_kept_names_the_node_and_hostile_lines_stay_in_their_rows() -> None:
    feed = feed_of("worker-01")
    feed.take_lines([b"2026-11-23T10:00:00.000000000Z " + text for text in HOSTILE])
    pane = merged_of(feed)
    app = Alone(pane)
    async with app.run_test(size=(50, 20), message_hook=app.hear) as pilot:
        await pilot.press("g")
        strips = [pane.render_line(y) for y in range(pane.size.height)]
        assert {strip.cell_length for strip in strips} == {50}
        assert all(character.isprintable() for strip in strips for character in strip.text)
        await pilot.press("c")
        await pilot.pause()
        copied = next(message for message in app.heard if isinstance(message, CopyRequested)).text
        assert copied.splitlines()[0] == "worker-01  [/host/opt/cni/bin] permission denied"
        assert pane.kept().startswith(b"worker-01  2026-11-23T10:00:00.000000000Z [/host/opt/cni/bin]")
