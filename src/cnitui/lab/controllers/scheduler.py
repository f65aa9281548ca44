"""The scheduler: binds pods to the first node that fits, or says why none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.objects.resources import NODES, PODS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Change
    from cnitui.lab.world import World


class Scheduler:
    """Acts on every pod without a node, and again on all of them when a node changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: set[tuple[str, str]] = set()

    def on_change(self, change: Change) -> None:
        """Binds new pods; retries waiting ones when nodes change."""
        if change.key == PODS.key and change.type == "ADDED" and not change.object["spec"].get("nodeName"):
            place = (change.object["metadata"]["namespace"], change.object["metadata"]["name"])
            self._waiting.add(place)
            self._world.clock.later(0.05, lambda: self._try(place))
        elif change.key == NODES.key and self._waiting:
            for place in list(self._waiting):
                self._try(place)

    def _try(self, place: tuple[str, str]) -> None:
        store = self._world.store
        pod = store.find(PODS.key, *place)
        if pod is None or pod["spec"].get("nodeName") or place not in self._waiting:
            self._waiting.discard(place)
            return
        nodes = store.all(NODES.key)
        node = next((node for node in nodes if fits(pod, node)), None)
        if node is None:
            message = f"0/{len(nodes)} nodes are available: {_why(pod, nodes)}"
            self._record(pod, "Warning", "FailedScheduling", message)
            self._mark_unschedulable(pod, message)
            return
        self._waiting.discard(place)
        name = node["metadata"]["name"]
        store.update(PODS, {**pod, "spec": {**pod["spec"], "nodeName": name}})
        self._record(pod, "Normal", "Scheduled", f"Successfully assigned {place[0]}/{place[1]} to {name}")

    def _mark_unschedulable(self, pod: Object, message: str) -> None:
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        held = (pod.get("status") or {}).get("conditions") or [{}]
        condition["lastProbeTime"] = None  # type: ignore[assignment]
        condition["lastTransitionTime"] = held[0].get("lastTransitionTime") or pod["metadata"]["creationTimestamp"]
        self._world.store.update(PODS, {**pod, "status": {**pod["status"], "conditions": [condition]}})

    def _record(self, pod: Object, kind: str, reason: str, message: str) -> None:
        self._world.events.record(pod, kind, reason, message, component="default-scheduler")


def fits(pod: Object, node: Object) -> bool:
    """nodeSelector, required affinity by name, and taints; resources are never short here."""
    spec = pod["spec"]
    return selected(spec, node) and not untolerated(spec, node)


def selected(spec: Object, node: Object) -> bool:
    """Whether the pod wants this node."""
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    names = [
        field["values"]
        for term in required.get("nodeSelectorTerms") or []
        for field in term.get("matchFields") or []
        if field["key"] == "metadata.name"
    ]
    return not names or any(node["metadata"]["name"] in values for values in names)


def untolerated(spec: Object, node: Object) -> list[Object]:
    """Taints that keep the pod away."""
    tolerations = spec.get("tolerations") or []
    taints = node["spec"].get("taints") or []
    return [t for t in taints if t["effect"] != "PreferNoSchedule" and not any(_tolerates(x, t) for x in tolerations)]


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def _why(pod: Object, nodes: list[Object]) -> str:
    reasons: dict[str, int] = {}
    for node in nodes:
        if not selected(pod["spec"], node):
            text = "node(s) didn't match Pod's node affinity/selector"
        else:
            taint = untolerated(pod["spec"], node)[0]
            text = f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
        reasons[text] = reasons.get(text, 0) + 1
    listed = ", ".join(f"{count} {text}" for text, count in sorted(reasons.items(), key=lambda item: item[0]))
    return (
        f"{listed}. preemption: 0/{len(nodes)} nodes are available: {len(nodes)} Preemption is not helpful for "
        "scheduling."
    )
