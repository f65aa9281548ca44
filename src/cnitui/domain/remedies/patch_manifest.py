"""patch-manifest: the same line, in the manifest file that the cluster is deployed from."""

from __future__ import annotations

from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.confinement import PRIVILEGED, setting_of
from cnitui.domain.remedies.confinement_fit import fit as patch_fit
from cnitui.domain.remedies.owners import lasting_steps
from cnitui.domain.remedies.situation import Situation

ID = "patch-manifest"


def _fit(situation: Situation) -> Fit:
    judged = patch_fit(ID, situation)
    if isinstance(judged, DoesNotFit):
        return judged
    method = situation.install.method if situation.install else ""
    if method == "operator":
        return DoesNotFit(ID, "the operator renders the DaemonSet itself: there is no manifest of it to edit")
    return Fits(ID, "makes the repair last: the next kubectl apply of the manifest keeps it", judged.reservations)


def _steps(situation: Situation) -> tuple[Step, ...]:
    by_owner = lasting_steps(situation, setting_of(PRIVILEGED, situation.container))
    if by_owner:
        return by_owner
    version = situation.install.version if situation.install else ""
    wanted = f" (the cluster runs {version}: take the file you deployed, not a newer one)" if version else ""
    return (
        Step(f"Take the manifest the cluster was deployed from{wanted}"),
        Step("See the change as a diff", command("cnitui", "patch", "calico.yaml", "--diff")),
        Step("Make it, keeping every other byte", command("cnitui", "patch", "calico.yaml", "--in-place")),
        Step("Compare with the cluster before you apply", command("kubectl", "diff", "-f", "calico.yaml")),
        Step("Apply it; the DaemonSet rolls out by itself", command("kubectl", "apply", "-f", "calico.yaml")),
    )


REMEDY = Remedy(
    id=ID,
    guide="Solution 1",
    title="Make install-cni privileged in the manifest file",
    summary="Adds exactly securityContext.privileged: true to install-cni in a manifest file, for `kubectl apply`.",
    trade_offs=(
        "Lasts: what is deployed and what is in the repository stay the same.",
        "Comments, order, quoting and every other byte of the file are kept; running it twice changes nothing more.",
        "Applying a whole manifest also brings every other difference between the file and the cluster.",
        "A file of another Calico version upgrades or downgrades the cluster on the way.",
    ),
    risk="low for the edit; that of a full apply for the deployment (look at kubectl diff first)",
    blast_radius="the file; after kubectl apply all pods of the DaemonSet, and whatever else differs",
    undo="the edit by version control, the deployment by kubectl rollout undo",
    fit=_fit,
    steps=_steps,
    correction=(
        "Stock manifests have had the line since v3.11, v3.27.0 included (install-cni begins at line 4800 there): "
        "adding it again makes a duplicate key. If it is missing in the cluster, somebody removed it."
    ),
)
