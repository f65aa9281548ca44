"""selinux-wrong-context: a rule for the CNI directories exists on the workers, the directories do not follow it.

`semanage fcontext` has container_file_t for /opt/cni and /etc/cni, as distributions that run an unprivileged installer
ship it; the directories were made anew by hand afterwards and inherited usr_t and etc_t. `restorecon` is the cure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.node import BIN_DIR, CONF_DIR
from cnitui.lab.machine.selinux import context
from cnitui.lab.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node

RULES = ("/opt/cni(/.*)?", "/etc/cni(/.*)?")


def prepare(node: Node) -> None:
    """Everywhere the rule, on the workers the wrong labels; the control plane follows it."""
    node.selinux.local_rules += [(pattern, "all files", "container_file_t") for pattern in RULES]
    for top in ("/opt/cni", "/etc/cni"):
        for entry in node.files.below(top):
            entry.label = context("container_file_t")
    if node.control_plane:
        return
    for top, inherited in ((BIN_DIR, "usr_t"), (CONF_DIR, "etc_t")):
        for entry in node.files.below(top):
            entry.label = context(inherited)


SCENARIO = Scenario(
    "selinux-wrong-context",
    "install-cni without privileged, and CNI directories on the workers that lost the labels their rule gives them",
    prepare,
    privileged=False,
    seen='workers crash-loop in install-cni: "found no writeable directory"; the control plane runs',
    causes=("selinux-wrong-context",),
)
