"""The journal of a node: kernel start, denials, and what its kubelet says, made from state when somebody reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.objects.node_objects import NOT_READY

if TYPE_CHECKING:
    from cnitui.lab.machine.audit import AuditEvent
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World


@dataclass(frozen=True)
class Line:
    """One entry."""

    time: datetime
    identifier: str
    message: str
    unit: str = ""
    event: AuditEvent | None = None

    @property
    def kernel(self) -> bool:
        return self.identifier == "kernel"

    def fields(self) -> dict[str, str]:
        """Journal fields a match may name."""
        base = {"SYSLOG_IDENTIFIER": self.identifier.partition("[")[0]}
        if self.unit:
            base["_SYSTEMD_UNIT"] = f"{self.unit}.service"
        if self.kernel:
            return base | {"_TRANSPORT": "kernel"}
        if self.event is None:
            return base
        what = self.event.denial
        return base | {
            "_TRANSPORT": "audit",
            "_AUDIT_TYPE": "1400",
            "_AUDIT_TYPE_NAME": "AVC",
            "_AUDIT_ID": str(self.event.serial),
            "_PID": str(self.event.pid),
            "_COMM": self.event.comm,
            "_AUDIT_FIELD_NAME": self.event.name,
            "_AUDIT_FIELD_DEV": self.event.device,
            "_AUDIT_FIELD_INO": str(self.event.inode),
            "_AUDIT_FIELD_SCONTEXT": self.event.scontext,
            "_AUDIT_FIELD_TCONTEXT": what.target,
            "_AUDIT_FIELD_TCLASS": what.tclass,
            "_AUDIT_FIELD_PERMISSIVE": str(int(self.event.permissive)),
            "_SOURCE_REALTIME_TIMESTAMP": str(int(self.event.time.timestamp() * 1000)) + "000",
        }


def journal(world: World, node: Node) -> list[Line]:
    """All entries, oldest first."""
    now = node.local(world.clock.now())
    lines = [*_boot(node), *_denials(node), *_kubelet(node, now), *_crash_loops(world, node)]
    lines += [Line(time, who, text) for time, who, text in node.journal]
    return sorted(lines, key=lambda line: line.time)


def _boot(node: Node) -> list[Line]:
    texts = (
        f"Linux version {node.kernel} (mockbuild@iad1-prod-build001.bld.equ.rockylinux.org)",
        "SELinux:  Initializing.",
        "XFS (dm-0): Mounting V5 Filesystem",
        "XFS (dm-0): Ending clean mount",
    )
    made = [Line(node.booted + timedelta(seconds=n), "kernel", text) for n, text in enumerate(texts)]
    if node.selinux.enabled:
        at = node.booted + timedelta(seconds=5)
        made.append(Line(at, "systemd[1]", "Successfully loaded SELinux policy in 312.204ms."))
    return made


def _denials(node: Node) -> list[Line]:
    lines: list[Line] = []
    for event in node.audit.events:
        if node.audit.daemon:
            lines.append(Line(event.time, f"audit[{event.pid}]", f"AVC {event.body}", event=event))
        else:
            lines.append(Line(event.time, "kernel", f"audit: type=1400 audit({event.stamp}): {event.body}"))
    return lines


def _kubelet(node: Node, now: datetime) -> list[Line]:
    """The last minutes of a kubelet whose runtime has no network."""
    if node.network_ready:
        return []
    lines: list[Line] = []
    for back in range(60, 0, -1):
        time = now - timedelta(seconds=5 * back)
        message = NOT_READY.removeprefix("container runtime network not ready: ")
        text = (
            f"E{time:%m%d %H:%M:%S.%f}     912 kubelet.go:2901] "
            f'"Container runtime network not ready" networkReady="{message}"'
        )
        lines.append(Line(time, "kubelet[912]", text, unit="kubelet"))
    return lines


def _crash_loops(world: World, node: Node) -> list[Line]:
    """What a kubelet says of each pod that waits for its next attempt."""
    lines: list[Line] = []
    for worker in world.workers.values():
        meta = worker.pod["metadata"]
        for container in worker.containers if worker.node is node else []:
            if not container.message or container.last is None or container.last.finished is None:
                continue
            time = node.local(container.last.finished) + timedelta(seconds=12)
            wait = f'with CrashLoopBackOff: \\"{container.message}\\"'
            text = (
                f'E{time:%m%d %H:%M:%S.%f}     912 pod_workers.go:1301] "Error syncing pod, skipping" '
                f'err="failed to \\"StartContainer\\" for \\"{container.name}\\" {wait}" '
                f'pod="{meta["namespace"]}/{meta["name"]}" podUID="{meta["uid"]}"'
            )
            lines.append(Line(time, "kubelet[912]", text, unit="kubelet"))
    return lines
