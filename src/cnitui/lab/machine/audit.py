"""The audit log of a node: each refusal as the AVC, SYSCALL and PROCTITLE records auditd writes.

Formats are those of real records (Debian 12 and EL9, audit 3.x); numbers in the SYSCALL record are of x86_64.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cnitui.lab.machine.selinux import Denial

KEPT = 4096


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One refusal; `serial` is the number after the colon of `audit(…)`."""

    time: datetime
    serial: int
    denial: Denial
    pid: int
    ppid: int
    comm: str
    exe: str
    scontext: str
    name: str
    device: str
    inode: int
    permissive: bool
    syscall: str = "openat"

    @property
    def stamp(self) -> str:
        return f"{int(self.time.timestamp())}.{self.time.microsecond // 1000:03}:{self.serial}"

    @property
    def body(self) -> str:
        """The part every format shares, from `avc:` on."""
        what = self.denial
        return (
            f'avc:  denied  {{ {what.permission} }} for  pid={self.pid} comm="{self.comm}" name="{self.name}" '
            f'dev="{self.device}" ino={self.inode} scontext={self.scontext} tcontext={what.target} '
            f"tclass={what.tclass} permissive={int(self.permissive)}"
        )

    def avc(self) -> str:
        """`type=AVC …` as ausearch --raw prints it."""
        return f"type=AVC msg=audit({self.stamp}): {self.body}"

    def syscall_record(self, *, enriched: bool = True) -> str:
        """`type=SYSCALL …`; auditd's enriched tail follows an invisible separator that raw output shows as nothing."""
        success, code = ("yes", 3) if self.permissive else ("no", -13)
        number = {"openat": 257, "rename": 264, "unlinkat": 263}.get(self.syscall, 257)
        head = (
            f"type=SYSCALL msg=audit({self.stamp}): arch=c000003e syscall={number} success={success} exit={code} "
            f"a0=ffffffffffffff9c a1=c{self.serial * 4096 + 0x520:09x} a2=80241 a3=180 items=0 ppid={self.ppid} "
            f"pid={self.pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) "
            f'ses=4294967295 comm="{self.comm}" exe="{self.exe}" subj={self.scontext} key=(null)'
        )
        tail = (
            f'\x1dARCH=x86_64 SYSCALL={self.syscall} AUID="unset" UID="root" GID="root" EUID="root" SUID="root" '
            'FSUID="root" EGID="root" SGID="root" FSGID="root"'
        )
        return head + tail if enriched else head

    def proctitle(self) -> str:
        """`type=PROCTITLE …`, its text in hexadecimal."""
        return f"type=PROCTITLE msg=audit({self.stamp}): proctitle={self.exe.encode().hex().upper()}"


class AuditLog:
    """The records of one node, oldest first, bounded as rotated files are.

    Records of hours before the lab's start are made when somebody first reads them: most nodes are never asked.
    """

    def __init__(self) -> None:
        self.daemon = True
        """Whether auditd is installed; without it records go to the kernel log only."""
        self._events: deque[AuditEvent] = deque(maxlen=KEPT)
        self._deferred: list[Callable[[], list[AuditEvent]]] = []
        self._serial = 80

    def add(self, event: AuditEvent) -> None:
        """Appends one record, giving it the next number."""
        self._events.append(replace(event, serial=self._next()))

    def defer(self, make: Callable[[], list[AuditEvent]]) -> None:
        """Older records, to be made on the first reading."""
        self._deferred.append(make)

    @property
    def latest(self) -> AuditEvent | None:
        """The newest record, without reading the log."""
        return self._events[-1] if self._events else None

    @property
    def events(self) -> list[AuditEvent]:
        """All records."""
        if self._deferred:
            older = [event for make in self._deferred for event in make()]
            self._deferred.clear()
            merged = sorted([*older, *self._events], key=lambda event: event.time)
            self._serial = 80
            self._events.clear()
            for event in merged:
                self.add(event)
        return list(self._events)

    def _next(self) -> int:
        """Records of other programs come in between, so the numbers jump."""
        self._serial += 9
        return self._serial
