"""Step 8 of a plan of nodes: what each is like now, what exactly is run there, and how that is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnitui.domain.listing import listed
from cnitui.domain.plan import Plan
from cnitui.domain.relabelling import NodeStep
from cnitui.engine.guide.blocks import Block, Command, Heading, Item, Paragraph

SHOWN_NODES = 8
"""Names in a heading."""
GUARD = "only where /etc/machine-id is still the one that was read: on another machine nothing is run"
Alike = tuple[tuple[str, ...], tuple[NodeStep, ...], str, tuple[NodeStep, ...]]


def node_blocks(plan: Plan) -> Iterator[Block]:
    """Nodes that are alike and get the same commands are told once; the first of all stands by its name."""
    for (now, steps, after, undo), nodes in alike(plan).items():
        yield Heading(f"On {listed(nodes, SHOWN_NODES)}")
        yield from (Item(f"now: {line}", "dim") for line in now)
        yield Paragraph("Run there, in this order, until one fails:")
        yield from (Command(step.line, step.words) for step in steps)
        if any(change.before.machine for change in plan.nodes if change.node in nodes):
            yield Item(GUARD, "dim")
        yield from (Item(f"then: {words}", "dim") for words in (after,) if words)
        if undo:
            yield Paragraph("What would take it back:", "dim")
            yield from (Command(step.line, step.words) for step in undo)


def alike(plan: Plan) -> Mapping[Alike, list[str]]:
    """What nodes are like now, what is run there, what that comes to and what takes it back, with their names."""
    groups: dict[Alike, list[str]] = {}
    for change in plan.nodes:
        groups.setdefault((change.before.lines, change.steps, change.after, change.undo), []).append(change.node)
    return groups


def writes(plan: Plan) -> Iterator[Item]:
    """What is run where, for the confirmation."""
    for (_, steps, *_), nodes in alike(plan).items():
        yield from (Item(f"on {listed(nodes, SHOWN_NODES)}: {step.line}", "bad") for step in steps)
