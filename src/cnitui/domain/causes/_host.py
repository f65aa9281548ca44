"""What the host refused: the failing file operation of install-cni, and what else could refuse it.

Not a cause. `Permission denied`, `Read-only file system` and the others are open(2)'s words for an errno; install-cni
throws the errno away when the directory itself is not writeable (projectcalico/calico
cni-plugin/pkg/install/install.go@v3.27.0, winutils/fileutil.IsDirWriteable).
"""

from __future__ import annotations

import re
from typing import Literal

from cnitui.domain.causes.base import ruled_out
from cnitui.domain.facts import InstallCni, Milestones
from cnitui.domain.finding import Evidence, Judgement, NextEvidence
from cnitui.domain.view import View
from cnitui.late_dataclass import dataclass

Errno = Literal["", "EACCES", "EPERM", "EROFS", "ENOSPC", "ETXTBSY", "ENOENT", "ENOEXEC", "EIO"]
_WORDS: tuple[tuple[str, Errno], ...] = (
    ("text file busy", "ETXTBSY"),
    ("read-only file system", "EROFS"),
    ("read-only filesystem", "EROFS"),
    ("no space left on device", "ENOSPC"),
    ("disk quota exceeded", "ENOSPC"),
    ("operation not permitted", "EPERM"),
    ("permission denied", "EACCES"),
    ("exec format error", "ENOEXEC"),
    ("input/output error", "EIO"),
    ("no such file or directory", "ENOENT"),
)
_HOST = "/host"
MINIMUM_KIB = 1024
"""Less room than this is none: the smallest plugin has several MB."""

ASK_MOUNT = NextEvidence("ssh {node} findmnt -T {bin_dir}", "shows whether the directory lies on a read-only mount")
ASK_SPACE = NextEvidence("ssh {node} 'df -P {bin_dir}; df -Pi {bin_dir}'", "shows whether space or inodes are used up")
ASK_ATTRIBUTES = NextEvidence(
    "ssh {node} 'lsattr -d {bin_dir}; ls -ldn {bin_dir}'", "shows an immutable directory, and whose it is"
)
ASK_AVC = NextEvidence(
    "ssh {node} sudo ausearch --input-logs -m avc,user_avc,selinux_err -ts recent",
    "shows whether SELinux refused an access of install-cni",
)
ASK_LABELS = NextEvidence("ssh {node} 'getenforce; ls -ldZ {bin_dir} {net_dir}'", "shows mode and labels")


def errno_of(text: str) -> Errno:
    """The errno that an error text names; "" when it names none."""
    lowered = text.lower()
    return next((errno for words, errno in _WORDS if words in lowered), "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The file operation that stopped install-cni: on which host directory, with which errno ("" thrown away)."""

    directory: str
    errno: Errno
    evidence: tuple[Evidence, ...]
    executing: bool = False


_EXECUTED = re.compile(r"exec /|\bline \d{1,5}: /\S{0,400}/bin/\S{1,80}: Permission denied")
"""How Go (os/exec) and a shell say that a program was not let run; one that may not write `can't create`."""


def refusal(view: View) -> Refusal | None:
    """What the host refused to install-cni, or None when its log shows no such thing."""
    milestones = view.use(Milestones)
    if milestones is None or milestones.failed_at not in ("prepare", "binaries", "kubeconfig", "configuration"):
        return None
    errno = errno_of(milestones.first_error)
    if not errno and not milestones.not_writeable:
        return None
    position = f"line {milestones.error_line}" if milestones.error_line else ""
    evidence = [view.quote(Milestones, milestones.first_error, position)]
    evidence += [view.quote(Milestones, f"{path} is not writeable, skipping") for path in milestones.not_writeable]
    executing = _EXECUTED.search(milestones.first_error) is not None
    return Refusal(_directory(view, milestones), errno, tuple(evidence), executing)


def _directory(view: View, milestones: Milestones) -> str:
    install = view.use(InstallCni)
    bin_dir = install.bin_dir if install else "/opt/cni/bin"
    net_dir = install.net_dir if install else "/etc/cni/net.d"
    if milestones.failed_at in ("kubeconfig", "configuration"):
        return net_dir
    if milestones.failed_at == "prepare" and not milestones.not_writeable:
        return ""
    return bin_dir


def another_errno(refused: Refusal | None, *fitting: Errno) -> Judgement | None:
    """Ruled out, when the refusal names an errno that this cause does not give."""
    if refused is None or not refused.errno or refused.errno in fitting:
        return None
    return ruled_out(f"the error is {refused.errno}, which this cause does not give", *refused.evidence[:1])
