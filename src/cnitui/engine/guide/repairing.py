"""Steps 8 to 11: what a remedy would do, and what it did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnitui.domain.plan import Plan, PodRestart
from cnitui.domain.remedies.relabel_plan import ID as RELABEL
from cnitui.engine.guide.before_after import Attempted, pairs
from cnitui.engine.guide.blocks import Block, Command, DiffText, Grid, Heading, Item, Paragraph, Role, StepState
from cnitui.engine.guide.choosing import by_hand_steps, first_step
from cnitui.engine.guide.judging import going_on
from cnitui.engine.guide.names import on
from cnitui.engine.guide.node_changes import node_blocks
from cnitui.engine.guide.outline import Outline
from cnitui.engine.jobs.trials import Trials
from cnitui.engine.repair.preview import Preview, Problem
from cnitui.engine.repair.rollout import NodeProgress, Rollout
from cnitui.engine.repair.state import RepairState
from cnitui.engine.repair.undo import UNDO
from cnitui.engine.repair.verify import Check
from cnitui.engine.state import Before, State

CHECK_ROLES: dict[str, Role] = {"pass": "good", "fail": "bad", "unknown": "warn", "running": "accent", "waiting": "dim"}
SHOWN_PODS = 100
"""Pods, nodes or actions that a step lists one by one."""
AFTERWARDS = "Verification follows the rollout by itself."
PHASE_ROLES: dict[str, Role] = {"ready": "good", "failing": "bad", "starting": "accent", "ending": "accent"}


# --- step 8 ---------------------------------------------------------------------------------------------------------


def previewing(state: State, repair: RepairState) -> Outline:
    """Step 8: the diff, and what stands in the way."""
    if repair.phase == "planning":
        whom = "nodes what they are like" if repair.chosen == RELABEL else "server what it would store"
        return Outline("running", "asking", f"Asking the {whom}. Nothing is changed.")
    if repair.error is not None and repair.preview is None:
        blocks = (Paragraph(repair.error.next_step, "dim"),) if repair.error.next_step else ()
        return Outline("fail", "failed", repair.error.what, blocks)
    if repair.no_plan:
        return Outline("pass", "nothing to do", repair.no_plan[:1].upper() + repair.no_plan[1:])
    if repair.preview is None:
        return Outline("waiting", "", "Choose a solution first (step 7). Nothing has been changed.")
    outline = _preview(repair.preview, changed=repair.applied is repair.preview)
    return _tried(outline, state.trials, repair.preview.plan_id)


def _tried(outline: Outline, trials: Trials, plan_id: str) -> Outline:
    """With what the tries on single nodes told, first of all."""
    told: list[Block] = []
    for found in trials.of_plan(plan_id):
        told.append(Heading(f"Tried on {found.node}"))
        told.append(Item(found.sentence, "good" if found.works else "bad"))
        told.extend(Item(f"{which}: {ended}") for which, ended in found.rows)
    outline = replace(outline, blocks=(*told, *going_on(trials), *outline.blocks))
    return outline if trials.refuting(plan_id) is None else replace(outline, state="fail", summary="try failed")


def _preview(seen: Preview, *, changed: bool) -> Outline:
    plan = seen.plan
    stance: StepState = "fail" if seen.blocked else "unknown" if seen.needs_override else "pass"
    word = "blocked" if seen.blocked else "needs override" if seen.needs_override else "ready"
    status = "This has been applied." if changed else "Nothing has been changed yet."
    diff = () if plan.nodes else (DiffText(seen.diff),)
    blocks = (
        *map(_problem, seen.problems), *node_blocks(plan), *diff, *_effects(plan), *_server(seen), *_commands(seen)
    )  # fmt: skip
    return Outline(stance, word, f"{plan.title}. {status}", blocks)


def _effects(plan: Plan) -> Iterator[Block]:
    """What else happens when the change is stored."""
    yield Heading("Pods that restart")
    yield from _restarts(plan)
    if plan.rollout:
        yield Paragraph(plan.rollout, "dim")


def _server(seen: Preview) -> Iterator[Block]:
    """What the server says to it, what the verification will look for, and what it will write besides."""
    if seen.plan.nodes:
        yield Heading("What to know")
    else:
        yield Heading("What the server says")
        yield _by_server(seen)
    for warning in (*seen.warnings, *seen.plan.warnings):
        yield Item(warning, "warn")
    for permission in seen.permissions:
        may = "may" if permission.allowed else "may not"
        yield Item(f"you {may} {permission.access.words}", "good" if permission.allowed else "bad")
    if expected := seen.plan.expectations:
        yield Heading("Checked afterwards")
        yield from (Item(one.words, "dim") for one in expected)
    pod = seen.plan.test_pod
    if pod is not None:
        words = f"verification starts the pod {pod.namespace}/{pod.name} ({pod.image}) on {pod.node} and removes it"
        yield Heading("Also written")
        yield Item(words, "dim")


def _commands(seen: Preview) -> Iterator[Block]:
    plan = seen.plan
    lines = [*(one.by_hand for one in plan.creates), *(one.by_hand for one in plan.changes)]
    by_hand = [Command(line) for line in lines if line]
    if by_hand:
        yield Heading("The same by hand")
        yield from by_hand
    if plan.undo_by_hand or (plan.nodes and plan.remedy != UNDO):
        yield Heading("How to take it back")
        yield Command(f"cnitui undo {seen.plan_id}")
    if plan.undo_by_hand:
        yield Command(plan.undo_by_hand)
    if plan.no_undo:
        yield Heading("It cannot be taken back")
        yield Paragraph(f"{plan.no_undo[:1].upper()}{plan.no_undo[1:]}.")
    if plan.lasting:
        yield Heading("How it lasts, at the owner")
        yield from by_hand_steps(plan.lasting)


def _problem(problem: Problem) -> Item:
    how = "can be overridden with a reason, which is recorded" if problem.overridable else "cannot be applied"
    return Item(problem.words, "warn" if problem.overridable else "bad", how)


def _by_server(seen: Preview) -> Item:
    if not seen.diff:
        return Item("no object is changed: pods are deleted, and their controllers replace them", "dim")
    if seen.by_server:
        return Item("the server computed this in a dry run and would accept it", "good")
    return Item("the server did not compute this; the difference is our own calculation", "warn")


def _restarts(plan: Plan) -> list[Block]:
    if not plan.restarts and not plan.deletes:
        return [Item("none", "dim")]
    deletes = {pod.uid for pod in plan.deletes}
    rows = sorted((*plan.restarts, *(pod for pod in plan.deletes if pod not in plan.restarts)), key=_failing_first)
    more = [Paragraph(f"and {len(rows) - SHOWN_PODS} more pods", "dim")] if len(rows) > SHOWN_PODS else []
    return [
        *(_restart(pod, deleted=pod.uid in deletes) for pod in rows[:SHOWN_PODS]),
        *more,
    ]


def _restart(pod: PodRestart, *, deleted: bool) -> Item:
    how = "failing" if pod.failing else "healthy"
    words = f"{pod.pod} on {pod.node}, {how}{', deleted by cnitui' if deleted else ''}"
    return Item(words, "bad" if pod.failing else "good")


def _failing_first(pod: PodRestart) -> tuple[bool, str]:
    return (not pod.failing, pod.node)


# --- steps 9 and 10 -------------------------------------------------------------------------------------------------


def applying(_state: State, repair: RepairState) -> Outline:
    """Step 9: what happened, node by node."""
    if repair.error is not None and repair.preview is not None:
        blocks = (Paragraph(repair.error.next_step, "dim"), *_rollout_blocks(repair.rollout), *_actions(repair))
        return Outline("fail", "failed", repair.error.what + ".", blocks)
    if repair.phase == "applying":
        unwritten = "keeping how it is before the change" if repair.applied is not repair.preview else "writing"
        words = repair.rollout.words if repair.rollout else unwritten
        return Outline("running", words, f"Applying: {words}.", (*_rollout_blocks(repair.rollout), *_actions(repair)))
    if repair.applied is None or (repair.preview is not None and repair.applied is not repair.preview):
        ready = repair.preview is not None and not repair.preview.blocked
        text = "Nothing has been changed yet. a asks for the context's name and applies the preview."
        return Outline("waiting", "a applies" if ready else "", text if ready else "There is no preview to apply.")
    rollout = repair.rollout
    outcome = rollout.outcome if rollout else ""
    ended: dict[str, StepState] = {"done": "pass", "": "unknown", "stopped": "unknown"}
    stance = ended.get(outcome, "fail")
    words = rollout.words if rollout else "applied"
    failing = (
        " It stopped there: u takes it back." if repair.applied.plan.nodes else " New pods fail as the old ones did."
    )
    ends = {"failing": failing, "stalled": " Nothing moved for a long time.", "stopped": _stopped(repair.applied.plan)}
    headline = f"Applied: {words}.{ends.get(outcome, '')}"
    notes = tuple(Item(note, "warn") for note in repair.notes)
    return Outline(stance, words, headline, (*_rollout_blocks(rollout), *notes, *_actions(repair)))


def _stopped(plan: Plan) -> str:
    """What goes on after a person stopped it, and how to find out."""
    if plan.nodes:
        return " You stopped it: nodes that were not begun are as they were. Step 7 previews what is left, u undoes it."
    return " You stopped following it: the controller goes on by itself. v in step 10 verifies."


def _rollout_blocks(rollout: Rollout | None) -> tuple[Block, ...]:
    if rollout is None or not rollout.nodes:
        return ()
    nodes = rollout.nodes
    if len(nodes) > SHOWN_PODS:
        nodes = (*rollout.unfinished(), *(node for node in nodes if node.phase == "ready"))
    shown, more = nodes[:SHOWN_PODS], len(nodes) - SHOWN_PODS
    rows = tuple((node.node, node.pod or "–", node.words) for node in shown)
    grid = Grid(("NODE", "POD", "STATE"), rows, tuple(map(_progress_role, shown)), leaves=(1,), wrap=True)
    return (grid, Paragraph(f"and {more} more nodes", "dim")) if more > 0 else (grid,)


def _progress_role(node: NodeProgress) -> Role:
    return PHASE_ROLES.get(node.phase, "warn")


def _actions(repair: RepairState) -> tuple[Block, ...]:
    return (Heading("Done so far"), *_done(repair)) if repair.actions else ()


def _done(repair: RepairState) -> Iterator[Block]:
    """Our own actions with their times; of very many the latest."""
    earlier = len(repair.actions) - SHOWN_PODS
    if earlier > 0:
        yield Paragraph(f"{earlier} earlier actions are in the audit log", "dim")
    for action in repair.actions[-SHOWN_PODS:]:
        yield Item(f"{action.at:%H:%M:%S}  {action.words}", "dim")


def verifying(_state: State, repair: RepairState) -> Outline:
    """Step 10: the guide's four checks."""
    if repair.undone and not repair.checks:
        return Outline(
            "waiting", "", "The change was taken back, so there is nothing to verify; step 1 shows the pods."
        )
    if not repair.checks:
        stopped = repair.rollout is not None and repair.rollout.outcome == "stopped"
        if stopped:
            return Outline("waiting", "v verifies", "You stopped following the rollout: v verifies.")
        left = repair.phase == "applied"  # the rollout was taken up from an earlier sitting, or came to no end
        return Outline("waiting", "", "It was not verified yet: v does." if left else AFTERWARDS)
    checks = repair.checks
    passed = sum(check.state == "pass" for check in checks)
    word = f"{passed} of {len(checks)} pass"
    if repair.phase == "verifying":
        return Outline("running", word, f"Verifying: {word}.", tuple(_check(check) for check in checks))
    failed = [check for check in checks if check.state == "fail"]
    stance: StepState = "fail" if failed else "pass" if passed == len(checks) else "unknown"
    headline = f"{word}."
    if failed:
        headline += " The cause may be another one, or not the only one: u takes the change back, r looks again."
    return Outline(stance, word, headline, tuple(_check(check) for check in checks))


def _check(check: Check) -> Item:
    detail = "\n".join(check.details)
    return Item(f"{check.title}: {check.words or check.state}", CHECK_ROLES[check.state], detail)


def reporting(state: State, repair: RepairState) -> Outline:
    """Step 11: everything on one page; ctrl+s saves it."""
    if state.diagnosis is None:
        return Outline("waiting", "", "There is nothing to report yet.")
    headline = "ctrl+s saves this report as HTML, Markdown or JSON."
    blocks: list[Block] = [Heading("Findings")]
    told = repair.diagnosed or state.diagnosis
    for finding in told.confident or (told.findings[:3] if told.status != "healthy" else ()):
        words = f"{finding.verdict.words}: {finding.title}{on(finding.nodes)}"
        blocks.append(Item(words, "accent", finding.judgement.because))
    if state.ill and (repair.applied is None or repair.undone):
        blocks.extend(first_step(repair))
    blocks.append(Heading("Actions"))
    blocks.extend(_done(repair) if repair.actions else [Item("nothing was changed", "dim")])
    if repair.checks:
        blocks += [Heading("Verification"), *(_check(check) for check in repair.checks)]
    if state.before is not None:
        blocks += [Heading("Before and after"), *_pairs(state.before, state)]
    stance: StepState = "pass" if repair.phase == "verified" else "waiting"
    return Outline(stance, "ready", headline, tuple(blocks))


def _pairs(before: Before, state: State) -> Iterator[Block]:
    """Of each repaired node its last failing attempt and what has run since."""
    for pair in pairs(before, state, before.nodes[:SHOWN_PODS]):
        since = pair.after
        good = since is not None and since.run.exit_code == 0
        told = f"{pair.node}: {_ended(pair.before)}; since then {_ended(since)}"
        yield Item(told, "good" if good else "warn", _last_line(pair.before))
    more = len(before.nodes) - SHOWN_PODS
    if more > 0:
        yield Paragraph(f"and {more:,} more nodes", "dim")
    yield Paragraph("In logs, SELinux, differences and timeline B shows before, now, or both.", "dim")


def _ended(one: Attempted | None) -> str:
    """`install-cni exit 1 at 19:29:21`."""
    if one is None:
        return "no attempt is known"
    if one.run.finished_at is None:
        return f"{one.container} runs"
    return f"{one.container} exit {one.run.exit_code} at {one.run.finished_at:%H:%M:%S}"


def _last_line(one: Attempted | None) -> str:
    return one.words[-1] if one is not None and one.words else ""
