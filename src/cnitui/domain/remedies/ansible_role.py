"""ansible-role: the same change kept in infrastructure code, by name and idempotent."""

from __future__ import annotations

import json

from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.confinement_fit import fit as patch_fit
from cnitui.domain.remedies.situation import Situation

ID = "ansible-role"


def _fit(situation: Situation) -> Fit:
    judged = patch_fit(ID, situation)
    if isinstance(judged, DoesNotFit):
        return judged
    if situation.managers:
        return DoesNotFit(ID, f"{situation.managers[0]} owns the DaemonSet: a role that patches it fights the owner")
    return Fits(ID, "if Ansible deploys this cluster, the repair belongs into its role", judged.reservations)


def _steps(situation: Situation) -> tuple[Step, ...]:
    wanted = {"name": situation.container, "securityContext": {"privileged": True}}
    patch = json.dumps({"spec": {"template": {"spec": {"initContainers": [wanted]}}}})
    target = ("-n", situation.namespace, "patch", "daemonset", situation.daemonset_name)
    return (
        Step(
            "Either edit the role's manifest once, byte-preserving, and commit it",
            command("cnitui", "patch", "calico.yaml", "--in-place"),
        ),
        Step(
            "or let the role run a strategic merge patch after deploying: it finds the container by name, keeps its "
            "other settings and changes nothing the second time",
            command("kubectl", *target, "--type=strategic", "-p", patch),
        ),
        Step("Report a change only when kubectl says so: changed_when: \"'(no change)' not in patched.stdout\""),
        Step("Check that the name is right first: a misspelt one would add a container"),
        Step("Never use --type=merge here: it would delete all other init containers"),
    )


REMEDY = Remedy(
    id=ID,
    guide="Solution 4",
    title="Put the change into the Ansible role",
    summary="Keeps the line in infrastructure code, patched by container name, so that the next deployment has it.",
    trade_offs=(
        "Lasts, and is reviewed like any other code.",
        "Only for clusters that Ansible deploys; it fights an operator, Helm or GitOps.",
        "Slower than a patch in the middle of an incident: patch now, commit the role after.",
    ),
    risk="low when the role patches by name",
    blast_radius="all clusters the role is run against",
    undo="revert the commit and run the role",
    fit=_fit,
    steps=_steps,
    correction=(
        "The guide's lineinfile makes invalid YAML and inserts again at every run; its filter is a placeholder; "
        "to_nice_yaml writes one list instead of documents; a .j2 file given to --patch-file is not rendered."
    ),
)
