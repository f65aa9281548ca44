"""A volume or mount that the pod needs cannot be set up.

What it looks like
`MountVolume.SetUp failed`, `hostPath type check failed`, `bind source path does not exist`, `is not a shared mount`,
`Failed to mount BPF filesystem`; the pod stays in ContainerCreating or CreateContainerError. A missing CNI directory
can also show as `is not writeable, skipping`.

Why it breaks
A hostPath is not there (its volume has no type before v3.27.4 and v3.28.1), a Secret or ConfigMap does not exist, the
host's mount is not shared (no systemd), or the kernel has no such filesystem.

How we know
The words of kubelet and runtime about the volume; the listing of the node, which lacks the directory.

What rules it out
The failing container was started, so its volumes were mounted; the directory is there.

Fix and its risk
Create the directory or object, make the mount shared, or adapt the volume. `mount --make-rshared` changes propagation
for the whole host.

References
jupyterhub/action-k3s-helm#113; projectcalico/calico#13681, #6279; k3s-io/k3s#3815; kubernetes documentation,
hostPath.
"""

from __future__ import annotations

from cnitui.domain.causes._host import Refusal, another_errno, refusal
from cnitui.domain.causes._words import WORDS, claims, judge_words, started, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, ruled_out
from cnitui.domain.facts import CniDirectories, Stage
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_STAGES: frozenset[Stage] = frozenset({"prepare", "binaries", "kubeconfig", "configuration"})
_ASK = (
    NextEvidence("kubectl -n {namespace} describe pod {pod}", "its events name the volume that cannot be mounted"),
    NextEvidence("ssh {node} ls -ld {bin_dir} {net_dir}", "whether the directories are there at all"),
)


def judge(view: View) -> Judgement:
    """Words of kubelet and runtime; the node's own listing where a directory was refused."""
    refused = refusal(view)
    excluded = stopped_elsewhere(view, _STAGES) or another_errno(refused, "ENOENT")
    if excluded:
        return excluded
    on_disk = _on_disk(view, refused)
    if on_disk is not None:
        return on_disk
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    return spoken if claims(spoken) else started(view) or spoken


def _on_disk(view: View, refused: Refusal | None) -> Judgement | None:
    directories = view.use(CniDirectories)
    if refused is None or directories is None or not refused.directory:
        return None
    if refused.directory in directories.missing:
        quote = view.quote(CniDirectories, f"{refused.directory}: no such directory")
        return confirmed(f"{refused.directory} does not exist on the node", quote, *refused.evidence)
    if refused.directory in directories.directories and not refused.errno:
        quote = view.quote(CniDirectories, f"{refused.directory} is there")
        return ruled_out("the directory that was refused exists on the node", quote)
    return None


CAUSE = Cause(
    "mount-failure",
    "A volume or mount of the pod cannot be set up",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, CniDirectories),
    fix="create the missing directory, Secret or ConfigMap, make the host's mount shared, or adapt the volume",
    family="host",
)
