"""`status` of a pod, from what its kubelet knows: conditions, phase, container statuses."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cnitui.lab.clock import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.containers import Container


def image_id(image: str) -> str:
    """A digest that is always the same for the same image."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


def initialized(inits: list[Container]) -> bool:
    """Whether every init container has ended well."""
    return all(c.state == "terminated" and c.current is not None and c.current.exit_code == 0 for c in inits)


def phase(spec: Object, inits: list[Container], mains: list[Container]) -> str:
    """Pending, Running, Succeeded or Failed (`getPhase` of pkg/kubelet/kubelet_pods.go)."""
    policy = spec.get("restartPolicy", "Always")
    if policy == "Never" and any(c.state == "terminated" and c.current and c.current.exit_code for c in inits):
        return "Failed"
    if not initialized(inits) or any(c.state == "waiting" and c.last is None for c in mains):
        return "Pending"
    ended = [c.current for c in mains if c.state == "terminated" and c.current is not None]
    if len(ended) == len(mains) and policy != "Always":
        if all(attempt.exit_code == 0 for attempt in ended):
            return "Succeeded"
        return "Failed" if policy == "Never" else "Running"
    return "Running"


def pod_status(
    pod: Object, inits: list[Container], mains: list[Container], *, sandbox: bool, host_ip: str, ip: str,
    started: datetime | None, now: datetime,
) -> Object:  # fmt: skip
    """The whole status; transition times are kept where a condition did not change."""
    held = {c["type"]: c for c in (pod.get("status") or {}).get("conditions", [])}
    done = initialized(inits)
    state = phase(pod["spec"], inits, mains)
    status: Object = {
        "phase": state,
        "conditions": [_kept(held, c, now) for c in _conditions(inits, mains, sandbox=sandbox, done=done, phase=state)],
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "qosClass": _qos(pod["spec"]),
    }
    if started is not None:
        status["startTime"] = rfc3339(started)
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    if inits:
        status["initContainerStatuses"] = [_container(c, pod) for c in inits]
    status["containerStatuses"] = [_container(c, pod) for c in mains]
    return status


def _container(container: Container, pod: Object) -> Object:
    status = container.status(image_id(container.spec["image"]))
    mounts = container.spec.get("volumeMounts")
    if mounts:
        status["volumeMounts"] = [_mount(mount) for mount in mounts]
    del pod
    return status


def _mount(mount: Object) -> Object:
    shown: Object = {"mountPath": mount["mountPath"], "name": mount["name"]}
    if mount.get("readOnly"):
        shown |= {"readOnly": True, "recursiveReadOnly": "Disabled"}
    return shown


def _conditions(
    inits: list[Container], mains: list[Container], *, sandbox: bool, done: bool, phase: str
) -> list[Object]:
    completed = phase in ("Succeeded", "Failed")
    unready = [c.name for c in mains if not c.ready]
    incomplete = [c.name for c in inits if c.current is None or c.state != "terminated" or c.current.exit_code]
    ready_fields: Object = {"status": "True"}
    if completed:
        ready_fields = {"status": "False", "reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    elif unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        ready_fields = {"status": "False", "reason": "ContainersNotReady", "message": message}
    init_fields: Object = {"status": "True"} | ({"reason": "PodCompleted"} if phase == "Succeeded" else {})
    if not done:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        init_fields = {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    return [
        {"type": "PodReadyToStartContainers", "status": "True" if sandbox and not completed else "False"},
        {"type": "Initialized"} | init_fields,
        {"type": "Ready"} | ready_fields,
        {"type": "ContainersReady"} | ready_fields,
        {"type": "PodScheduled", "status": "True"},
    ]


def _kept(held: dict[str, Object], condition: Object, now: datetime) -> Object:
    before = held.get(condition["type"])
    same = before is not None and before["status"] == condition["status"]
    moment = before["lastTransitionTime"] if same and before else rfc3339(now)
    return {"lastProbeTime": None, "lastTransitionTime": moment} | condition


def _qos(spec: Object) -> str:
    asked = [c.get("resources") or {} for c in [*spec["containers"], *(spec.get("initContainers") or [])]]
    if not any(resources.get("requests") or resources.get("limits") for resources in asked):
        return "BestEffort"
    equal = all(r.get("limits") and r.get("requests", r["limits"]) == r["limits"] for r in asked)
    return "Guaranteed" if equal else "Burstable"
