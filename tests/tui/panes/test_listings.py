"""The listings pane alone: read, being read, refused, not given; the transcript and what is copied of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.evidence import Source, Unavailable
from cnitui.domain.facts import Answered, CniDirectories, Transcript
from cnitui.engine.guide.blocks import Item, Quote
from cnitui.engine.judging.listings import Listings, listings_of
from cnitui.engine.state import Look, State
from cnitui.errors import NodeLoginFailed, NodeUnconfirmed
from cnitui.tui.listing_page import SHOWN_LINES, transcript_blocks
from cnitui.tui.messages import CopyRequested, ListingsWalked, LookAgain
from cnitui.tui.panes.listings import ListingsPane
from tests.engine.guide.states import NOON, with_pods
from tests.tui.listings import founding
from tests.tui.panes.test_panes import shown, text_of

PAIR = ("master-01", "worker-02")


def opened(state: State) -> Listings:
    return listings_of(state, PAIR)


def looked(phase: str, error: NodeLoginFailed | NodeUnconfirmed | None = None) -> State:
    """The second node is looked at, or was; nothing is known of it."""
    state = founding()
    looks = {**dict(state.looks), "worker-02": Look(phase, NOON, error)}  # type: ignore[arg-type]
    case = state.case.without([(CniDirectories, "worker-02"), (Transcript, "worker-02")])
    return replace(state, looks=tuple(sorted(looks.items())), case=case)


async def test_two_nodes_are_listed_with_what_differs_and_when_they_were_read() -> None:
    pane = ListingsPane()
    async with shown(pane, (80, 20)) as (app, pilot):
        pane.listings = opened(founding())
        await pilot.pause()
        text = text_of(app)
        assert "Listings master-01 and worker-02" in text
        assert "read 12:00:00 UTC" in text
        assert "≠ unlike master-01: 9 of 16 · ! what the policy's default is" in text
        (line,) = (line.split() for line in text.split("\n") if line.startswith(" calico-ipam "))
        assert line[:6] == ["calico-ipam", "bin_t", "≠", "container_file_t", "!", "bin_t"]


REFUSED = NodeLoginFailed("worker-02 refuses the key", "Add the key of ops to its authorized_keys", node="worker-02")
UNCONFIRMED = NodeUnconfirmed("worker-02 is not read before you confirm it", "Press b", node="worker-02")
UNTOLD = Unavailable("ls timed out on this node", Source("ssh worker-02"), "See whether it hangs by hand as well")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (looked("asking"), "◌ reading worker-02 …"),
        (replace(looked("asking"), looks=()), "◌ reading worker-02 …"),
        (looked("failed", REFUSED), "! worker-02 refuses the key"),
        (looked("failed", REFUSED), "Add the key of ops to its authorized_keys"),
        (looked("failed", UNCONFIRMED), "Press b"),
        (looked("failed", NodeLoginFailed("no such user")), "! worker-02 was not read: no such user"),
        (looked("done"), "! Nothing is known of the directories of worker-02."),
        (
            replace(looked("done"), case=looked("done").case.with_readings([(CniDirectories, "worker-02", UNTOLD)])),
            "! worker-02 did not tell: ls timed out on this node",
        ),
        (with_pods(looked("done"), *founding().pods[:2]), "! worker-02 has no calico-node pod"),
    ],
)
async def test_a_node_that_is_not_listed_says_how_far_it_is_or_what_is_missing(state: State, words: str) -> None:
    pane = ListingsPane()
    async with shown(pane, (100, 20)) as (app, pilot):
        pane.listings = opened(state)
        await pilot.pause()
        assert words in text_of(app)
        assert "? not read" in text_of(app), "the other node is listed all the same"
        assert "no difference" not in text_of(app)


async def test_keys_show_the_transcript_walk_read_again_and_copy_without_secrets() -> None:
    pane = ListingsPane()
    async with shown(pane, (100, 30)) as (app, pilot):
        pane.listings = opened(founding())
        pane.focus_content()
        await pilot.press("w", "t")
        await pilot.pause()
        text = text_of(app)
        assert "Transcript master-01 and worker-02" in text
        assert "$ semanage permissive -l" in text
        assert "sh: semanage: command not found" in text
        assert "! exit 127" in text
        await pilot.press("c", "greater_than_sign", "less_than_sign", "r")
        await pilot.pause()
        copied = [message for message in app.heard if isinstance(message, CopyRequested)]
        assert [message.what for message in copied] == ["the transcript of master-01 and worker-02"]
        assert "[cnitui@worker-02 ~]$ ls -laZ /opt/cni/bin" in copied[0].text
        assert "s3cr3t" not in copied[0].text + text
        assert "secrets hidden: 1" in copied[0].text
        assert [message.by for message in app.heard if isinstance(message, ListingsWalked)] == [1, -1]
        assert [message.node for message in app.heard if isinstance(message, LookAgain)] == [*PAIR]


async def test_a_listing_is_copied_as_it_is_shown() -> None:
    pane = ListingsPane()
    async with shown(pane, (100, 30)) as (app, pilot):
        pane.listings = opened(founding())
        pane.focus_content()
        await pilot.press("c")
        await pilot.pause()
        (copied,) = [message for message in app.heard if isinstance(message, CopyRequested)]
        assert "container_file_t" in copied.text


async def test_without_any_pod_there_is_nothing_to_list_and_that_is_said() -> None:
    async with shown(ListingsPane()) as (app, _):
        assert "There is no node to list" in text_of(app)


def test_given_evidence_without_a_transcript_says_where_it_comes_from() -> None:
    state = founding()
    case = state.case.without([(Transcript, "worker-02")])
    (block,) = transcript_blocks(listings_of(replace(state, case=case), ("worker-02",)))
    assert isinstance(block, Item)
    assert "is not in what was given: ssh worker-02" in block.text


def test_an_endless_answer_is_shown_up_to_a_bound_and_the_rest_is_counted() -> None:
    state = founding()
    endless = Transcript((Answered("dmesg", 0, "line\n" * 5000),))
    case = state.case.with_observed(endless, Source("ssh"), "worker-02")
    blocks = transcript_blocks(listings_of(replace(state, case=case), ("worker-02",)))
    quoted = next(block.text for block in blocks if isinstance(block, Quote))
    assert quoted.count("\n") == SHOWN_LINES
    assert "4,400 lines more" in quoted
