"""The DaemonSet controller: one pod per fitting node, revisions, rolling updates, status.

After kubernetes `pkg/controller/daemon/daemon_controller.go` (v1.35); what a rolling update deletes and starts is
worked out in `rolling.py`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cnitui.lab.api.admission import refuse_insecure
from cnitui.lab.api.errors import ApiError
from cnitui.lab.clock import rfc3339
from cnitui.lab.controllers import rolling
from cnitui.lab.controllers.revisions import current_revision
from cnitui.lab.controllers.scheduler import fits
from cnitui.lab.controllers.templates import daemon_pod, default_pod
from cnitui.lab.objects.resources import DAEMON_SETS, NODES, PODS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World


class DaemonSetController:
    """Watches DaemonSets, their pods and nodes; works a moment after a change, many changes in one go."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._due: set[tuple[str, str]] = set()
        self._handle: asyncio.TimerHandle | None = None

    def on_change(self, change: Change) -> None:
        """Notes which DaemonSets a change concerns."""
        if change.key == DAEMON_SETS.key:
            self._enqueue(_place(change.object))
        elif change.key == PODS.key:
            owner = _owner(change.object)
            if owner and _matters(change):
                self._enqueue((change.object["metadata"]["namespace"], owner))
        elif change.key == NODES.key and change.type != "MODIFIED":
            for daemon_set in self._store.all(DAEMON_SETS.key):
                self._enqueue(_place(daemon_set))

    def sync_all(self) -> None:
        """One round for every DaemonSet, at the start."""
        for daemon_set in self._store.all(DAEMON_SETS.key):
            self.sync(daemon_set)

    def stop(self) -> None:
        """Does nothing any more."""
        if self._handle is not None:
            self._handle.cancel()

    def _enqueue(self, place: tuple[str, str]) -> None:
        self._due.add(place)
        if self._handle is None:
            self._handle = self._world.clock.later(0.15, self._work)

    def _work(self) -> None:
        self._handle = None
        due, self._due = self._due, set()
        for place in due:
            daemon_set = self._store.find(DAEMON_SETS.key, *place)
            if daemon_set is not None:
                self.sync(daemon_set)

    def sync(self, daemon_set: Object) -> None:
        """One round: revision, missing and surplus pods, update, status."""
        digest = current_revision(self._store, daemon_set)
        nodes = self._store.all(NODES.key)
        wanted = {node["metadata"]["name"] for node in nodes if fits(daemon_set["spec"]["template"], node)}
        self._place_pods(daemon_set, digest, self._pods_by_node(daemon_set), wanted)
        if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
            self._roll(daemon_set, digest, self._pods_by_node(daemon_set), wanted)
        self._report(daemon_set, digest, wanted)

    def _pods_by_node(self, daemon_set: Object) -> dict[str, list[Object]]:
        uid: str = daemon_set["metadata"]["uid"]
        found: dict[str, list[Object]] = {}
        for pod in self._store.all(PODS.key, daemon_set["metadata"]["namespace"]):
            owners = pod["metadata"].get("ownerReferences") or ()
            if any(owner["uid"] == uid for owner in owners):
                found.setdefault(target_node(pod), []).append(pod)
        for held in found.values():
            held.sort(key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        return found

    def _place_pods(self, daemon_set: Object, digest: str, pods: dict[str, list[Object]], wanted: set[str]) -> None:
        surges = rolling.surge(daemon_set, len(wanted)) > 0
        for name in sorted(wanted - set(pods)):
            self._create(daemon_set, digest, name)
        for name, held in pods.items():
            alive = [pod for pod in held if not pod["metadata"].get("deletionTimestamp")]
            if name not in wanted:
                surplus = alive
            else:
                surplus = rolling.surplus(alive, digest) if surges else alive[1:]
                if surges and not alive:
                    self._create(daemon_set, digest, name)
            for pod in surplus:
                self._delete(daemon_set, pod)

    def _create(self, daemon_set: Object, digest: str, node: str) -> None:
        pod = daemon_pod(daemon_set, node, digest)
        default_pod(pod, self._store.suffix())
        try:
            refuse_insecure(self._store, pod)
            made = self._store.create(PODS, pod)
        except ApiError as error:
            self._record(daemon_set, "Warning", "FailedCreate", f"Error creating: {error.message}")
            return
        self._record(daemon_set, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _delete(self, daemon_set: Object, pod: Object) -> None:
        delete_pod(self._world, pod)
        self._record(daemon_set, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _record(self, daemon_set: Object, kind: str, reason: str, message: str) -> None:
        self._world.events.record(daemon_set, kind, reason, message, component="daemonset-controller")

    def _roll(self, daemon_set: Object, digest: str, pods: dict[str, list[Object]], wanted: set[str]) -> None:
        here = {name: pods.get(name, []) for name in sorted(wanted | set(pods))}
        turn = rolling.turn(daemon_set, digest, here, len(wanted), self._world.kubernetes)
        for pod in turn.delete:
            self._delete(daemon_set, pod)
        for name in turn.start:
            self._create(daemon_set, digest, name)

    def _report(self, daemon_set: Object, digest: str, wanted: set[str]) -> None:
        pods = self._pods_by_node(daemon_set)
        held = [pods[name][0] for name in wanted if name in pods]
        ready = sum(rolling.available(pod) for pod in held)
        status: Object = {
            "currentNumberScheduled": len(held),
            "desiredNumberScheduled": len(wanted),
            "numberMisscheduled": len(set(pods) - wanted),
            "numberReady": ready,
            "observedGeneration": daemon_set["metadata"]["generation"],
        }
        updated = sum(rolling.is_new(pod, digest) for pod in held)
        status |= {"updatedNumberScheduled": updated} if updated else {}
        status |= {"numberAvailable": ready} if ready else {}
        status |= {"numberUnavailable": len(wanted) - ready} if len(wanted) > ready else {}
        current = self._store.find(DAEMON_SETS.key, *_place(daemon_set))
        if current is not None and current.get("status") != status:
            self._store.update(DAEMON_SETS, {**current, "status": status})


def delete_pod(world: World, pod: Object, grace: int | None = None) -> Object:
    """A delete as the API does it: at once with no grace, else marked and left to the kubelet. Returns the object."""
    meta = pod["metadata"]
    if grace is None:
        grace = int(pod["spec"].get("terminationGracePeriodSeconds") or 0)
    if grace == 0 or not pod["spec"].get("nodeName"):
        return world.store.delete(PODS, meta["namespace"], meta["name"])
    if meta.get("deletionTimestamp"):
        return pod
    marks = {"deletionTimestamp": rfc3339(world.clock.now()), "deletionGracePeriodSeconds": grace}
    return world.store.update(PODS, {**pod, "metadata": {**meta, **marks}})


def target_node(pod: Object) -> str:
    """The node a daemon pod is for, bound or not."""
    if name := pod["spec"].get("nodeName"):
        return str(name)
    terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _matters(change: Change) -> bool:
    """Whether it is one that a round looks at; a crash-looping pod changes its status all the time."""
    before, pod = change.before, change.object
    if change.type != "MODIFIED" or before is None:
        return True
    counted = rolling.available(before) != rolling.available(pod) or before["spec"].get("nodeName") != pod["spec"].get(
        "nodeName"
    )
    meta = pod["metadata"]
    return counted or any(meta.get(key) != before["metadata"].get(key) for key in ("labels", "deletionTimestamp"))


def _owner(pod: Object) -> str:
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((str(owner["name"]) for owner in owners if owner["kind"] == "DaemonSet"), "")


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
