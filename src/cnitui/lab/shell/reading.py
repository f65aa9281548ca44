"""Reading files of a node the way its kernel lets a user: stored ones, and those made from state on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.files import Entry, parent, tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnitui.lab.machine.node import Node
    from cnitui.lab.shell.invocation import Session


class FileProblem(Exception):
    """Why a path cannot be used: coreutils' words."""

    def about(self, path: str) -> str:
        """The usual complaint."""
        return f"{path}: {self}"


def readable(session: Session, entry: Entry) -> bool:
    """Whether the user may read it, by mode bits."""
    if session.root:
        return True
    if not _may(session, entry, 0o004):
        return False
    above = parent(entry.path)
    while above != "/":
        held = session.node.files.get(above)
        if held is not None and not _may(session, held, 0o001):
            return False
        above = parent(above)
    return True


def _may(session: Session, entry: Entry, bit: int) -> bool:
    """By the owner's bits for the owner, by those of others for everybody else."""
    return bool(entry.mode & (bit << 6 if entry.owner == session.user else bit))


def lookup(session: Session, path: str) -> Entry:
    """The entry at an absolute path; FileProblem when there is none or the way is barred."""
    path = tidy(path if path.startswith("/") else f"{session.directory or home(session)}/{path}")
    entry = session.node.files.get(path)
    if entry is None:
        raise FileProblem("No such file or directory")
    return entry


def home(session: Session) -> str:
    """The user's home directory."""
    return "/root" if session.root else f"/home/{session.user}"


def read_text(session: Session, path: str) -> str:
    """A file's text."""
    made = _MADE.get(tidy(path))
    if made is not None:
        if tidy(path) in _ROOT_ONLY and not session.root:
            raise FileProblem("Permission denied")
        return made(session.node)
    entry = lookup(session, path)
    if entry.kind == "directory":
        raise FileProblem("Is a directory")
    if not readable(session, entry):
        raise FileProblem("Permission denied")
    return entry.content or ""


def mount_lines(node: Node) -> str:
    """/proc/mounts."""
    return "".join(f"{m.source} {m.target} {m.fstype} {m.options} 0 0\n" for m in node.files.mounts)


def mount_info(node: Node) -> str:
    """/proc/self/mountinfo: super options after the dash, as the kernel splits them."""
    lines = []
    for number, mount in enumerate(node.files.mounts, 22):
        flags = [f for f in mount.flags if f in ("ro", "rw", "nosuid", "nodev", "noexec", "relatime")]
        rest = ["rw", *(flag for flag in mount.flags if flag not in flags)]
        up = 1 if mount.target == "/" else 22
        source = mount.source.partition("[")[0]
        lines.append(
            f"{number} {up} 253:0 {mount.root} {mount.target} {','.join(flags)} shared:{number} - {mount.fstype} "
            f"{source} {','.join(rest)}\n"
        )
    return "".join(lines)


def audit_log(node: Node) -> str:
    """/var/log/audit/audit.log."""
    lines: list[str] = []
    for event in node.audit.events:
        lines += [event.avc(), event.syscall_record(), event.proctitle()]
    return "".join(line + "\n" for line in lines)


def _filesystems(node: Node) -> str:
    """/proc/filesystems: selinuxfs is there unless the kernel started without SELinux."""
    names = ["nodev\tsysfs", "nodev\ttmpfs", "nodev\tproc", "nodev\tcgroup2", "nodev\toverlay", "\txfs", "\text4"]
    return "".join(f"{name}\n" for name in (["nodev\tselinuxfs"] if node.selinux.enabled else []) + names)


def _stat(node: Node) -> str:
    """/proc/stat: the kernel reckons its start from the clock that the node has now."""
    return f"cpu  1 0 1 99 0 0 0 0 0 0\nbtime {int(node.local(node.booted).timestamp())}\nprocesses 4242\n"


def _enforce(node: Node) -> str:
    return "1" if node.selinux.mode == "enforcing" else "0"


_MADE: dict[str, Callable[[Node], str]] = {
    "/proc/mounts": mount_lines,
    "/proc/self/mounts": mount_lines,
    "/etc/mtab": mount_lines,
    "/proc/self/mountinfo": mount_info,
    "/proc/filesystems": _filesystems,
    "/proc/sys/kernel/random/boot_id": lambda node: f"{node.boot_id}\n",
    "/proc/stat": _stat,
    "/sys/fs/selinux/enforce": _enforce,
    "/var/log/audit/audit.log": audit_log,
}
_ROOT_ONLY = frozenset({"/var/log/audit/audit.log"})
