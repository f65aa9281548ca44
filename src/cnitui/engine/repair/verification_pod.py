"""Runs the test pod and removes it: created, watched until it has an address, deleted by its UID whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import TestPod
from cnitui.domain.remedies import probe_pod
from cnitui.domain.remedies.template import at
from cnitui.engine.repair.workbench import Workbench, created
from cnitui.errors import ClusterError, NotFound, StateError
from cnitui.late_dataclass import dataclass

LOOK_EVERY = 1.0
GONE_AFTER = 20.0
"""Seconds to wait for a deleted pod to be gone before saying that it is not."""


@dataclass(frozen=True, slots=True)
class Word:
    """What there is to say about the test pod at one moment."""

    state: Literal["running", "pass", "fail", "unknown"]
    words: str
    details: tuple[str, ...] = ()


async def run_test_pod(bench: Workbench, pod: TestPod, plan_id: str, seconds: float) -> AsyncGenerator[Word, None]:
    """Start the pod, wait for its address, remove it; the last word is a verdict.

    Raises nothing but cancellation, and removes the pod then too.
    """
    if not bench.may_write:
        yield Word("unknown", "a test pod is a write, and writes are switched off (read-only)")
        return
    try:
        uid = await _create(bench, pod, plan_id)
    except (ClusterError, StateError) as error:
        yield Word("unknown", f"the test pod could not be created: {error}")
        return
    verdict = Word("running", f"{pod.name} was created on {pod.node}")
    removed = False
    try:
        yield verdict
        async with aclosing(_watched(bench, pod, seconds)) as words:
            async for verdict in words:
                if verdict.state == "running":
                    yield verdict
        left = await _remove(bench, pod, plan_id, uid)
        removed = True
        yield Word(verdict.state, verdict.words, (*verdict.details, *left))
    finally:
        if not removed:
            await asyncio.shield(_remove(bench, pod, plan_id, uid, wait=False))


async def _create(bench: Workbench, pod: TestPod, plan_id: str) -> str:
    """Create the pod and answer its uid; a cancellation in the middle of it leaves no pod behind."""
    ref = probe_pod.reference(pod)
    bench.audit("test-pod", ref, "create", id=plan_id, node=pod.node, image=pod.image)
    return await created(bench, ref, probe_pod.manifest(pod), lambda uid: _remove(bench, pod, plan_id, uid, wait=False))


async def _watched(bench: Workbench, pod: TestPod, seconds: float) -> AsyncGenerator[Word, None]:
    deadline = bench.clock.now().timestamp() + seconds
    last: Word | None = None
    while bench.clock.now().timestamp() < deadline:
        try:
            word = judge(await bench.api.get(probe_pod.reference(pod)), pod)
        except NotFound:
            word = Word("fail", f"{pod.name} was removed by somebody else")
        except ClusterError as error:
            word = Word("running", f"asking again: {error}")
        if word != last:
            yield word
        last = word
        if word.state != "running":
            return
        await bench.clock.sleep(LOOK_EVERY)
    yield Word("fail", f"{pod.name} on {pod.node} got no address in {seconds:.0f} s", await _why(bench, pod))


def judge(document: Document, pod: TestPod) -> Word:
    """What the pod's status says; an address is proof, whatever becomes of the image."""
    status = as_mapping(document.get("status"))
    phase, address = str(status.get("phase", "")), str(status.get("podIP") or "")
    waiting = _waiting(status)
    if phase in ("Running", "Succeeded") and address:
        return Word("pass", f"{pod.name} on {pod.node} got {address} and is {phase}")
    if phase == "Failed":
        why = f"{status.get('reason', '')} {status.get('message', '')}".strip()[:200]
        return Word("fail", f"{pod.name} on {pod.node} failed: {why or 'no reason given'}")
    if address and waiting in ("ErrImagePull", "ImagePullBackOff"):
        note = f"the image {pod.image} could not be pulled there, which says nothing about CNI"
        return Word("pass", f"{pod.name} on {pod.node} got {address}", (note,))
    return Word("running", f"{pod.name} on {pod.node} is {waiting or phase or 'not yet known'}")


def _waiting(status: Document) -> str:
    containers = status.get("containerStatuses")
    first = as_mapping(containers[0]) if isinstance(containers, list) and containers else {}
    return str(at(first, ("state", "waiting", "reason")) or "")


async def _why(bench: Workbench, pod: TestPod) -> tuple[str, ...]:
    try:
        events = await bench.api.events(pod.namespace, pod.name)
    except ClusterError as error:
        return (f"its events could not be read: {error}",)
    return tuple(f"{event.reason}: {event.message}"[:300] for event in events[-3:])


async def _remove(bench: Workbench, pod: TestPod, plan_id: str, uid: str, *, wait: bool = True) -> tuple[str, ...]:
    """Delete the pod; answers what a person has to know when it may still be there."""
    ref = probe_pod.reference(pod)
    by_hand = f"kubectl -n {pod.namespace} delete pod {pod.name}"
    try:
        await bench.api.delete(ref, uid=uid, grace_seconds=0)
    except ClusterError as error:
        return (f"{pod.name} could not be removed: {error}", by_hand)
    try:
        bench.audit("test-pod-removed", ref, "delete", id=plan_id, uid=uid)
    except StateError as error:
        return (str(error),)
    return await _gone(bench, pod, uid, by_hand) if wait else ()


async def _gone(bench: Workbench, pod: TestPod, uid: str, by_hand: str) -> tuple[str, ...]:
    deadline = bench.clock.now().timestamp() + GONE_AFTER
    while bench.clock.now().timestamp() < deadline:
        try:
            found = await bench.api.get(probe_pod.reference(pod))
        except NotFound:
            return (f"{pod.name} was removed",)
        except ClusterError:
            found = {}
        if found and at(found, ("metadata", "uid")) != uid:
            return (f"{pod.name} was removed",)
        await bench.clock.sleep(LOOK_EVERY)
    return (f"{pod.name} is being removed, but is still there", by_hand)
