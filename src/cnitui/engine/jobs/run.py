"""Runs one Job to its end: created with an audit line, followed, its logs read, deleted by its UID whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from cnitui.domain.facts import ContainerStatus, PodStatus
from cnitui.domain.node_job import LIFETIME_SECONDS, NodeJob, manifest, reference
from cnitui.domain.plan import ObjectRef
from cnitui.domain.remedies.template import at
from cnitui.engine.logs.stamps import without_stamps
from cnitui.engine.ports import LogRequest
from cnitui.engine.repair.workbench import Workbench
from cnitui.errors import ClusterError, CnituiError, NodeJobFailed

LOOK_EVERY = 0.5
APPEARS_WITHIN = 15.0
"""Seconds within which the Job controller has made the pod."""
MOST_BYTES = 8 << 20
HOPELESS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerError",
     "CreateContainerConfigError", "RunContainerError"}
)  # fmt: skip
"""Reasons for which a container of a Job that tries once is not waited for."""


async def run_job(bench: Workbench, job: NodeJob) -> Mapping[str, str]:
    """What each container said, by its name.

    Raises NodeJobFailed when it did not run to its end, StateError when no audit line could be written (nothing was
    created then). The Job is removed then too, and on a cancellation.
    """
    uid = await _create(bench, job)
    try:
        pod = await _ended(bench, job)
        logs = await asyncio.gather(*(_log(bench, pod, name) for name, _ in job.scripts))
        return {name: text for (name, _), text in zip(job.scripts, logs, strict=True)}
    except ClusterError as error:
        raise _failed(job, error.what, error.next_step) from error
    finally:
        with suppress(CnituiError):  # what cannot be removed goes by its TTL, and is found by the next preview
            await asyncio.shield(remove(bench, reference(job.name, job.place.namespace), uid, job.place.node))


async def _create(bench: Workbench, job: NodeJob) -> str:
    """Create the Job and answer its UID; a cancellation in the middle of it leaves none behind."""
    ref, node = reference(job.name, job.place.namespace), job.place.node
    bench.audit("node-job", ref, "create", node=node, image=job.place.image, seconds=LIFETIME_SECONDS)
    creating = asyncio.ensure_future(bench.api.create(ref, manifest(job), dry_run=False))
    try:
        return str(at((await asyncio.shield(creating)).object, ("metadata", "uid")) or "")
    except asyncio.CancelledError:
        with suppress(CnituiError):
            await remove(bench, ref, str(at((await creating).object, ("metadata", "uid")) or ""), node)
        raise
    except CnituiError as error:
        raise _failed(job, f"the Job could not be created: {error.what}", error.next_step) from error


async def remove(bench: Workbench, ref: ObjectRef, uid: str, node: str) -> None:
    """Delete the Job of that UID and its pod; raises ClusterError and StateError."""
    await bench.api.delete(ref, uid=uid, dependents=True)
    bench.audit("node-job-removed", ref, "delete", node=node, uid=uid)


async def _ended(bench: Workbench, job: NodeJob) -> PodStatus:
    """The Job's pod, once all its containers have ended."""
    begun = bench.clock.now()
    while True:
        waited = (bench.clock.now() - begun).total_seconds()
        pods = await bench.api.pods(job.place.namespace, f"job-name={job.name}")
        if not pods and waited > APPEARS_WITHIN:
            raise _failed(job, f"the Job got no pod: {await _why_no_pod(bench, job)}")
        if pods:
            _raise_if_hopeless(job, pods[0])
            if pods[0].containers and all(one.state == "terminated" for one in pods[0].containers):
                return pods[0]
        if waited > LIFETIME_SECONDS:
            state = pods[0].status if pods else "not there"
            raise _failed(job, f"the Job's pod was still {state} after {LIFETIME_SECONDS} s")
        await bench.clock.sleep(LOOK_EVERY)


def _raise_if_hopeless(job: NodeJob, pod: PodStatus) -> None:
    for container in pod.containers:
        why = _hopeless(container)
        if why:
            raise _failed(job, why, "See `kubectl describe pod` of another try, or read the node over SSH")


def _hopeless(container: ContainerStatus) -> str:
    said = " ".join(container.waiting_message.split())[:300]
    if container.waiting_reason in HOPELESS:
        return f"the Job's container did not start: {container.waiting_reason}: {said}".rstrip(": ")
    run = container.current
    if container.state == "terminated" and run is not None and run.reason in ("StartError", "ContainerCannotRun"):
        what = " ".join(run.message.split())[:300]
        return f"the node cannot run a shell in its own root: {what or run.reason}"
    return ""


async def _why_no_pod(bench: Workbench, job: NodeJob) -> str:
    with suppress(ClusterError):
        events = await bench.api.events(job.place.namespace, job.name)
        if events:
            return events[-1].message[:300]
    return "no event of it says why"


async def _log(bench: Workbench, pod: PodStatus, container: str) -> str:
    request = LogRequest(pod.namespace, pod.name, container, limit_bytes=MOST_BYTES)
    return without_stamps(await bench.api.read_log(request))


def _failed(job: NodeJob, what: str, next_step: str = "") -> NodeJobFailed:
    return NodeJobFailed(f"{job.place.node}: {what}", next_step, node=job.place.node)
