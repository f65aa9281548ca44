"""A full disk stops install-cni.

What it looks like
`no space left on device` or `disk quota exceeded`, as an ERROR at one of the binaries; or an eviction of the pod for
ephemeral storage; or, when there is no inode left, only `is not writeable, skipping`.

Why it breaks
The installer copies about 200 MB, one file twice for a moment. Space, inodes or a quota of the filesystem behind the
CNI directory, a tmpfs of the operating system, or the runtime's own disk are used up.

How we know
The errno ENOSPC in words; df of the refused directory; the kubelet's eviction or its DiskPressure condition.

What rules it out
Room and inodes on the filesystem of the refused directory; another errno; a step that writes nothing to the host.

Fix and its risk
Free or enlarge the filesystem: old images, logs, leftovers NAME.tmp in the bin directory. Deleting under /var/lib by
hand is the risk; let the kubelet collect images, rotate the logs.

References
kubernetes/kubernetes#91600; projectcalico/calico cni-plugin/pkg/install/install.go@v3.27.0; kubelet eviction
documentation.
"""

from __future__ import annotations

from cnitui.domain.causes._host import ASK_SPACE, another_errno, refusal
from cnitui.domain.causes._rivals import RIVAL_FACTS, filesystem_of, is_full
from cnitui.domain.causes._words import HOST_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, ruled_out
from cnitui.domain.facts import FreeSpace
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """The errno when the log kept it, else the room on the refused directory's filesystem."""
    refused = refusal(view)
    excluded = stopped_elsewhere(view, HOST_STAGES) or another_errno(refused, "ENOSPC")
    if excluded:
        return excluded
    if refused is not None and refused.errno == "ENOSPC":
        return confirmed("the host answered that there is no space left", *refused.evidence)
    room = filesystem_of(view, refused.directory) if refused else None
    if refused is None or room is None:
        return judge_words(view, CAUSE.id, says_so=refused is None, ask=(ASK_SPACE,))
    words = room.raw or f"{room.mounted_on}: {room.available_kib} KiB and {room.inodes_free} inodes free"
    quote = view.quote(FreeSpace, words)
    if is_full(room):
        return likely(f"the filesystem of {refused.directory} is full", quote, *refused.evidence)
    return ruled_out(f"there is room on the filesystem of {refused.directory}", quote)


CAUSE = Cause(
    "disk-full",
    "A full disk stops install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *RIVAL_FACTS),
    fix="free space or inodes on the filesystem of {bin_dir} on {node}, then let the pod start anew",
    family="host",
)
