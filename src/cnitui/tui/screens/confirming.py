"""What a person confirms, as dialogs: a plan, and Jobs."""

from __future__ import annotations

from collections.abc import Sequence

from cnitui.domain.experiment import Try
from cnitui.engine.guide.blocks import Block, Command, Item, Paragraph
from cnitui.engine.guide.node_changes import writes
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.workbench import touches_template
from cnitui.tui.screens.dialogs import ConfirmScreen


def plan_confirmation(seen: Preview, tried: Sequence[Try] = (), *, proven: bool = False) -> ConfirmScreen:
    """What will be written; tries that `proven` it are the evidence that a plan may have lacked, and its reason."""
    plan = seen.plan
    blocks: list[Block] = [Item(f"create {creation.target.words}", "bad") for creation in plan.creates]
    blocks += [Item(f"patch {change.target.words}", "bad") for change in plan.changes]
    blocks += [Item(f"delete {removal.target.words}", "bad") for removal in plan.removes]
    blocks[:0] = [Item(f"tried: {one.sentence}", "good") for one in tried if one.works]
    blocks += writes(plan)
    blocks += [Item(f"delete pod {pod.pod} on {pod.node}", "bad") for pod in plan.deletes]
    order = ", failing ones first" if touches_template(plan) else ""
    blocks.append(Item(plan.rollout if plan.nodes else f"{len(plan.restarts)} pods restart{order}", "warn"))
    if plan.test_pod is not None:
        blocks.append(
            Item(f"verification starts and removes pod {plan.test_pod.namespace}/{plan.test_pod.name}", "warn")
        )
    blocks.append(Paragraph(f"context {seen.context}, server {seen.server}"))
    blocks.append(
        Paragraph(f"It cannot be taken back: {plan.no_undo}")
        if plan.no_undo
        else Command(f"cnitui undo {seen.plan_id}", "takes it back")
    )
    needed = (problem for problem in seen.needs_override if not (proven and problem.kind == "evidence"))
    override = tuple(problem.words for problem in needed)
    return ConfirmScreen(plan.title, tuple(blocks), seen.context, verb="Apply", override=override)


def jobs_confirmation(seen: JobsPreview, title: str) -> ConfirmScreen:
    """What the Jobs are and do, before any is created."""
    blocks: list[Block] = [Item(line, "warn" if index == 0 else "normal") for index, line in enumerate(seen.lines)]
    blocks += [Item(warning, "bad") for warning in seen.warnings]
    blocks.append(Paragraph(f"context {seen.context}, server {seen.server}"))
    return ConfirmScreen(title, tuple(blocks), seen.context, verb="Create")
