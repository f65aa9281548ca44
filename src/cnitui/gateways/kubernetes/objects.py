"""The objects of the Kubernetes API as structs that name just the fields we use.

Decoding straight from bytes into few fields is what keeps big clusters cheap; `gc=False` keeps the collector from
walking them. Everything is optional because Go omits empty fields or writes `null` for them, and because people paste
incomplete objects. Field names and shapes: kubernetes/api core/v1 and apps/v1 types.go@v0.35.4.

Longer than other modules because it is a list of shapes without any logic, and people look for them in one place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
StringMap = dict[str, str | None]
NULL = msgspec.Raw(b"null")


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """Base of all: camelCase on the wire."""


class OwnerReference(Wire):
    """Who controls or owns an object."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class ManagedFields(Wire):
    """Who wrote fields of an object; only the name is of interest."""

    manager: str = ""
    subresource: str = ""


class Metadata(Wire):
    """What every object carries."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: StringMap | None = None
    annotations: StringMap | None = None
    owner_references: list[OwnerReference] | None = None


class Object(Wire):
    """What has metadata; on its own it is a bookmark of a watch."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)


class ListMetadata(Wire):
    """What every list carries."""

    resource_version: str = ""
    continue_token: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class Listing(Wire, Generic[T]):
    """One page of a list; the items are null when there are none of some kinds."""

    metadata: ListMetadata = msgspec.field(default_factory=ListMetadata)
    items: list[T] | None = None


class Condition(Wire):
    """A condition of a pod or node."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None


# --- pods -----------------------------------------------------------------------------------------------------------


class SelinuxOptions(Wire):
    """SELinux label parts the spec asks for."""

    type: str | None = None
    level: str | None = None


class Capabilities(Wire):
    """Capabilities added and dropped."""

    add: list[str] | None = None
    drop: list[str] | None = None


class SecurityContext(Wire):
    """Security settings of a container, or of a pod (which has fewer)."""

    privileged: bool | None = None
    run_as_user: int | None = None
    read_only_root_filesystem: bool | None = None
    se_linux_options: SelinuxOptions | None = None
    capabilities: Capabilities | None = None


class EnvVar(Wire):
    """One environment variable; value is absent when it comes from elsewhere."""

    name: str = ""
    value: str | None = None


class VolumeMount(Wire):
    """Where a volume is mounted in a container."""

    name: str = ""
    mount_path: str = ""
    sub_path: str | None = None


class Container(Wire):
    """A container of a pod spec."""

    name: str = ""
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[EnvVar] | None = None
    volume_mounts: list[VolumeMount] | None = None
    security_context: SecurityContext | None = None
    restart_policy: str | None = None


class HostPath(Wire):
    """A directory or file of the node."""

    path: str = ""


class Volume(Wire):
    """A volume of a pod; only host paths are of interest."""

    name: str = ""
    host_path: HostPath | None = None


class PodSpec(Wire):
    """The part of a pod's spec we use; left undecoded where thousands of pods have the same."""

    node_name: str | None = None
    init_containers: msgspec.Raw = NULL
    containers: msgspec.Raw = NULL
    volumes: msgspec.Raw = NULL
    security_context: msgspec.Raw = NULL


class Terminated(Wire):
    """A container that has ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str | None = None
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str | None = msgspec.field(name="containerID", default=None)


class Waiting(Wire):
    """A container that does not run yet."""

    reason: str | None = None
    message: str | None = None


class Running(Wire):
    """A container that runs."""

    started_at: datetime | None = None


class State(Wire):
    """One of three, or none."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire):
    """How a container of a pod is."""

    name: str = ""
    image: str | None = None
    image_id: str | None = msgspec.field(name="imageID", default=None)
    container_id: str | None = msgspec.field(name="containerID", default=None)
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: State | None = None
    last_state: State | None = None


class PodState(Wire):
    """The part of a pod's status we use."""

    phase: str = ""
    reason: str | None = None
    conditions: list[Condition] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    container_statuses: list[ContainerStatus] | None = None


class Pod(Object):
    """A pod."""

    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodState = msgspec.field(default_factory=PodState)


# --- nodes ----------------------------------------------------------------------------------------------------------


class Taint(Wire):
    """A taint of a node."""

    key: str = ""
    value: str | None = None
    effect: str = ""


class NodeSpec(Wire):
    """The part of a node's spec we use."""

    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class NodeAddress(Wire):
    """One address of a node."""

    type: str = ""
    address: str = ""


class NodeSystemInfo(Wire):
    """What a node says it runs."""

    os_image: str = ""
    kernel_version: str = ""
    architecture: str = ""
    container_runtime_version: str = ""
    kubelet_version: str = ""
    machine_id: str = msgspec.field(default="", name="machineID")
    boot_id: str = msgspec.field(default="", name="bootID")


class NodeState(Wire):
    """The part of a node's status we use."""

    conditions: list[Condition] | None = None
    addresses: list[NodeAddress] | None = None
    node_info: NodeSystemInfo = msgspec.field(default_factory=NodeSystemInfo)


class Node(Object):
    """A node."""

    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeState = msgspec.field(default_factory=NodeState)


# --- DaemonSets -----------------------------------------------------------------------------------------------------


class OwnedMetadata(Metadata):
    """Metadata with its managers: only DaemonSets need those, and they are the bulk of every other object."""

    managed_fields: list[ManagedFields] | None = None


class RollingUpdate(Wire):
    """How many pods may be away, or be there twice, during a rollout: a number or a percentage."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


class UpdateStrategy(Wire):
    """RollingUpdate or OnDelete."""

    type: str | None = None
    rolling_update: RollingUpdate | None = None


class PodTemplate(Wire):
    """The pod that a DaemonSet makes."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


class DaemonSetSpec(Wire):
    """The part of a DaemonSet's spec we use."""

    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    update_strategy: UpdateStrategy = msgspec.field(default_factory=UpdateStrategy)


class DaemonSetState(Wire):
    """How far a DaemonSet's rollout is."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0


class DaemonSet(Object):
    """A DaemonSet."""

    metadata: OwnedMetadata = msgspec.field(default_factory=OwnedMetadata)
    spec: DaemonSetSpec = msgspec.field(default_factory=DaemonSetSpec)
    status: DaemonSetState = msgspec.field(default_factory=DaemonSetState)


# --- events, the API's own Service ----------------------------------------------------------------------------------


class ObjectReference(Wire):
    """The object an event is about."""

    kind: str = ""
    name: str = ""
    field_path: str | None = None


class EventSeries(Wire):
    """How often an event of the newer API occurred."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Object):
    """An event."""

    involved_object: ObjectReference = msgspec.field(default_factory=ObjectReference)
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None


class ServicePort(Wire):
    """One port of a Service, of Endpoints or of an EndpointSlice."""

    name: str | None = None
    port: int | None = None


class ServiceSpec(Wire):
    """Where a Service listens."""

    cluster_ip: str | None = msgspec.field(name="clusterIP", default=None)
    ports: list[ServicePort] | None = None


class Service(Wire):
    """A Service."""

    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)


class Endpoint(Wire):
    """One member of an EndpointSlice."""

    addresses: list[str] | None = None


class EndpointSlice(Wire):
    """The addresses behind a Service."""

    endpoints: list[Endpoint] | None = None
    ports: list[ServicePort] | None = None


class EndpointAddress(Wire):
    """One member of Endpoints."""

    ip: str = ""


class EndpointSubset(Wire):
    """Addresses and ports that belong together."""

    addresses: list[EndpointAddress] | None = None
    ports: list[ServicePort] | None = None


class Endpoints(Wire):
    """The addresses behind a Service, in the older API."""

    subsets: list[EndpointSubset] | None = None


# --- answers about answers ------------------------------------------------------------------------------------------


class VersionInfo(Wire):
    """The answer of /version."""

    git_version: str = ""


class StatusCause(Wire):
    """One field that validation refused."""

    reason: str | None = None
    message: str | None = None
    field: str | None = None


class StatusDetails(Wire):
    """What a failure is about."""

    name: str | None = None
    kind: str | None = None
    causes: list[StatusCause] | None = None
    retry_after_seconds: int | None = None


class Status(Wire):
    """The API's way to say that something failed."""

    metadata: ListMetadata = msgspec.field(default_factory=ListMetadata)
    message: str | None = None
    reason: str | None = None
    details: StatusDetails | None = None
    code: int | None = None


class WatchEvent(msgspec.Struct, gc=False):
    """One line of a watch; the object is decoded when its kind is known."""

    type: str
    object: msgspec.Raw


class ReviewStatus(Wire):
    """The answer to an access review."""

    allowed: bool = False
    denied: bool | None = None
    reason: str | None = None
    evaluation_error: str | None = None


class AccessReview(Wire):
    """A SelfSubjectAccessReview as answered."""

    status: ReviewStatus = msgspec.field(default_factory=ReviewStatus)
