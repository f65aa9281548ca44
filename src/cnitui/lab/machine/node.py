"""One machine of the cluster: what its kernel, its files, its runtime and its network are like.

Whether install-cni succeeds there is never stored: it follows from these fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.machine.audit import AuditEvent, AuditLog
from cnitui.lab.machine.files import Entry, FileError, Files, Mount, parent, tidy
from cnitui.lab.machine.network import Network
from cnitui.lab.machine.selinux import SELinux, context, level_of, type_of

if TYPE_CHECKING:
    import random

    from cnitui.lab.kubelet.process import Process

BIN_DIR = "/opt/cni/bin"
CONF_DIR = "/etc/cni/net.d"


def uuid_of(digits: str) -> str:
    """32 hexadecimal digits as a UUID of the random kind."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


@dataclass
class Sudo:
    """What `sudo -n` does: `free`, `password`, `none` (not in sudoers) or `limited` to some programs."""

    mode: str = "free"
    allowed: tuple[str, ...] = ("/usr/sbin/ausearch", "/usr/bin/ls")


@dataclass
class Node:
    """A machine; `born` is when it was installed, `booted` when it last started."""

    name: str
    ip: str
    control_plane: bool
    born: datetime
    booted: datetime
    rng: random.Random
    os_image: str = "Rocky Linux 9.4 (Blue Onyx)"
    kernel: str = "5.14.0-427.42.1.el9_4.x86_64"
    runtime: str = "containerd://1.7.20"
    selinux: SELinux = field(default_factory=SELinux)
    network: Network = field(default_factory=Network)
    sudo: Sudo = field(default_factory=Sudo)
    audit: AuditLog = field(default_factory=AuditLog)
    journal: list[tuple[datetime, str, str]] = field(default_factory=list)
    """(time, syslog identifier with pid, message)."""
    missing_commands: set[str] = field(default_factory=set)
    next_pid: int = 2400
    pod_subnet: str = "10.244.0.0/24"
    kubelet_cgroups: str = "systemd"
    runtime_cgroups: str = "systemd"
    """The cgroup drivers of kubelet and runtime; runc refuses paths of the other's form."""
    cni_bin_dir: str = BIN_DIR
    cni_conf_dir: str = CONF_DIR
    """Where the runtime looks, by its own configuration."""
    architecture: str = "amd64"
    clock_offset: timedelta = timedelta()
    """What this machine's clock shows beyond the true time."""
    registry: str = "ok"
    """What a pull from a registry meets: `ok`, `rate-limited`, `timeout`, `denied`."""
    absent_images: set[str] = field(default_factory=set)
    """Names of images, without tag, that were never pulled here or were collected since."""
    ip_sets: bool = True
    """Whether the kernel has the modules of ipset."""
    relabels_volumes: bool = True
    """Whether kubelet and runtime give a pod's own volumes the pod's label."""
    labels: dict[str, str] = field(default_factory=dict)
    """Of its Node object, beside those that every node has."""
    machine_id: str = field(init=False)
    boot_id: str = field(init=False)
    """As the kubelet found them when it started; the file /etc/machine-id may be another one since."""
    scenario: str = ""
    """The scenario that prepared the machine: the truth, which no client is told."""
    files: Files = field(init=False)

    def __post_init__(self) -> None:
        self.files = Files(self.selinux, self.born)
        digest = hashlib.sha256(self.name.encode()).hexdigest()
        self.machine_id, self.boot_id = digest[:32], uuid_of(digest[32:])

    def local(self, moment: datetime) -> datetime:
        """What this machine's clock shows at a moment."""
        return moment + self.clock_offset

    def pid(self) -> int:
        """A new process id."""
        self.next_pid += self.rng.randrange(3, 60)
        return self.next_pid

    @property
    def conf_files(self) -> list[Entry]:
        """CNI configurations, in the order the runtime reads them."""
        return [e for e in self.files.children(self.cni_conf_dir) if e.name.endswith((".conf", ".conflist", ".json"))]

    @property
    def network_ready(self) -> bool:
        """What the runtime reports as NetworkReady: some CNI configuration is there; binaries are not looked at."""
        return bool(self.conf_files)

    # --- file operations of container processes -------------------------------------------------------------------

    def write(
        self, process: Process, path: str, *, size: int = 0, content: str | None = None, mode: int = 0o644
    ) -> Entry:
        """Creates or overwrites a file as `process`; FileError with the errno a kernel would give."""
        path = tidy(path)
        size = size if content is None else len(content.encode())
        directory = self._writable_parent(process, path)
        existing = self.files.get(path)
        if existing is None:
            self.check(process, directory, "write")
            self.files.need_room(path, size)
            existing = self._create(process, path, directory, mode)
        else:
            self._check_overwrite(process, existing)
            self.files.need_room(path, size - existing.size)
        existing.modified = directory.modified = process.time
        existing.content, existing.mode = content, mode
        self.files.resize(existing, size)
        return existing

    def _check_overwrite(self, process: Process, existing: Entry) -> None:
        if existing.busy:
            raise FileError("ETXTBSY")
        if existing.immutable:
            raise FileError("EPERM")
        self.check(process, existing, "write")

    def touch(self, process: Process, directory: str) -> None:
        """Creates and removes a file there, as etcd's `fileutil.IsDirWriteable` does."""
        held = self._writable_parent(process, directory + "/.touch")
        self.check(process, held, "write")
        mount = self.files.mount_of(directory)
        if mount.inodes_used >= mount.inodes:
            raise FileError("ENOSPC")

    def rename(self, process: Process, old: str, new: str) -> None:
        """Moves a file over another in the same directory."""
        directory = self._writable_parent(process, old)
        moved, replaced = self.files.get(old), self.files.get(new)
        if moved is None:
            raise FileError("ENOENT")
        if moved.immutable or (replaced is not None and replaced.immutable):
            raise FileError("EPERM")
        self.check(process, directory, "write")
        self.check(process, moved, "rename")
        if replaced is not None:
            self.check(process, replaced, "unlink")
            self.files.remove(replaced.path)
        self.files.move(moved, new)
        directory.modified = process.time

    def check(self, process: Process, entry: Entry, permission: str) -> None:
        """SELinux's answer: EACCES when it refuses and enforces; a record unless the policy hides it."""
        tclass = {"directory": "dir", "symbolic link": "lnk_file"}.get(entry.kind, "file")
        denial = self.selinux.refusal(process.label, entry.label, tclass, permission)
        if denial is None or process.label is None:
            return
        enforced = self.selinux.enforces(process.label)
        if not denial.hidden:
            self.audit.add(
                AuditEvent(
                    time=_whole_milliseconds(process.time + timedelta(milliseconds=self.rng.randrange(1, 40))),
                    serial=0,
                    denial=denial,
                    pid=process.pid,
                    ppid=process.ppid,
                    comm=process.comm,
                    exe=process.exe,
                    scontext=process.label,
                    name=entry.name,
                    device=self.files.device(entry.path),
                    inode=entry.inode,
                    permissive=not enforced,
                    syscall={"rename": "rename", "unlink": "unlinkat"}.get(permission, "openat"),
                )
            )
        if enforced:
            raise FileError("EACCES")

    def _writable_parent(self, process: Process, path: str) -> Entry:
        directory = self.files.get(parent(path))
        if directory is None:
            raise FileError("ENOENT")
        if self.selinux.enforces(process.label):
            self.check(process, directory, "search")
        if self.files.mount_of(path).read_only:
            raise FileError("EROFS")
        if directory.immutable:
            raise FileError("EPERM")
        return directory

    def _create(self, process: Process, path: str, directory: Entry, mode: int) -> Entry:
        """A new file takes the directory's type and, in Fedora's policy, its low level (`default_range`)."""
        entry = self.files.file(path, mode=mode, modified=process.time)
        entry.label = context(type_of(directory.label), level_of(directory.label).split("-")[0])
        return entry

    def root_mount(self) -> Mount:
        """The mount of `/`."""
        return self.files.mount_of("/")


def _whole_milliseconds(moment: datetime) -> datetime:
    """Audit stamps have three digits; every tool must show the same ones."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
