"""Runs one Job to its end: created with an audit line, followed, its logs read, deleted by its UID whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from cnitui.domain.facts import ContainerStatus, PodStatus
from cnitui.domain.node_job import Job
from cnitui.domain.plan import ObjectRef
from cnitui.engine.ports import LogRequest
from cnitui.engine.repair.workbench import Workbench, created
from cnitui.errors import ClusterError, CnituiError, NodeJobFailed
from cnitui.late_dataclass import dataclass

LOOK_EVERY = 0.5
APPEARS_WITHIN = 15.0
"""Seconds within which the Job controller has made the pod."""
MOST_BYTES = 8 << 20
HOPELESS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerError",
     "CreateContainerConfigError", "RunContainerError"}
)  # fmt: skip
"""Reasons for which a container of a Job that tries once is not waited for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A Job's pod once all its containers have ended, and the log of each, stamps and all, by its name."""

    pod: PodStatus
    said: Mapping[str, bytes]


async def run_job(bench: Workbench, job: Job) -> Ended:
    """Create it, wait for its end, read its logs, remove it.

    Raises NodeJobFailed when it did not run to its end, StateError when no audit line could be written (nothing was
    created then). The Job is removed then too, and on a cancellation.
    """
    uid = await _create(bench, job)
    try:
        pod = await _ended(bench, job)
        logs = await asyncio.gather(*(_log(bench, pod, name) for name in job.containers))
        return Ended(pod, dict(zip(job.containers, logs, strict=True)))
    except ClusterError as error:
        raise _failed(job, error.what, error.next_step, begun=True) from error
    finally:
        with suppress(CnituiError):  # what cannot be removed goes by its TTL, and is found by the next preview
            await asyncio.shield(remove(bench, job.ref, uid, job.node))


async def _create(bench: Workbench, job: Job) -> str:
    """Create the Job and answer its UID; a cancellation in the middle of it leaves none behind."""
    job = job.of(bench.sitting)
    bench.audit("node-job", job.ref, "create", node=job.node, image=job.image, seconds=job.seconds)
    try:
        return await created(bench, job.ref, job.document, lambda uid: remove(bench, job.ref, uid, job.node))
    except CnituiError as error:
        raise _failed(job, f"the Job could not be created: {error.what}", error.next_step) from error


async def remove(bench: Workbench, ref: ObjectRef, uid: str, node: str) -> None:
    """Delete the Job of that UID and its pod; raises ClusterError and StateError."""
    await bench.api.delete(ref, uid=uid, dependents=True)
    bench.audit("node-job-removed", ref, "delete", node=node, uid=uid)


async def _ended(bench: Workbench, job: Job) -> PodStatus:
    """The Job's pod, once all its containers have ended."""
    begun, appeared = bench.clock.now(), False
    while True:
        waited = (bench.clock.now() - begun).total_seconds()
        pods = await bench.api.pods(job.ref.namespace, f"job-name={job.ref.name}")
        if not pods and appeared:  # its deadline, a drain, or somebody: what ran until then is not known
            raise _failed(job, f"the Job's pod is gone: {await _why_no_pod(bench, job)}", begun=True)
        if not pods and waited > APPEARS_WITHIN:
            raise _failed(job, f"the Job got no pod: {await _why_no_pod(bench, job)}")
        appeared = bool(pods)
        if pods:
            _raise_if_hopeless(job, pods[0])
            if pods[0].containers and all(one.state == "terminated" for one in pods[0].containers):
                return pods[0]
        if waited > job.seconds:
            state = pods[0].status if pods else "not there"
            raise _failed(job, f"the Job's pod was still {state} after {job.seconds} s", begun=bool(pods))
        await bench.clock.sleep(LOOK_EVERY)


def _raise_if_hopeless(job: Job, pod: PodStatus) -> None:
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
        return f"the node cannot run its program: {what or run.reason}"
    return ""


async def _why_no_pod(bench: Workbench, job: Job) -> str:
    with suppress(ClusterError):
        events = await bench.api.events(job.ref.namespace, job.ref.name)
        if events:
            return events[-1].message[:300]
    return "no event of it says why"


async def _log(bench: Workbench, pod: PodStatus, container: str) -> bytes:
    return await bench.api.read_log(LogRequest(pod.namespace, pod.name, container, limit_bytes=MOST_BYTES))


def _failed(job: Job, what: str, next_step: str = "", *, begun: bool = False) -> NodeJobFailed:
    return NodeJobFailed(f"{job.node}: {what}", next_step, node=job.node, begun=begun)
