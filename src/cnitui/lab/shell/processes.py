"""The processes of a node: its services, and whatever its containers run at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World

_SERVICES = (
    (1, "systemd", "init_t"),
    (640, "systemd-journal", "syslogd_t"),
    (655, "systemd-udevd", "udev_t"),
    (760, "auditd", "auditd_t"),
    (811, "chronyd", "chronyd_t"),
    (842, "NetworkManager", "NetworkManager_t"),
    (880, "sshd", "sshd_t"),
    (901, "containerd", "container_runtime_t"),
    (912, "kubelet", "kubelet_t"),
)


@dataclass(frozen=True)
class Listed:
    """A line of `ps`."""

    pid: int
    ppid: int
    comm: str
    label: str

    def column(self, name: str) -> str:
        """One of ps's -o columns."""
        user = "root"
        values = {"pid": str(self.pid), "ppid": str(self.ppid), "comm": self.comm, "label": self.label, "user": user}
        return values.get(name.partition("=")[0], self.comm)


def processes(world: World, node: Node) -> list[Listed]:
    """Services first, then containers."""
    off = not node.selinux.enabled
    found = [
        Listed(pid, int(pid != 1), comm, "-" if off else f"system_u:system_r:{kind}:s0")
        for pid, comm, kind in _SERVICES
        if comm != "auditd" or node.audit.daemon
    ]
    found += [
        Listed(entry.busy, 1, entry.name, "-" if off else "system_u:system_r:container_runtime_t:s0")
        for entry in node.files.entries.values()
        if entry.busy
    ]
    for worker in world.workers.values():
        if worker.node is not node:
            continue
        for container in worker.containers:
            attempt = container.current
            if container.state == "running" and attempt is not None:
                label = attempt.label or "system_u:system_r:spc_t:s0"
                found.append(Listed(attempt.pid, attempt.pid - 12, container.name, "-" if off else label))
    return found
