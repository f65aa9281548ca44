"""permissive: the guide's "not recommended" alternative; text only, never applied by the tool."""

from __future__ import annotations

from cnitui.domain.listing import listed
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Remedy, Step, command
from cnitui.domain.remedies.situation import Situation

ID = "permissive"


def _fit(_situation: Situation) -> Fit:
    return DoesNotFit(
        ID, "not recommended: it takes SELinux away from every process on the node, and cures no other cause"
    )


def _steps(situation: Situation) -> tuple[Step, ...]:
    nodes = listed(situation.failing_nodes) or "one failing node"
    return (
        Step(
            f"For diagnosis only, on {nodes}: let the container domain alone pass, and watch the next attempt",
            command("sudo", "semanage", "permissive", "-a", "container_t"),
        ),
        Step("Take it back at once", command("sudo", "semanage", "permissive", "-d", "container_t")),
        Step("The guide's way switches SELinux off for the whole node (laboratories only)", "sudo setenforce 0"),
        Step("Take that back", "sudo setenforce 1"),
        Step("Do not edit /etc/selinux/config: files made meanwhile have no labels, and enforcing again may not boot"),
    )


REMEDY = Remedy(
    id=ID,
    guide="Alternative",
    title="Switch SELinux to permissive (not recommended)",
    summary="Lets everything pass and only logs it. Shown because the guide names it; the tool never does it.",
    trade_offs=(
        "Shows quickly whether SELinux is involved at all.",
        "Every process on the node loses its confinement, not only install-cni.",
        "Production systems should keep SELinux enforcing; so says the guide itself.",
        "Hides the cause instead of curing it.",
    ),
    risk="high: the node's mandatory access control is gone",
    blast_radius="every process on the node",
    undo="setenforce 1, as long as the configuration file was not changed",
    fit=_fit,
    steps=_steps,
    correction="The guide also edits /etc/selinux/config, which survives reboots and is forgotten.",
)
