"""What was read of an installation: objects by what was asked for, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.evidence import Observed, Reading
from cnitui.domain.plan import ObjectRef
from cnitui.late_dataclass import dataclass

SYSTEM = "kube-system"
"""The operator converts what it finds here under fixed names, and nothing else (convert/components.go)."""
CALICO, OPERATOR = "crd.projectcalico.org", "operator.tigera.io"


def _system(group: str, resource: str, kind: str, name: str) -> ObjectRef:
    return ObjectRef(group, "v1", resource, kind, name, SYSTEM)


CALICO_NODE = _system("apps", "daemonsets", "DaemonSet", "calico-node")
CANALS = (
    _system("apps", "daemonsets", "DaemonSet", "canal"),
    _system("apps", "daemonsets", "DaemonSet", "canal-node"),
    _system("apps", "daemonsets", "DaemonSet", "kube-flannel-ds"),
    ObjectRef("apps", "v1", "daemonsets", "DaemonSet", "kube-flannel-ds", "kube-flannel"),
)
"""canal.yaml names its DaemonSet canal, canal-etcd.yaml once named it canal-node; flannel's own stands beside."""
CONTROLLERS = _system("apps", "deployments", "Deployment", "calico-kube-controllers")
TYPHA = _system("apps", "deployments", "Deployment", "calico-typha")
CONFIG = _system("", "configmaps", "ConfigMap", "calico-config")
ENDPOINT = _system("", "configmaps", "ConfigMap", "kubernetes-services-endpoint")
KUBEADM = _system("", "configmaps", "ConfigMap", "kubeadm-config")
FELIX_CRD = ObjectRef(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    f"felixconfigurations.{CALICO}",
)
API_SERVICE = ObjectRef("apiregistration.k8s.io", "v1", "apiservices", "APIService", "v3.projectcalico.org")
INSTALLATIONS = ObjectRef(OPERATOR, "v1", "installations", "Installation", "")
STATUSES = ObjectRef(OPERATOR, "v1", "tigerastatuses", "TigeraStatus", "")
SINGLE = (
    CALICO_NODE, *CANALS, CONTROLLERS, TYPHA, CONFIG, ENDPOINT, KUBEADM, FELIX_CRD, API_SERVICE,
)  # fmt: skip
LISTS = (INSTALLATIONS, STATUSES)


def resource(plural: str, kind: str) -> ObjectRef:
    """All objects of one of Calico's own resources."""
    return ObjectRef(CALICO, "v1", plural, kind, "")


POOLS = resource("ippools", "IPPool")
FELIX = resource("felixconfigurations", "FelixConfiguration")
CLUSTER = resource("clusterinformations", "ClusterInformation")
KNOWN = (
    resource("bgpconfigurations", "BGPConfiguration"),
    resource("bgpfilters", "BGPFilter"),
    resource("bgppeers", "BGPPeer"),
    resource("blockaffinities", "BlockAffinity"),
    resource("caliconodestatuses", "CalicoNodeStatus"),
    CLUSTER,
    FELIX,
    resource("globalnetworkpolicies", "GlobalNetworkPolicy"),
    resource("globalnetworksets", "GlobalNetworkSet"),
    resource("hostendpoints", "HostEndpoint"),
    resource("ipamblocks", "IPAMBlock"),
    resource("ipamconfigs", "IPAMConfig"),
    resource("ipamhandles", "IPAMHandle"),
    POOLS,
    resource("ipreservations", "IPReservation"),
    resource("kubecontrollersconfigurations", "KubeControllersConfiguration"),
    resource("networkpolicies", "NetworkPolicy"),
    resource("networksets", "NetworkSet"),
)
"""Asked for when the server does not say what it serves; manifests/calico.yaml@v3.27.0."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What a request brought; empty: looked and found nothing. `more` were left on the server, None: nobody knows."""

    items: tuple[Document, ...] = ()
    more: int | None = 0


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that was read, by what was asked for; what nobody asked for has no reading."""

    readings: Mapping[ObjectRef, Reading[Objects]]

    def objects(self, ref: ObjectRef) -> tuple[Document, ...] | None:
        """What is there, None when nobody could look."""
        reading = self.readings.get(ref)
        return reading.value.items if isinstance(reading, Observed) else None

    def one(self, ref: ObjectRef) -> Document | None:
        """The object, None when there is none or nobody could look."""
        return next(iter(self.objects(ref) or ()), None)

    def unseen(self, ref: ObjectRef) -> str:
        """Why it could not be read, "" when it was."""
        reading = self.readings.get(ref)
        if reading is None:
            return "it was not read"
        return "" if isinstance(reading, Observed) else reading.why


def mappings(value: object) -> tuple[Document, ...]:
    """The mappings in a list; none when it is no list."""
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(item for item in listed if isinstance(item, Mapping))


def text(value: object) -> str:
    """A text, "" for anything else."""
    return value if isinstance(value, str) else ""


def name_of(document: Document) -> str:
    """The object's name."""
    return text(as_mapping(document.get("metadata")).get("name"))
