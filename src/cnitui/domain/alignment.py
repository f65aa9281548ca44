"""Logs laid beside a reference's at the same step: where they first differ, and what was never reached.

Steps are found by lines of the same shape, in order (the longest common run of them, Python's difflib); between two
common steps the lines stand beside each other in the order they came, because that is what each log did there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from cnitui.domain.attempt_text import senses, shape
from cnitui.late_dataclass import dataclass

LONGEST = 500
"""Lines of one log that are compared: the time that takes grows with the product of both."""

Kind = Literal["same", "values", "differs", "extra", "missing", "unreached"]
"""How a line stands to the reference's: the same, the same with other values, another one at the same step, one that
the reference does not have; or it is the reference's alone: passed over, or behind the end of the other log."""


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of one attempt as its container wrote them; `names` are its node's and pod's own."""

    lines: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A log's part in one row: the index of its line (None: it has none there) and how that stands to the reference."""

    line: int | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Step:
    """One row: the index of the reference's line, None where it has none, and one cell of each other log."""

    reference: int | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """All rows in order; `first` has for each other log the row where it first differs, None when it does not."""

    steps: tuple[Step, ...]
    first: tuple[int | None, ...]


@dataclasses.dataclass(slots=True)
class _Beside:
    """One log against the reference: a cell for each of its lines, and the lines that come behind one of them."""

    cells: dict[int, Cell] = field(default_factory=dict)
    extra: dict[int, list[int]] = field(default_factory=dict)
    """By the reference's line before them; -1 for those before its first."""


def align(reference: Log, others: Sequence[Log]) -> Alignment:
    """Lay each of the others beside the reference."""
    beside = [_beside(reference, other) for other in others]
    count = min(len(reference.lines), LONGEST)
    steps: list[Step] = []
    for line in range(-1, count):
        if line >= 0:
            steps.append(Step(line, tuple(one.cells.get(line) for one in beside)))
        rows = zip_longest(*(one.extra.get(line, ()) for one in beside))
        steps += [Step(None, tuple(Cell(own, "extra") if own is not None else None for own in row)) for row in rows]
    return Alignment(tuple(steps), tuple(_first(steps, place) for place in range(len(others))))


def _beside(reference: Log, other: Log) -> _Beside:
    theirs = senses(reference.lines[:LONGEST], reference.names)
    ours = senses(other.lines[:LONGEST], other.names)
    beside = _Beside()
    matcher = SequenceMatcher(None, [*map(shape, theirs)], [*map(shape, ours)], autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
            beside.cells[i] = Cell(j, _kind(theirs[i], ours[j]))
        paired = min(i2 - i1, j2 - j1)
        for i in range(i1 + paired, i2):
            beside.cells[i] = Cell(None, "missing" if j2 < len(ours) else "unreached")
        if j2 - j1 > paired:
            beside.extra[i2 - 1] = list(range(j1 + paired, j2))
    return beside


def _kind(theirs: str, ours: str) -> Kind:
    if theirs == ours:
        return "same"
    return "values" if shape(theirs) == shape(ours) else "differs"


def _first(steps: Sequence[Step], place: int) -> int | None:
    """The first row that is another step; where there is none, the first with other values."""
    kinds = [(row, cell.kind) for row, step in enumerate(steps) if (cell := step.cells[place]) is not None]
    telling = next((row for row, kind in kinds if kind not in ("same", "values")), None)
    return telling if telling is not None else next((row for row, kind in kinds if kind == "values"), None)
