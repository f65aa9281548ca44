"""LogComparison alone in an app: the founding incident's attempts beside the reference's."""

from __future__ import annotations

from typing import cast

import pytest
from syrupy.assertion import SnapshotAssertion

from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import Entry, Rule
from cnitui.engine.ports import Clock, ClusterApi
from cnitui.tui.messages import CopyRequested
from cnitui.tui.widgets.log.comparison import LogComparison
from tests.tui.widgets.conftest import Alone, lines_of
from tests.tui.widgets.log.test_pane import HOSTILE, NOW, RUN, classify, line

INSTALLED = ("bandwidth", "calico", "calico-ipam", "flannel", "host-local", "install", "loopback", "portmap", "tuning")
CONFIG = ("{", '  "name": "k8s-pod-network",', '  "nodename": "master-01",', '  "mtu": 0', "}")
GOOD = (
    RUN[0],
    *(("INFO", f"Installed /host/opt/cni/bin/{name}") for name in INSTALLED),
    ("INFO", "Wrote Calico CNI binaries to /host/opt/cni/bin"),
    ("INFO", "CNI plugin version: v3.27.0"),
    RUN[2],
    ("WARNING", "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig."),
    ("INFO", "Using CNI config template from CNI_NETWORK_CONFIG environment variable."),
)
"""install-cni v3.27.0 where it may write, as the lab replays it."""


def feed_of(node: str, *entries: list[Entry]) -> LogFeed:
    feed = LogFeed(cast(ClusterApi, None), cast(Clock, None), node=node, container="install-cni")
    for some in entries:
        feed.lines.add(some)
    return feed


def attempt(number: int, said: tuple[tuple[str, str], ...] = RUN, ending: str = "exit 1") -> list[Entry]:
    lines: list[Entry] = [line(text, NOW, level) for level, text in said]
    return [*lines, Rule(f"attempt {number} · {ending} · 1s", "attempt", ending != "completed")]


def reference() -> LogFeed:
    good = attempt(1, GOOD, "completed")
    config = [f"2026-11-23T10:42:13.000000000Z {text}".encode() for text in CONFIG]
    return feed_of("master-01", [*good[:-1], *config, line("Done configuring CNI.  Sleep= false"), good[-1]])


def comparison() -> LogComparison:
    return LogComparison(classify=classify)


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=["80x24", "120x35", "200x50"])
async def test_failing_attempts_beside_the_reference(size: tuple[int, int], screen_text: SnapshotAssertion) -> None:
    shown = comparison()
    async with Alone(shown).run_test(size=size) as pilot:
        shown.show(reference(), [feed_of("worker-01", attempt(203)), feed_of("worker-02", attempt(204))], {"worker-01"})
        await pilot.pause()
        assert lines_of(shown) == screen_text


async def test_lines_of_the_reference_alone_are_unfolded_and_differences_walked_over() -> None:
    shown = comparison()
    async with Alone(shown).run_test(size=(80, 10)) as pilot:
        shown.show(reference(), [feed_of("worker-01", attempt(203))])
        shown.focus()
        await pilot.pause()
        assert not any("nodename" in text for text in lines_of(shown))
        await pilot.press("z", "G")
        await pilot.pause()
        assert any("nodename" in text for text in lines_of(shown))
        await pilot.press("n")
        await pilot.pause()
        assert lines_of(shown)[1].startswith("─ ▸ worker-01: first difference")
        await pilot.press("n")
        await pilot.pause()
        assert "FATAL" in lines_of(shown)[1]


async def test_a_new_attempt_is_compared_and_one_before_it_is_a_key_away() -> None:
    feed = feed_of("worker-01", attempt(203))
    shown = comparison()
    async with Alone(shown).run_test(size=(80, 24)) as pilot:
        shown.show(reference(), [feed])
        shown.focus()
        await pilot.pause()
        feed.lines.add(attempt(204, (*RUN[:1], ("FATAL", "another end")), "exit 2"))
        shown.renew()
        await pilot.pause()
        assert any("another end" in text for text in lines_of(shown))
        assert any("attempt 204 · exit 2" in text for text in lines_of(shown))
        await pilot.press("p")
        assert any("attempt 203 · exit 1" in text for text in lines_of(shown))
        await pilot.press("p", "P")
        assert any("attempt 204 · exit 2" in text for text in lines_of(shown))


async def test_an_attempt_whose_log_was_lost_is_compared_only_where_there_is_no_other() -> None:
    lost: list[Entry] = [
        Rule("attempt 204: unable to retrieve container logs"),
        Rule("attempt 204 · exit 1", "attempt", True),
    ]
    shown = comparison()
    async with Alone(shown).run_test(size=(80, 24)) as pilot:
        shown.show(reference(), [feed_of("worker-01", attempt(203), lost)])
        await pilot.pause()
        assert any("attempt 203 · exit 1" in text for text in lines_of(shown))
        shown.show(reference(), [feed_of("worker-01", lost)])
        await pilot.pause()
        assert any("lines of this attempt are missing" in text for text in lines_of(shown))


async def test_other_logs_may_be_asked_for_while_it_is_not_shown() -> None:
    shown = comparison()
    async with Alone(shown).run_test(size=(120, 24)) as pilot:
        shown.show(reference(), [feed_of("worker-01", attempt(1)), feed_of("worker-02", attempt(1))])
        await pilot.pause()
        shown.display = False
        await pilot.pause()
        shown.display = True
        shown.show(reference(), [feed_of("worker-03", attempt(1))])
        assert all("worker-03" not in text for text in lines_of(shown)), "it has no width yet to be laid out in"
        await pilot.pause()
        assert "worker-03" in lines_of(shown)[0]


async def test_further_nodes_are_on_further_pages() -> None:
    shown = comparison()
    feeds = [feed_of(f"worker-{number}", attempt(number)) for number in range(1, 4)]
    async with Alone(shown).run_test(size=(80, 24)) as pilot:
        shown.show(reference(), feeds)
        shown.focus()
        await pilot.pause()
        await pilot.press("]", "]")
        assert "worker-3" in lines_of(shown)[0]
        await pilot.press("]")
        assert "worker-1" in lines_of(shown)[0]


async def test_what_cannot_be_compared_is_said() -> None:
    shown = comparison()
    async with Alone(shown).run_test(size=(80, 5)) as pilot:
        for others, best, words in (
            ([], None, "no healthy node"),
            ([], reference(), "no log of another node"),
            ([feed_of("worker-01")], reference(), "nothing was read yet of worker-01"),
        ):
            shown.show(best, others)
            await pilot.pause()
            assert words in lines_of(shown)[1]


async def test_hostile_lines_are_literal_and_as_wide_as_their_column() -> None:
    hostile: list[Entry] = [b"2026-11-23T10:00:00.000000000Z " + text for text in HOSTILE]
    shown = comparison()
    app = Alone(shown)
    async with app.run_test(size=(80, 30), message_hook=app.hear) as pilot:
        shown.show(reference(), [feed_of("worker-01", [*hostile, Rule("attempt 1 · exit 1", "attempt", True)])])
        shown.focus()
        for _ in range(8):
            strips = [shown.render_line(y) for y in range(shown.size.height)]
            assert {strip.cell_length for strip in strips} == {shown.size.width}
            assert all(character.isprintable() for strip in strips for character in strip.text)
            await pilot.press("pagedown")
        await pilot.press("c")
        await pilot.pause()
        copied = next(message for message in app.heard if isinstance(message, CopyRequested)).text
        assert "\x1b" not in copied
        assert "[/host/opt/cni/bin] permission" in copied
