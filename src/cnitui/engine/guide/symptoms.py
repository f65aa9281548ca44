"""Step 1: which nodes fail, in which container, how."""

from __future__ import annotations

from itertools import chain, islice

from cnitui.domain.likeness import Cohort
from cnitui.domain.listing import listed
from cnitui.engine.guide.blocks import Block, Grid, Heading, Paragraph, Role
from cnitui.engine.guide.looking import MANY
from cnitui.engine.guide.outline import Outline
from cnitui.engine.state import NodeRow, State

SHOWN_ROWS = 200
"""Rows of a table in the guide; the pods pane has them all."""
SHOWN_GROUPS = 30


def symptoms(state: State) -> Outline:
    """Step 1: which nodes fail, in which container, how."""
    if state.diagnosis is None:
        return Outline("running", "asking", "Asking the API server which pods fail.")
    if not state.failing:
        return _nothing_fails(state)
    extent = f"{len(state.failing):,} of {len(state.rows):,} nodes fail"
    where = f" in {', '.join(found)}" if (found := _containers(state)) else ": their pods cannot start"
    summary = f"{len(state.failing):,} of {len(state.rows):,} fail"
    return Outline("fail", summary, f"{extent}{where}.", (*_groups(state), *_table(state)))


def _containers(state: State) -> list[str]:
    """The containers that fail."""
    if state.cohorts:
        return sorted({cohort.likeness.container for cohort in state.cohorts} - {""})
    return sorted({pod.failing.name for pod in state.failing if pod.failing})


def _groups(state: State) -> tuple[Block, ...]:
    """The nodes by what they have in common, where there are several such groups or many nodes."""
    if len(state.cohorts) < 2 and len(state.failing) <= MANY:
        return ()
    rows = tuple(_group_cells(cohort) for cohort in state.cohorts[:SHOWN_GROUPS])
    headers = ("GROUP", "NODES", "FAILS", "POOL", "RUNS ON", "READ", "WHAT THOSE SAY")
    more = len(state.cohorts) - SHOWN_GROUPS
    return (
        Heading("Groups that fail alike"),
        Grid(
            headers,
            rows,
            tuple(_group_role(cohort) for cohort in state.cohorts[:SHOWN_GROUPS]),
            leaves=(4, 3),
            wrap=True,
        ),
        *((Paragraph(f"and {more:,} more groups", "dim"),) if more > 0 else ()),
        Paragraph("A group is judged on the members that were read; nothing is confirmed on the others.", "dim"),
    )


def _group_role(cohort: Cohort) -> Role:
    return "bad" if cohort.causes else "warn"


def _group_cells(cohort: Cohort) -> tuple[str, ...]:
    likeness, few = cohort.likeness, f" ({listed(cohort.members, 3)})" if len(cohort.members) <= MANY else ""
    told = ", ".join(cohort.causes) or ("nothing decisive" if cohort.agreeing else "–")
    return (
        cohort.id,
        f"{len(cohort.members):,}{few}",
        likeness.failure,
        likeness.pool or "–",
        " ".join(filter(None, (likeness.os_image, likeness.kernel))),
        f"{cohort.read:,}" + (f", {len(cohort.unclear):,} unclear" if cohort.unclear else ""),
        f"{told}, unlike {cohort.apart_from}" if cohort.apart_from else told,
    )


def _nothing_fails(state: State) -> Outline:
    wanted = state.daemonset
    if state.ill and wanted is not None:
        text = f"The DaemonSet {wanted.name} wants {wanted.desired:,} pods and has {wanted.current:,}."
        return Outline("fail", "pods are missing", text, _table(state))
    if not state.pods:
        text = "No calico-node pods were found in the namespaces you may read."
        return Outline("unknown", "no Calico pods", text, _table(state))
    waiting = [row.name for row in state.rows if not row.healthy]
    if waiting:
        text = f"{len(state.pods)} calico-node pods found, none of them fails; not ready yet: {listed(tuple(waiting))}."
        return Outline("unknown", "not all ready", text, _table(state))
    text = f"{len(state.pods)} calico-node pods found, none of them fails."
    return Outline("pass", "none fails", text, _table(state))


def _table(state: State) -> tuple[Block, ...]:
    rows = state.rows if len(state.rows) <= SHOWN_ROWS else _worst(state)
    grid = Grid(
        ("NODE", "POD", "STATUS", "CONTAINER", "EXIT", "RESTARTS", "NODE READY"),
        tuple(_symptom_cells(row) for row in rows),
        tuple("bad" if row.name in state.stuck else _symptom_role(row) for row in rows),
        leaves=(1, 3, 6),
        wrap=True,
    )
    more = len(state.rows) - len(rows)
    return (grid, Paragraph(f"and {more:,} more nodes, all of them in the pods pane", "dim")) if more else (grid,)


def _worst(state: State) -> tuple[NodeRow, ...]:
    """A few of the rows, those that fail first."""
    bad = {row.name for row in state.rows if row.failing} | state.stuck
    failing, others = (row for row in state.rows if row.name in bad), (r for r in state.rows if r.name not in bad)
    return tuple(islice(chain(failing, others), MANY))


def _symptom_role(row: NodeRow) -> Role:
    return "bad" if row.failing else "good" if row.healthy else "warn"


def _symptom_cells(row: NodeRow) -> tuple[str, ...]:
    pod, node = row.pod, row.node
    failing = pod.failing if pod else None
    failure = failing.last_failure if failing else None
    ready = f"{node.ready} {node.ready_reason}".strip() if node else "?"
    return (
        row.name,
        pod.name if pod else "no pod",
        pod.status if pod else "–",
        failing.name if failing else "–",
        str(failure.exit_code) if failure else "–",
        str(pod.restarts) if pod else "–",
        ready,
    )
