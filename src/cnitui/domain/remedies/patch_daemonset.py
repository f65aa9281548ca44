"""patch-daemonset: securityContext.privileged of install-cni, changed in the live DaemonSet."""

from __future__ import annotations

from cnitui.domain.remedies.base import Remedy
from cnitui.domain.remedies.confinement import PRIVILEGED
from cnitui.domain.remedies.confinement_fit import fit
from cnitui.domain.remedies.confinement_plan import plan, steps

REMEDY = Remedy(
    id=PRIVILEGED,
    guide="Solution 2",
    title="Make install-cni privileged in the live DaemonSet",
    summary="Sets securityContext.privileged: true on install-cni, found by its name, and keeps everything else.",
    trade_offs=(
        "Fast: one guarded patch, no redeployment; pods are replaced by the DaemonSet controller.",
        "It is what upstream ships: stock manifests have had this line since v3.11.",
        "install-cni gets every capability and device and runs unconfined by SELinux; it runs once per pod and exits.",
        "The manifest in your repository still lacks the line: fix it too, or the next apply takes the patch away.",
        "Needs a namespace whose Pod Security level is privileged.",
    ),
    risk="low: one field, previewed by the server, refused if the object changed since",
    blast_radius="all pods of the DaemonSet restart, failing ones at once, healthy ones as maxUnavailable allows",
    undo="cnitui undo puts back exactly this field",
    fit=lambda situation: fit(PRIVILEGED, situation),
    steps=lambda situation: steps(PRIVILEGED, situation),
    plan=lambda situation: plan(PRIVILEGED, situation),
    correction=(
        "The guide patches initContainers/1 without looking: on canal and with operators from 1.40 on that is another "
        "container. Its `add` of a whole securityContext drops what was there, and deleting the worker pods by hand is "
        "needed only with OnDelete: a changed template rolls out by itself."
    ),
)
