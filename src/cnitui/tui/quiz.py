"""A quiz on the lab: what is wrong is covered until the trainee has said what it is.

Covered is what concludes: the banner, the guide's steps from the causes on, the verdicts of groups and nodes. What was
observed stays in sight. Pure functions; the screen decides when.
"""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import undetermined
from cnitui.domain.finding import Diagnosis, Finding
from cnitui.engine.guide.blocks import Block, Heading, Paragraph, StepView
from cnitui.engine.repair.outlook import NO_OUTLOOK
from cnitui.engine.state import State
from cnitui.late_dataclass import dataclass
from cnitui.tui.widgets.pick_list import Pick
from cnitui.tui.wording import Line, claim

NOTHING = "nothing"
"""The answer that no cause is at work."""
COVERED = "covered until you have answered: press A"
FIRST_COVERED, LAST_COVERED = 5, 9
"""The guide's steps that tell, or follow from, what it is."""
INVITATION = Line("?", "QUIZ  what is it? Look around, then press A to answer", "accent")


@dataclass(frozen=True, slots=True)
class Quiz:
    """What is to be found: the right answer first, then others that are fair on the same evidence; why, in a sentence.

    Without answers nothing is wrong. Of a mixture every part's answer is right.
    """

    answers: tuple[str, ...]
    reason: str
    name: str

    def right(self, answer: str) -> bool:
        """Whether an answer counts."""
        return answer in self.answers if self.answers else answer == NOTHING


def covered(state: State) -> State:
    """The state without anything that was concluded; what fails is still known to fail."""
    if state.diagnosis is None:
        return state
    repair = replace(state.repair, outlook=NO_OUTLOOK, considered="")
    return replace(state, diagnosis=_without_verdicts(state.diagnosis), repair=repair)


def _without_verdicts(diagnosis: Diagnosis) -> Diagnosis:
    findings = tuple(
        Finding(cause.id, cause.title, undetermined(COVERED), diagnosis.failing_nodes) for cause in CATALOGUE
    )
    cohorts = tuple(replace(cohort, causes=(), agreeing=(), apart_from="") for cohort in diagnosis.cohorts)
    return replace(diagnosis, findings=findings, next_evidence=(), cohorts=cohorts)


def covered_steps(views: tuple[StepView, ...]) -> tuple[StepView, ...]:
    """The guide with its conclusions covered."""
    return tuple(_covered_step(view) if _tells(view) else replace(view, meaning=()) for view in views)


def _tells(view: StepView) -> bool:
    return FIRST_COVERED <= view.number <= LAST_COVERED


def _covered_step(view: StepView) -> StepView:
    return replace(
        view, state="waiting", summary="covered", headline=COVERED[0].upper() + COVERED[1:], blocks=(), meaning=(),
        commands=(),
    )  # fmt: skip


def choices() -> tuple[Pick, ...]:
    """Every cause, and that there is none."""
    causes = tuple(Pick(cause.id, "▸", "accent", cause.title, cause.id) for cause in CATALOGUE if cause.id != "unknown")
    return (*causes, Pick(NOTHING, "✓", "good", "Nothing is wrong here", ""))


def marked(quiz: Quiz, answer: str, state: State) -> tuple[Block, ...]:
    """Whether it was right, why, and what cnitui itself makes of it."""
    titles = {cause.id: cause.title for cause in CATALOGUE} | {NOTHING: "Nothing is wrong here"}
    right = quiz.right(answer)
    blocks: list[Block] = [
        Paragraph(f"{'✓ Right' if right else '✗ Wrong'}: {titles.get(answer, answer)}", "good" if right else "bad")
    ]
    if not right:
        wanted = ", or ".join(f"{titles[cause]} ({cause})" for cause in quiz.answers) or titles[NOTHING]
        blocks.append(Paragraph(f"It is: {wanted}"))
    blocks += [Heading("Why"), Paragraph(f"{quiz.reason} ({quiz.name})")]
    leading = state.diagnosis.leading if state.diagnosis else None
    if leading is not None and state.diagnosis is not None and leading.verdict.confident:
        blocks += [Heading("What cnitui says"), Paragraph(claim(leading, state.diagnosis))]
        quoted = (f"{one.source}: {one.quote}" for one in leading.judgement.evidence_for[:3])
        blocks += [Paragraph(text, "dim") for text in quoted]
    blocks.append(Paragraph("The banner and the guide's steps 5 to 9 are uncovered now.", "dim"))
    return tuple(blocks)
