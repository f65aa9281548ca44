"""SELinux in its other shapes: labels made by hand, another pod's categories, hidden denials, a token out of reach.

And two in which it enforces and has no part in what fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.kubelet.installer import BINARIES
from cnitui.lab.machine.machines import opt_volume
from cnitui.lab.machine.node import BIN_DIR, CONF_DIR
from cnitui.lab.machine.selinux import context
from cnitui.lab.scenarios.scenario import Scenario, sound

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node

NOT_WRITEABLE = 'workers crash-loop in install-cni: "found no writeable directory"; the control plane runs'
_DIRECTORIES = (BIN_DIR, CONF_DIR)


def _relabel(node: Node, type_: str, level: str = "s0", tops: tuple[str, ...] = _DIRECTORIES) -> None:
    for top in tops:
        for entry in node.files.below(top):
            entry.label = context(type_, level)


def _by_hand(node: Node) -> None:
    """`mkdir -p /opt/cni/bin` inherits usr_t from /opt, and no rule means another label than bin_t for it."""
    sound(node)
    if not node.control_plane:
        _relabel(node, "usr_t", tops=(BIN_DIR,))


def _other_pods_files(node: Node) -> None:
    """An earlier pod's volume was relabelled for it alone (`:Z`), categories and all."""
    sound(node)
    _relabel(node, "container_file_t")
    if not node.control_plane:
        _relabel(node, "container_file_t", "s0:c127,c456", (BIN_DIR,))


def _hidden(node: Node) -> None:
    """bin_t as the policy has it, and a module that somebody loaded hides what container_t is denied."""
    sound(node)
    if not node.control_plane:
        node.selinux.hidden_domains.add("container_t")


def _unreadable_token(node: Node) -> None:
    """The CNI directories are right; the kubelet did not find SELinux when it started and relabels no volume."""
    sound(node)
    _relabel(node, "container_file_t")
    node.relabels_volumes = node.control_plane


def _conf_only(node: Node) -> None:
    """Somebody labelled /opt/cni and forgot /etc/cni."""
    sound(node)
    _relabel(node, "container_file_t", tops=(BIN_DIR,) if not node.control_plane else _DIRECTORIES)


def _permissive_domain(node: Node) -> None:
    """`semanage permissive -a container_t` and a volume without room: denials are recorded, none of them counts."""
    sound(node)
    if not node.control_plane:
        node.selinux.permissive_domains.add("container_t")
        volume = opt_volume(node)
        volume.options = volume.options.replace("rw,", "ro,", 1)


def _unlabelling(node: Node) -> None:
    """SELinux enforces everywhere, containerd labels nothing; /opt/cni/bin got the immutable attribute."""
    node.selinux.runtime_labels = False
    if not node.control_plane:
        entry = node.files.get(BIN_DIR)
        assert entry is not None
        entry.immutable = True
        for name, size in BINARIES.items():
            node.files.file(f"{BIN_DIR}/{name}", mode=0o755, size=size // 2)


def _innocent(node: Node) -> None:
    """SELinux enforces, containerd labels nothing: unprivileged containers are not confined, and all is well."""
    node.selinux.runtime_labels = False


USR_T = Scenario(
    "selinux-usr-t",
    "install-cni without privileged, and a /opt/cni/bin on the workers that somebody made by hand: usr_t, no rule",
    _by_hand,
    privileged=False,
    seen=NOT_WRITEABLE,
    causes=("selinux-denial", "selinux-wrong-context"),
)
CATEGORIES = Scenario(
    "selinux-categories",
    "install-cni without privileged, and a /opt/cni/bin on the workers that carries another pod's MCS categories",
    _other_pods_files,
    privileged=False,
    seen=NOT_WRITEABLE,
    causes=("selinux-wrong-context",),
)
DONTAUDIT = Scenario(
    "selinux-dontaudit",
    "install-cni without privileged on workers whose policy hides the denials: none is on record",
    _hidden,
    privileged=False,
    seen=NOT_WRITEABLE,
    causes=("selinux-denial",),
)
TOKEN = Scenario(
    "selinux-token",
    "install-cni without privileged; the workers' kubelets relabel no volume: the pod's own token is denied",
    _unreadable_token,
    privileged=False,
    seen="workers crash-loop in install-cni: permission denied on its own token; the control plane runs",
    causes=("selinux-denial", "selinux-wrong-context"),
)
CONFIGURATION = Scenario(
    "selinux-net-d",
    "install-cni without privileged on workers where /opt/cni was labelled for it and /etc/cni was not",
    _conf_only,
    privileged=False,
    seen="workers crash-loop in install-cni after the binaries: permission denied; the control plane runs",
    causes=("selinux-denial",),
)
PERMISSIVE_DOMAIN = Scenario(
    "permissive-domain",
    "/opt is mounted read-only on the workers; container_t is a permissive domain there, so SELinux refuses nothing",
    _permissive_domain,
    privileged=False,
    seen=NOT_WRITEABLE,
    causes=("read-only-filesystem",),
)
IMMUTABLE = Scenario(
    "immutable-directory",
    "/opt/cni/bin on the workers is immutable; SELinux enforces, and the runtime labels no container",
    _unlabelling,
    privileged=False,
    seen=NOT_WRITEABLE,
    causes=("host-permission",),
)
INNOCENT = Scenario(
    "selinux-innocent",
    "install-cni without privileged, SELinux enforcing, a runtime that labels no containers: every pod runs",
    _innocent,
    privileged=False,
    seen="every pod runs; SELinux enforces on every node and install-cni is not privileged",
)
