"""selinux-type: seLinuxOptions.type of install-cni, changed in the live DaemonSet."""

from __future__ import annotations

from cnitui.domain.remedies.base import Remedy
from cnitui.domain.remedies.confinement import SPC_TYPE
from cnitui.domain.remedies.confinement_fit import fit
from cnitui.domain.remedies.confinement_plan import plan, steps

REMEDY = Remedy(
    id=SPC_TYPE,
    guide="",
    title="Run install-cni as spc_t instead of fully privileged",
    summary="Sets securityContext.seLinuxOptions.type: spc_t on install-cni: SELinux lets it pass, no more.",
    trade_offs=(
        "Least privilege that helps: no extra capabilities or devices, seccomp and AppArmor stay.",
        "Works where a policy forbids privileged containers but lets SELinux options through.",
        "Pod Security baseline refuses the type spc_t as well.",
        "Differs from what upstream ships; the next manifest or operator overwrites it.",
        "Does not help against anything but SELinux.",
    ),
    risk="low: one field, previewed by the server, refused if the object changed since",
    blast_radius="all pods of the DaemonSet restart, failing ones at once, healthy ones as maxUnavailable allows",
    undo="cnitui undo puts back exactly this field",
    fit=lambda situation: fit(SPC_TYPE, situation),
    steps=lambda situation: steps(SPC_TYPE, situation),
    plan=lambda situation: plan(SPC_TYPE, situation),
    correction="The guide knows only full privilege; for SELinux alone the type is enough.",
)
