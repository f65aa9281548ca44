"""What is drawn: attempts with their back-off, marks, what is earlier than the story; and only what the lanes hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnitui.domain.facts import Event, PodEvents, Run
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.state import Before, State
from cnitui.engine.timeline.chart import MOST_BARS, MOST_MARKS, Bar, Chart, Mark, chart
from cnitui.engine.timeline.drawn import chart_of
from cnitui.engine.timeline.lanes import Lane, lanes_of
from cnitui.engine.timeline.moments import NodeRun
from tests.engine.guide.states import FAILED, NOON, cluster, incident, observed, pod, with_pods

LANE = Lane("n", "n")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def drawn(state: State, **options: object) -> Chart:
    """The chart of the state's own lanes; there must be one."""
    found = chart_of(state, lanes_of(state), **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_an_attempt_has_a_bar_and_the_wait_after_it_goes_to_the_next() -> None:
    bars = [Bar("c", at(0), at(1), "1"), Bar("c", at(11), at(12), "1"), Bar("other", at(5), at(6), "0")]
    told = chart([LANE], {"n": bars}, {})
    assert told is not None
    (track,) = told.tracks
    assert [bar.outcome for bar in track.bars] == ["failed", "done", "failed"]
    assert [(wait.start, wait.end, wait.due) for wait in track.waits] == [(at(1), at(11), False)]
    assert track.words == "n: 2 attempts failed, the last at 12:00:12, 1 attempt completed, the last at 12:00:06."


def test_the_next_attempt_is_due_at_the_end_of_the_back_off() -> None:
    worker = drawn(incident()).tracks[0]
    assert [(wait.start, wait.due) for wait in worker.waits] == [(FAILED.finished_at, True)]
    assert worker.waits[0].end - worker.waits[0].start == timedelta(seconds=40), "10 s doubled for the third restart"


def test_a_denial_in_the_second_in_which_an_attempt_ended_is_within_it() -> None:
    worker = drawn(incident()).tracks[0]
    (bar,) = worker.bars
    (denial,) = [mark for mark in worker.marks if mark.kind == "denial"]
    assert bar.until is not None
    assert bar.start < denial.at < bar.until
    exact = replace(bar, end=at(0.25))
    assert exact.until == exact.end


def test_the_story_begins_with_the_first_failure_and_the_whole_with_the_first_thing_known() -> None:
    told = drawn(incident())
    assert FAILED.started_at is not None
    assert FAILED.started_at - timedelta(seconds=2) <= told.story[0] < FAILED.started_at
    assert told.whole[0] < NOON - timedelta(hours=17)
    assert told.whole[1] >= told.story[1]
    ready = drawn(cluster((), ("master-01", "worker-01")))
    assert ready.story[0] <= NOON <= ready.story[1]


def test_what_changed_in_the_hour_before_is_part_of_the_story_and_what_changed_before_that_is_not() -> None:
    bars = [Bar("c", at(0), at(1), "1")]
    changes = [
        Mark(at(-7_200), "change", "booted"),
        Mark(at(-600), "change", "installed"),
        Mark(at(9), "change", "later"),
    ]
    told = chart([LANE], {"n": bars}, {"n": changes})
    assert told is not None
    assert at(-700) < told.story[0] < at(-600)
    assert told.whole[0] < at(-7_200)


def test_a_template_that_was_made_is_marked_in_every_lane() -> None:
    told = drawn(replace(incident(), templates=((at(-300), 2),)))
    made = [[mark.words for mark in track.marks if mark.kind == "change"] for track in told.tracks]
    assert made == [["template revision 2 of DaemonSet calico-node was made"]] * 3


def test_what_runs_goes_on_to_the_last_thing_that_happened_and_not_into_what_is_due() -> None:
    bars = [Bar("c", at(0), at(0.5), "1"), Bar("runs", at(-60))]
    told = chart([LANE], {"n": bars}, {}, due={"n": at(300)})
    assert told is not None
    assert [bar.outcome for bar in told.tracks[0].bars] == ["running", "failed"]
    assert told.latest == at(0.5)
    assert told.story[1] > at(300)


def test_our_actions_have_the_numbers_of_the_report_and_are_in_every_lane() -> None:
    actions = (Action(at(1), "recorded"), Action(at(2), "patched"))
    told = drawn(replace(incident(), repair=RepairState(actions=actions)))
    assert [(act.number, act.words) for act in told.acts] == [(1, "recorded"), (2, "patched")]


def test_the_first_of_many_events_is_drawn_beside_the_newest() -> None:
    event = Event("Warning", "BackOff", "again", count=219, first_at=at(-60000), last_at=at(0))
    state = incident()
    state = replace(state, case=observed(state.case, "worker-01", PodEvents((event,))))
    words = [mark.words for mark in drawn(state).tracks[0].marks if mark.kind == "event"]
    assert words == ["BackOff (the first of 219): again", "BackOff (x219): again"]


def test_attempts_that_only_a_log_feed_has_seen_are_drawn_once_they_have_ended() -> None:
    older = Run("c9", at(-500), at(-499), exit_code=2)
    lost = Run("c8", at(-900))

    def seen(node: str) -> list[NodeRun]:
        return [NodeRun(node, "install-cni", run) for run in (lost, older, replace(FAILED, reason="from the feed"))]

    worker = drawn(incident(), seen=seen).tracks[0]
    assert [bar.exit_code for bar in worker.bars] == ["2", "1"]
    assert worker.bars[-1].reason == "Error", "of the newest the state knows more"


@pytest.mark.parametrize(("view", "codes"), [("before", {"1"}), ("now", {"0"}), ("both", {"0", "1"})])
def test_before_now_and_both_have_their_own_attempts(view: str, codes: set[str]) -> None:
    earlier = incident()
    healed = with_pods(cluster(), *(pod(node.name, failing=False) for node in earlier.nodes))
    applied = NOON - timedelta(seconds=30)
    actions = RepairState(actions=(Action(applied, "patched"),))
    state = replace(healed, before=Before("plan", applied, earlier), repair=actions)
    told = chart_of(state, lanes_of(earlier), view)  # type: ignore[arg-type]
    assert told is not None
    assert {bar.exit_code for bar in told.tracks[0].bars} == codes
    assert told.applied == applied
    assert bool(told.acts) == (view != "before")


def test_only_what_the_lanes_hold_is_looked_at() -> None:
    state = cluster([f"worker-{number:04}" for number in range(2000)])
    lanes = (Lane("worker-0007", "worker-0007"),)
    asked: list[str] = []
    told = chart_of(state, lanes, seen=lambda node: asked.append(node) or ())  # type: ignore[func-returns-value]
    assert told is not None
    assert asked == ["worker-0007"]
    assert len(told.tracks) == 1


def test_a_lane_is_bounded_by_its_newest() -> None:
    bars = [Bar("c", at(number), at(number), "1") for number in range(1000)]
    marks = [Mark(at(number), "denial", "x") for number in range(1000)]
    told = chart([LANE], {"n": bars}, {"n": marks})
    assert told is not None
    assert (len(told.tracks[0].bars), len(told.tracks[0].marks)) == (MOST_BARS, MOST_MARKS)
    assert told.tracks[0].bars[-1].start == told.tracks[0].marks[-1].at == at(999)


def test_nothing_known_is_no_chart() -> None:
    assert chart([LANE], {}, {}) is None
    assert chart_of(State(), ()) is None
    assert chart((), {"n": [Bar("c", NOON)]}, {}) is None


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_report_may_name_any_year(moment: datetime) -> None:
    told = chart([LANE], {"n": [Bar("c", moment, moment, "1")]}, {})
    assert told is not None
    assert told.story[0] < told.story[1]
