"""Takes a plan of nodes back: reads what its nodes are like now, and plans the way back from there.

Only nodes that were begun are looked at. What was never done there needs nothing, so that it does not matter what ended
the process that carried the plan out, or where.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.listing import listed
from cnitui.domain.plan import NodeChange, Plan
from cnitui.domain.relabelling import LabelState, Unread, reverting
from cnitui.domain.remedies.relabel_plan import doubts
from cnitui.engine.ports import NodeShell
from cnitui.engine.probes.label_state import read_labels
from cnitui.engine.repair.node_documents import NODES, PARTIAL, WAITING, states_before
from cnitui.engine.repair.workbench import PLAN, Workbench
from cnitui.errors import CnituiError, NothingToUndo, StateError


def nodes_begun(bench: Workbench, plan_id: str) -> Mapping[str, LabelState]:
    """The nodes that a kept plan may have changed, and what they were like before; raises StateError."""
    body = as_mapping(as_mapping(bench.journal.load(plan_id, PLAN)).get("plan"))
    try:
        before = states_before(body)
    except ValueError as error:
        raise StateError(f"Plan {plan_id} does not say what its nodes were like: {error}") from error
    return {node: state for node, state in before.items() if _begun(bench, plan_id, node)}


def _begun(bench: Workbench, plan_id: str, node: str) -> bool:
    try:
        kept = as_mapping(bench.journal.load(plan_id, NODES))
    except StateError:
        return False
    return as_mapping(kept.get(node)).get("state", WAITING) != WAITING


async def undo_of_nodes(bench: Workbench, plan_id: str, body: Document) -> Plan:
    """The plan that takes a plan of nodes back.

    Raises NothingToUndo, StateError (broken file), CnituiError (nodes are left alone here) and the ClusterErrors of
    looking at the nodes.
    """
    before = nodes_begun(bench, plan_id)
    if not before:
        raise NothingToUndo(f"Plan {plan_id} changed no node", "Nothing was done.")
    if bench.shell is None:
        raise CnituiError(
            f"Plan {plan_id} changed {listed(tuple(before))}, and nodes are left alone here",
            "Start with --node-access ssh or pod; its commands are in the plan's file.",
        )
    changes, left = _changes(before, await _read(bench, bench.shell, before))
    if not changes:
        why = left[0] if left else f"{listed(tuple(before))}: as before plan {plan_id}"
        raise NothingToUndo(why, f"In a terminal: cnitui undo {plan_id}" if left else "Nothing was done.")
    return Plan(
        remedy="undo",
        title=f"Take back plan {plan_id}: {body.get('title')}",
        cause="",
        changes=(),
        warnings=(
            *left,
            *doubts(changes),
            "running pods stay as they are; where install-cni starts again, it fails as it did before",
        ),
        rollout="Each node's steps are run, a few nodes at a time; a node that fails does not keep the others.",
        facts=MappingProxyType(_facts(plan_id, as_mapping(body.get("facts")), partial=bool(left))),
        nodes=changes,
    )


def _facts(plan_id: str, undone: Document, *, partial: bool) -> dict[str, str]:
    facts = {"undoes": plan_id, **{key: str(undone.get(key, "")) for key in ("daemonset", "container", "strategy")}}
    return {**facts, PARTIAL: "yes"} if partial else facts


async def _read(
    bench: Workbench, shell: NodeShell, before: Mapping[str, LabelState]
) -> Mapping[str, LabelState | Unread]:
    known = {node.name: node for node in await bench.api.nodes()}
    found: dict[str, LabelState | Unread] = {
        name: Unread("there is no such node any more") for name in before if name not in known
    }
    paths = dict.fromkeys(tuple(state.labels) for state in before.values())
    for path in paths:
        nodes = [known[name] for name, state in before.items() if name in known and tuple(state.labels) == path]
        found |= await read_labels(shell, nodes, path, known.values)
    return found


def _changes(
    before: Mapping[str, LabelState], now: Mapping[str, LabelState | Unread]
) -> tuple[tuple[NodeChange, ...], tuple[str, ...]]:
    """What is done where; and the nodes that are left out, each with the reason."""
    changes: list[NodeChange] = []
    left: list[str] = []
    for node, state in before.items():
        found = now[node]
        if isinstance(found, Unread):
            left.append(f"{node} is left out: {found.why}" + (f". {found.next_step}" if found.next_step else ""))
            continue
        steps, foreign = reverting(state, found)
        if foreign:
            left.append(f"{node} is left out, somebody changed it since: {'; '.join(foreign)}")
        elif steps:
            after = "rules and the directories' labels are as before; what is in them gets the label that rules give"
            changes.append(NodeChange(node, steps, (), found, after))
    return tuple(changes), tuple(left)
