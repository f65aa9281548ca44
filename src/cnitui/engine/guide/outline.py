"""What one step's function answers; the guide adds number, title, reasons and commands from the script."""

from __future__ import annotations

from cnitui.engine.guide.blocks import Block, StepState
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """State, the few words for the list, the step's conclusion in one sentence, and its content."""

    state: StepState
    summary: str
    headline: str
    blocks: tuple[Block, ...] = ()
