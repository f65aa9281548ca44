"""The remedies as a list to pick from, the fitting ones first."""

from __future__ import annotations

from cnitui.engine.guide.blocks import Role
from cnitui.engine.repair.state import Option, RepairState
from cnitui.tui.widgets.pick_list import Pick

_FITS: tuple[str, Role, str] = ("✓", "good", "fits")
_DOES_NOT_FIT: tuple[str, Role, str] = ("–", "dim", "does not fit")


def choices_of(repair: RepairState) -> tuple[Pick, ...]:
    """One row per remedy: whether it fits, its name, and why or why not."""
    return tuple(_pick(option, repair) for option in repair.options)


def _pick(option: Option, repair: RepairState) -> Pick:
    remedy = option.remedy
    name = f"{remedy.title} ({remedy.guide})" if remedy.guide else remedy.title
    glyph, role, verdict = _FITS if option.fits else _DOES_NOT_FIT
    return Pick(remedy.id, glyph, role, name, f"{verdict}: {option.fit.why}", option is repair.option)
