"""What the operator insists on: variables that it sets itself, so that another value cannot be taken over."""

from __future__ import annotations

from cnitui.domain.operator.parts import Check, met, refused, unknown
from cnitui.domain.operator.workload import Variable, Workload


def asserted(owner: Workload, container: str, name: str, *values: str) -> Check:
    """A variable that has to be absent or one of these values, whatever its case (convert/k8s.go assertEnv)."""
    found = owner.variable(container, name)
    if not found.known:
        return unclear(name, found)
    if found.state == "set" and found.value.lower() not in values:
        wanted = " or ".join(repr(value) for value in values)
        return refused(name, f"the operator sets {wanted} and refuses anything else", found.quote, "remove it")
    return met(name, "as the operator sets it", found.quote)


def unclear(about: str, found: Variable) -> Check:
    """A variable of which nobody knows what the container gets."""
    if found.state == "odd":
        why = f"the operator reads plain values and keys of ConfigMaps only: {found.why}"
        return refused(about, why, found.quote, "give it a plain value")
    return unknown(about, found.why, found.quote)
