"""Changes of nodes as they are kept on disk: enough to take them back in another process, after whatever ended this."""

from __future__ import annotations

from collections.abc import Mapping

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import NodeChange
from cnitui.domain.relabelling import LabelState, Rule

NODES = "nodes"
"""Name of the journal's document that says how far each node is."""
WAITING, BEGUN, DONE, FAILED, UNKNOWN = "waiting", "begun", "done", "failed", "unknown"
"""States of one node in it; a node that is `begun` may have been changed, whether or not we lived to see it."""
PARTIAL = "partial"
"""A fact of an undo that leaves out nodes which may have been changed: the plan is not taken back by it alone."""


def change_document(change: NodeChange) -> Document:
    """One node's part of a plan."""
    return {
        "node": change.node,
        "before": state_document(change.before),
        "steps": [step.line for step in change.steps],
        "undo": [step.line for step in change.undo],
        "pod": change.pod.pod if change.pod else "",
    }


def state_document(state: LabelState) -> Document:
    """Labels and rules of one node."""
    return {
        "labels": dict(state.labels),
        "defaults": dict(state.defaults),
        "rules": [{"spec": rule.spec, "kind": rule.kind, "context": rule.context} for rule in state.rules],
        "defined": list(state.defined),
        "machine": state.machine,
    }


def states_before(plan: Document) -> Mapping[str, LabelState]:
    """What each node of a kept plan was like, by its name; raises ValueError when that is not told."""
    nodes = plan.get("nodes")
    found = [as_mapping(one) for one in nodes] if isinstance(nodes, list) else []
    return {_text(one.get("node")): state_of(as_mapping(one.get("before"))) for one in found}


def state_of(document: Document) -> LabelState:
    """The state in a document; raises ValueError when it is none."""
    rules, defined = document.get("rules"), document.get("defined")
    if not isinstance(rules, list) or not isinstance(defined, list):
        raise ValueError("it does not say which rules there were")  # noqa: TRY004 - a broken document
    return LabelState(
        _texts(document.get("labels")),
        _texts(document.get("defaults")),
        tuple(map(_rule, rules)),
        tuple(_text(one) for one in defined),
        _text(document.get("machine", "")),  # not told by plans of earlier versions
    )


def _rule(document: object) -> Rule:
    fields = as_mapping(document)
    return Rule(_text(fields.get("spec")), _text(fields.get("kind")), _text(fields.get("context")))


def _texts(document: object) -> dict[str, str]:
    return {_text(key): _text(value) for key, value in as_mapping(document).items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - a broken document
    return value
