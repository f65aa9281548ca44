"""The rows of every table but the pods': one function per kind, cells in the order of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.clock import human_duration, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cnitui.lab.jsontypes import Object

NONE = "<none>"
_ROLE = "node-role.kubernetes.io/"


def _age(stamp: str | None, now: datetime) -> str:
    return human_duration((now - parse_rfc3339(stamp)).total_seconds()) if stamp else "<unknown>"


def _meta(obj: Object, now: datetime) -> tuple[str, str]:
    return obj["metadata"]["name"], _age(obj["metadata"].get("creationTimestamp"), now)


def _labels(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def node_cells(node: Object, now: datetime) -> list[object]:
    """NAME to CONTAINER-RUNTIME."""
    name, age = _meta(node, now)
    status, info = node["status"], node["status"]["nodeInfo"]
    ready = next((c for c in status.get("conditions", []) if c["type"] == "Ready"), None)
    words = ["Unknown" if ready is None else ("Ready" if ready["status"] == "True" else "NotReady")]
    if node["spec"].get("unschedulable"):
        words.append("SchedulingDisabled")
    roles = sorted(key[len(_ROLE) :] for key in node["metadata"].get("labels", {}) if key.startswith(_ROLE))
    addresses = {entry["type"]: entry["address"] for entry in status.get("addresses", [])}
    return [
        name,
        ",".join(words),
        ",".join(roles) or NONE,
        age,
        info["kubeletVersion"],
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info["osImage"],
        info["kernelVersion"],
        info["containerRuntimeVersion"],
    ]


def namespace_cells(namespace: Object, now: datetime) -> list[object]:
    """NAME, STATUS, AGE."""
    name, age = _meta(namespace, now)
    return [name, (namespace.get("status") or {}).get("phase", "Active"), age]


def event_cells(event: Object, now: datetime) -> list[object]:
    """LAST SEEN to NAME of a core/v1 Event, or of an events.k8s.io one."""
    old = event if "involvedObject" in event else _as_core(event)
    first = old.get("firstTimestamp") or old.get("eventTime")
    last = old.get("lastTimestamp") or (old.get("series") or {}).get("lastObservedTime") or first
    count = old.get("count") or (old.get("series") or {}).get("count") or 1
    about = old["involvedObject"]
    target = f"{about['kind'].lower()}/{about['name']}"
    source = old.get("source") or {}
    where = ", ".join(filter(None, (source.get("component") or old.get("reportingComponent"), source.get("host"))))
    return [
        _interval(last, first, count, now),
        old.get("type", ""),
        old.get("reason", ""),
        target,
        about.get("fieldPath", ""),
        where,
        str(old.get("message", "")).strip(),
        _age(first, now),
        count,
        old["metadata"]["name"],
    ]


def _as_core(event: Object) -> Object:
    renamed = {
        "involvedObject": event["regarding"],
        "message": event.get("note", ""),
        "source": event.get("deprecatedSource"),
        "firstTimestamp": event.get("deprecatedFirstTimestamp"),
        "lastTimestamp": event.get("deprecatedLastTimestamp"),
        "count": event.get("deprecatedCount"),
    }
    return {**event, **renamed}


def _interval(last: str | None, first: str | None, count: int, now: datetime) -> str:
    return f"{_age(last, now)} (x{count} over {_age(first, now)})" if count > 1 else _age(last, now)


def _pod_template(obj: Object) -> list[object]:
    containers = obj["spec"]["template"]["spec"]["containers"]
    selector = obj["spec"].get("selector") or {}
    return [
        ",".join(container["name"] for container in containers),
        ",".join(container["image"] for container in containers),
        _labels(selector.get("matchLabels")),
    ]


def daemon_set_cells(daemon_set: Object, now: datetime) -> list[object]:
    """NAME to SELECTOR."""
    name, age = _meta(daemon_set, now)
    status = daemon_set.get("status") or {}
    counters = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    numbers: list[object] = [status.get(counter, 0) for counter in counters]
    selector = _labels(daemon_set["spec"]["template"]["spec"].get("nodeSelector"))
    return [name, *numbers, status.get("numberAvailable", 0), selector, age, *_pod_template(daemon_set)]


def deployment_cells(deployment: Object, now: datetime) -> list[object]:
    """NAME to SELECTOR."""
    name, age = _meta(deployment, now)
    status = deployment.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{deployment['spec'].get('replicas', 1)}"
    numbers: list[object] = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [name, ready, *numbers, age, *_pod_template(deployment)]


def replica_set_cells(replica_set: Object, now: datetime) -> list[object]:
    """NAME to SELECTOR."""
    name, age = _meta(replica_set, now)
    status = replica_set.get("status") or {}
    counts: list[object] = [status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name, replica_set["spec"].get("replicas", 1), *counts, age, *_pod_template(replica_set)]


def endpoints_cells(endpoints: Object, now: datetime) -> list[object]:
    """NAME, ENDPOINTS, AGE."""
    name, age = _meta(endpoints, now)
    listed = [
        f"{address['ip']}:{port['port']}"
        for subset in endpoints.get("subsets") or []
        for address in subset.get("addresses") or []
        for port in subset.get("ports") or []
    ]
    return [name, ",".join(listed) or NONE, age]


def revision_cells(revision: Object, now: datetime) -> list[object]:
    """NAME, CONTROLLER, REVISION, AGE."""
    name, age = _meta(revision, now)
    owner = (revision["metadata"].get("ownerReferences") or [{}])[0]
    kind = str(owner.get("kind", "")).lower()
    return [name, f"{kind}.apps/{owner['name']}" if kind else NONE, revision.get("revision", 0), age]


def service_cells(service: Object, now: datetime) -> list[object]:
    """NAME to SELECTOR."""
    name, age = _meta(service, now)
    spec = service["spec"]
    ports = ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in spec.get("ports", []))
    return [
        name,
        spec.get("type", "ClusterIP"),
        spec.get("clusterIP", NONE),
        NONE,
        ports or NONE,
        age,
        _labels(spec.get("selector")),
    ]


def created_cells(obj: Object, _now: datetime) -> list[object]:
    """NAME, CREATED AT."""
    return [obj["metadata"]["name"], obj["metadata"]["creationTimestamp"]]


def binding_cells(binding: Object, now: datetime) -> list[object]:
    """NAME to SERVICEACCOUNTS."""
    name, age = _meta(binding, now)
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for one in binding.get("subjects") or ():
        place = f"{one['namespace']}/" if one["kind"] == "ServiceAccount" else ""
        subjects[one["kind"]].append(place + one["name"])
    role = binding["roleRef"]
    return [name, f"{role['kind']}/{role['name']}", age, *(", ".join(names) for names in subjects.values())]


def secret_cells(secret: Object, now: datetime) -> list[object]:
    """NAME, TYPE, DATA, AGE."""
    name, age = _meta(secret, now)
    return [name, secret.get("type", "Opaque"), len(secret.get("data") or ()), age]


def job_cells(job: Object, now: datetime) -> list[object]:
    """NAME to SELECTOR."""
    name, age = _meta(job, now)
    spec, status = job["spec"], job.get("status") or {}
    held = {one["type"] for one in status.get("conditions") or () if one["status"] == "True"}
    word = next((word for word in ("Complete", "Failed", "Suspended", "FailureTarget") if word in held), "Running")
    begun, ended = status.get("startTime"), status.get("completionTime")
    until = parse_rfc3339(ended) if ended else now
    took = human_duration((until - parse_rfc3339(begun)).total_seconds()) if begun else ""
    done = f"{status.get('succeeded', 0)}/{spec.get('completions', 1)}"
    return [name, word, done, took, age, *_pod_template(job)]


def endpoint_slice_cells(found: Object, now: datetime) -> list[object]:
    """NAME, ADDRESSTYPE, PORTS, ENDPOINTS, AGE."""
    name, age = _meta(found, now)
    ports = ",".join(str(port["port"]) for port in found.get("ports") or ()) or "<unset>"
    addresses = [address for one in found.get("endpoints") or () for address in one.get("addresses") or ()]
    shown = ",".join(addresses[:3]) + (f" + {len(addresses) - 3} more..." if len(addresses) > 3 else "")
    return [name, found.get("addressType", "IPv4"), ports, shown or "<unset>", age]


def simple_cells(what: str) -> Callable[[Object, datetime], list[object]]:
    """NAME, perhaps one thing about it, AGE."""

    def cells(obj: Object, now: datetime) -> list[object]:
        name, age = _meta(obj, now)
        if what == "holder":
            return [name, (obj.get("spec") or {}).get("holderIdentity", ""), age]
        if what:
            return [name, len(obj.get(what) or ()), age]
        return [name, age]

    return cells
