"""One MTU for everything: the operator has a single field and refuses values that differ; convert/mtu.go."""

from __future__ import annotations

from cnitui.domain.operator.assertions import unclear
from cnitui.domain.operator.cni_config import PLACEHOLDER
from cnitui.domain.operator.network import INSTALL, NODE, cni_config, plugin_of
from cnitui.domain.operator.parts import Check, Part, met, refused
from cnitui.domain.operator.workload import Workload

ABOUT = "MTU"
_SOURCES = ("FELIX_IPINIPMTU", "FELIX_VXLANMTU", "FELIX_VXLANMTUV6", "FELIX_WIREGUARDMTU", "FELIX_WIREGUARDMTUV6")
_UNSET = 1500
"""What install-cni writes when CNI_MTU is not set."""


def mtu(node: Workload) -> Part:
    """The MTU all sources agree on; 0 lets Calico find it on each node, which is what the Installation does without."""
    found = _values(node)
    if isinstance(found, Check):
        return Part((found,))
    quote = "; ".join(f"{source}={value}" for source, value in found.items())
    if len(set(found.values())) > 1:
        fix = "make them one value, in the ConfigMap or in the variables"
        return Part((refused(ABOUT, "the operator has one MTU for all, and these differ", quote, fix),))
    value = next(iter(found.values()), 0)
    if not value:
        return Part((met(ABOUT, "found on each node, as the operator does when no MTU is given", quote),))
    return Part((met(ABOUT, f"{value} everywhere", quote),), {"calicoNetwork": {"mtu": value}})


def _values(node: Workload) -> dict[str, int] | Check:
    """The MTU by its source, or what is wrong with one of them."""
    found: dict[str, int] = {}
    config = cni_config(node) if plugin_of(node) == "Calico" else ""
    places = [(NODE, name) for name in _SOURCES]
    if not isinstance(config, str) and config.mtu == PLACEHOLDER:
        places.append((INSTALL, "CNI_MTU"))
    elif not isinstance(config, str):
        found["the CNI configuration"] = config.mtu
    for container, name in places:
        given = node.variable(container, name)
        if not given.known:
            return unclear(ABOUT, given)
        if given.state == "set" and not _is_number(given.value):
            return refused(ABOUT, f"{name} is no number", given.quote, f"correct {name}")
        if given.state == "set":
            found[name] = int(given.value)
        elif name == "CNI_MTU":
            found[name] = _UNSET
    return found


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 8
