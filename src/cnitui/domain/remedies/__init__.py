"""The remedies: one module each, listed here and nowhere else; pure functions from a situation to a plan."""

from __future__ import annotations

from cnitui.domain.remedies import (
    ansible_role,
    migrate_operator,
    patch_daemonset,
    patch_manifest,
    permissive,
    relabel,
    selinux_type,
)
from cnitui.domain.remedies.advice import Advice, advice
from cnitui.domain.remedies.base import Fit, Fits, Planned, Remedy, Step
from cnitui.domain.remedies.cures import cures
from cnitui.domain.remedies.situation import Situation

REMEDIES: tuple[Remedy, ...] = (
    patch_manifest.REMEDY,
    patch_daemonset.REMEDY,
    migrate_operator.REMEDY,
    ansible_role.REMEDY,
    selinux_type.REMEDY,
    relabel.REMEDY,
    permissive.REMEDY,
)
"""In the guide's order, then ours; the one not recommended comes last."""


def remedy(name: str) -> Remedy:
    """The remedy of that id, one against a single cause included; raises LookupError."""
    found = next((candidate for candidate in (*REMEDIES, *cures()) if candidate.id == name), None)
    if found is None:
        raise LookupError(f"no remedy {name}")
    return found


__all__ = ["REMEDIES", "Advice", "Fit", "Fits", "Planned", "Remedy", "Situation", "Step", "advice", "remedy"]
