"""`cnitui prove`: a cause shown to be one by experiment, told on stdout."""

from __future__ import annotations

import json

import click

from cnitui.commands import run_async, tell_jobs, typed
from cnitui.compose import services
from cnitui.domain.experiment import Experiment
from cnitui.domain.trial_documents import trial_document
from cnitui.engine.jobs.experiment import Under, design, experiment, preview_experiment
from cnitui.engine.jobs.preview import JobsPreview
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.sitting import judged, sitting
from cnitui.errors import CnituiError
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings

CONFIRMED, RULED_OUT, UNDECIDED = 0, 3, 4


def run_prove(settings: Settings, cause: str, node: str, output: str, wait: float, *, assume_yes: bool) -> int:
    """Preview, ask, carry out; 0 confirmed, 3 ruled out, 4 nothing proven."""
    log_to_file(settings)
    found, seen = run_async(_proved(settings, cause, node, wait, assume_yes=assume_yes))
    if output == "json":
        click.echo(json.dumps(trial_document(found, seen.context, seen.server), indent=2, ensure_ascii=False))
    else:
        click.echo(_text(found), nl=False)
    return leave({"confirmed": CONFIRMED, "ruled_out": RULED_OUT}.get(found.conclusion, UNDECIDED))


async def _proved(
    settings: Settings, cause: str, node: str, wait: float, *, assume_yes: bool
) -> tuple[Experiment, JobsPreview]:
    async with services(settings) as opened:
        bench = opened.bench
        state = await sitting(opened, wait)
        judged(state)  # raises what left nothing to try
        plan = await design(bench, state, cause, node)
        seen = await preview_experiment(bench, plan)
        tell_jobs(plan.title, seen)
        if seen.problems:
            raise CnituiError(seen.why_not, "Nothing was created.")
        name = seen.context if assume_yes else typed(seen.context)
        async for step in experiment(bench, plan, seen, Confirmation(name)):
            match step:
                case Under():
                    click.echo(step.words, err=True)
                case Experiment():
                    return step, seen
    raise CnituiError("the experiment came to no end")


def _text(found: Experiment) -> str:
    """The conclusion, and what it rests on."""
    word = {"confirmed": "CONFIRMED by experiment", "ruled_out": "RULED OUT by experiment"}
    rows = [("in the DaemonSet", found.expected), ("control", found.control), ("variant", found.variant)]
    told = [f"  {name:<18}{attempt.told if attempt else 'not run'}" for name, attempt in rows]
    headline = f"{word.get(found.conclusion, 'NOTHING PROVEN')}: {found.sentence}"
    return "\n".join((headline, *told, f"  {'changed':<18}{found.changed}", ""))
