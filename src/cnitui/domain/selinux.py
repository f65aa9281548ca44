"""SELinux labels and access vector cache (AVC) records."""

from __future__ import annotations

import re
from datetime import datetime

from cnitui.late_dataclass import dataclass

_LABEL = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+(?::s\d+[\w:,.\-]*)?")


@dataclass(frozen=True, slots=True)
class Label:
    """A security context `user:role:type:level`; level is "" on a policy without MLS/MCS."""

    user: str
    role: str
    type: str
    level: str = ""

    @classmethod
    def parse(cls, text: str) -> Label | None:
        """Read a context as `ls -Z` prints it; None for `?`, "" and anything that is none."""
        if not _LABEL.fullmatch(text):
            return None
        user, role, kind, *level = text.split(":", 3)
        return cls(user, role, kind, level[0] if level else "")

    @property
    def categories(self) -> str:
        """The MCS categories, e.g. `c123,c456`; "" when there are none."""
        _, _, categories = self.level.partition(":")
        return categories

    def __str__(self) -> str:
        return ":".join(part for part in (self.user, self.role, self.type, self.level) if part)


@dataclass(frozen=True, slots=True)
class Avc:
    """One denial as the kernel (`AVC`) or a user-space object manager (`USER_AVC`) recorded it.

    `permissive` is True when the record says permissive=1 (it was *not* denied), False for permissive=0 or, on kernels
    that do not write it (RHEL 7), when the call failed with EACCES; None when the record does not say.
    `terminal` is the one that the process was started from; a container and a service have none. `time` is UTC. `raw`
    is the record as read, `position` where it stood.
    """

    permissions: tuple[str, ...]
    comm: str
    scontext: Label | None
    tcontext: Label | None
    tclass: str
    permissive: bool | None
    raw: str
    time: datetime | None = None
    name: str = ""
    path: str = ""
    device: str = ""
    inode: int = 0
    pid: int = 0
    kind: str = "AVC"
    position: str = ""
    terminal: str = ""

    @property
    def enforced(self) -> bool:
        """Whether the access was really refused (permissive=1 was only logged)."""
        return self.permissive is False

    @property
    def summary(self) -> str:
        """`container_t → bin_t dir { write }`, for a table cell."""
        source = self.scontext.type if self.scontext else "?"
        target = self.tcontext.type if self.tcontext else "?"
        return f"{source} → {target} {self.tclass} {{ {' '.join(self.permissions)} }}"


CONFINED_CONTAINER_TYPES = frozenset({"container_t", "container_init_t", "container_kvm_t", "svirt_lxc_net_t"})
"""Domains a container runs in when the runtime labels it; svirt_lxc_net_t is the old name, still Flatcar's."""

UNCONFINED_CONTAINER_TYPES = frozenset({"spc_t", "unconfined_service_t", "unconfined_t"})
"""Domains SELinux lets do as they like; a privileged or unlabelled container runs in spc_t (container.te)."""
