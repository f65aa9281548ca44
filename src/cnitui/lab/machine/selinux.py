"""SELinux of a node: default labels, what a confined container may do, and the records of refusals.

Facts: fedora-selinux/selinux-policy `corecommands.fc`, `files.fc`; containers/container-selinux `container.fc`,
`container.te` (v2.250); MCS from policy/mcs: a process may write an object only when its level dominates the object's.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field, replace

UNCONFINED = frozenset({"spc_t", "unconfined_t", "unconfined_service_t", "container_runtime_t"})
WRITABLE = frozenset({"container_file_t", "svirt_sandbox_file_t"})
CUSTOMIZABLE = frozenset({"container_file_t", "svirt_sandbox_file_t"})
"""Types plain `restorecon` leaves alone; only `-F` resets them (`customizable_types` of the targeted policy)."""

POLICY_RULES: tuple[tuple[str, str, str], ...] = (
    ("/.*", "all files", "default_t"),
    ("/", "directory", "root_t"),
    ("/etc/.*", "all files", "etc_t"),
    ("/etc", "directory", "etc_t"),
    ("/etc/selinux(/.*)?", "all files", "selinux_config_t"),
    ("/etc/kubernetes(/.*)?", "all files", "kubernetes_file_t"),
    ("/opt(/.*)?", "all files", "usr_t"),
    ("/opt/(.*/)?bin(/.*)?", "all files", "bin_t"),
    ("/opt/(.*/)?libexec(/.*)?", "all files", "bin_t"),
    ("/opt/(.*/)?sbin(/.*)?", "all files", "bin_t"),
    ("/root(/.*)?", "all files", "admin_home_t"),
    ("/run(/.*)?", "all files", "var_run_t"),
    ("/usr(/.*)?", "all files", "usr_t"),
    ("/usr/(.*/)?s?bin(/.*)?", "all files", "bin_t"),
    ("/var(/.*)?", "all files", "var_t"),
    ("/var/lib/cni(/.*)?", "all files", "container_var_lib_t"),
    ("/var/lib/kubelet(/.*)?", "all files", "kubelet_var_lib_t"),
    ("/var/lib(/.*)?", "all files", "var_lib_t"),
    ("/var/log(/.*)?", "all files", "var_log_t"),
    ("/var/log/audit(/.*)?", "all files", "auditd_log_t"),
)
"""(pattern, file type as `semanage fcontext -l` prints it, type); the most specific that matches wins."""


@functools.lru_cache(maxsize=4096)
def context(type_: str, level: str = "s0", user: str = "system_u", role: str = "object_r") -> str:
    """A full security context."""
    return f"{user}:{role}:{type_}:{level}"


def type_of(full: str) -> str:
    """The type in a context."""
    return full.split(":")[2]


def level_of(full: str) -> str:
    """The level (sensitivity and categories) in a context."""
    return ":".join(full.split(":")[3:])


def categories(level: str) -> frozenset[int]:
    """The categories of `s0:c1,c2` or `s0:c0.c1023`."""
    found: set[int] = set()
    for part in level.split("-")[-1].split(":")[1:]:
        for item in part.split(","):
            first, _, last = item.partition(".")
            found.update(range(int(first[1:]), int((last or first)[1:]) + 1))
    return frozenset(found)


@dataclass(frozen=True)
class Denial:
    """One refusal: the words between the braces of an AVC record, and whether the policy hides it."""

    permission: str
    target: str
    tclass: str
    hidden: bool = False


@dataclass
class SELinux:
    """Mode and policy of one node; `runtime_labels` is containerd's enable_selinux."""

    mode: str = "enforcing"
    configured: str = "enforcing"
    policy: str = "targeted"
    runtime_labels: bool = True
    permissive_domains: set[str] = field(default_factory=set)
    local_rules: list[tuple[str, str, str]] = field(default_factory=list)
    hidden_domains: set[str] = field(default_factory=set)
    """Domains of which a module's dontaudit rules hide every refusal."""

    @property
    def enabled(self) -> bool:
        return self.mode != "disabled"

    def default_type(self, path: str) -> str:
        """The type the policy gives a path: local rules first, latest first, then the policy's, longest stem first."""
        for pattern, _, type_ in reversed(self.local_rules):
            if re.fullmatch(pattern, path):
                return type_
        return _policy_type(path)

    def enforces(self, label: str | None) -> bool:
        """Whether refusals against a process of this label are real."""
        if label is None or self.mode != "enforcing":
            return False
        return type_of(label) not in self.permissive_domains

    def refusal(self, label: str | None, target: str, tclass: str, permission: str) -> Denial | None:
        """What the policy has against it, in any mode; None when it is allowed or SELinux is off."""
        found = self._refusal(label, target, tclass, permission)
        if found is None or label is None or type_of(label) not in self.hidden_domains:
            return found
        return replace(found, hidden=True)

    def _refusal(self, label: str | None, target: str, tclass: str, permission: str) -> Denial | None:
        if label is None or not self.enabled or type_of(label) in UNCONFINED:
            return None
        if tclass == "lnk_file" and type_of(target) not in WRITABLE:
            return Denial(permission, target, tclass)
        if permission in ("getattr", "read", "search", "execute"):
            return self._level_refusal(label, target, tclass, "search")
        if type_of(target) not in WRITABLE:
            return Denial(permission, target, tclass)
        return self._level_refusal(label, target, tclass, permission)

    @staticmethod
    def _level_refusal(label: str, target: str, tclass: str, permission: str) -> Denial | None:
        if categories(level_of(target)) <= categories(level_of(label)):
            return None
        return Denial(permission, target, tclass, hidden=tclass == "dir")


@functools.lru_cache(maxsize=4096)
def _policy_type(path: str) -> str:
    matching = [rule for rule in POLICY_RULES if re.fullmatch(rule[0], path)]
    return max(matching, key=lambda rule: (rule[0] == path, _stem(rule[0]), len(rule[0])))[2]


def _stem(pattern: str) -> int:
    found = re.search(r"[.\\^$?*+|\[({]", pattern)
    return found.start() if found else len(pattern)
