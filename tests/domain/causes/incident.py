"""A failing install-cni on worker-01, piece by piece, as live probes would have read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    ApiReach,
    Attempt,
    AttemptLogs,
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    ContainerSecurity,
    ContainerStatus,
    DirectoryEntry,
    Event,
    FileAttributes,
    Filesystem,
    FreeSpace,
    InstallCni,
    LogLine,
    Mount,
    Mounts,
    PodEvents,
    PodStatus,
    Reach,
    Run,
    SelinuxMode,
    ServiceRules,
)
from cnitui.domain.finding import Diagnosis, Finding
from cnitui.domain.selinux import Avc, Label

NODE = "worker-01"
START = datetime(2026, 11, 23, 14, 9, 8, tzinfo=UTC)
RUN = Run("containerd://a540", START, START + timedelta(seconds=9), 1, 0, "Error")
CONFINED = "system_u:system_r:container_t:s0:c215,c393"
BIN_DIR = "/opt/cni/bin"
NET_DIR = "/etc/cni/net.d"

_HEAD = "2026-11-23 14:09:09.949 [INFO][1] cni-installer/<nil> <nil>: "
_FATAL = "2026-11-23 14:09:16.708 [FATAL][1] cni-installer/<nil> <nil>: "
RUNNING = f"{_HEAD}Running as a Kubernetes pod"
SECONDARY = f"{_HEAD}/host/secondary-bin-dir is not writeable, skipping"
WROTE = f"{_HEAD}Wrote Calico CNI binaries to /host/opt/cni/bin"
NOT_WRITEABLE = (
    RUNNING,
    f"{_HEAD}/host/opt/cni/bin is not writeable, skipping",
    SECONDARY,
    f"{_FATAL}found no writeable directory, exiting error=<nil>",
)
"""The same four lines for SELinux, a read-only mount and an immutable directory (captures of a v1.35 node)."""


def failed_copy(reason: str) -> tuple[str, ...]:
    """A log that ends at the first binary."""
    path = "/host/opt/cni/bin/bandwidth.tmp"
    return (
        RUNNING,
        f"{_FATAL}Failed to install /host/opt/cni/bin/bandwidth error=failed to copy file: open {path}: {reason}",
    )


def failed_token(reason: str) -> tuple[str, ...]:
    """A log that ends at the token request."""
    return (RUNNING, SECONDARY, WROTE, f"{_FATAL}Unable to create token for CNI kubeconfig error={reason}")


TIMEOUT = (
    'Post "https://10.96.0.1:443/api/v1/namespaces/kube-system/serviceaccounts/calico-node/token": '
    "dial tcp 10.96.0.1:443: i/o timeout"
)


def attempt_logs(*lines: str, container: str = "install-cni", whole: bool = True, run: Run = RUN) -> AttemptLogs:
    numbered = tuple(LogLine(text, number) for number, text in enumerate(lines, 1))
    return AttemptLogs(container, (Attempt(run, numbered, whole),), "calico-node-bjlst")


def pod(
    container: str = "install-cni", *, init: bool = True, waiting: str = "CrashLoopBackOff", run: Run | None = RUN
) -> PodStatus:
    status = ContainerStatus(container, init, state="waiting", waiting_reason=waiting, last=run, restart_count=3)
    return PodStatus(
        "kube-system", "calico-node-bjlst", "55f1", NODE, f"Init:{waiting}", total=1, containers=(status,),
        created_at=START - timedelta(minutes=2), owner="DaemonSet/calico-node",
    )  # fmt: skip


def install_cni(
    *, privileged: bool | None = None, selinux_type: str = "", dropped: tuple[str, ...] = (), user: int | None = None
) -> InstallCni:
    security = ContainerSecurity(privileged, selinux_type, run_as_user=user, dropped_capabilities=dropped)
    return InstallCni("install-cni", "docker.io/calico/cni:v3.27.0", security, ("/opt/cni/bin/install",))


def case(*facts: object) -> CaseFile:
    """The crash-looping pod and the given facts, all of them about worker-01."""
    found = CaseFile()
    for fact in (pod(), *facts):
        found = found.with_observed(fact, Source(f"source of {type(fact).__name__}", NODE), NODE)
    return found


def diagnosis(*facts: object) -> Diagnosis:
    return diagnose(case(*facts))


def finding(cause: str, *facts: object) -> Finding:
    """What is found about one cause."""
    return next(found for found in diagnosis(*facts).findings if found.cause == cause)


def verdict(cause: str, *facts: object) -> str:
    return finding(cause, *facts).verdict.value


# --- what the node says ---------------------------------------------------------------------------------------------

ENFORCING = SelinuxMode("Enforcing", "Enforcing")
PERMISSIVE = SelinuxMode("Permissive", "Enforcing")
LABELLED = ContainerLabel(Label.parse(CONFINED), known=True, labelling=True, raw=CONFINED)
UNLABELLED = ContainerLabel(None, known=True, labelling=False, raw='"selinuxLabel": ""')
WRITABLE = Mounts(
    (Mount(BIN_DIR, "/", "/dev/vda", "ext4", ("rw", "relatime")), Mount(NET_DIR, "/", "/dev/vda", "ext4", ("rw",)))
)
READ_ONLY = Mounts((Mount(BIN_DIR, "/opt", "/dev/vdb", "xfs", ("ro", "relatime")),))
NO_EXEC = Mounts((Mount(BIN_DIR, "/opt", "/dev/vdb", "xfs", ("rw", "noexec")),))
ROOM = FreeSpace((Filesystem(BIN_DIR, "/dev/vda", "/", 4560576, 2946056, 100000, 90000),))
FULL = FreeSpace((Filesystem(BIN_DIR, "tmpfs", BIN_DIR, 64, 0, 100000, 90000),))
NO_INODES = FreeSpace((Filesystem(BIN_DIR, "/dev/vda", "/", 4560576, 2946056, 100000, 0),))
PLAIN = FileAttributes({BIN_DIR: "e", NET_DIR: "e"})
IMMUTABLE = FileAttributes({BIN_DIR: "ie"})
NO_DENIALS = AvcDenials(())


def entry(path: str, label: str, *, owner: str = "root", mode: str = "rwxr-xr-x", kind: str = "d") -> DirectoryEntry:
    return DirectoryEntry(path, kind, mode, owner, owner, Label.parse(f"system_u:object_r:{label}"))


def directories(
    label: str = "bin_t:s0", *files: DirectoryEntry, owner: str = "root", default: str = "bin_t:s0"
) -> CniDirectories:
    own = {path: entry(path, label, owner=owner) for path in (BIN_DIR, NET_DIR)}
    policy = Label.parse(f"system_u:object_r:{default}")
    return CniDirectories(BIN_DIR, NET_DIR, own, {BIN_DIR: files}, (), {BIN_DIR: policy} if policy else {})


def denial(target: str = "bin_t:s0", *, after: float = 5, permissive: bool | None = False, comm: str = "install",
           source: str = CONFINED, name: str = "bin", tclass: str = "dir") -> AvcDenials:  # fmt: skip
    moment = START + timedelta(seconds=after)
    raw = f'type=AVC avc:  denied  {{ write }} for comm="{comm}" tcontext=system_u:object_r:{target} permissive=0'
    scontext, tcontext = Label.parse(source), Label.parse(f"system_u:object_r:{target}")
    record = Avc(("write",), comm, scontext, tcontext, tclass, permissive, raw, moment, name=name, position="line 7")
    return AvcDenials((record,))


def reach(service: str, endpoint: str) -> ApiReach:
    return ApiReach(_reach("10.96.0.1:443", service), _reach("10.240.0.10:6443", endpoint))


def _reach(address: str, outcome: str) -> Reach | None:
    known = {"answered": "answered", "refused": "refused", "timeout": "timeout", "unreachable": "unreachable"}
    return Reach(address, known[outcome], f"{address}: {outcome}") if outcome else None  # type: ignore[arg-type]


def rules(*, programmed: bool | None) -> ServiceRules:
    return ServiceRules("10.96.0.1:443", programmed)


def events(*messages: str) -> PodEvents:
    return PodEvents(
        tuple(Event("Warning", message.partition(" ")[0], message.partition(" ")[2]) for message in messages)
    )
