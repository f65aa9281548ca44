"""What happens to an object between a write request and the store: defaults, validation, generation.

Only what the lab's clients can trip over; messages are those of kubernetes `pkg/apis/core/validation` and of the
apps/v1 strategies.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError, invalid
from cnitui.lab.api.pod_security import refusal
from cnitui.lab.controllers.templates import default_container, default_pod
from cnitui.lab.jsontypes import copied
from cnitui.lab.objects.resources import DAEMON_SETS, DEPLOYMENTS, JOBS, NAMESPACES, PODS, REPLICA_SETS, Resource

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Store

WORKLOADS = (DAEMON_SETS.key, DEPLOYMENTS.key, REPLICA_SETS.key)
_NO_STATUS: dict[str, Object] = {
    DAEMON_SETS.key: dict.fromkeys(
        ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"), 0
    ),
    REPLICA_SETS.key: {"replicas": 0},
}
"""What a status has from the first moment on, its counters being no pointers in Go."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def admit_create(store: Store, resource: Resource, namespace: str, obj: Object) -> Object:
    """The object to store; 404 for an unknown namespace, 422 for a bad object."""
    obj = copied(obj)
    meta = obj.setdefault("metadata", {})
    if resource.namespaced:
        _check_namespace(store, namespace, meta)
        meta["namespace"] = namespace
    name = meta.get("name") or meta.get("generateName", "").rstrip("-")
    if not name:
        raise invalid(
            resource.kind, resource.group, "", [("metadata.name", "Required value: name or generateName is required")]
        )
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise invalid(
            resource.kind, resource.group, name, [("metadata.name", f'Invalid value: "{name}": {_SUBDOMAIN}')]
        )
    for field in ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"):
        meta.pop(field, None)
    if resource.key == PODS.key:
        _admit_pod(store, resource, obj)
    elif resource.key in WORKLOADS:
        _admit_workload(resource, obj)
        meta["generation"] = 1
        obj["status"] = copied(_NO_STATUS.get(resource.key, {}))
    elif resource.key == JOBS.key:
        _admit_job(resource, obj)
        meta["generation"] = 1
    elif resource.key == NAMESPACES.key:
        obj["status"] = {"phase": "Active"}
    return obj


def _check_namespace(store: Store, namespace: str, meta: Object) -> None:
    if meta.get("namespace") not in (None, "", namespace):
        raise ApiError(
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        )
    if store.find(NAMESPACES.key, "", namespace) is None:
        raise ApiError(404, f'namespaces "{namespace}" not found', details={"name": namespace, "kind": "namespaces"})


def _admit_pod(store: Store, resource: Resource, obj: Object) -> None:
    check_pod_spec(resource, obj["metadata"].get("name", ""), obj.get("spec") or {}, "spec")
    obj.pop("status", None)
    refuse_insecure(store, obj)
    default_pod(obj, store.suffix())


def refuse_insecure(store: Store, pod: Object) -> None:
    """403 for a pod that its namespace's Pod Security level does not allow."""
    meta = pod["metadata"]
    namespace = store.find(NAMESPACES.key, "", meta["namespace"])
    why = refusal(namespace, "enforce", pod["spec"]) if namespace is not None else ""
    if why:
        name = meta.get("name") or meta.get("generateName", "")
        details = {"name": name, "kind": "pods"}
        raise ApiError(403, f'pods "{name}" is forbidden: {why.replace("violate ", "violates ", 1)}', details=details)


def _admit_job(resource: Resource, obj: Object) -> None:
    """Defaults, and what a Job cannot be without; its pods are judged when the controller makes them."""
    name, spec = obj["metadata"].get("name", ""), obj.setdefault("spec", {})
    template = (spec.get("template") or {}).get("spec") or {}
    check_pod_spec(resource, name, template, "spec.template.spec")
    if template.get("restartPolicy") not in ("Never", "OnFailure"):
        words = 'Required value: valid values: "OnFailure", "Never"'
        raise invalid(resource.kind, resource.group, name, [("spec.template.spec.restartPolicy", words)])
    for key, value in (("parallelism", 1), ("completions", 1), ("backoffLimit", 6), ("suspend", False)):
        spec.setdefault(key, value)
    obj["status"] = {}


def _admit_workload(resource: Resource, obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    template = (spec.get("template") or {}).get("spec") or {}
    check_pod_spec(resource, obj["metadata"].get("name", ""), template, "spec.template.spec")
    default_workload(resource, obj)
    if causes := _label_causes(obj) + _strategy_causes(resource, obj):
        raise invalid(resource.kind, resource.group, obj["metadata"].get("name", ""), causes)


def _label_causes(obj: Object) -> list[tuple[str, str]]:
    labels = (obj["spec"]["template"].get("metadata") or {}).get("labels") or {}
    wanted = (obj["spec"].get("selector") or {}).get("matchLabels") or {}
    if wanted and all(labels.get(key) == value for key, value in wanted.items()):
        return []
    text = f"Invalid value: {_compact(labels)}: `selector` does not match template `labels`"
    return [("spec.template.metadata.labels", text)]


def _strategy_causes(resource: Resource, obj: Object) -> list[tuple[str, str]]:
    strategy = obj["spec"].get("updateStrategy") or {}
    if resource.key != DAEMON_SETS.key or strategy.get("type") in ("RollingUpdate", "OnDelete"):
        return []
    text = f'Unsupported value: {_compact(strategy)}: supported values: "RollingUpdate", "OnDelete"'
    return [("spec.updateStrategy", text)]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def default_workload(resource: Resource, obj: Object) -> None:
    """Defaults of a workload and of its template, in place."""
    spec = obj["spec"]
    spec.setdefault("revisionHistoryLimit", 10)
    if resource.key == DAEMON_SETS.key:
        strategy = spec.setdefault("updateStrategy", {"type": "RollingUpdate"})
        strategy.setdefault("type", "RollingUpdate")
        if strategy["type"] == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxSurge", 0)
            rolling.setdefault("maxUnavailable", 1)
        notes = obj["metadata"].setdefault("annotations", {})
        notes.setdefault("deprecated.daemonset.template.generation", "1")
    template = spec["template"].setdefault("spec", {})
    spec["template"].setdefault("metadata", {}).setdefault("creationTimestamp", None)
    fields: Object = {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler"}
    for key, value in (fields | {"securityContext": {}, "terminationGracePeriodSeconds": 30}).items():
        template.setdefault(key, value)
    account = template.get("serviceAccountName") or template.get("serviceAccount")
    if account:
        template["serviceAccountName"] = template["serviceAccount"] = account
    for container in [*(template.get("initContainers") or []), *(template.get("containers") or [])]:
        default_container(container)
    for volume in template.get("volumes") or []:
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")


def check_pod_spec(resource: Resource, name: str, spec: Object, where: str) -> None:
    """422 for containers without name or image, doubled names, impossible security contexts; 400 for wrong types."""
    causes: list[tuple[str, str]] = []
    if not spec.get("containers"):
        causes.append((f"{where}.containers", "Required value"))
    seen: set[str] = set()
    for kind in ("initContainers", "containers"):
        for place, container in enumerate(spec.get(kind) or []):
            causes += _container_causes(container, f"{where}.{kind}[{place}]", seen)
    if causes:
        raise invalid(resource.kind, resource.group, name, causes)


class WrongType(Exception):
    """A value of a JSON type that the kind's Go struct does not take: `given` where a boolean belongs."""

    def __init__(self, given: str, field: str) -> None:
        path = re.sub(r"\[[0-9]+\]", "", field)
        super().__init__(f"json: cannot unmarshal {given} into Go struct field SecurityContext.{path} of type bool")


def _container_causes(container: Object, field: str, seen: set[str]) -> list[tuple[str, str]]:
    causes: list[tuple[str, str]] = []
    name = container.get("name")
    if not name:
        causes.append((f"{field}.name", "Required value"))
    elif name in seen:
        causes.append((f"{field}.name", f'Duplicate value: "{name}"'))
    seen.add(str(name))
    if not container.get("image"):
        causes.append((f"{field}.image", "Required value"))
    security = container.get("securityContext") or {}
    privileged = security.get("privileged")
    if privileged not in (None, True, False):
        raise WrongType("string" if isinstance(privileged, str) else "number", f"{field}.securityContext.privileged")
    if privileged and security.get("allowPrivilegeEscalation") is False:
        text = "Invalid value: {}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        causes.append((f"{field}.securityContext", text))
    return causes


def admit_update(resource: Resource, current: Object, wanted: Object) -> Object:
    """The object to store for an update or patch: identity kept, generation counted, immutable fields guarded."""
    wanted = copied(wanted)
    meta, held = wanted.setdefault("metadata", {}), current["metadata"]
    if meta.get("uid") not in (None, held["uid"]):
        cause = ("metadata.uid", f'Invalid value: "{meta["uid"]}": field is immutable')
        raise invalid(resource.kind, resource.group, held["name"], [cause])
    for field in ("name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp", "selfLink"):
        if field in held:
            meta[field] = held[field]
        else:
            meta.pop(field, None)
    wanted["apiVersion"], wanted["kind"] = current["apiVersion"], current["kind"]
    if "status" in current:
        wanted["status"] = current["status"]
    if resource.key in WORKLOADS:
        _update_workload(resource, current, wanted)
    elif resource.key == PODS.key:
        _update_pod(resource, current, wanted)
    return wanted


def _update_workload(resource: Resource, current: Object, wanted: Object) -> None:
    name = current["metadata"]["name"]
    check_pod_spec(resource, name, wanted["spec"]["template"].get("spec") or {}, "spec.template.spec")
    default_workload(resource, wanted)
    causes = _label_causes(wanted) + _strategy_causes(resource, wanted)
    if wanted["spec"]["selector"] != current["spec"]["selector"]:
        text = f"Invalid value: {_compact(wanted['spec']['selector'])}: field is immutable"
        causes.insert(0, ("spec.selector", text))
    if causes:
        raise invalid(resource.kind, resource.group, name, causes)
    if wanted["spec"] == current["spec"]:
        return
    wanted["metadata"]["generation"] = current["metadata"].get("generation", 1) + 1
    if resource.key == DAEMON_SETS.key and wanted["spec"]["template"] != current["spec"]["template"]:
        notes = wanted["metadata"].setdefault("annotations", {})
        notes["deprecated.daemonset.template.generation"] = str(wanted["metadata"]["generation"])


def _update_pod(resource: Resource, current: Object, wanted: Object) -> None:
    def frozen(pod: Object) -> Object:
        spec: Object = copied(pod["spec"])
        for container in [*spec.get("containers", []), *spec.get("initContainers", [])]:
            container.pop("image", None)
        spec.pop("activeDeadlineSeconds", None)
        spec.pop("tolerations", None)
        return spec

    if frozen(current) != frozen(wanted):
        text = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
            "previously negative)"
        )
        raise invalid(resource.kind, resource.group, current["metadata"]["name"], [("spec", text)])
