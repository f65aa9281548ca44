"""Trust: certificates that nodes do not believe, clocks that are wrong, tokens that are not accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.scenarios.scenario import Scenario, sound

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.scenarios.scenario import Installation

NO_TRUST = "install-cni crash-loops after the binaries: the token request fails in TLS"
BEHIND = timedelta(hours=30)


def _expired(installation: Installation) -> None:
    installation.trust.lasts = timedelta(days=10)


def _other_ca(installation: Installation) -> None:
    """The cluster's CA was made anew, and kube-root-ca.crt still holds the old one."""
    installation.trust.published_ca = "kubernetes, of the year before"


def _without_service(installation: Installation) -> None:
    installation.trust.names_service = False


def _renewed(installation: Installation) -> None:
    """Renewed in time; the API server took the new certificate up without a restart, so old connections go on."""
    installation.trust.begins += timedelta(days=11)


def _behind(node: Node) -> None:
    sound(node)
    if not node.control_plane:
        node.clock_offset = -BEHIND


def _other_key(installation: Installation) -> None:
    installation.trust.signs_as_it_verifies = False


EXPIRED = Scenario(
    "certificate-expired",
    "the API server's certificate, as the nodes see it, expired two days ago",
    alter=_expired,
    seen=NO_TRUST + " on every node",
    causes=("tls-certificate",),
)
OTHER_CA = Scenario(
    "certificate-other-ca",
    "the API server's certificate is of a new CA, pods are still told to trust the old one",
    alter=_other_ca,
    seen=NO_TRUST + " on every node",
    causes=("tls-certificate",),
)
NAMES = Scenario(
    "certificate-names",
    "the API server's certificate lacks the Service's address among its names",
    alter=_without_service,
    seen=NO_TRUST + " on every node",
    causes=("tls-certificate",),
)
CLOCK = Scenario(
    "clock-behind",
    "the clocks of the workers are 30 hours behind, and the API server's certificate was renewed yesterday",
    _behind,
    alter=_renewed,
    seen="workers: " + NO_TRUST + "; the control plane runs",
    causes=("tls-certificate",),
)
KEYS = Scenario(
    "token-refused",
    "the API server verifies tokens by another key than it signs them with: every token is refused",
    alter=_other_key,
    seen="install-cni crash-loops on every node: Unauthorized",
    causes=("serviceaccount-token",),
)
