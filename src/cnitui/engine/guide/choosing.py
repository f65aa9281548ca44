"""Step 7: what to do about what was found, what helps first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnitui.domain.remedies import Advice, Step
from cnitui.engine.guide.blocks import Block, Command, Heading, Item, Paragraph, Quote, StepState
from cnitui.engine.guide.names import on
from cnitui.engine.guide.outline import Outline
from cnitui.engine.repair.state import Option, RepairState
from cnitui.engine.state import State

NO_UNDO = "not possible by the tool"


def choose(state: State, repair: RepairState) -> Outline:
    """Step 7: the remedy under the cursor; the list itself is the screen's."""
    if not repair.options:
        return Outline("waiting", "", "The remedies are judged with the causes.")
    fitting, cured = sum(one.fits for one in repair.options), any(one.cure is not None for one in repair.advice)
    offered = f"{fitting} fit" if fitting else "a plan" if cured else "by hand"
    word = f"chosen: {repair.chosen}" if repair.chosen else offered
    entry = repair.entry
    blocks = tuple(_steps(entry) if isinstance(entry, Advice) else _remedy(entry) if entry else ())
    stance: StepState = "pass" if repair.chosen else "waiting"
    if not state.ill and not repair.chosen:
        headline, word = "Nothing fails: no remedy is needed.", f"{fitting} fit"
    elif fitting:
        headline = f"{fitting} of {len(repair.options)} remedies fit. enter previews the one under the cursor."
    elif cured:
        headline = "No remedy of the guide fits this cause; a plan against it does. enter previews it."
    elif repair.advice:
        headline = "No remedy of the guide fits this cause; these steps help."
    else:
        headline = "No cause is proven, so no remedy fits yet."
    return Outline(stance, word, headline, blocks)


def first_step(repair: RepairState) -> Iterator[Block]:
    """What to do first about what was found, in short: the first of step 7."""
    entry = repair.outlook.entries[0] if repair.outlook.entries else None
    if isinstance(entry, Advice) and entry.cure is not None:
        yield Heading("What to do first")
        yield Item(f"{entry.cure.title}: step 7 previews it", "accent")
    elif isinstance(entry, Advice) and entry.steps:
        yield Heading("What to do first")
        yield from by_hand_steps(entry.steps[:1])
        yield Paragraph(f"Step 7 has all {len(entry.steps)} steps.", "dim")
    elif isinstance(entry, Option) and entry.fits:
        yield Heading("What to do first")
        yield Item(f"{entry.remedy.title}: step 7 previews it", "accent")


def _steps(advice: Advice) -> Iterator[Block]:
    """The steps against one cause, and what they rest on."""
    yield Heading(f"Against {advice.cause}{on(advice.nodes)}")
    if advice.because:
        yield Item(advice.because, "bad")
    if advice.cure is not None:
        yield Item(f"{advice.cure.title}: enter previews it", "good", advice.cure.summary)
        yield Item(f"risk: {advice.cure.risk}", "dim")
        yield Item(f"undo: {advice.cure.undo or NO_UNDO}", "dim")
        yield Heading("By hand")
    elif advice.no_cure:
        yield Item("The tool's own plan would not help:", "warn", advice.no_cure)
    yield from by_hand_steps(advice.steps)
    if advice.seen:
        yield Heading("What it rests on")
    yield from (Quote(piece.quote, piece.source) for piece in advice.seen[:2])


def by_hand_steps(steps: Iterable[Step]) -> Iterator[Block]:
    """What a person does: the words, and below them what to type."""
    for step in steps:
        if step.words:
            yield Item(step.words, "accent")
        if step.command:
            yield Command(step.command)


def _remedy(option: Option) -> tuple[Block, ...]:
    remedy, fit = option.remedy, option.fit
    title = f"{remedy.guide}: {remedy.title}" if remedy.guide else remedy.title
    verdict = Item(f"fits: {fit.why}" if option.fits else f"does not fit: {fit.why}", "good" if option.fits else "warn")
    reservations = [Item(text, "warn") for text in getattr(fit, "reservations", ())]
    blocks: list[Block] = [Heading(title), Paragraph(remedy.summary), verdict, *reservations]
    if option.fits:
        blocks.extend(Item(text, "dim") for text in remedy.trade_offs)
        blocks.append(Item(f"risk: {remedy.risk}", "dim"))
        blocks.append(Item(f"what restarts: {remedy.blast_radius}", "dim"))
        blocks.append(Item(f"undo: {remedy.undo or NO_UNDO}", "dim"))
    blocks += _corrected(option)
    if option.steps:
        blocks += [Heading("By hand"), *by_hand_steps(option.steps)]
    return tuple(blocks)


def _corrected(option: Option) -> Iterator[Block]:
    if option.remedy.correction:
        yield from (Heading("What the guide gets wrong here"), Paragraph(option.remedy.correction, "dim"))
