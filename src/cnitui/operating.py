"""`cnitui operator`: what the migration to the Tigera operator needs, from what is observed; it writes files only."""

from __future__ import annotations

from pathlib import Path

import click

from cnitui.clock import SystemClock
from cnitui.commands import FAILED, HEALTHY, run_async
from cnitui.compose import objects_api
from cnitui.domain.listing import listed
from cnitui.domain.operator.assessment import Assessment, assess
from cnitui.domain.operator.backup import incomplete
from cnitui.domain.operator.documents import PLAN, Place, documents, told
from cnitui.domain.operator.observation import CALICO_NODE, Observation
from cnitui.domain.report import literal
from cnitui.engine.probes.installation import Survey
from cnitui.errors import CnituiError
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.placing import check_folder, place_all
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings


def run_operator(settings: Settings, folder: Path, *, force: bool) -> int:
    """Observe, judge, write; 0 written, 1 refused or unreachable."""
    log_to_file(settings)
    check_folder(folder, overwrite=force)
    seen, place = run_async(_observed(settings))
    found = assess(seen)
    for check in found.checks:
        click.echo(told(check))
    if not found.workloads or found.refused:
        return leave(_refused(seen, found))
    files = documents(seen, found, place, dump_yaml)
    plan = files.pop(PLAN)
    place_all(folder, {**files, PLAN: plan}, overwrite=force)
    _narrate(seen, found, folder, files)
    return leave(HEALTHY)


async def _observed(settings: Settings) -> tuple[Observation, Place]:
    clock = SystemClock()
    async with objects_api(settings) as api:
        await api.connect()
        click.echo(f"reading {api.connection.context}: {api.connection.server}", err=True)
        seen = await Survey(api, clock).observe()
        known = api.connection
    return seen, Place(known.context, known.server, f"{clock.now():%Y-%m-%d %H:%M:%SZ}")


def _refused(seen: Observation, found: Assessment) -> int:
    unseen = seen.unseen(CALICO_NODE)
    if unseen:
        raise CnituiError(f"{CALICO_NODE.words} could not be read, so there is nothing to go by: {unseen}")
    reasons = ", ".join(dict.fromkeys(check.about for check in found.refused))
    click.echo(f"refused ({reasons}): the migration must not be begun like this. Nothing was written.", err=True)
    return FAILED


def _narrate(seen: Observation, found: Assessment, folder: Path, files: dict[str, str]) -> None:
    missing = incomplete(seen)
    if missing:
        names = literal(listed([what for what, _ in missing], 3))
        click.echo(f"warning: the backup is incomplete, without {names}: {literal(missing[0][1])}", err=True)
    unknown = len(found.standing("unknown"))
    if unknown:
        click.echo(f"warning: {unknown} preconditions are not known; {PLAN} lists them", err=True)
    click.echo(f"wrote {len(files) + 1} files to {folder}; begin with {folder / PLAN}", err=True)
    click.echo("nothing in the cluster was changed", err=True)
