"""The ReplicaSet controller, as far as Deployments of the lab need it: lost pods come back, status is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.controllers.rolling import available
from cnitui.lab.controllers.templates import default_pod, is_owned, owner_reference
from cnitui.lab.objects.resources import DEPLOYMENTS, PODS, REPLICA_SETS

if TYPE_CHECKING:
    import asyncio

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World


class ReplicaSetController:
    """Watches pods owned by ReplicaSets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: set[tuple[str, str]] = set()
        self._handle: asyncio.TimerHandle | None = None

    def on_change(self, change: Change) -> None:
        """Notes the owner of a changed pod."""
        if change.key != PODS.key:
            return
        for owner in change.object["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "ReplicaSet":
                self._due.add((change.object["metadata"]["namespace"], owner["name"]))
        if self._due and self._handle is None:
            self._handle = self._world.clock.later(0.2, self._work)

    def stop(self) -> None:
        """Does nothing any more."""
        if self._handle is not None:
            self._handle.cancel()

    def _work(self) -> None:
        self._handle = None
        due, self._due = self._due, set()
        for place in due:
            replica_set = self._world.store.find(REPLICA_SETS.key, *place)
            if replica_set is not None:
                self._sync(replica_set)

    def _sync(self, replica_set: Object) -> None:
        store, meta = self._world.store, replica_set["metadata"]
        pods = [pod for pod in store.all(PODS.key, meta["namespace"]) if is_owned(pod, meta["uid"])]
        alive = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
        for _ in range(replica_set["spec"]["replicas"] - len(alive)):
            self._create(replica_set)
        ready = sum(available(pod) for pod in alive)
        counted = {"readyReplicas": ready, "availableReplicas": ready, "replicas": len(alive)}
        store.update(REPLICA_SETS, {**replica_set, "status": {**replica_set["status"], **counted}})
        self._report(meta, ready)

    def _create(self, replica_set: Object) -> None:
        template = replica_set["spec"]["template"]
        spec = {key: value for key, value in template["spec"].items() if key != "nodeName"}
        name = replica_set["metadata"]["name"]
        meta = {
            "generateName": f"{name}-",
            "namespace": replica_set["metadata"]["namespace"],
            "labels": dict(template["metadata"]["labels"]),
            "ownerReferences": [owner_reference(replica_set)],
        }
        pod: Object = {"metadata": meta, "spec": spec}
        default_pod(pod, self._world.store.suffix())
        made = self._world.store.create(PODS, pod)
        text = f"Created pod: {made['metadata']['name']}"
        self._world.events.record(
            replica_set, "Normal", "SuccessfulCreate", text, component="replicaset-controller"
        )  # fmt: skip

    def _report(self, meta: Object, ready: int) -> None:
        owner = next((o["name"] for o in meta.get("ownerReferences") or () if o["kind"] == "Deployment"), "")

        def count(deployment: Object) -> None:
            deployment["status"] |= {"readyReplicas": ready, "availableReplicas": ready}

        self._world.store.modify(DEPLOYMENTS, meta["namespace"], owner, count)
