"""Steps 7 to 11: what to do, what it would do, what it did."""

from __future__ import annotations

from cnitui.domain.plan import Plan, PodRestart
from cnitui.engine.blocks import Block, Command, DiffText, Grid, Heading, Item, Paragraph, Role, StepState
from cnitui.engine.guide.outline import Outline
from cnitui.engine.preview import Preview, Problem
from cnitui.engine.repair_state import Option, RepairState
from cnitui.engine.rollout import NodeProgress, Rollout
from cnitui.engine.state import State
from cnitui.engine.verify import Check

CHECK_ROLES: dict[str, Role] = {"pass": "good", "fail": "bad", "unknown": "warn", "running": "accent", "waiting": "dim"}
PHASE_ROLES: dict[str, Role] = {"ready": "good", "failing": "bad", "starting": "accent", "ending": "accent"}


def choose(state: State, repair: RepairState) -> Outline:
    """Step 7: the remedy under the cursor; the list itself is the screen's."""
    if not repair.options:
        return Outline("waiting", "", "The remedies are judged with the causes.")
    option = repair.option
    fitting = [one.remedy.id for one in repair.options if one.fits]
    word = f"chosen: {repair.chosen}" if repair.chosen else f"{len(fitting)} fit"
    blocks = list(_remedy(option)) if option else []
    for one in repair.advice:
        blocks.append(Heading(f"Against {one.cause}{' on ' + ', '.join(one.nodes) if one.nodes else ''}"))
        for step in one.steps:
            blocks.append(Item(step.words, "accent"))
            if step.command:
                blocks.append(Command(step.command))
    stance: StepState = "pass" if repair.chosen else "waiting"
    if not state.failing and not repair.chosen:
        headline = "Nothing fails: no remedy is needed."
    elif fitting:
        headline = f"{len(fitting)} of {len(repair.options)} remedies fit. enter previews the one under the cursor."
    else:
        headline = "No remedy of the guide fits this cause; what to do about it is listed below."
    return Outline(stance, word, headline, tuple(blocks))


def _remedy(option: Option) -> tuple[Block, ...]:
    remedy, fit = option.remedy, option.fit
    title = f"{remedy.guide}: {remedy.title}" if remedy.guide else remedy.title
    verdict = Item(f"fits: {fit.why}" if option.fits else f"does not fit: {fit.why}", "good" if option.fits else "warn")
    reservations = [Item(text, "warn") for text in getattr(fit, "reservations", ())]
    blocks: list[Block] = [Heading(title), Paragraph(remedy.summary), verdict, *reservations]
    blocks.extend(Item(text, "dim") for text in remedy.trade_offs)
    blocks.append(Item(f"risk: {remedy.risk}", "dim"))
    blocks.append(Item(f"what restarts: {remedy.blast_radius}", "dim"))
    blocks.append(Item(f"undo: {remedy.undo}" if remedy.undo else "undo: not possible by the tool", "dim"))
    if remedy.correction:
        blocks += [Heading("What the guide gets wrong here"), Paragraph(remedy.correction, "dim")]
    if option.steps:
        blocks.append(Heading("By hand"))
    for step in option.steps:
        blocks.append(Item(step.words, "accent"))
        if step.command:
            blocks.append(Command(step.command))
    return tuple(blocks)


# --- step 8 ---------------------------------------------------------------------------------------------------------


def previewing(_state: State, repair: RepairState) -> Outline:
    """Step 8: the diff, and what stands in the way."""
    if repair.phase == "planning":
        return Outline("running", "asking", "Asking the server what it would store. Nothing is changed.")
    if repair.error is not None and repair.preview is None:
        blocks = (Paragraph(repair.error.next_step, "dim"),) if repair.error.next_step else ()
        return Outline("fail", "failed", repair.error.what, blocks)
    if repair.no_plan:
        return Outline("pass", "nothing to do", repair.no_plan[:1].upper() + repair.no_plan[1:])
    if repair.preview is None:
        return Outline("waiting", "", "Choose a solution first (step 7). Nothing has been changed.")
    return _preview(repair.preview, changed=repair.applied is repair.preview)


def _preview(seen: Preview, *, changed: bool) -> Outline:
    plan = seen.plan
    stance: StepState = "fail" if seen.blocked else "unknown" if seen.needs_override else "pass"
    word = "blocked" if seen.blocked else "needs override" if seen.needs_override else "ready"
    status = "This has been applied." if changed else "Nothing has been changed yet."
    headline = f"{plan.title}. {status}"
    blocks: list[Block] = [*map(_problem, seen.problems)]
    blocks += [DiffText(seen.diff)]
    blocks += [Heading("Pods that restart"), *_restarts(plan)]
    if plan.rollout:
        blocks.append(Paragraph(plan.rollout, "dim"))
    blocks.append(Heading("What the server says"))
    blocks.append(_by_server(seen))
    blocks.extend(Item(warning, "warn") for warning in (*seen.warnings, *plan.warnings))
    blocks.extend(
        Item(
            f"you may {p.access.words}" if p.allowed else f"you may not {p.access.words}",
            "good" if p.allowed else "bad",
        )
        for p in seen.permissions
    )
    if plan.test_pod is not None:
        pod = plan.test_pod
        words = f"verification starts the pod {pod.namespace}/{pod.name} ({pod.image}) on {pod.node} and removes it"
        blocks += [Heading("Also written"), Item(words, "dim")]
    blocks.append(Heading("The same by hand"))
    blocks.extend(Command(change.by_hand) for change in plan.changes if change.by_hand)
    if plan.undo_by_hand:
        blocks += [Heading("How to take it back"), Command(f"cnitui undo {seen.plan_id}"), Command(plan.undo_by_hand)]
    return Outline(stance, word, headline, tuple(blocks))


def _problem(problem: Problem) -> Item:
    how = "can be overridden with a reason, which is recorded" if problem.overridable else "cannot be applied"
    return Item(problem.words, "warn" if problem.overridable else "bad", how)


def _by_server(seen: Preview) -> Item:
    if seen.by_server:
        return Item("the server computed this in a dry run and would accept it", "good")
    return Item("the server did not compute this; the difference is our own calculation", "warn")


def _restarts(plan: Plan) -> list[Block]:
    if not plan.restarts and not plan.deletes:
        return [Item("none", "dim")]
    deletes = {pod.uid for pod in plan.deletes}
    rows = sorted((*plan.restarts, *(pod for pod in plan.deletes if pod not in plan.restarts)), key=_failing_first)
    return [
        Item(
            f"{pod.pod} on {pod.node}, {'failing' if pod.failing else 'healthy'}"
            + (", deleted by cnitui" if pod.uid in deletes else ""),
            "bad" if pod.failing else "good",
        )
        for pod in rows
    ]


def _failing_first(pod: PodRestart) -> tuple[bool, str]:
    return (not pod.failing, pod.node)


# --- steps 9 and 10 -------------------------------------------------------------------------------------------------


def applying(_state: State, repair: RepairState) -> Outline:
    """Step 9: what happened, node by node."""
    if repair.error is not None and repair.preview is not None:
        blocks = (Paragraph(repair.error.next_step, "dim"), *_rollout_blocks(repair.rollout), *_actions(repair))
        return Outline("fail", "failed", repair.error.what + ".", blocks)
    if repair.phase == "applying":
        words = repair.rollout.words if repair.rollout else "writing"
        return Outline("running", words, f"Applying: {words}.", (*_rollout_blocks(repair.rollout), *_actions(repair)))
    if repair.applied is None or (repair.preview is not None and repair.applied is not repair.preview):
        ready = repair.preview is not None and not repair.preview.blocked
        text = "Nothing has been changed yet. a asks for the context's name and applies the preview."
        return Outline("waiting", "a applies" if ready else "", text if ready else "There is no preview to apply.")
    rollout = repair.rollout
    outcome = rollout.outcome if rollout else ""
    stance: StepState = "pass" if outcome == "done" else "fail" if outcome else "unknown"
    words = rollout.words if rollout else "applied"
    ends = {"failing": " New pods fail as the old ones did.", "stalled": " Nothing moved for a long time."}
    headline = f"Applied: {words}.{ends.get(outcome, '')}"
    notes = tuple(Item(note, "warn") for note in repair.notes)
    return Outline(stance, words, headline, (*_rollout_blocks(rollout), *notes, *_actions(repair)))


def _rollout_blocks(rollout: Rollout | None) -> tuple[Block, ...]:
    if rollout is None or not rollout.nodes:
        return ()
    rows = tuple((node.node, node.pod or "–", node.words) for node in rollout.nodes)
    return (Grid(("NODE", "POD", "STATE"), rows, tuple(map(_progress_role, rollout.nodes))),)


def _progress_role(node: NodeProgress) -> Role:
    return PHASE_ROLES.get(node.phase, "warn")


def _actions(repair: RepairState) -> tuple[Block, ...]:
    if not repair.actions:
        return ()
    return (Heading("Done so far"), *(Item(f"{a.at:%H:%M:%S}  {a.words}", "dim") for a in repair.actions))


def verifying(_state: State, repair: RepairState) -> Outline:
    """Step 10: the guide's four checks."""
    if not repair.checks:
        return Outline("waiting", "", "Verification follows the rollout by itself.")
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
    headline = "ctrl+s saves this report as Markdown or JSON."
    blocks: list[Block] = [Heading("Findings")]
    told = repair.diagnosed or state.diagnosis
    for finding in told.confident or told.findings[:3]:
        where = f" on {', '.join(finding.nodes)}" if finding.nodes else ""
        blocks.append(Item(f"{finding.verdict.words}: {finding.title}{where}", "accent", finding.judgement.because))
    blocks.append(Heading("Actions"))
    blocks.extend(Item(f"{a.at:%H:%M:%S}  {a.words}", "dim") for a in repair.actions)
    if not repair.actions:
        blocks.append(Item("nothing was changed", "dim"))
    if repair.checks:
        blocks += [Heading("Verification"), *(_check(check) for check in repair.checks)]
    stance: StepState = "pass" if repair.phase == "verified" else "waiting"
    return Outline(stance, "ready", headline, tuple(blocks))
