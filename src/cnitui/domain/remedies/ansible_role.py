"""ansible-role: the same change kept in infrastructure code, by name and idempotent."""

from __future__ import annotations

from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.confinement_fit import fit as patch_fit
from cnitui.domain.remedies.situation import Situation

ID = "ansible-role"
ROLE = "roles/calico_install_cni"


def _fit(situation: Situation) -> Fit:
    judged = patch_fit(ID, situation)
    if isinstance(judged, DoesNotFit):
        return judged
    if situation.managers:
        return DoesNotFit(ID, f"{situation.managers[0]} owns the DaemonSet: a role that patches it fights the owner")
    return Fits(ID, "if Ansible deploys this cluster, the repair belongs into its role", judged.reservations)


def _steps(situation: Situation) -> tuple[Step, ...]:
    version = situation.install.version if situation.install else ""
    wanted = f" (the cluster runs {version})" if version else ""
    play = ("ansible-playbook", "site.yml")
    return (
        Step("Write the role; it takes the names of this cluster", command("cnitui", "ansible-role", ROLE)),
        Step(f"In the play, set calico_install_cni_manifest to what the cluster was deployed from{wanted}"),
        Step("See what it would change in the cluster", command(*play, "--check", "--diff")),
        Step("Run it: it applies, waits for the rollout, and changes nothing the second time", command(*play)),
    )


REMEDY = Remedy(
    id=ID,
    guide="Solution 4",
    title="Put the change into the Ansible role",
    summary="Writes a role that deploys your manifest with the line in it, set by container name, at every deployment.",
    trade_offs=(
        "Lasts, and is reviewed like any other code.",
        "Only for clusters that Ansible deploys; it fights an operator, Helm or GitOps.",
        "Slower than a patch in the middle of an incident: patch now, commit the role after.",
    ),
    risk="that of a full apply: the role patches by name, shows it in check mode, and refuses what an owner reverts",
    blast_radius="all clusters the role is run against",
    undo="apply the manifest as it was, or kubectl rollout undo; taking the role out of the play changes nothing",
    fit=_fit,
    steps=_steps,
    correction=(
        "The guide's lineinfile makes invalid YAML and inserts again at every run; its filter is a placeholder; "
        "to_nice_yaml writes one list instead of documents; a .j2 file given to --patch-file is not rendered."
    ),
)
