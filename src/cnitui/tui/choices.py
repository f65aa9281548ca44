"""The remedies as a list to pick from, the fitting ones first."""

from __future__ import annotations

from cnitui.engine.repair_state import Option, RepairState
from cnitui.tui.widgets.pick_list import Pick


def choices_of(repair: RepairState) -> tuple[Pick, ...]:
    """One row per remedy: whether it fits, its name, and why or why not."""
    return tuple(_pick(option, repair) for option in repair.options)


def _pick(option: Option, repair: RepairState) -> Pick:
    remedy = option.remedy
    name = f"{remedy.title} ({remedy.guide})" if remedy.guide else remedy.title
    glyph, role = ("✓", "good") if option.fits else ("–", "dim")
    note = f"fits: {option.fit.why}" if option.fits else f"does not fit: {option.fit.why}"
    return Pick(remedy.id, glyph, "good" if role == "good" else "dim", name, note, remedy.id == repair.chosen)
