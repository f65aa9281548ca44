"""Which resources the lab serves: the table that discovery, routing, access reviews and OpenAPI are made from."""

from __future__ import annotations

from dataclasses import dataclass

READ = ("get", "list", "watch")
ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Resource:
    """One kind under one group and version; `key` names its storage, which several views may share."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL
    subresources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    storage: str = ""

    @property
    def key(self) -> str:
        return self.storage or (f"{self.plural}.{self.group}" if self.group else self.plural)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        return self.kind.lower()


EVENTS = Resource("Event", "events", short=("ev",))
NEW_EVENTS = Resource("Event", "events", "events.k8s.io", short=("ev",), storage="events")
NAMESPACES = Resource("Namespace", "namespaces", namespaced=False, short=("ns",), subresources=("status",))
NODES = Resource("Node", "nodes", namespaced=False, short=("no",), subresources=("status",))
PODS = Resource("Pod", "pods", short=("po",), subresources=("log", "status", "eviction"), categories=("all",))
CONFIG_MAPS = Resource("ConfigMap", "configmaps", short=("cm",))
SECRETS = Resource("Secret", "secrets")
SERVICE_ACCOUNTS = Resource("ServiceAccount", "serviceaccounts", short=("sa",))
SERVICES = Resource("Service", "services", short=("svc",), subresources=("status",), categories=("all",))
ENDPOINTS = Resource("Endpoints", "endpoints", short=("ep",))
DAEMON_SETS = Resource("DaemonSet", "daemonsets", "apps", short=("ds",), subresources=("status",), categories=("all",))
DEPLOYMENTS = Resource(
    "Deployment", "deployments", "apps", short=("deploy",), subresources=("status",), categories=("all",)
)
REPLICA_SETS = Resource(
    "ReplicaSet", "replicasets", "apps", short=("rs",), subresources=("status",), categories=("all",)
)
JOBS = Resource("Job", "jobs", "batch", subresources=("status",), categories=("all",))
CONTROLLER_REVISIONS = Resource("ControllerRevision", "controllerrevisions", "apps")
LEASES = Resource("Lease", "leases", "coordination.k8s.io")
ENDPOINT_SLICES = Resource("EndpointSlice", "endpointslices", "discovery.k8s.io")
CRDS = Resource(
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "apiextensions.k8s.io",
    namespaced=False,
    short=("crd", "crds"),
    subresources=("status",),
)
CLUSTER_ROLES = Resource("ClusterRole", "clusterroles", "rbac.authorization.k8s.io", namespaced=False)
CLUSTER_ROLE_BINDINGS = Resource(
    "ClusterRoleBinding", "clusterrolebindings", "rbac.authorization.k8s.io", namespaced=False
)


def _none(kind: str, plural: str, group: str, short: tuple[str, ...] = (), *, namespaced: bool = True) -> Resource:
    return Resource(kind, plural, group, namespaced=namespaced, short=short, verbs=READ)


NONE: tuple[Resource, ...] = (
    _none("PersistentVolumeClaim", "persistentvolumeclaims", "", ("pvc",)),
    _none("PersistentVolume", "persistentvolumes", "", ("pv",), namespaced=False),
    _none("StatefulSet", "statefulsets", "apps", ("sts",)),
    _none("CronJob", "cronjobs", "batch", ("cj",)),
    _none("PodDisruptionBudget", "poddisruptionbudgets", "policy", ("pdb",)),
    _none("NetworkPolicy", "networkpolicies", "networking.k8s.io", ("netpol",)),
    _none("Ingress", "ingresses", "networking.k8s.io", ("ing",)),
    _none("Role", "roles", "rbac.authorization.k8s.io"),
    _none("RoleBinding", "rolebindings", "rbac.authorization.k8s.io"),
)
"""What every cluster serves and the lab has none of: read only, so that nothing is taken that nobody would act on."""


def _calico(kind: str, plural: str) -> Resource:
    namespaced = kind in ("NetworkPolicy", "NetworkSet")
    return Resource(kind, plural, "crd.projectcalico.org", namespaced=namespaced)


BLOCK_AFFINITIES = _calico("BlockAffinity", "blockaffinities")
CLUSTER_INFORMATIONS = _calico("ClusterInformation", "clusterinformations")
FELIX_CONFIGURATIONS = _calico("FelixConfiguration", "felixconfigurations")
GLOBAL_NETWORK_POLICIES = _calico("GlobalNetworkPolicy", "globalnetworkpolicies")
HOST_ENDPOINTS = _calico("HostEndpoint", "hostendpoints")
IPAM_BLOCKS = _calico("IPAMBlock", "ipamblocks")
IPAM_HANDLES = _calico("IPAMHandle", "ipamhandles")
IP_POOLS = _calico("IPPool", "ippools")
CONTROLLER_CONFIGURATIONS = _calico("KubeControllersConfiguration", "kubecontrollersconfigurations")
CALICO: tuple[Resource, ...] = (
    _calico("BGPConfiguration", "bgpconfigurations"),
    _calico("BGPFilter", "bgpfilters"),
    _calico("BGPPeer", "bgppeers"),
    BLOCK_AFFINITIES,
    _calico("CalicoNodeStatus", "caliconodestatuses"),
    CLUSTER_INFORMATIONS,
    FELIX_CONFIGURATIONS,
    GLOBAL_NETWORK_POLICIES,
    _calico("GlobalNetworkSet", "globalnetworksets"),
    HOST_ENDPOINTS,
    IPAM_BLOCKS,
    _calico("IPAMConfig", "ipamconfigs"),
    IPAM_HANDLES,
    IP_POOLS,
    _calico("IPReservation", "ipreservations"),
    CONTROLLER_CONFIGURATIONS,
    _calico("NetworkPolicy", "networkpolicies"),
    _calico("NetworkSet", "networksets"),
)
"""The 18 custom resources of manifests/calico.yaml@v3.27.0."""

SELF_ACCESS = Resource(
    "SelfSubjectAccessReview", "selfsubjectaccessreviews", "authorization.k8s.io", namespaced=False, verbs=("create",)
)
SELF_RULES = Resource(
    "SelfSubjectRulesReview", "selfsubjectrulesreviews", "authorization.k8s.io", namespaced=False, verbs=("create",)
)
SELF_SUBJECT = Resource(
    "SelfSubjectReview", "selfsubjectreviews", "authentication.k8s.io", namespaced=False, verbs=("create",)
)

RESOURCES: tuple[Resource, ...] = (
    CONFIG_MAPS,
    ENDPOINTS,
    EVENTS,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    CONTROLLER_REVISIONS,
    DAEMON_SETS,
    DEPLOYMENTS,
    REPLICA_SETS,
    JOBS,
    CRDS,
    SELF_SUBJECT,
    SELF_ACCESS,
    SELF_RULES,
    LEASES,
    ENDPOINT_SLICES,
    NEW_EVENTS,
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    *NONE,
    *CALICO,
)

BY_PATH = {(resource.group, resource.version, resource.plural): resource for resource in RESOURCES}


def group_versions() -> list[tuple[str, str]]:
    """Every (group, version), in the table's order."""
    return list(dict.fromkeys((resource.group, resource.version) for resource in RESOURCES))
