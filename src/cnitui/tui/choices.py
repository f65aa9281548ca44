"""What there is to choose from on step 7 as a list to pick from, what helps first."""

from __future__ import annotations

from cnitui.domain.remedies import Advice
from cnitui.engine.guide.blocks import Role
from cnitui.engine.repair.outlook import Entry, key_of
from cnitui.engine.repair.state import RepairState
from cnitui.tui.widgets.pick_list import Pick

_FITS: tuple[str, Role] = ("✓", "good")
_DOES_NOT_FIT: tuple[str, Role] = ("–", "dim")


def choices_of(repair: RepairState) -> tuple[Pick, ...]:
    """One row per remedy: whether it fits, its name, and why or why not; one for the steps against each cause."""
    current = repair.entry
    return tuple(_pick(entry, current=entry is current) for entry in repair.outlook.entries)


def _pick(entry: Entry, *, current: bool) -> Pick:
    if isinstance(entry, Advice):
        name = entry.cure.title if entry.cure else f"By hand: {entry.fix or entry.cause}"
        short = "" if entry.cure else f"By hand, against {entry.cause}"
        return Pick(key_of(entry), "▸", "good", name, entry.title, current, short)
    remedy = entry.remedy
    name = f"{remedy.title} ({remedy.guide})" if remedy.guide else remedy.title
    glyph, role = _FITS if entry.fits else _DOES_NOT_FIT
    note = f"fits: {entry.fit.why}" if entry.fits else entry.fit.why
    if entry.fits:
        return Pick(key_of(entry), glyph, role, name, note, current, remedy.title)
    return Pick(key_of(entry), glyph, role, name, note, current, remedy.id, gives_way=True)
