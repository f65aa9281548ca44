"""What can be observed about a cluster and its nodes.

Facts are plain, frozen and compared by value. A fact's subject is the node it is about; for those in `CLUSTER_FACTS` it
is the whole cluster. Times are UTC; sizes are as their names say. Unknown is None or "", never a guess.

It is the glossary that every probe, parser and cause speaks in, and is read as one: hence its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from cnitui.domain.owners import Owner
from cnitui.domain.selinux import Avc, Label
from cnitui.late_dataclass import dataclass

CALICO_LABEL_VALUES = ("calico-node", "canal", "canal-node")
"""Values of the label k8s-app that Calico's per-node pods carry (calico.yaml, canal.yaml, canal-etcd.yaml)."""

CALICO_SELECTOR = f"k8s-app in ({','.join(CALICO_LABEL_VALUES)})"
INSTALL_CNI = "install-cni"


# --- pods, nodes, objects of the API --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt: one run of one container (one container id); running while `finished_at` is None."""

    container_id: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    signal: int = 0
    reason: str = ""
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether it has ended in error."""
        return self.exit_code not in (None, 0)


@dataclass(frozen=True, slots=True)
class ContainerStatus:
    """One container of a pod as its status says; `current` is the run of a running or terminated state."""

    name: str
    init: bool
    image: str = ""
    image_id: str = ""
    ready: bool = False
    restart_count: int = 0
    state: Literal["waiting", "running", "terminated", ""] = ""
    waiting_reason: str = ""
    waiting_message: str = ""
    current: Run | None = None
    last: Run | None = None

    @property
    def succeeded(self) -> bool:
        """An init container that has done its work."""
        return self.state == "terminated" and self.current is not None and self.current.exit_code == 0

    @property
    def last_failure(self) -> Run | None:
        """The newest attempt that ended in error, unless a later one succeeded."""
        if self.succeeded:
            return None
        return next((run for run in (self.current, self.last) if run is not None and run.failed), None)


@dataclass(frozen=True, slots=True)
class ContainerSecurity:
    """The security-relevant part of a container's spec, pod-level settings already applied.

    `privileged` is None when the spec does not say (Kubernetes then runs it unprivileged); `stated` tells whether the
    container has a securityContext of its own at all.
    """

    privileged: bool | None = None
    selinux_type: str = ""
    selinux_level: str = ""
    run_as_user: int | None = None
    read_only_root: bool = False
    added_capabilities: tuple[str, ...] = ()
    dropped_capabilities: tuple[str, ...] = ()
    stated: bool = False


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container of a pod or template; `index` is its place among the init (or the ordinary) containers."""

    name: str
    index: int
    init: bool
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    security: ContainerSecurity = ContainerSecurity()
    mounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Mount path in the container to path on the host, hostPath volumes only."""
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PodStatus:
    """A calico-node pod: identity, what kubectl prints of it, and each container's state.

    `status` is exactly kubectl's STATUS word; `ready`/`total` count the ordinary containers as kubectl's READY does;
    `restarts` is kubectl's RESTARTS (that of the init containers while those still run).
    """

    namespace: str
    name: str
    uid: str
    node: str
    status: str
    phase: str = ""
    ready: int = 0
    total: int = 0
    restarts: int = 0
    created_at: datetime | None = None
    deleting: bool = False
    revision: str = ""
    template_generation: str = ""
    app_label: str = ""
    owner: str = ""
    """Controller as `DaemonSet/calico-node`."""
    containers: tuple[ContainerStatus, ...] = ()
    specs: tuple[ContainerSpec, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def failing(self) -> ContainerStatus | None:
        """The first container whose attempts end in error or that cannot be started, else None.

        Judged on the attempts, not on the status word: that alternates between Init:Error, Init:CrashLoopBackOff
        and Init:1/3 (seen on a v1.35 kubelet).
        """
        return next((c for c in self.containers if _is_failing(c)), None)

    @property
    def unready(self) -> ContainerStatus | None:
        """The first ordinary container that runs and is not ready; None while the pod fails or has still to start."""
        if self.failing is not None or self.deleting or self.phase != "Running":
            return None
        return next((c for c in self.containers if not c.init and not c.ready and c.state == "running"), None)

    @property
    def telling(self) -> ContainerStatus | None:
        """The container whose log tells what is wrong: the failing one, the unready one, else install-cni."""
        return self.failing or self.unready or self.container(INSTALL_CNI)

    def spec(self, container: str) -> ContainerSpec | None:
        """The spec of the named container."""
        return next((spec for spec in self.specs if spec.name == container), None)

    def container(self, name: str) -> ContainerStatus | None:
        """The status of the named container."""
        return next((status for status in self.containers if status.name == name), None)


STARTING_REASONS = frozenset({"", "PodInitializing", "ContainerCreating"})
"""Waiting reasons that are no fault by themselves."""


def _is_failing(container: ContainerStatus) -> bool:
    if container.succeeded or container.ready:
        return False
    if container.last_failure is not None:  # also while it runs again: it has not become ready since
        return True
    if container.init and container.restart_count and container.last is None:
        return True  # an init container runs again only after it failed; the dead run may have been cleared away
    return container.state == "waiting" and container.waiting_reason not in STARTING_REASONS


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A Node object: what it runs, how it is reached, and whether the kubelet says Ready."""

    name: str
    uid: str = ""
    roles: tuple[str, ...] = ()
    ready: Literal["True", "False", "Unknown", ""] = ""
    ready_reason: str = ""
    ready_message: str = ""
    ready_since: datetime | None = None
    conditions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Condition type to `status reason: message`, all conditions."""
    condition_since: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    """Condition type to its lastTransitionTime, by the clock of who set it: nearly always the node's own kubelet."""
    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Address type (InternalIP, Hostname, ExternalIP …) to the first address of that type."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    taints: tuple[str, ...] = ()
    unschedulable: bool = False
    os_image: str = ""
    kernel: str = ""
    architecture: str = ""
    runtime: str = ""
    kubelet: str = ""
    created_at: datetime | None = None
    bgp_address: str = ""
    """What calico-node took for the node's address (annotation `projectcalico.org/IPv4Address`), without the length."""
    machine_id: str = ""
    boot_id: str = ""
    """As the kubelet found them when it started: what tells whether a machine that answers is this one."""

    @property
    def without_network(self) -> bool:
        """Whether the kubelet calls it NotReady because the runtime has no pod network.

        Words: containerd go-cni and CRI-O ocicni, in the Ready condition of kubernetes pkg/kubelet/nodestatus.
        """
        return self.ready == "False" and "NetworkPluginNotReady" in self.ready_message

    @property
    def control_plane(self) -> bool:
        """Whether the node carries the control plane's role label (old name `master` included)."""
        return bool({"control-plane", "master"} & set(self.roles))


@dataclass(frozen=True, slots=True)
class DaemonSetStatus:
    """The DaemonSet behind the calico-node pods: its template, its rollout and who owns it.

    `owners` are those who write it; empty when nothing was recognised.
    """

    namespace: str
    name: str
    uid: str = ""
    generation: int = 0
    observed_generation: int = 0
    resource_version: str = ""
    strategy: str = "RollingUpdate"
    max_unavailable: str = "1"
    max_surge: str = "0"
    desired: int = 0
    current: int = 0
    updated: int = 0
    available: int = 0
    unavailable: int = 0
    created_at: datetime | None = None
    containers: tuple[ContainerSpec, ...] = ()
    owners: tuple[Owner, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def managers(self) -> tuple[str, ...]:
        """Those of the owners that take a direct change back, in words: `Installation/default`, `Helm release x`."""
        return tuple(owner.words for owner in self.owners if owner.reverts)

    def container(self, name: str) -> ContainerSpec | None:
        """The template's container of that name."""
        return next((spec for spec in self.containers if spec.name == name), None)


@dataclass(frozen=True, slots=True)
class CalicoInstall:
    """Which Calico this is and how it came here: `manifest`, `canal`, `operator`, `helm`, `gitops` or ""."""

    version: str
    method: str
    namespace: str
    daemonset: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One Event of the API, newest occurrence at `last_at`; `container` from the fieldPath when it names one."""

    kind: str
    reason: str
    message: str
    object: str = ""
    container: str = ""
    count: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PodEvents:
    """Events about the failing pod (and, for the DaemonSet, about pods it could not create)."""

    events: tuple[Event, ...]


# --- attempts and their logs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's log; `number` counts from 1 within its attempt, `time` is the kubelet's."""

    text: str
    number: int = 0
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt and what it printed; `whole` is False when its beginning or end is known to be missing."""

    run: Run
    lines: tuple[LogLine, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class AttemptLogs:
    """The failing container's attempts that could still be read, oldest first."""

    container: str
    attempts: tuple[Attempt, ...]
    pod: str = ""

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt that has ended, else the newest of all."""
        ended = [attempt for attempt in self.attempts if attempt.run.finished_at is not None]
        candidates = ended or list(self.attempts)
        return candidates[-1] if candidates else None

    @property
    def text(self) -> str:
        """All lines of the newest attempt."""
        return "\n".join(line.text for line in self.latest.lines) if self.latest else ""


Stage = Literal["", "prepare", "binaries", "token", "kubeconfig", "configuration", "done"]
"""Steps of install-cni in their order; `token` is the one that asks the API server (from v3.23.2)."""


@dataclass(frozen=True, slots=True)
class Milestones:
    """How far install-cni got in one attempt, and what stopped it.

    `failed_at` is the step that the first error belongs to, or "" when that cannot be told. `not_writeable` names the
    directories the installer skipped, the secondary one (normal) left out; paths are those inside the container.
    `binaries_dir` is set only when every copy into it succeeded: the shell installer says "Wrote" even when none
    did (projectcalico/cni-plugin#420). `error` is the text after `error=`; the installer itself prints `<nil>` when it
    threw the errno away.
    """

    reached: tuple[str, ...] = ()
    failed_at: Stage = ""
    first_error: str = ""
    error: str = ""
    error_line: int = 0
    error_level: str = ""
    not_writeable: tuple[str, ...] = ()
    binaries_dir: str = ""
    wrote_kubeconfig: bool = False
    wrote_config: bool = False
    done: bool = False
    version: str = ""
    format: str = ""
    whole: bool = True

    @property
    def wrote_binaries(self) -> bool:
        """Whether the bin directory was written: no theory about that directory survives it."""
        return bool(self.binaries_dir)


@dataclass(frozen=True, slots=True)
class Statement:
    """One line that somebody or something said, where no closer fact holds it.

    `origin` is the container or component that said it (`install-cni`, `kubelet`), or how it was shown (`events`,
    `describe`, `reported` for a person's own words); `source` and `position` are for citing it; `own` tells that the
    examined pod said it, whatever its container is called.
    """

    text: str
    origin: str
    source: str = ""
    position: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Statements:
    """Lines from pasted or recorded text, in the order they were given."""

    lines: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class PodRow:
    """One row of a pasted `kubectl get pods`; `ready` and `status` are kubectl's own words."""

    name: str
    ready: str
    status: str
    restarts: int | None = None
    node: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class PodRows:
    """A pasted pod table."""

    rows: tuple[PodRow, ...]


@dataclass(frozen=True, slots=True)
class InstallCni:
    """install-cni as it ran: from the attempt's own pod, not from the template, which may be newer.

    `bin_dir` and `net_dir` are the host's directories behind /host/opt/cni/bin and /host/etc/cni/net.d.
    """

    container: str
    image: str
    security: ContainerSecurity
    command: tuple[str, ...] = ()
    bin_dir: str = "/opt/cni/bin"
    net_dir: str = "/etc/cni/net.d"
    index: int = 0

    @property
    def process(self) -> str:
        """The `comm` its process has in audit records: the Go installer's since v3.16, the shell's before."""
        command = self.command[0] if self.command else "/opt/cni/bin/install"
        return command.rpartition("/")[2][:15]


# --- the node, read over SSH ----------------------------------------------------------------------------------------

IdentityStanding = Literal["same", "rebooted", "unknown", "unclear", "other"]
"""Unknown: there is nothing to compare. Unclear: there is, and it does not agree, or does not tell nodes apart."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whether the machine that answered is the node (`domain.identity`), and its ids, "" where it did not tell them.

    Where it is another one, nothing else that it answered is a fact about the node.
    """

    standing: IdentityStanding
    because: str
    machine_id: str = ""
    boot_id: str = ""

    @property
    def is_another(self) -> bool:
        """Whether it is certain that another machine answered."""
        return self.standing == "other"


@dataclass(frozen=True, slots=True)
class SelinuxMode:
    """`current` and `configured` are Enforcing, Permissive, Disabled or ""; domains that are permissive by policy."""

    current: str
    configured: str = ""
    policy: str = ""
    permissive_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One line of `ls -lZ`: `kind` is ls's first letter (d, -, l …), `mode` the nine letters after it."""

    path: str
    kind: str
    mode: str
    owner: str
    group: str
    label: Label | None
    size: int | None = None
    modified: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class CniDirectories:
    """Labels of the CNI directories, of their parents and of the files in them.

    `directories` maps a path to its own entry (ls -ldZ), `files` a directory to what it holds, `missing` lists the
    paths that do not exist, `defaults` maps a path to the type the policy would give it (matchpathcon).
    `defaults_around` says the same of their parents and of what is in them. `partial` are directories whose listing
    was cut: what is not in it may be there.
    """

    bin_dir: str
    net_dir: str
    directories: Mapping[str, DirectoryEntry]
    files: Mapping[str, tuple[DirectoryEntry, ...]] = field(default_factory=lambda: MappingProxyType({}))
    missing: tuple[str, ...] = ()
    defaults: Mapping[str, Label] = field(default_factory=lambda: MappingProxyType({}))
    defaults_around: Mapping[str, Label] = field(default_factory=lambda: MappingProxyType({}))
    partial: tuple[str, ...] = ()

    def default(self, path: str) -> Label | None:
        """What the policy would label this path, None when it did not say."""
        return self.defaults.get(path) or self.defaults_around.get(path)


@dataclass(frozen=True, slots=True)
class AvcDenials:
    """AVC records of the node's recent past.

    `log` says which log was read (audit, journal, dmesg); an empty `records` is no proof of innocence: dontaudit rules
    and lost records hide denials.
    """

    records: tuple[Avc, ...]
    log: str = "audit"


@dataclass(frozen=True, slots=True)
class Mount:
    """The mount that holds `path`: findmnt -T."""

    path: str
    target: str
    source: str
    fstype: str
    options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        """Whether it is mounted read-only."""
        return "ro" in self.options


@dataclass(frozen=True, slots=True)
class Mounts:
    """The mounts behind the CNI directories."""

    mounts: tuple[Mount, ...]

    def of(self, path: str) -> Mount | None:
        """The mount that holds the path."""
        return next((mount for mount in self.mounts if mount.path == path), None)


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One row of df: sizes in KiB, inodes counted; None where the filesystem does not say."""

    path: str
    device: str
    mounted_on: str
    size_kib: int | None = None
    available_kib: int | None = None
    inodes: int | None = None
    inodes_free: int | None = None
    raw: str = ""

    @property
    def crammed(self) -> bool:
        """Whether less than a hundredth of its blocks is left: somebody has to make room."""
        return self.available_kib is not None and self.available_kib * 100 < (self.size_kib or 0)


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """Room on the filesystems behind the CNI directories."""

    filesystems: tuple[Filesystem, ...]


@dataclass(frozen=True, slots=True)
class LargestDirectories:
    """What fills a filesystem that has no room: directories of it and their KiB, the largest first.

    As far as `du` came in a few seconds: where it was stopped, those that it had still to add up are not in it.
    """

    mounted_on: str
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FileAttributes:
    """lsattr -d: path to its attribute letters; `i` is immutable, `a` append-only."""

    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ContainerLabel:
    """The label the runtime gave (or would give) the failing container's process.

    `label` is None when the runtime sets none: SELinux then leaves it unconfined (spc_t). `labelling` is the runtime's
    switch (containerd `enable_selinux`), None when it could not be told.
    """

    label: Label | None
    known: bool
    labelling: bool | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """One attempt to open a TCP connection from the node; `source` is what a person would type to repeat it."""

    address: str
    outcome: Literal["answered", "refused", "timeout", "unreachable", "unknown"]
    raw: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ApiReach:
    """Whether the node reaches the API by its Service address and by a real endpoint address."""

    service: Reach | None = None
    endpoint: Reach | None = None


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """Whether the node's packet filter has a rule for the API's Service address; None when it could not be told."""

    address: str
    programmed: bool | None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeDirectories:
    """Where the container runtime looks for plugins and configurations, by its own files; "" where they do not say."""

    bin_dirs: tuple[str, ...] = ()
    conf_dir: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class CniFiles:
    """Names present in the CNI directories (`ls`), for verification against the reference node."""

    binaries: tuple[str, ...]
    configuration: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """One command as it ran on the node and its answer, word for word; of one that was `cut` the middle is missing."""

    command: str
    status: int
    output: str = ""
    errors: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that was run on the node in one look, in order: also what was asked once more, by root or in another way."""

    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """/etc/os-release and uname of the node."""

    distribution: str
    version: str = ""
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class NodeClock:
    """How far the node's clock is ahead of the API server's, at least; negative when it is behind, zero in step.

    None when the server told the node no time.
    """

    ahead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NodeChanges:
    """What changed on the node, and when: it booted, the kubelet or the runtime started, a package was installed.

    Oldest first, by the node's own clock.
    """

    changes: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class ApiEndpoints:
    """The Service `kubernetes` (ClusterIP:port) and the addresses behind it (host:port)."""

    service: str
    endpoints: tuple[str, ...] = ()


CLUSTER_FACTS: frozenset[type[object]] = frozenset({CalicoInstall, DaemonSetStatus, ApiEndpoints, PodRows})
"""Facts whose subject is the cluster; every other fact is about one node."""
LISTED_FACTS: frozenset[type[object]] = frozenset({PodStatus, InstallCni, NodeStatus})
"""Facts that the API's lists show of every node: one of which nothing else is known was not read."""
