"""What a remedy is judged and planned on: the case, its diagnosis, and the objects as the server has them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from cnitui.domain.documents import Document
from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import INSTALL_CNI, CalicoInstall, DaemonSetStatus, InstallCni, PodStatus
from cnitui.domain.finding import Diagnosis, Finding
from cnitui.domain.owners import Owner
from cnitui.domain.plan import ObjectRef
from cnitui.domain.relabelling import LabelState, Unread
from cnitui.late_dataclass import dataclass

Told = tuple[tuple[tuple[Finding, ...], tuple[str, ...]], ...]
"""Findings, and the nodes of which exactly those are said."""

SELINUX_CAUSES = ("selinux-denial", "selinux-wrong-context")
"""The causes that more privilege for install-cni cures."""

PERMISSIVE_LEVELS = frozenset({"", "privileged"})
"""Pod Security levels under which a calico-node pod may be created: it uses host network and host paths, which
`baseline` and `restricted` refuse (https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Another program's pod on a node that is looked at: the one of that label selector, and its container's log."""

    node: str
    namespace: str
    selector: str
    container: str


@dataclass(frozen=True)
class Situation:
    """Everything a remedy may look at; made once per look, so that fit and plan speak of the same moment.

    `daemonset_object` is the DaemonSet as the server answered it (None without a cluster), `pod_security` the enforced
    Pod Security level of its namespace (None when unknown, "" when no label is set), `node_images` what each node says
    it has. `suffix` makes the test pod's name unique: four hex digits chosen by the caller, since this layer is pure.
    `labels` is what was read of nodes that a remedy would relabel, None when nodes are not read.
    `server_version` is that of the API server, "" when it is not known. `owner_sources` are the objects by which the
    owners say where their source lies (Application, Kustomization, Addon ...), by the owner's words; `more_owners` are
    those that another object than the DaemonSet tells of. `seen` has the objects that a remedy looked for, None for
    those that are not there (what may not be read is not in it), `beside` other programs' pods by node, with their
    last words.
    """

    case: CaseFile
    diagnosis: Diagnosis
    daemonset_object: Document | None = None
    pod_security: str | None = None
    node_images: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    suffix: str = "0000"
    test_pod_image: str = ""
    container: str = INSTALL_CNI
    labels: Mapping[str, LabelState | Unread] | None = None
    server_version: str = ""
    owner_sources: Mapping[str, Document] = field(default_factory=lambda: MappingProxyType({}))
    more_owners: tuple[Owner, ...] = ()
    seen: Mapping[ObjectRef, Document | None] = field(default_factory=lambda: MappingProxyType({}))
    beside: Mapping[str, tuple[PodStatus, str]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def daemonset(self) -> DaemonSetStatus | None:
        """The DaemonSet behind the calico-node pods."""
        return self.case.value(DaemonSetStatus)

    @property
    def install(self) -> CalicoInstall | None:
        """Which Calico this is and how it came here."""
        return self.case.value(CalicoInstall)

    @property
    def namespace(self) -> str:
        """Where the DaemonSet lives; kube-system when nobody could tell."""
        return self.daemonset.namespace if self.daemonset else "kube-system"

    @property
    def daemonset_name(self) -> str:
        """The DaemonSet's name; calico-node when nobody could tell."""
        return self.daemonset.name if self.daemonset else "calico-node"

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Who writes the DaemonSet."""
        return (*(self.daemonset.owners if self.daemonset else ()), *self.more_owners)

    @property
    def managers(self) -> tuple[str, ...]:
        """What would revert a direct change."""
        return tuple(owner.words for owner in self.owners if owner.reverts)

    def is_missing(self, ref: ObjectRef) -> bool:
        """Whether it was looked for and is not there."""
        return ref in self.seen and self.seen[ref] is None

    def source_of(self, owner: Owner) -> Document:
        """The object that says where the owner's source lies; empty when it could not be read."""
        return self.owner_sources.get(owner.words, {})

    # Thousands of pods may fail: what is asked more than once is worked out once.

    @cached_property
    def pods(self) -> tuple[PodStatus, ...]:
        """The calico-node pods of this DaemonSet, by node."""
        values = (self.case.value(PodStatus, node) for node in self.case.subjects(PodStatus))
        own, owner = (pod for pod in values if pod is not None), f"DaemonSet/{self.daemonset_name}"
        return tuple(pod for pod in own if not pod.owner or pod.owner == owner)

    @cached_property
    def failing(self) -> tuple[PodStatus, ...]:
        """Those whose attempts end in error."""
        return tuple(pod for pod in self.pods if pod.failing is not None)

    @cached_property
    def failing_nodes(self) -> tuple[str, ...]:
        """Names of the failing nodes, whether told by pods or by the diagnosis."""
        if self.diagnosis.cohorts:
            return self.diagnosis.failing_nodes  # made of the pods
        return tuple(sorted({pod.node for pod in self.failing} | set(self.diagnosis.failing_nodes)))

    @cached_property
    def failing_containers(self) -> frozenset[str]:
        """The containers that fail."""
        if self.diagnosis.cohorts:
            return frozenset(cohort.likeness.container for cohort in self.diagnosis.cohorts) - {""}
        return frozenset(pod.failing.name for pod in self.failing if pod.failing is not None)

    @cached_property
    def directories(self) -> tuple[str, str]:
        """The host's CNI binary and configuration directories, as observed on a failing node, else the defaults."""
        nodes = chain(self.failing_nodes, self.case.subjects(InstallCni))
        found = next(filter(None, (self.case.value(InstallCni, node) for node in nodes)), None)
        return (found.bin_dir, found.net_dir) if found else ("/opt/cni/bin", "/etc/cni/net.d")

    def findings_by_nodes(self, causes: tuple[str, ...]) -> Told:
        """What is said of these causes, strongest first, with the failing nodes of which exactly that is said.

        Findings without nodes speak of all; what is said of nodes that were read holds for those that fail alike, as
        far as it goes.
        """
        if causes not in self._told:
            self._told[causes] = _told_of(self.failing_nodes, self.diagnosis.findings, causes)
        return self._told[causes]

    _told: dict[tuple[str, ...], Told] = field(default_factory=dict, init=False, repr=False, compare=False)


def _told_of(failing: tuple[str, ...], findings: Iterable[Finding], causes: tuple[str, ...]) -> Told:
    about = sorted((finding for finding in findings if finding.cause in causes), key=lambda f: f.verdict.rank)
    places: dict[str, tuple[int, ...]] = dict.fromkeys(failing, ())
    for place, finding in enumerate(about):
        nodes = (*finding.nodes, *finding.alike) or failing
        places.update({node: (*places[node], place) for node in nodes if node in places})
    told: dict[tuple[int, ...], list[str]] = {}
    for node, mine in places.items():
        told.setdefault(mine, []).append(node)
    return tuple((tuple(about[place] for place in mine), tuple(nodes)) for mine, nodes in told.items())
