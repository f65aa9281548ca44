"""The files for a person: the plan with its evidence, the Installation, the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnitui.domain.operator.assessment import Assessment
from cnitui.domain.operator.backup import backup, incomplete
from cnitui.domain.operator.observation import Observation
from cnitui.domain.operator.parts import QUOTED, Check, Standing
from cnitui.domain.operator.walk import GO_ON, NEVER, PAUSE, Stage, walk
from cnitui.domain.redaction import Redactor
from cnitui.domain.report import code, code_safe, literal
from cnitui.late_dataclass import dataclass

PLAN, INSTALLATION, API_SERVER, BACKUP = "README.md", "installation.yaml", "apiserver.yaml", "backup"
Render = Callable[[Mapping[str, object]], str]
_WORDS: Mapping[Standing, str] = {
    "refused": "REFUSED",
    "unknown": "NOT KNOWN",
    "mind": "mind",
    "met": "met",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when it was read."""

    context: str
    server: str
    at: str


def documents(seen: Observation, found: Assessment, place: Place, render: Render) -> dict[str, str]:
    """All files of the folder by name."""
    redactor = Redactor()
    kept = {f"{BACKUP}/{name}": text for name, text in backup(seen, redactor).items()}
    files = {INSTALLATION: _installation(found, place, render)}
    if found.wants_api_server:
        files[API_SERVER] = render(found.api_server)
    hidden = sorted({where for where, _ in redactor.counts})
    plan = "\n".join(_plan(seen, found, place, sorted(kept), hidden)) + "\n"
    return {PLAN: plan, **files, **kept}


def _installation(found: Assessment, place: Place, render: Render) -> str:
    release = found.release
    told = f"operator {release.operator} of Calico {release.calico}" if release else "an operator that is not known"
    head = [
        f"# What {code_safe(place.context)} runs as of {place.at}, in the form of {told}.",
        "# Made by cnitui from what was read; README.md says from what, and how to go on. Nothing of it was applied.",
    ]
    if release is None:
        head.append("# The release is not known: only fields that all releases have are in here.")
    return "\n".join(head) + "\n" + render(found.installation)


def told(check: Check) -> str:
    """One check as a line for a terminal."""
    quote = f"  [{literal(_cut(check.quote))}]" if check.quote else ""
    fix = f"\n           do: {literal(check.fix)}" if check.fix else ""
    return f"{_WORDS[check.standing]:<10} {check.about}: {literal(check.why)}{quote}{fix}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"


# --- the plan -------------------------------------------------------------------------------------------------------


def _plan(
    seen: Observation, found: Assessment, place: Place, kept: Sequence[str], hidden: Sequence[str]
) -> Iterator[str]:
    release = found.release
    yield from ("# Migrate Calico to the Tigera operator, in place", "")
    yield f"- read from context {code(place.context)}, {code(place.server)}, at {place.at}"
    yield f"- Calico {found.version or 'of unknown version'}, operator {release.operator if release else 'not known'}"
    yield "- cnitui wrote these files and changed nothing in the cluster. What follows is yours to type."
    yield from ("", "Run the commands in this folder. Do not go on while a check fails.", "")
    yield from ("## Never", "")
    yield from (f"- {code(what)}: {why}" for what, why in NEVER)
    yield from ("", "## To stop at any moment", "", "```bash", PAUSE, "```", "")
    yield "Every node stays as it is: its pod runs on in kube-system or in calico-system. To go on:"
    yield from ("", "```bash", GO_ON, "```")
    yield from _not_read(seen, found, hidden)
    yield from ("", "## Preconditions", "")
    yield from (line for check in _sorted(found.checks) for line in _check(check))
    yield from ("", "## Steps", "")
    for number, stage in enumerate(walk(release, api_server=found.wants_api_server)):
        yield from _stage(number, stage)
    yield from ("## Files", "")
    yield f"- `{INSTALLATION}`: the Installation that begins the migration"
    yield from [f"- `{API_SERVER}`: the Calico API server, for later"] if found.wants_api_server else ()
    yield from (f"- {code(name)}" for name in kept)
    yield ""
    yield "IPAM blocks, affinities and handles are kept as evidence of who had which address. Do not apply them over a"
    yield "running cluster: allocations have gone on changing since."


def _not_read(seen: Observation, found: Assessment, hidden: Sequence[str]) -> Iterator[str]:
    missing = incomplete(seen)
    if not missing and not found.standing("unknown") and not hidden:
        return
    yield from ("", "## Not known, not kept", "")
    if missing:
        yield "**The backup is incomplete. Do not begin before somebody has read this:**"
        yield from ("", *(f"- {code(what)}: {code_safe(why)}" for what, why in missing))
    yield from (f"- {check.about}: {code_safe(check.why)}" for check in found.standing("unknown"))
    yield from (f"- {code(name)}: values that look like secrets were taken out of it" for name in hidden)


def _sorted(checks: Sequence[Check]) -> list[Check]:
    order = list(_WORDS)
    return sorted(checks, key=lambda check: order.index(check.standing))


def _check(check: Check) -> Iterator[str]:
    quote = f" {code(_cut(check.quote))}" if check.quote else ""
    yield f"- **{_WORDS[check.standing]}** {check.about}: {code_safe(check.why)}{quote}"
    if check.fix:
        yield f"  - do: {code(check.fix) if check.fix.startswith('kubectl ') else code_safe(check.fix)}"


def _stage(number: int, stage: Stage) -> Iterator[str]:
    yield from (f"### {number}. {stage.title}", "", stage.words, "")
    if stage.command:
        yield from ("```bash", stage.command, "```", "")
    if stage.check:
        yield from ("Check:", "", "```bash", stage.check, "```", "")
    yield from [f"Expect: {stage.expect}", ""] if stage.expect else ()
    yield from [f"Back: {stage.back}", ""] if stage.back else ()
    if stage.undo:
        yield from ("```bash", stage.undo, "```", "")
