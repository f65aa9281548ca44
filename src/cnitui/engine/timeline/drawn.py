"""What is drawn of a sitting's state: the chart of some lanes, with what the log feeds have seen beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cnitui.engine.state import State, View
from cnitui.engine.timeline.chart import Act, Bar, Chart, Mark, chart
from cnitui.engine.timeline.lanes import Lane
from cnitui.engine.timeline.moments import NodeRun, Seen, followed, merged, runs, timeline, unfollowed


def chart_of(state: State, lanes: Sequence[Lane], view: View = "both", seen: Seen = unfollowed) -> Chart | None:
    """The chart of these lanes and our actions; where a plan was applied, before it, since, or both.

    It costs what the lanes hold, however many nodes there are. None when nothing in them has a time.
    """
    nodes = frozenset(lane.node for lane in lanes)
    before = state.before
    bars: dict[str, list[Bar]] = {}
    for one in merged((*followed(nodes, seen), *runs(state, nodes))):
        bar = _bar(one)
        if bar is not None and (before is None or _shown(bar, view, before.at)):
            bars.setdefault(one.node, []).append(bar)
    marks: dict[str, list[Mark]] = {}
    for moment in timeline(state, view, nodes):
        everywhere = moment.kind == "change" and not moment.node  # a template is the matter of every lane
        for node in nodes if everywhere else (moment.node,):
            marks.setdefault(node, []).append(Mark(moment.at, moment.kind, moment.words, moment.role))
    acts = [Act(number, action.at, action.words) for number, action in enumerate(state.repair.actions, 1)]
    acts = [act for act in acts if before is None or _is_in(act.at, view, before.at)]
    due = {} if view == "before" and before is not None else _due(state, nodes)
    return chart(lanes, bars, marks, acts, applied=before.at if before is not None else None, due=due)


def _bar(one: NodeRun) -> Bar | None:
    run = one.run
    if run.started_at is None:
        return None
    code = "" if run.exit_code is None else str(run.exit_code)
    return Bar(one.container, run.started_at, run.finished_at, code, run.reason)


def _shown(bar: Bar, view: View, applied: datetime) -> bool:
    if view == "now":
        return bar.end is None or bar.end >= applied
    return view == "both" or bar.start < applied


def _is_in(at: datetime, view: View, applied: datetime) -> bool:
    return view == "both" or (at < applied) == (view == "before")


def _due(state: State, nodes: Iterable[str]) -> dict[str, datetime]:
    """When the next attempt of a failing container should be."""
    rows = ((node, state.roster.by_name.get(node)) for node in nodes)
    return {node: at for node, row in rows if row is not None and (at := row.next_attempt) is not None}
