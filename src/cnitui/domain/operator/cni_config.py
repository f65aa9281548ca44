"""The CNI configuration that install-cni writes, as the operator's conversion reads it (migration/cni/cni.go)."""

from __future__ import annotations

import json

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.observation import mappings, text
from cnitui.late_dataclass import dataclass

PLACEHOLDER = -1
"""Stands for `__CNI_MTU__`, which install-cni fills in."""


@dataclass(frozen=True, slots=True)
class CniConfig:
    """The name of a configuration list, its calico plugin (None without one) and the other plugins by type."""

    name: str
    calico: Document | None
    others: dict[str, Document]

    @property
    def ipam(self) -> Document:
        """How the calico plugin allocates addresses."""
        return as_mapping(as_mapping(self.calico).get("ipam"))

    @property
    def ipam_type(self) -> str:
        """`calico-ipam`, `host-local` or another."""
        return text(self.ipam.get("type"))

    @property
    def mtu(self) -> int:
        """The MTU it names: 0 when it names none, `PLACEHOLDER` when install-cni fills it in."""
        found = as_mapping(self.calico).get("mtu")
        return found if isinstance(found, int) and not isinstance(found, bool) else 0

    def assigns(self, family: int) -> bool:
        """Whether calico-ipam gives pods addresses of IPv4 (unless told not to) or IPv6 (only when told to)."""
        said = self.ipam.get(f"assign_ipv{family}")
        if said is None:
            return family == 4
        return str(said).lower() == "true"


def parse_cni_config(written: str) -> CniConfig:
    """Parse a list, or a single plugin; raises ValueError with the reason when it is neither."""
    try:
        document = as_mapping(json.loads(written.replace("__CNI_MTU__", str(PLACEHOLDER))))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    plugins = mappings(document.get("plugins")) if "plugins" in document else (document,)
    named = {text(plugin.get("type")): plugin for plugin in plugins}
    if "" in named:
        raise ValueError("a plugin without a type")
    calico = named.pop("calico", None)
    return CniConfig(text(document.get("name")), calico, named)
