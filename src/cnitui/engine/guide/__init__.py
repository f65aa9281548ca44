"""The guide as it stands: the script's steps, each filled in with what was found; pure functions of the state."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from cnitui.domain.finding import Verdict
from cnitui.engine.guide.blocks import Item, Role, StepView
from cnitui.engine.guide.choosing import choose
from cnitui.engine.guide.contexts import master_against_worker, selinux
from cnitui.engine.guide.judging import other_causes, root_cause
from cnitui.engine.guide.known_reports import reports
from cnitui.engine.guide.looking import unreached
from cnitui.engine.guide.names import commands_of
from cnitui.engine.guide.outline import Outline
from cnitui.engine.guide.repairing import applying, previewing, reporting, verifying
from cnitui.engine.guide.steps import STEPS, Step
from cnitui.engine.guide.symptoms import symptoms
from cnitui.engine.repair.state import RepairState
from cnitui.engine.state import State

_LOOKING: dict[str, Callable[[State], Outline]] = {
    "symptoms": symptoms,
    "reports": reports,
    "selinux": selinux,
    "compare": master_against_worker,
    "causes": other_causes,
    "root-cause": root_cause,
}
_DOING: dict[str, Callable[[State, RepairState], Outline]] = {
    "choose": choose,
    "preview": previewing,
    "apply": applying,
    "verify": verifying,
    "report": reporting,
}


def guide(state: State, skipped: Collection[int] = (), ssh: str = "") -> tuple[StepView, ...]:
    """All steps; `ssh` is how a person reaches the first failing node."""
    return tuple(_view(step, state, step.number in skipped, ssh) for step in STEPS)


STANDINGS: dict[str, Role] = {"for": "bad", "open": "warn", "ruled out": "good"}


def _meaning(step: Step, state: State) -> tuple[Item, ...]:
    """What the causes that this step can decide on have come to, by their names: for, still open, ruled out."""
    if state.diagnosis is None or not state.ill:
        return ()
    titles: dict[str, list[str]] = {word: [] for word in STANDINGS}
    for finding in state.diagnosis.findings:
        if finding.cause in step.causes:
            decided = finding.verdict is Verdict.RULED_OUT
            titles["ruled out" if decided else "for" if finding.verdict.confident else "open"].append(finding.title)
    told = ((word, "; ".join(dict.fromkeys(names))) for word, names in titles.items() if names)
    return tuple(Item(f"{word}: {names}", STANDINGS[word]) for word, names in told)


def _view(step: Step, state: State, skipped: bool, ssh: str) -> StepView:
    looking = _LOOKING.get(step.id)
    outline = (unreached(state) or looking(state)) if looking else _DOING[step.id](state, state.repair)
    if skipped:
        outline = replace(outline, state="skipped", summary="skipped")
    return StepView(
        step.number,
        step.title,
        outline.state,
        outline.summary,
        outline.headline,
        step.why,
        outline.blocks,
        _meaning(step, state),
        commands_of(step, state, ssh),
    )
