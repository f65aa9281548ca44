"""What a person confirmed, and the leave that comes of it: the one place where an order to a node is made."""

from __future__ import annotations

from cnitui.domain.exchange import NodeCommand, NodeOrder
from cnitui.domain.plan import NodeChange
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import CnituiError, ReadOnly, Stale, UsageError
from cnitui.late_dataclass import dataclass

SAME_MACHINE = "same-machine"
"""Name of the command that goes before the steps of a node."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the user typed: the context's name, and a reason where something has to be overridden."""

    context: str
    override: str = ""


class Leave:
    """The leave to carry out one preview; there is none without the right confirmation.

    Making it raises ReadOnly, UsageError (wrong name typed, reason missing), Stale (another cluster) and CnituiError
    (something stands in the way).
    """

    def __init__(self, bench: Workbench, preview: Preview, confirmation: Confirmation) -> None:
        require_allowed(bench, preview, confirmation)
        self.preview, self.confirmation = preview, confirmation

    def order(self, change: NodeChange) -> NodeOrder:
        """The steps of a node as they were shown; raises ValueError for a change that is not of the preview.

        Before them goes the question whether it is still the machine that was read, where that is known: answered in
        the request that writes, because the next connection may lead elsewhere than the last one.
        """
        if not any(change is shown for shown in self.preview.plan.nodes):
            raise ValueError(f"{change.node}: this change was not previewed")
        commands = (NodeCommand(f"step-{n}", step.argv, root=True) for n, step in enumerate(change.steps, 1))
        return NodeOrder(self.preview.plan_id, change.node, (*_same_machine(change), *commands))


def _same_machine(change: NodeChange) -> tuple[NodeCommand, ...]:
    """Fails on every other machine; -i, because the id is kept in lower case."""
    machine = change.before.machine
    return (NodeCommand(SAME_MACHINE, ("grep", "-qixF", machine, "/etc/machine-id")),) if machine else ()


def require_allowed(bench: Workbench, preview: Preview, confirmation: Confirmation) -> None:
    """Raise what stands in the way of carrying out the preview."""
    connection = bench.api.connection
    if not bench.may_write:
        raise ReadOnly("Writes are switched off for this context", "Start without --readonly to apply a plan.")
    if (preview.context, preview.server) != (connection.context, connection.server):
        words = f"The preview was made for context {preview.context}, not for this one"
        raise Stale(words, "Preview the plan again.")
    if confirmation.context != connection.context:
        raise UsageError(f"The name typed is not that of the context, {connection.context}", "Nothing was changed.")
    if preview.blocked:
        raise CnituiError(f"This plan cannot be applied: {preview.blocked[0].words}", "Nothing was changed.")
    if preview.needs_override and not confirmation.override.strip():
        words = "; ".join(problem.words for problem in preview.needs_override)
        raise UsageError(f"A reason is needed to apply this plan nevertheless: {words}", "Nothing was changed.")
