"""The commands without screens: the same session and the same engine, told on stdout."""

from __future__ import annotations

import asyncio
import platform
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import click

from cnitui import __version__
from cnitui.compose import services
from cnitui.domain.facts import CALICO_SELECTOR
from cnitui.domain.finding import Diagnosis
from cnitui.domain.node_job import place_of
from cnitui.domain.report import headline
from cnitui.engine.cases.progress import Told
from cnitui.engine.cases.saving import Saved, save_case
from cnitui.engine.jobs.preview import JobsPreview, preview_jobs
from cnitui.engine.repair.apply import Confirmation, NodeWritten, Unrecorded, Written
from cnitui.engine.repair.node_rollout import carry_out
from cnitui.engine.repair.node_undo import nodes_begun
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.repair.undo import plan_to_undo, undo_preview
from cnitui.engine.repair.workbench import Workbench
from cnitui.engine.reports.forms import Form
from cnitui.engine.reports.kept_report import kept_report
from cnitui.engine.services import Services
from cnitui.engine.sitting import Leave, judged, sitting
from cnitui.engine.state import State
from cnitui.errors import CnituiError, UsageError
from cnitui.gateways.investigations import InvestigationShelf
from cnitui.gateways.journal import FileJournal
from cnitui.gateways.manifests import STDIN, plan_edit, read_manifest, write_manifest
from cnitui.late_dataclass import dataclass
from cnitui.narrating import narrated
from cnitui.process import leave, log_to_file
from cnitui.recorded import exit_code, told
from cnitui.settings import Settings, configuration_file

T = TypeVar("T")
HEALTHY, FAILED = 0, 1


def run_async(work: Coroutine[object, object, T]) -> T:
    """Run to the end; ctrl-C and SIGTERM end it at once, and what has to be tidied up is: raises KeyboardInterrupt."""
    try:
        with asyncio.Runner() as runner:
            return runner.run(_interruptible(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _interruptible(work: Coroutine[object, object, T]) -> T:
    """The loop's own signal handlers wake it up; the Runner's is not seen when it comes just before a long wait."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await work


# --- diagnose -------------------------------------------------------------------------------------------------------


def run_diagnose(
    settings: Settings,
    output: str,
    wait: float,
    *,
    cause: str = "",
    everybody: bool = False,
    assume_yes: bool = False,
) -> int:
    """Collect, judge, print; the exit code says what was found (SPEC section 8)."""
    log_to_file(settings)
    with narrated("nothing is judged") as so_far:
        asked = _leave(assume_yes=assume_yes, before=so_far.close)
        state = run_async(_sitting(settings, wait, asked, so_far, everybody=everybody))
    diagnosis = judged(state, datetime.now(UTC))
    _narrate(state, diagnosis)
    click.echo(told(diagnosis, output, cause), nl=False)
    return leave(exit_code(diagnosis))


async def _sitting(settings: Settings, wait: float, asked: Leave, so_far: Told, *, everybody: bool) -> State:
    """The state once the evidence is in, or when the time is up."""
    async with services(settings) as opened:
        return await sitting(opened, wait, everybody=everybody, leave=asked, told=so_far)


def _leave(*, assume_yes: bool, before: Callable[[], None] = lambda: None) -> Leave:
    """Tells of the Jobs that would read nodes on stderr, and asks for the context's name; `before` is called first."""

    def asked(seen: JobsPreview) -> Confirmation:
        before()
        tell_jobs("Reading nodes by Jobs", seen)
        return Confirmation(seen.context if assume_yes else typed(seen.context), "from the command line")

    return asked


def tell_jobs(title: str, seen: JobsPreview) -> None:
    """What would be created, and what the server warns of, on stderr."""
    click.echo(f"{title}: context {seen.context}, server {seen.server}", err=True)
    for line in seen.lines:
        click.echo(f"  {line}", err=True)
    for warning in seen.warnings:
        click.echo(f"warning: {warning}", err=True)


def _narrate(state: State, diagnosis: Diagnosis) -> None:
    """What a person should know beside the data: a server that went away, and what could not be read."""
    if state.pods_link.phase != "live" and state.pods_link.error is not None:
        click.echo(f"cnitui: {state.pods_link.error}", err=True)
    elif diagnosis.status == "undetermined":
        for missing in diagnosis.unavailable:
            click.echo(f"cnitui: {missing.what}: {missing.why}", err=True)


# --- collect --------------------------------------------------------------------------------------------------------


def run_collect(settings: Settings, output: Path, wait: float, *, force: bool, assume_yes: bool = False) -> int:
    """Write a case file; what could not be read is told on stderr and is no failure."""
    log_to_file(settings)
    with narrated("nothing was written") as so_far:
        asked = _leave(assume_yes=assume_yes, before=so_far.close)
        saved = run_async(_collected(settings, output, wait, asked, so_far, force=force))
    for words in saved.unavailable:
        click.echo(f"cnitui: not in it: {words}", err=True)
    hidden = f", {saved.hidden} secrets hidden" if saved.hidden else ""
    click.echo(f"cnitui: wrote {saved.path}: {saved.pieces} pieces of evidence{hidden}", err=True)
    click.echo(f"cnitui: {headline(saved.diagnosis)}", err=True)
    return leave(HEALTHY)


async def _collected(
    settings: Settings, output: Path, wait: float, asked: Leave, so_far: Told, *, force: bool
) -> Saved:
    async with services(settings) as opened:
        if opened.files is not None:
            opened.files.check(output, overwrite=force)
        state = await sitting(opened, wait, leave=asked, told=so_far)
        judged(state)  # raises what left nothing to collect
        return await save_case(opened, state, output, overwrite=force, told=so_far)


# --- undo -----------------------------------------------------------------------------------------------------------


def run_undo(settings: Settings, plan_id: str, *, assume_yes: bool) -> int:
    """Preview, ask, apply; narration on stderr, the difference on stdout."""
    log_to_file(settings)
    return leave(run_async(_undo(settings, plan_id, assume_yes=assume_yes)))


async def _undo(settings: Settings, plan_id: str, *, assume_yes: bool) -> int:
    async with services(settings) as opened:
        await opened.cluster.connect()
        bench = opened.bench
        plan_id = plan_to_undo(bench, plan_id)
        await _leave_to_read(opened, plan_id, assume_yes=assume_yes)
        seen = await undo_preview(bench, plan_id)
        click.echo("\n".join((*seen.diff, *_node_lines(seen))))
        _tell(seen)
        if seen.blocked:
            raise CnituiError(seen.blocked[0].words, "Nothing was changed.")
        name = seen.context if assume_yes else typed(seen.context)
        return await _carry_out(bench, seen, Confirmation(name, "undo from the command line"))


async def _leave_to_read(opened: Services, plan_id: str, *, assume_yes: bool) -> None:
    """Where nodes are read by Jobs: the leave to read those that the plan has changed."""
    jobs = opened.jobs
    begun = nodes_begun(opened.bench, plan_id) if jobs is not None else {}
    if jobs is None or not begun:
        return
    nodes = {node.name: node for node in await opened.cluster.nodes()}
    pods = await opened.cluster.pods("", CALICO_SELECTOR)
    places = [place_of(pod, nodes[pod.node]) for pod in pods if pod.node in begun and pod.node in nodes]
    if places:
        seen = await preview_jobs(opened.bench, places)
        if seen.problems:
            raise UsageError(f"nodes cannot be read by Jobs: {seen.why_not}")
        await jobs.confirm(seen, _leave(assume_yes=assume_yes)(seen))


def _node_lines(seen: Preview) -> list[str]:
    """The commands of each node, as they will be run."""
    return [f"{change.node}: {step.line}" for change in seen.plan.nodes for step in change.steps]


def _tell(seen: Preview) -> None:
    click.echo(f"{seen.plan.title}: context {seen.context}, {len(seen.plan.restarts)} pods restart", err=True)
    for warning in (*seen.warnings, *seen.plan.warnings):
        click.echo(f"warning: {warning}", err=True)


def typed(context: str) -> str:
    """The context's name as a person types it; raises CnituiError without a terminal."""
    if not sys.stdin.isatty():
        raise CnituiError("Nothing was changed: there is no terminal to confirm on", "Use --yes in a script.")
    answer: str = click.prompt(
        f"Type the context's name to go on ({context})", default="", show_default=False, err=True
    )
    return answer


async def _carry_out(bench: Workbench, seen: Preview, confirmation: Confirmation) -> int:
    outcome = told_last = ""
    async for progress in carry_out(bench, seen, confirmation):
        match progress:
            case Written(target):
                click.echo(f"patched {target.words}", err=True)
            case NodeWritten(node, _, words):
                click.echo(f"{node}: {words}", err=True)
            case Unrecorded(error):
                click.echo(f"warning: {error}", err=True)
            case Rollout():
                outcome = progress.outcome or outcome
                if progress.words != told_last:
                    click.echo(progress.words, err=True)
                told_last = progress.words
    if seen.plan.nodes:
        click.echo(f"taken back on {'all' if outcome == 'done' else 'not all'} of these nodes", err=True)
        return HEALTHY if outcome == "done" else FAILED
    # After an undo the pods may well fail as they did before: that the change is back is what was asked for.
    click.echo(f"taken back; rollout: {outcome or 'left to the controller'}", err=True)
    return HEALTHY


# --- report ---------------------------------------------------------------------------------------------------------


def run_report(settings: Settings, kept_id: str, output: Form) -> int:
    """Print what was kept of a plan or of an investigation."""
    folder = settings.state_dir
    click.echo(kept_report(FileJournal(folder), InvestigationShelf(folder), kept_id, output), nl=False)
    return HEALTHY


# --- info -----------------------------------------------------------------------------------------------------------


def print_info(settings: Settings) -> int:
    """Versions, settings in force, and where files are kept."""
    files = ", ".join(f"{path}{'' if path.exists() else ' (not there)'}" for path in settings.kubeconfig)
    rows = [
        ("cnitui", __version__),
        ("python", platform.python_version()),
        *((name, _version(name)) for name in ("textual", "kubernetes", "asyncssh", "msgspec")),
        ("kubeconfig", files),
        ("context", settings.context or "(current)"),
        ("namespace", settings.namespace or "(all)"),
        ("node access", settings.node_access),
        ("read-only", "yes" if settings.readonly else "no"),
        ("configuration", f"{configuration_file()}{'' if configuration_file().exists() else ' (not there)'}"),
        ("state", str(settings.state_dir)),
    ]
    for name, value in rows:
        click.echo(f"{name:<14} {value}")
    return HEALTHY


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


# --- patch ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PatchOutput:
    """Where the patched manifest goes: stdout, a file, the file itself; or only what would change."""

    file: Path | None = None
    in_place: bool = False
    diff: bool = False
    check: bool = False


def run_patch(manifest: Path, container: str, output: PatchOutput) -> int:
    """Solution 1 of the guide, without its duplicate key: exactly the missing lines, every other byte kept."""
    if sum((output.file is not None, output.in_place, output.diff, output.check)) > 1:
        raise UsageError("-o, --in-place, --diff and --check exclude each other")
    if output.in_place and manifest == STDIN:
        raise UsageError("--in-place needs a file, not standard input")
    edit = plan_edit(read_manifest(manifest), str(manifest), container)
    click.echo(f"{manifest}: {edit.why}", err=True)
    if output.check:
        return FAILED if edit.changed else HEALTHY
    if output.diff:
        click.echo(edit.diff(str(manifest)), nl=False)
    elif output.in_place:
        if edit.changed:
            write_manifest(manifest, edit.data)
    elif output.file is not None:
        write_manifest(output.file, edit.data)
    else:
        sys.stdout.buffer.write(edit.data)
        sys.stdout.flush()
    return HEALTHY
