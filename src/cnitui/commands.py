"""The commands without screens: the same session and the same engine, told on stdout."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import click

from cnitui import __version__
from cnitui.compose import services
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis, Missing
from cnitui.engine.apply import Confirmation, Unrecorded, Written, apply
from cnitui.engine.preview import Preview
from cnitui.engine.rollout import Rollout
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.engine.undo import undo_preview
from cnitui.engine.workbench import Workbench
from cnitui.errors import ClusterUnreachable, CnituiError, Forbidden, UsageError
from cnitui.gateways.manifests import plan_edit, read_manifest, write_manifest
from cnitui.process import leave, log_to_file
from cnitui.recorded import exit_code, told
from cnitui.settings import Settings, configuration_file

T = TypeVar("T")
HEALTHY, FAILED = 0, 1


def run_async(work: Coroutine[object, object, T]) -> T:
    """Run to the end; ctrl-C ends it at once."""
    with asyncio.Runner() as runner:
        return runner.run(work)


# --- diagnose -------------------------------------------------------------------------------------------------------


def run_diagnose(settings: Settings, output: str, wait: float) -> int:
    """Collect, judge, print; the exit code says what was found (SPEC section 8)."""
    log_to_file(settings)
    state = run_async(_sitting(settings, wait))
    diagnosis = judged(state)
    _narrate(state, diagnosis)
    click.echo(told(diagnosis, output), nl=False)
    return leave(exit_code(diagnosis))


def judged(state: State) -> Diagnosis:
    """What a state comes to; raises the error of one that comes to nothing.

    Pods that may not be listed are undetermined, and so are pods of which none fails but not all are ready.
    """
    error = state.pods_link.error
    if state.fatal is not None:
        raise state.fatal
    if state.diagnosis is None and not isinstance(error, Forbidden):
        raise error or ClusterUnreachable("The calico-node pods could not be listed in time", "Try a longer --wait.")
    diagnosis = state.diagnosis or diagnose(state.case)
    unready = [row.pod for row in state.rows if row.pod is not None and not row.healthy]
    if diagnosis.status != "healthy" or not unready:
        return diagnosis
    missing = tuple(Missing(f"readiness of {pod.node or pod.name}", f"the pod is {pod.status}") for pod in unready)
    return replace(diagnosis, status="undetermined", unavailable=(*diagnosis.unavailable, *missing))


async def _sitting(settings: Settings, wait: float) -> State:
    """The state once everything was read, or when the time is up."""
    async with services(settings) as opened:
        session = Session(opened)
        settled = asyncio.Event()

        def look(state: State) -> None:
            if state.settled or state.fatal is not None or state.pods_link.phase == "refused":
                settled.set()

        session.subscribe(look)
        running = asyncio.create_task(session.run())
        settling = asyncio.create_task(settled.wait())
        await asyncio.wait({running, settling}, timeout=wait or None, return_when=asyncio.FIRST_COMPLETED)
        if not settled.is_set() and not running.done():
            session.give_up(f"it was not read within --wait {wait:g}s")
        running.cancel()
        settling.cancel()
        (failure, _) = await asyncio.gather(running, settling, return_exceptions=True)
        if isinstance(failure, Exception):
            raise _first_of(failure)
        return session.state


def _first_of(failure: Exception) -> Exception:
    """An expected failure out of a group of them."""
    while isinstance(failure, ExceptionGroup):
        failure = failure.exceptions[0]
    return failure


def _narrate(state: State, diagnosis: Diagnosis) -> None:
    """What a person should know beside the data: a server that went away, and what could not be read."""
    if state.pods_link.phase != "live" and state.pods_link.error is not None:
        click.echo(f"cnitui: {state.pods_link.error}", err=True)
    elif diagnosis.status == "undetermined":
        for missing in diagnosis.unavailable:
            click.echo(f"cnitui: {missing.what}: {missing.why}", err=True)


# --- undo -----------------------------------------------------------------------------------------------------------


def run_undo(settings: Settings, plan_id: str, *, assume_yes: bool) -> int:
    """Preview, ask, apply; narration on stderr, the difference on stdout."""
    log_to_file(settings)
    return leave(run_async(_undo(settings, plan_id, assume_yes=assume_yes)))


async def _undo(settings: Settings, plan_id: str, *, assume_yes: bool) -> int:
    async with services(settings) as opened:
        await opened.cluster.connect()
        bench = workbench(opened)
        seen = await undo_preview(bench, plan_id)
        click.echo("\n".join(seen.diff))
        _tell(seen)
        if seen.blocked:
            raise CnituiError(seen.blocked[0].words, "Nothing was changed.")
        typed = seen.context if assume_yes else _typed(seen)
        return await _carry_out(bench, seen, Confirmation(typed, "undo from the command line"))


def workbench(opened: Services) -> Workbench:
    """What a write needs at hand."""
    return Workbench(opened.cluster, opened.journal, opened.clock, opened.render, opened.settings.readonly)


def _tell(seen: Preview) -> None:
    click.echo(f"{seen.plan.title}: context {seen.context}, {len(seen.plan.restarts)} pods restart", err=True)
    for warning in (*seen.warnings, *seen.plan.warnings):
        click.echo(f"warning: {warning}", err=True)


def _typed(seen: Preview) -> str:
    if not sys.stdin.isatty():
        raise CnituiError("Nothing was changed: there is no terminal to confirm on", "Use --yes in a script.")
    answer: str = click.prompt(
        f"Type the context's name to go on ({seen.context})", default="", show_default=False, err=True
    )
    return answer


async def _carry_out(bench: Workbench, seen: Preview, confirmation: Confirmation) -> int:
    outcome = ""
    async for progress in apply(bench, seen, confirmation):
        match progress:
            case Written(target):
                click.echo(f"patched {target.words}", err=True)
            case Unrecorded(error):
                click.echo(f"warning: {error}", err=True)
            case Rollout():
                outcome = progress.outcome or outcome
                click.echo(progress.words, err=True)
    # After an undo the pods may well fail as they did before: that the change is back is what was asked for.
    click.echo(f"taken back; rollout: {outcome or 'left to the controller'}", err=True)
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
