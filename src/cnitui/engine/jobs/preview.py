"""What reading nodes by Jobs would create, asked of the server itself before anybody confirms it.

Nothing is stored by it. The preview is the only thing that gives leave, so what was shown is what is created.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.listing import listed
from cnitui.domain.node_job import (
    KEPT_SECONDS,
    LIFETIME_SECONDS,
    SELECTOR,
    Job,
    Place,
    accesses,
    collection,
    reading_job,
    reference,
    sitting_of,
)
from cnitui.domain.plan import ObjectRef
from cnitui.domain.remedies.situation import PERMISSIVE_LEVELS
from cnitui.domain.remedies.template import at
from cnitui.engine.jobs.run import remove
from cnitui.engine.ports import Permission
from cnitui.engine.repair.preview import Problem
from cnitui.engine.repair.situate import pod_security
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import ClusterError, CnituiError, Conflict, Forbidden, Invalid, StateError, UsageError
from cnitui.late_dataclass import dataclass

SHOWN = 6
"""Nodes or images that a sentence names."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A Job of another sitting that is still there; while it `runs` somebody may be waiting for it."""

    ref: ObjectRef
    uid: str
    node: str
    runs: bool = False

    @property
    def told(self) -> str:
        """What becomes of it, in a sentence."""
        if self.runs:
            return f"left alone: {self.ref.words} of another sitting still runs on {self.node}, and ends by itself"
        return f"removed as well: {self.ref.words} of an earlier sitting, on {self.node}"


@dataclass(frozen=True, slots=True)
class JobsPreview:
    """Jobs that would be created, one for each place, and what the server says to them."""

    places: tuple[Place, ...]
    context: str
    server: str
    warnings: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    problems: tuple[Problem, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    told: tuple[str, ...] = ()
    """What the Jobs are for, where they do not just read nodes."""

    def require(self, context: str) -> None:
        """Raise UsageError when something stands in the way, or when that is not the name of this context."""
        if self.problems:
            raise UsageError(f"no Job may be created: {self.problems[0].words}")
        if context != self.context:
            raise UsageError(f"{context!r} is not the context's name, {self.context!r}")

    @property
    def why_not(self) -> str:
        """All that stands in the way, "" when nothing does."""
        return "; ".join(problem.words for problem in self.problems)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where the Jobs would be."""
        return tuple(sorted({place.namespace for place in self.places}))

    @property
    def lines(self) -> tuple[str, ...]:
        """What is created where and for how long, in sentences."""
        left = tuple(one.told for one in self.leftovers)
        if self.told:
            return (*self.told, *left)
        nodes, images = [place.node for place in self.places], sorted({place.image for place in self.places})
        pulled = [place.node for place in self.places if not place.present]
        return (
            f"a Job in {', '.join(self.namespaces)} for each of {listed(nodes, SHOWN)}",
            f"image {listed(images, SHOWN)}, which ran there before; nothing of it is run",
            *((f"the image may have to be pulled on {listed(pulled, SHOWN)}",) if pulled else ()),
            "a privileged container with the node's root at /host runs the same read-only commands as over SSH",
            "each Job is deleted as soon as it has answered",
            if_killed(LIFETIME_SECONDS),
            "until you quit, another one runs there when you look again (r) or the failing pod is replaced",
            *left,
        )


def if_killed(seconds: int) -> str:
    """What becomes of a Job that we cannot remove."""
    return f"should we be killed, it ends after {seconds} s and Kubernetes removes it {KEPT_SECONDS} s later"


async def preview_jobs(bench: Workbench, places: Sequence[Place], jobs: Sequence[Job] = ()) -> JobsPreview:
    """Ask the server about Jobs in these places, the given ones or such that read; raises the ClusterErrors of it."""
    namespaces = sorted({place.namespace for place in places})
    permissions = [await bench.api.may(access) for one in namespaces for access in accesses(one)]
    problems = [Problem("forbidden", f"you may not {one.access.words}") for one in permissions if not one.allowed]
    if not bench.may_write:
        problems.append(Problem("readonly", "writes are switched off for this context (read-only)"))
    problems += [Problem("evidence", f"{one.node}: no image is known to be on it") for one in places if not one.image]
    warnings: list[str] = []
    leftovers: list[Leftover] = []
    if not problems:
        for namespace in namespaces:
            problems += await _pod_security(bench, namespace)
            leftovers += await _leftovers(bench, namespace)
            place = next(place for place in places if place.namespace == namespace)
            for job in jobs or (reading_job("cnitui-node-dry-run", place, (("read", "true"),)),):
                said, refused = await _dry_run(bench, job.of(bench.sitting))
                warnings += said
                problems += refused
    connection = bench.api.connection
    return JobsPreview(
        tuple(places), connection.context, connection.server,
        tuple(dict.fromkeys(warnings)), tuple(permissions), tuple(problems), tuple(leftovers),
    )  # fmt: skip


async def _pod_security(bench: Workbench, namespace: str) -> list[Problem]:
    """A Job is accepted whatever its pods ask for; it is the pods that the namespace's level refuses."""
    level = await pod_security(bench.api, namespace)
    if level is None or level in PERMISSIVE_LEVELS:  # where it may not be read the Job's own events will tell
        return []
    return [Problem("pod-security", f"{namespace} enforces Pod Security {level!r}: it refuses privileged pods")]


async def _dry_run(bench: Workbench, job: Job) -> tuple[tuple[str, ...], list[Problem]]:
    try:
        bench.audit("dry-run", job.ref, "create", dry_run=True, node=job.node)
        answer = await bench.api.create(job.ref, job.document, dry_run=True)
    except StateError as error:
        return (), [Problem("state", str(error))]
    except (Forbidden, Conflict, Invalid) as error:
        return (), [Problem("refused", str(error))]
    return answer.warnings, []


async def _leftovers(bench: Workbench, namespace: str) -> list[Leftover]:
    try:
        found = await bench.api.objects(collection(namespace), SELECTOR)
    except ClusterError:
        return []
    return [_old(one, namespace, bench.clock.now()) for one in found if sitting_of(one) != bench.sitting]


def _old(document: Document, namespace: str, now: datetime) -> Leftover:
    metadata = as_mapping(document.get("metadata"))
    node = at(document, ("spec", "template", "spec", "nodeName"))
    ref = reference(str(metadata.get("name", "")), namespace)
    return Leftover(ref, str(metadata.get("uid", "")), str(node or ""), runs=_runs(document, now))


def _runs(document: Document, now: datetime) -> bool:
    """Whether it has not ended, as its conditions say, nor must have by its deadline."""
    conditions = at(document, ("status", "conditions"))
    held = {str(one.get("type")) for one in map(as_mapping, conditions)} if isinstance(conditions, list) else set()
    if held & {"Complete", "Failed"}:
        return False
    try:
        born = datetime.fromisoformat(str(at(document, ("metadata", "creationTimestamp"))))
        seconds = int(str(at(document, ("spec", "activeDeadlineSeconds"))))
    except ValueError:
        return True
    return born.tzinfo is None or (now - born).total_seconds() < seconds + KEPT_SECONDS


async def clear(bench: Workbench, seen: JobsPreview) -> None:
    """Remove what earlier sittings left behind, as it was shown; what cannot be removed goes by its TTL."""
    for one in seen.leftovers:
        if not one.runs:
            with suppress(CnituiError):
                await remove(bench, one.ref, one.uid, one.node)
