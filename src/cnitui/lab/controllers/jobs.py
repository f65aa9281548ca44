"""The Job controller, as far as Jobs of one pod and one try need it: the pod, the end, the deadline, the TTL.

After kubernetes `pkg/controller/job/job_controller.go` and `pkg/controller/ttlafterfinished` (v1.31).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.api.admission import refuse_insecure
from cnitui.lab.api.errors import ApiError
from cnitui.lab.clock import rfc3339
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.controllers.templates import default_pod, is_owned, owner_reference
from cnitui.lab.jsontypes import copied
from cnitui.lab.objects.resources import JOBS, PODS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World


class JobController:
    """Makes each Job's pod, and says when it has ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handles: list[asyncio.TimerHandle] = []

    def on_change(self, change: Change) -> None:
        """A new Job gets its pod; a Job whose pod has ended has ended."""
        if change.key == JOBS.key and change.type == "ADDED":
            self._later(0.1, lambda: self._begin(change.object))
        elif change.key == PODS.key and (change.object.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            owner = next(
                (o for o in change.object["metadata"].get("ownerReferences") or () if o["kind"] == "Job"), None
            )
            if owner is not None:
                good = change.object["status"]["phase"] == "Succeeded"
                reason = "CompletionsReached" if good else "BackoffLimitExceeded"
                self._end(change.object["metadata"]["namespace"], owner, good=good, reason=reason)

    def stop(self) -> None:
        """Does nothing any more."""
        for handle in self._handles:
            handle.cancel()

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        self._handles.append(self._world.clock.later(seconds, callback))

    def _begin(self, job: Object) -> None:
        meta = job["metadata"]
        if self._held(meta) is None:
            return
        self._world.store.modify(JOBS, meta["namespace"], meta["name"], self._started)
        pod = _pod(job)
        default_pod(pod, self._world.store.suffix())
        try:
            refuse_insecure(self._world.store, pod)
            made = self._world.store.create(PODS, pod)
        except ApiError as error:
            self._record(job, "Warning", "FailedCreate", f"Error creating: {error.message}")
            return
        self._record(job, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
        deadline = job["spec"].get("activeDeadlineSeconds")
        if deadline is not None:
            self._later(float(deadline), lambda: self._expire(job))

    def _started(self, job: Object) -> None:
        job["status"] = {"startTime": rfc3339(self._world.clock.now()), "active": 1}

    def _held(self, meta: Object) -> Object | None:
        """The Job, if it still is the one of that UID."""
        held = self._world.store.find(JOBS.key, meta["namespace"], meta["name"])
        return held if held is not None and held["metadata"]["uid"] == meta["uid"] else None

    def _expire(self, job: Object) -> None:
        held = self._held(job["metadata"])
        if held is None or (held.get("status") or {}).get("conditions"):
            return
        self._delete_pods(job["metadata"])
        self._record(job, "Warning", "DeadlineExceeded", "Job was active longer than specified deadline")
        self._end(job["metadata"]["namespace"], job["metadata"], good=False, reason="DeadlineExceeded")

    def _end(self, namespace: str, owner: Object, *, good: bool, reason: str) -> None:
        held = self._held({**owner, "namespace": namespace})
        if held is None or (held.get("status") or {}).get("conditions"):
            return
        now = rfc3339(self._world.clock.now())

        def told(job: Object) -> None:
            condition = {"type": "Complete" if good else "Failed", "status": "True", "reason": reason,
                         "lastProbeTime": now, "lastTransitionTime": now}  # fmt: skip
            job["status"] = {**(job.get("status") or {}), "conditions": [condition], "active": 0}
            job["status"] |= {"succeeded": 1, "completionTime": now} if good else {"failed": 1}

        self._world.store.modify(JOBS, namespace, owner["name"], told)
        kept = held["spec"].get("ttlSecondsAfterFinished")
        if kept is not None:
            self._later(float(kept), lambda: self._clear(held))

    def _clear(self, job: Object) -> None:
        meta = job["metadata"]
        if self._held(meta) is None:
            return
        self._world.store.delete(JOBS, meta["namespace"], meta["name"])
        self._delete_pods(meta)

    def _delete_pods(self, meta: Object) -> None:
        for pod in self._world.store.all(PODS.key, meta["namespace"]):
            if is_owned(pod, meta["uid"]):
                delete_pod(self._world, pod)

    def _record(self, job: Object, kind: str, reason: str, message: str) -> None:
        self._world.events.record(job, kind, reason, message, component="job-controller")


def _pod(job: Object) -> Object:
    """The pod of a Job, with the labels that lead to it."""
    template, meta = job["spec"]["template"], job["metadata"]
    names = {"job-name": meta["name"], "controller-uid": meta["uid"]}
    labels = {**((template.get("metadata") or {}).get("labels") or {}), **names}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels | {f"batch.kubernetes.io/{key}": value for key, value in names.items()},
            "ownerReferences": [owner_reference(job)],
        },
        "spec": copied(template["spec"]),
    }
