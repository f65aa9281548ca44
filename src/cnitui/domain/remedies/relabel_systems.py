"""Where semanage is on each system, which package brings it, and what to do where there is none.

Sources: package lists of Fedora, RHEL 7 to 9, Debian 12 and openSUSE (policycoreutils-python-utils; on RHEL 7 and
Amazon Linux 2 policycoreutils-python); coreos/fedora-coreos-tracker issue 126 (no Python, so no semanage) and the
Fedora CoreOS FAQ (a locally changed policy is not updated any more); flatcar/Flatcar issues 673 and 1592 (policy from
Gentoo's refpolicy below /usr, permissive by default); talos.dev (no shell, no login). The policy module was tried with
semodule 3.4: its rules win over the policy's `/opt/(.*/)?bin(/.*)?`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import lru_cache

from cnitui.domain.relabelling import LEVEL, TYPE, spec
from cnitui.domain.remedies.base import Step, command
from cnitui.late_dataclass import dataclass

UTILS = "policycoreutils-python-utils"


@dataclass(frozen=True, slots=True)
class System:
    """A family of systems: how semanage gets there (`install`, () when it cannot), and what is special (`note`).

    `sealed` says why nothing can be run there at all.
    """

    name: str
    marks: tuple[str, ...]
    install: tuple[str, ...] = ()
    note: str = ""
    sealed: str = ""

    @property
    def records(self) -> bool:
        """Whether rules can be recorded with semanage, once its package is there."""
        return bool(self.install)


_FROZEN = "a policy that was changed on the node is not updated with the system any more"
SYSTEMS: tuple[System, ...] = (
    System("Talos", ("talos",), sealed="it has no shell, and its policy is part of the image"),
    System("Bottlerocket", ("bottlerocket",), sealed="its policy is part of the image, and its host has no shell"),
    System("Flatcar", ("flatcar", "container linux"), note="its policy is below /usr, which is read-only"),
    System("CoreOS (rpm-ostree)", ("coreos", "atomic host", "silverblue", "iot edition"), note=_FROZEN),
    System(
        "SUSE with transactional updates",
        ("microos", "sle micro", "sl micro", "leap micro", "linux micro"),
        ("transactional-update", "-n", "pkg", "install", UTILS),
        "the package is there after a reboot",
    ),
    System("SUSE", ("suse", "sles"), ("zypper", "-n", "install", UTILS)),
    System("Debian", ("debian", "ubuntu"), ("apt-get", "install", "-y", UTILS)),
    System(
        "Enterprise Linux 7",
        ("centos linux 7", "enterprise linux server 7", "oracle linux server 7", "scientific linux 7"),
        ("yum", "-y", "install", "policycoreutils-python"),
    ),
    System("Amazon Linux 2", ("amazon linux 2 ", "amazon linux 2"), ("yum", "-y", "install", "policycoreutils-python")),
    System(
        "Fedora and Enterprise Linux",
        ("fedora", "red hat", "rhel", "rocky", "alma", "centos", "oracle", "amazon linux", "azure linux", "mariner"),
        ("dnf", "-y", "install", UTILS),
    ),
)
"""The special ones before the families they come from."""
UNKNOWN = System("another system", ())


@lru_cache(maxsize=512)
def system_of(words: str) -> System:
    """The system by what a node says of it: its OS image (os-release's PRETTY_NAME) or NAME and version."""
    lowered = f"{words.lower()} "
    if "amazon linux 2023" in lowered:
        return SYSTEMS[-1]
    return next((system for system in SYSTEMS if any(mark in lowered for mark in system.marks)), UNKNOWN)


def record_steps(system: System, paths: Sequence[str]) -> tuple[Step, ...]:
    """Record the type and apply it, with the package that semanage comes from; for a system that can."""
    package = command("sudo", *system.install) if system.install else ""
    note = f"; {system.note}" if system.note else ""
    where = f"the package that brings semanage, where it is missing ({system.name}{note})"
    return (
        Step(where[0].upper() + where[1:] if package else f"Semanage is needed ({system.name})", package),
        *(
            Step(
                f"Record the type for {path}; -m instead of -a where such a rule is there",
                command("sudo", "semanage", "fcontext", "-a", "-t", TYPE, "-r", LEVEL, spec(path)),
            )
            for path in paths
        ),
        Step(
            "Apply it; -F because the type is customizable and categories must go too",
            command("sudo", "restorecon", "-RFv", *paths),
        ),
    )


def instead_steps(system: System, paths: Sequence[str]) -> tuple[Step, ...]:
    """Without semanage: at once by chcon, for good by provisioning or a policy module."""
    note = f", and {system.note}" if system.note else ""
    return (
        Step(
            f"{system.name} has no semanage{note}. At once, until something relabels the directories",
            command("sudo", "chcon", "-R", "-t", TYPE, "-l", LEVEL, *paths),
        ),
        Step("For good: the same chcon in a unit that the provisioning (Ignition) starts before kubelet.service"),
        Step(
            "Or a policy module, which semodule installs without semanage where the policy's store can be written",
            f"printf '%s\\n' {' '.join(map(shlex.quote, _filecons(paths)))} > cni-labels.cil && "
            f"sudo semodule -i cni-labels.cil && {command('sudo', 'restorecon', '-RFv', *paths)}",
        ),
    )


def sealed_steps(system: System) -> tuple[Step, ...]:
    """Where nothing can be run: the remedies that need no node."""
    words = f"{system.name}: {system.sealed}. Give install-cni privileged: true or the type spc_t instead"
    return (Step(words),)


def _filecons(paths: Sequence[str]) -> list[str]:
    """Rules in the Common Intermediate Language, which semodule takes as they are."""
    context = f"(system_u object_r {TYPE} (({LEVEL}) ({LEVEL})))"
    return [f'(filecon "{spec(path)}" any {context})' for path in paths]
