"""A read-only filesystem stops install-cni.

What it looks like
`read-only file system` in the log of any installer; or, because install-cni throws the errno away for the directory
itself, only `/host/opt/cni/bin is not writeable, skipping` and `found no writeable directory`.

Why it breaks
The CNI directory (or the flexvolume directory under /usr) lies on a filesystem that is mounted read-only: an
immutable operating system, a hardened image, a remount after I/O errors. Or the container's own root is read-only
(readOnlyRootFilesystem) and the installer wants to write there.

How we know
The errno EROFS in words, or the mount option `ro` of the very directory that was refused.

What rules it out
The mount of the refused directory is read-write; the error is another errno; install-cni stopped at a step that
writes nothing.

Fix and its risk
Point the CNI directories (or the flexvolume path, or `None`) at a writable path, or make the mount writable. After a
remount for I/O errors look at the disk first: writing on may lose data.

References
projectcalico/cni-plugin#1022; rancher-archives/rke#1744; projectcalico/calico
cni-plugin/pkg/install/install.go@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._host import ASK_MOUNT, another_errno, refusal
from cnitui.domain.causes._rivals import RIVAL_FACTS, mount_of
from cnitui.domain.causes._words import HOST_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, possible, ruled_out
from cnitui.domain.facts import Mounts
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """The errno when the log kept it, else the mount of the refused directory."""
    refused = refusal(view)
    excluded = stopped_elsewhere(view, HOST_STAGES) or another_errno(refused, "EROFS")
    if excluded:
        return excluded
    if refused is not None and refused.errno == "EROFS":
        return confirmed("the host answered that the filesystem is read-only", *refused.evidence)
    mount = mount_of(view, refused.directory) if refused else None
    if refused is None or mount is None:
        return judge_words(view, CAUSE.id, says_so=refused is None, ask=(ASK_MOUNT,))
    quote = view.quote(Mounts, f"{mount.target} {mount.source} {mount.fstype} {','.join(mount.options)}")
    if mount.read_only:
        return confirmed(f"{refused.directory} lies on a mount that is read-only", quote, *refused.evidence)
    if refused.errno:
        return possible("the mount is read-write now", *refused.evidence, against=(quote,))
    return ruled_out(f"{refused.directory} lies on a mount that is read-write", quote)


CAUSE = Cause(
    "read-only-filesystem",
    "A read-only filesystem stops install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *RIVAL_FACTS),
    fix="give {node} a writable {bin_dir} and {net_dir}, or point the installation at writable paths",
    family="host",
)
