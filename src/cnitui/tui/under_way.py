"""What takes its time just now, how far it is, and what a stop would end."""

from __future__ import annotations

from typing import Literal

from cnitui.engine.repair.state import RepairState
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean

Work = Literal["saving", "writing", "planning", "trial", "reading"]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One piece of work in words; one that is `quiet` goes on in the background and is not told at the bottom."""

    work: Work
    words: str
    quiet: bool = False


def under_way(session: Session, state: State, saving: str = "") -> UnderWay | None:
    """What a person waits for first of all; None while nothing is under way. `saving` is how far that is."""
    if saving:
        return UnderWay("saving", saving)
    repairing = _repairing(session.repair.state)
    if repairing is not None:
        return repairing
    trial = session.laboratory.trials.under_way
    return UnderWay("trial", clean(trial)) if trial else _reading(state)


def _repairing(repair: RepairState) -> UnderWay | None:
    if repair.phase == "planning":
        return UnderWay("planning", "previewing")
    if repair.phase == "applying":
        so_far = repair.rollout.words if repair.rollout is not None else "keeping how it is before the change"
        return UnderWay("writing", f"applying: {so_far}")
    if repair.phase == "verifying":
        ended = sum(check.ended for check in repair.checks)
        now = next((check.title for check in repair.checks if check.state == "running"), "")
        return UnderWay(
            "writing", f"verifying: {ended} of {len(repair.checks)} checks ended" + (f", {now}" if now else "")
        )
    return None


def _reading(state: State) -> UnderWay | None:
    looks = [look for node, look in state.looks if node]
    read = sum(look.phase != "asking" for look in looks)
    if read < len(looks):
        return UnderWay("reading", f"reading nodes: {read:,} of {len(looks):,} read")
    progress = state.progress
    if not progress.left or state.reading_stopped:
        return None
    done = progress.read + progress.unreadable
    return UnderWay("reading", f"reading the others: {done:,} of {progress.nodes:,} read", quiet=True)
