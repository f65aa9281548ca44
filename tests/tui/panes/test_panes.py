"""The panes alone, in all their states: asking, empty, partial, stale, refused, failed, live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import SelinuxMode
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Judgement, Verdict
from cnitui.domain.remedies import REMEDIES
from cnitui.domain.remedies.cures import CURES
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Command, Heading, Item, Paragraph, StepView
from cnitui.engine.repair.outlook import Outlook
from cnitui.engine.repair.state import RepairState
from cnitui.engine.state import Look, State
from cnitui.engine.watching.link import Link
from cnitui.errors import ClusterUnreachable, Forbidden, HostKeyUnknown, NodeUnreachable
from cnitui.tui.choices import choices_of
from cnitui.tui.copying import CopyRequested
from cnitui.tui.messages import ApplyRequested, NodeOpened, RemedyChosen, RemedyConsidered, StepOpened, StepSkipped
from cnitui.tui.panes.guide import SHORT_TITLES, GuidePane, page_of
from cnitui.tui.panes.logs import LogsPane, classify
from cnitui.tui.panes.pods import PodsPane, rows_of
from cnitui.tui.panes.selinux import ComparisonPane, DifferencesPane, SelinuxPane
from cnitui.tui.widgets.blocks_view import BlocksView
from cnitui.tui.widgets.pane import Pane
from cnitui.tui.widgets.pick_list import Pick, PickList
from cnitui.tui.widgets.table.rows import Moving
from cnitui.tui.widgets.table.table import Table
from tests.engine.guide.states import (
    FATAL,
    NOON,
    WORKERS,
    cluster,
    incident,
    judged,
    pod,
    read,
    unreachable,
    with_nodes,
    with_pods,
)
from tests.tui.widgets.conftest import Alone, lines_of

REFUSED = Forbidden("you may not list pods", "Ask for it.", status=403)


@asynccontextmanager
async def shown(pane: Pane, size: tuple[int, int] = (120, 20)) -> AsyncIterator[tuple[Alone, Pilot[None]]]:
    """The pane, alone."""
    app = Alone(pane)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        await pilot.pause()
        yield app, pilot


def text_of(app: Alone) -> str:
    """What the screen shows."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


# --- pods -----------------------------------------------------------------------------------------------------------


async def test_the_pods_pane_says_what_it_is_asking_and_why_it_is_empty() -> None:
    pane = PodsPane()
    async with shown(pane) as (app, pilot):
        for state, words in (
            (State(), "asking for the calico-node pods"),
            (State(pods_link=Link("refused", REFUSED)), "! you may not list pods. Ask for it."),
            (State(pods_link=Link("stale", ClusterUnreachable("it does not answer"))), "! it does not answer"),
            (State(fatal=ClusterUnreachable("it refused the connection")), "! it refused the connection"),
            (State(pods_link=Link("live")), "Calico is not installed, or elsewhere (-n)"),
        ):
            pane.state = state
            await pilot.pause()
            assert words in text_of(app)


async def test_rows_appear_with_signs_and_stay_in_their_place() -> None:
    pane = PodsPane()
    async with shown(pane) as (app, pilot):
        pane.state = incident()
        pane.query_one(Table).flush()
        await pilot.pause()
        lines = lines_of(pane.query_one(Table))
        assert "✓ Running" in lines[1]
        assert "✗ Init:CrashLoopBackOff" in lines[2]
        assert "✗ NotReady" in lines[2]
        assert "3 nodes" in text_of(app)


def test_the_rows_tell_countdown_age_restarts_and_template() -> None:
    state = incident()
    state = with_pods(state, *(replace(pod, revision="r1") for pod in state.pods))
    state = replace(state, newest_revision="r2")
    rows = dict(rows_of(state))
    cells = [
        cell.tell(cell.at, NOON - timedelta(seconds=50)) if isinstance(cell, Moving) else cell
        for cell in rows["worker-01"]
    ]
    assert cells[:4] == ["worker-01", "worker", "calico-node-worker-01", "0/1"]
    assert cells[5:8] == ["3", "00:30", "16h"]
    assert cells[-1] == ("old", "warn")
    assert dict(rows_of(replace(state, newest_revision="r1")))["worker-01"][-1] == "current"
    assert dict(rows_of(replace(state, newest_revision="")))["worker-01"][-1] == ("?", "dim")
    assert rows["master-01"][1] == "ctrl"
    assert rows["master-01"][6] == "–"


def test_the_selinux_cell_says_why_there_is_no_mode() -> None:
    def cell(state: State) -> object:
        return dict(rows_of(state))["worker-01"][9]

    host_key = HostKeyUnknown("unknown key", node="worker-01", host="10.0.0.2", fingerprint="SHA256:x")
    looks = {
        "asking": Look("asking", NOON),
        "dead": Look("failed", NOON, NodeUnreachable("no answer")),
        "key": Look("failed", NOON, host_key),
    }
    assert cell(incident()) == "enforcing"
    assert cell(cluster()) == ("", "dim")
    assert cell(replace(cluster(), looks=(("worker-01", looks["asking"]),))) == ("◌", "dim")
    assert cell(replace(cluster(), looks=(("worker-01", looks["dead"]),))) == ("? unreachable", "warn")
    assert cell(replace(cluster(), looks=(("worker-01", looks["key"]),))) == ("? host key?", "warn")
    case = cluster().case.with_unavailable(SelinuxMode, "getenforce is missing", Source("ssh"), "worker-01")
    assert cell(replace(cluster(), case=case)) == ("? getenforce is missing", "dim")


def test_nodes_that_may_not_be_read_are_a_question_mark_not_a_fault() -> None:
    rows = dict(rows_of(with_nodes(incident())))
    assert rows["worker-01"][8] == ("? no access", "dim")


async def test_enter_opens_the_node_under_the_cursor_and_marks_are_kept() -> None:
    pane = PodsPane()
    async with shown(pane) as (app, pilot):
        pane.state = incident()
        pane.query_one(Table).flush()
        pane.focus_content()
        await pilot.press("down", "enter", "space", "space")
        await pilot.pause()
        assert [message.node for message in app.heard if isinstance(message, NodeOpened)] == ["worker-01"]
        assert pane.marked == WORKERS


async def test_only_failing_rows_are_shown_on_request_and_counted() -> None:
    pane = PodsPane()
    async with shown(pane) as (_, pilot):
        pane.state = incident()
        pane.focus_content()
        await pilot.press("x")
        await pilot.pause()
        assert "master-01" not in "\n".join(lines_of(pane.query_one(Table)))
        assert "2 of 3" in "\n".join(lines_of(pane.query_one(Table)))


# --- SELinux and differences ----------------------------------------------------------------------------------------


async def sentence(pane: ComparisonPane, state: State) -> str:
    """The page of the pane in that state."""
    async with shown(pane, (160, 30)) as (app, pilot):
        pane.state = state
        await pilot.pause()
        return text_of(app)


async def test_the_selinux_pane_has_a_sentence_for_each_of_its_states() -> None:
    pane = SelinuxPane()
    async with shown(pane, (160, 30)) as (app, pilot):
        looks = (("worker-01", Look("done", NOON)), ("worker-02", Look("asking", NOON)))
        for state, words in (
            (State(), "◌ asking which pods fail"),
            (State(pods_link=Link("refused", REFUSED)), "✗ You may not list pods."),
            (judged(cluster((), ("m",))), "Nothing fails"),
            (replace(judged(cluster()), settled=False, looks=looks), "1 of 2 read"),
            (judged(unreachable(cluster(), *WORKERS)), "! worker-01 does not answer"),
            (judged(replace(cluster(), node_access="none")), "Nodes are not read (--node-access none)"),
            (judged(read(cluster(healthy=()))), "! No node is healthy"),
            (incident(), "worker-01 = worker-02"),
        ):
            pane.state = state
            await pilot.pause()
            assert words in text_of(app), words


async def test_differences_without_node_access_still_hold_what_the_cluster_tells() -> None:
    page = await sentence(DifferencesPane(), judged(replace(cluster(), node_access="none")))
    assert "node Ready" in page
    assert "no labels and no denials" in page


async def test_no_difference_at_all_is_said_once_everything_is_read() -> None:
    state = replace(cluster(), case=CaseFile(), diagnosis=incident().diagnosis)
    assert "◌ reading the failing nodes" in await sentence(DifferencesPane(), state)
    page = await sentence(DifferencesPane(), replace(state, settled=True))
    assert "The failing nodes answer everything as the reference does." in page


async def test_the_title_counts_the_differences_and_c_copies_the_page() -> None:
    pane = SelinuxPane()
    async with shown(pane, (160, 30)) as (app, pilot):
        pane.state = incident()
        pane.focus_content()
        await pilot.pause()
        assert "differ ──" in text_of(app)
        await pilot.press("c")
        await pilot.pause()
        copied = [message for message in app.heard if isinstance(message, CopyRequested)]
        assert len(copied) == 1
        assert "≠" in copied[0].text


# --- logs -----------------------------------------------------------------------------------------------------------


async def test_marked_nodes_are_those_whose_logs_are_chosen_behind_the_reference() -> None:
    pane = LogsPane()
    async with shown(pane) as (app, _):
        assert "logs appear here" in text_of(app)
        pane.state = incident()
        assert list(pane.nodes) == ["master-01", *WORKERS]
        pane.chosen = ("worker-02",)
        assert list(pane.nodes) == ["master-01", "worker-02"]
        pane.chosen = ()
        assert list(pane.nodes) == ["master-01", *WORKERS]


def test_lines_are_known_benign_or_neither() -> None:
    assert classify(FATAL) == "known"
    assert classify("/host/secondary-bin-dir is not writeable, skipping") == "benign"
    assert classify("Running as a Kubernetes pod") in ("", "benign")
    assert classify("something nobody has seen") == ""


# --- guide ----------------------------------------------------------------------------------------------------------

STEP = StepView(3, "SELinux contexts", "fail", "denied", "It is denied.", "Why it matters.", (Item("found", "bad"),))


def test_a_step_says_its_conclusion_first() -> None:
    meaning = replace(STEP, meaning=(Item("for: SELinux stops it", "bad"),), commands=(Command("getenforce"),))
    assert page_of(meaning) == (
        Paragraph("✗ It is denied.", "bad"),
        Paragraph("Why it matters.", "dim"),
        Item("found", "bad"),
        Heading("What it means"),
        Item("for: SELinux stops it", "bad"),
        Heading("By hand"),
        Command("getenforce"),
    )


def test_on_a_short_page_the_evidence_comes_before_the_reasons() -> None:
    blocks = page_of(STEP, short=True)
    assert blocks.index(Item("found", "bad")) < blocks.index(Paragraph("Why it matters.", "dim"))


@asynccontextmanager
async def guided(state: State, step: int = 1) -> AsyncIterator[tuple[GuidePane, Alone, Pilot[None]]]:
    """The guide on the full screen, its steps focused."""
    pane = GuidePane()
    async with shown(pane, (120, 30)) as (app, pilot):
        pane.views = guide(state)
        pane.set_zoomed(True, width=120)
        pane.step = step
        pane.focus_content()
        await pilot.pause()
        app.heard.clear()
        yield pane, app, pilot


async def test_arrows_go_through_the_steps_and_stop_at_the_ends() -> None:
    async with guided(incident()) as (pane, _, pilot):
        await pilot.press("left")
        assert pane.step == 1
        await pilot.press(*["right"] * 12)
        assert pane.step == 11
        await pilot.press("left")
        assert pane.step == 10


async def test_moving_in_the_list_moves_the_step_and_enter_goes_into_its_page() -> None:
    async with guided(incident()) as (pane, app, pilot):
        await pilot.press("j", "j")
        await pilot.pause()
        assert pane.step == 3
        assert "SELinux contexts" in text_of(app).splitlines()[0]
        await pilot.press("enter")
        await pilot.pause()
        assert pane.query_one("#step-body").has_focus
        assert StepOpened(3).number in [m.number for m in app.heard if isinstance(m, StepOpened)]
        await pilot.press("right")
        assert pane.step == 4


async def test_c_copies_the_commands_of_the_step() -> None:
    async with guided(incident()) as (_, app, pilot):
        await pilot.press("c")
        await pilot.pause()
        copied = next(message.text for message in app.heard if isinstance(message, CopyRequested))
        assert copied.splitlines()[0] == "kubectl -n kube-system get pods -l 'k8s-app=calico-node' -o wide"
        assert len(copied.splitlines()) == 3


async def test_skipping_is_asked_for_by_its_key() -> None:
    async with guided(incident(), 2) as (_, app, pilot):
        await pilot.press("S")
        await pilot.pause()
        assert [message.number for message in app.heard if isinstance(message, StepSkipped)] == [2]


async def test_applying_is_offered_only_where_there_is_something_to_apply() -> None:
    async with guided(incident(), 3) as (pane, app, pilot):
        await pilot.press("a")
        await pilot.pause()
        assert not [message for message in app.heard if isinstance(message, ApplyRequested)]
        pane.step = 8
        await pilot.press("a")
        await pilot.pause()
        assert not [message for message in app.heard if isinstance(message, ApplyRequested)], "nothing is previewed"
        pane.applicable = True
        await pilot.press("a")
        await pilot.pause()
        assert len([message for message in app.heard if isinstance(message, ApplyRequested)]) == 1


async def test_remedies_are_looked_at_with_the_arrows_and_chosen_with_enter() -> None:
    picks = tuple(Pick(key, "✓", "good", key) for key in ("first", "second", "third"))
    async with guided(incident()) as (pane, app, pilot):
        pane.choices, pane.previewable = picks, frozenset({"second"})
        pane.step = 7
        await pilot.pause()
        assert pane.query_one("#choices", PickList).has_focus
        await pilot.press("enter")
        await pilot.pause()
        assert not [message for message in app.heard if isinstance(message, RemedyChosen)], "there is only to read"
        assert pane.query_one(BlocksView).has_focus
        pane.query_one("#choices", PickList).focus()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert [message.remedy for message in app.heard if isinstance(message, RemedyConsidered)] == ["second"]
        assert [message.remedy for message in app.heard if isinstance(message, RemedyChosen)] == ["second"]
        pane.step = 8
        await pilot.pause()
        assert pane.query_one("#steps", PickList).has_focus


async def test_coming_back_to_the_choice_stands_on_the_remedy_that_was_looked_at() -> None:
    picks = tuple(Pick(key, "✓", "good", key, current=key == "second") for key in ("first", "second", "third"))
    async with guided(incident()) as (pane, _, pilot):
        pane.choices = picks
        for step in (7, 8, 7):
            pane.step = step
            await pilot.pause()
        assert pane.query_one("#choices", PickList).key == "second"


async def test_a_step_shown_alone_when_slim_takes_the_focus() -> None:
    pane = GuidePane()
    async with shown(pane, (50, 20)) as (_, pilot):
        pane.views = guide(with_pods(incident(), pod("worker-01")))
        pane.set_zoomed(True, width=50)
        await pilot.pause()
        pane.focus_content()
        await pilot.pause()
        assert pane.query_one("#step-body").has_focus
        assert not pane.query_one("#steps").display


@pytest.mark.parametrize("scenario", ["selinux-denial", "disk-full"])
def test_every_choice_and_every_step_has_a_name_that_is_whole_at_80_columns(scenario: str) -> None:
    judgement = Judgement(Verdict.CONFIRMED, "because", (Evidence("df", "100%"),))
    diagnosis = Diagnosis("failing", (Finding(scenario, "It is so", judgement, WORKERS, fix="do " + "this " * 30),))
    choices = choices_of(RepairState(outlook=Outlook(incident().case, diagnosis)))
    assert len(choices) >= len(REMEDIES)
    cures = [Pick(cure.id, "▸", "good", cure.title) for cure in CURES.values()]
    names = [row.text if len(row.text) <= CHOICE_CELLS else row.short for row in (*choices, *cures)]
    assert all(names)
    assert max(map(len, names)) <= CHOICE_CELLS
    steps = [SHORT_TITLES.get(view.title, view.title) for view in guide(incident())]
    assert max(map(len, steps)) <= STEP_CELLS


async def test_on_a_short_page_what_does_not_fit_leaves_the_room_to_the_steps() -> None:
    rows = (Pick("one", "▸", "good", "By hand"), *(Pick(f"n{number}", "–", "dim", "no") for number in range(7)))
    pane = GuidePane()
    async with shown(pane, (80, 20)) as (_, pilot):
        pane.views, pane.step, pane.choices = guide(incident()), 7, rows
        pane.set_zoomed(True, width=80)
        await pilot.pause()
        picks = pane.query_one("#choices", PickList)
        assert picks.size.height == 3
        pane.choices = tuple(replace(row, role="good") for row in rows)
        await pilot.pause()
        assert picks.size.height == 8
    tall = GuidePane()
    async with shown(tall, (80, 40)) as (_, pilot):
        tall.views, tall.step, tall.choices = guide(incident()), 7, rows
        tall.set_zoomed(True, width=80)
        await pilot.pause()
        assert tall.query_one("#choices", PickList).size.height == 8


CHOICE_CELLS, STEP_CELLS = 52, 17
"""Cells for the name of a choice, and of a step, in a guide of 80 columns."""
