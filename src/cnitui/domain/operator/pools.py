"""The IP pools, as the Installation says them; convert/ippools.go and pkg/controller/ippool of tigera/operator.

The conversion takes one enabled pool of each family, by preference one named default-ipv…; all others stay as they are
and the operator leaves them alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.cni_config import CniConfig
from cnitui.domain.operator.observation import name_of, text
from cnitui.domain.operator.parts import written
from cnitui.late_dataclass import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ENCAPSULATIONS: Mapping[tuple[str, str], str] = {
    ("Never", "Never"): "None",
    ("Always", "Never"): "IPIP",
    ("CrossSubnet", "Never"): "IPIPCrossSubnet",
    ("Never", "Always"): "VXLAN",
    ("Never", "CrossSubnet"): "VXLANCrossSubnet",
}
"""By ipipMode and vxlanMode."""
BLOCK_SIZES = {4: (20, 32), 6: (116, 128)}
"""What the operator accepts (pkg/controller/ippool/validation.go)."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One IPPool; `network` is None when its CIDR is none, `encapsulation` "" for a combination nobody knows."""

    name: str
    spec: Document
    network: Network | None

    @property
    def cidr(self) -> str:
        """As it is written."""
        return text(self.spec.get("cidr"))

    @property
    def disabled(self) -> bool:
        """Whether no address is given out from it any more."""
        return self.spec.get("disabled") is True

    @property
    def encapsulation(self) -> str:
        """The operator's word for ipipMode and vxlanMode."""
        modes = (text(self.spec.get(key)) or "Never" for key in ("ipipMode", "vxlanMode"))
        return _ENCAPSULATIONS.get((next(modes), next(modes)), "")

    @property
    def block_size(self) -> int:
        """0 when it is left to the default."""
        size = self.spec.get("blockSize")
        return size if isinstance(size, int) and not isinstance(size, bool) else 0

    @property
    def words(self) -> str:
        """What was read of it, in one line."""
        told = ("ipipMode", "vxlanMode", "natOutgoing", "nodeSelector", "blockSize", "disabled")
        shown = ", ".join(f"{key}: {written(self.spec[key])}" for key in told if key in self.spec)
        return f"{self.name} {self.cidr}{f' ({shown})' if shown else ''}"

    def converted(self, minor: int) -> dict[str, object]:
        """As a pool of the Installation, in the fields that an operator v1.`minor` has (0: those that all have).

        The operator's own pool controller takes a pool over only when all fields are alike, so none is left to its
        defaults that it would fill in otherwise than the pool says.
        """
        spec, made = self.spec, dict[str, object]()
        made |= {"name": self.name} if minor >= 34 else {}
        made |= {"cidr": self.cidr, "encapsulation": self.encapsulation}
        made["natOutgoing"] = "Enabled" if spec.get("natOutgoing") is True else "Disabled"
        made |= {"nodeSelector": spec["nodeSelector"]} if text(spec.get("nodeSelector")) else {}
        made |= {"blockSize": self.block_size} if self.block_size else {}
        made |= {"disableBGPExport": spec.get("disableBGPExport") is True} if minor >= 28 else {}
        uses = spec.get("allowedUses")
        made |= {"allowedUses": [str(use) for use in uses]} if minor >= 34 and isinstance(uses, list) and uses else {}
        made |= {"disableNewAllocations": False} if minor >= 36 else {}
        mode = text(spec.get("assignmentMode"))
        made |= {"assignmentMode": mode} if minor >= 38 and mode else {}
        return made

    def differences(self, minor: int) -> tuple[dict[str, object], tuple[str, ...]]:
        """What keeps an operator v1.`minor` from taking the pool over: what to set on it, and what cannot be set.

        It fills in its defaults and compares with the pool field by field; a pool that leaves a default unsaid is
        another one to it (pool_controller.go), and one without encapsulation always is.
        """
        defaults: dict[str, object] = {}
        family = self.network.version if self.network else 4
        defaults |= {} if text(self.spec.get("nodeSelector")) else {"nodeSelector": "all()"}
        defaults |= {} if self.block_size else {"blockSize": 26 if family == 4 else 122}
        defaults |= {} if self.spec.get("allowedUses") else {"allowedUses": ["Workload", "Tunnel"]}
        if minor >= 38 and not text(self.spec.get("assignmentMode")):
            defaults["assignmentMode"] = "Automatic"
        stays = ("it has no encapsulation",) if self.encapsulation == "None" else ()
        return defaults, stays


def pools_of(documents: Sequence[Document]) -> tuple[Pool, ...]:
    """The pools that were read, in the server's order."""
    specs = ((name_of(document), as_mapping(document.get("spec"))) for document in documents)
    return tuple(Pool(name, spec, _network(text(spec.get("cidr")))) for name, spec in specs)


def _network(cidr: str) -> Network | None:
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None


def chosen(pools: Sequence[Pool], family: int) -> Pool | None:
    """The pool of a family that the conversion takes."""
    mine = [pool for pool in pools if pool.network and pool.network.version == family and not pool.disabled]
    return next((pool for pool in mine if pool.name.startswith("default-ipv")), next(iter(mine), None))


def taken(pools: Sequence[Pool], config: CniConfig | None) -> tuple[Pool, ...]:
    """The pools that go into the Installation: one of IPv4 unless pods get none, and one of IPv6."""
    four, six = chosen(pools, 4), chosen(pools, 6)
    if config is not None and config.ipam_type == "calico-ipam" and not config.assigns(4):
        four = None
    return tuple(pool for pool in (four, six) if pool is not None)


def overlaps(pools: Sequence[Pool]) -> Iterator[tuple[Pool, Pool]]:
    """Pairs of pools that share addresses."""
    for one, other in combinations(pools, 2):
        first, second = one.network, other.network
        if first and second and first.version == second.version and first.overlaps(second):
            yield one, other
