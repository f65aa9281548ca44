"""The lines of a comparison: one column for the reference and one for each log beside it, long texts wrapped."""

from __future__ import annotations

import dataclasses
from dataclasses import field

from cnitui.domain.alignment import Cell, Kind, Step
from cnitui.engine.guide.blocks import Role
from cnitui.engine.logs.compared import Compared, Comparison, rows_of
from cnitui.engine.logs.kept import Rule
from cnitui.late_dataclass import dataclass
from cnitui.tui.text import clean, fit, width_of, wrap
from cnitui.tui.widgets.log.paint import GUTTER, Classify, Ink, LogPainter
from cnitui.tui.widgets.log.text import Span, Stamps, log_text, raw_text

LONGEST = 2000
"""Characters of a line that are shown."""
SIGN_CELLS = 3
"""A gutter, the sign of how a line stands to the reference's, and a blank."""
SIGNS: dict[Kind, tuple[str, Role]] = {
    "same": ("=", "dim"),
    "values": ("≈", "warn"),
    "differs": ("≠", "bad"),
    "extra": ("+", "bad"),
    "missing": ("–", "warn"),
    "unreached": (" ", "dim"),
}
NO_SIGN: tuple[str, Role] = (" ", "dim")


@dataclass(frozen=True, slots=True)
class Column:
    """One cell of a row, as it is drawn: the pieces of its text, and the signs of its first line."""

    width: int
    pieces: list[str]
    sign: tuple[str, Role]
    known: bool = False

    def part(self, number: int, ink: Ink) -> list[Span]:
        """One of its lines, as wide as the column."""
        text = self.pieces[number] if number < len(self.pieces) else ""
        glyph, role = self.sign if number == 0 else NO_SIGN
        style = ink("dim" if glyph == "=" or self.sign[0] == "=" else "normal")
        gutter = GUTTER if self.known and text else " "
        blank = " " * max(0, self.width - SIGN_CELLS - width_of(text))
        return [(gutter, ink("bad")), (f"{glyph} ", ink(role)), (text, style), (blank, style)]


@dataclasses.dataclass
class Beside:
    """Lays a comparison out for a width; `marks` are the lines at which stretches that differ begin."""

    comparison: Comparison
    width: int
    ink: Ink
    classify: Classify
    lines: list[list[Span]] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    first: int = 0
    """The line of the first difference; 0 when there is none."""
    _differing: bool = False

    def lay_out(self, *, folded: bool) -> Beside:
        """All lines."""
        painter = LogPainter(self.ink, self.classify)
        for row in rows_of(self.comparison, folded=folded):
            if isinstance(row, Rule):
                self._meet(differing=row.kind == "difference", ends=True)
                self.first = self.first or (len(self.lines) if row.kind == "difference" else 0)
                self.lines.append(painter.rule(row, self.width))
            else:
                self._meet(differing=any(map(_differs, row.cells)), ends=False)
                self._lay_step(row)
        return self

    def _meet(self, *, differing: bool, ends: bool) -> None:
        """A mark where a stretch begins; the rule above its first line belongs to it."""
        if differing and not self._differing:
            self.marks.append(len(self.lines))
        self._differing = differing or (self._differing and ends)

    def titles(self, headings: list[list[list[Span]]]) -> list[Span]:
        """The first line: what each column is."""
        painter = LogPainter(self.ink, self.classify)
        parts = zip(headings, self._widths(), strict=True)
        return [span for variants, width in parts for span in painter.title(variants, "", width)]

    def _widths(self) -> list[int]:
        """Cells of each column; the reference's takes what is left over."""
        beside = len(self.comparison.others)
        each = self.width // (beside + 1)
        return [self.width - each * beside, *[each] * beside]

    def _lay_step(self, step: Step) -> None:
        first, *others = self._widths()
        columns = [self._column(self.comparison.reference, step.reference, NO_SIGN, first)]
        for one, cell, width in zip(self.comparison.others, step.cells, others, strict=True):
            line, sign = (cell.line, SIGNS[cell.kind]) if cell is not None else (None, NO_SIGN)
            columns.append(self._column(one, line, sign, width))
        for part in range(max(len(column.pieces) for column in columns)):
            self.lines.append([span for column in columns for span in column.part(part, self.ink)])

    def _column(self, one: Compared, line: int | None, sign: tuple[str, Role], width: int) -> Column:
        if line is None:
            return Column(width, [""], sign)
        entry = one.lines[line]
        shown = log_text(entry, Stamps.OFF)
        text = clean(f"{shown.level} {shown.text}".strip() if shown.level else shown.text, LONGEST)
        known = self.classify(raw_text(entry)[:4000]) == "known"
        return Column(width, wrap(text, max(1, width - SIGN_CELLS - 1)), sign, known)


def _differs(cell: Cell | None) -> bool:
    return cell is not None and cell.kind not in ("same", "unreached")


def plain(lines: list[list[Span]]) -> str:
    """The comparison as text."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def heading_of(one: Compared, ink: Ink, *, failing: bool, reference: bool) -> list[list[Span]]:
    """What stands over a column, the longest first: whose log, which attempt, how it ended."""
    sign: list[Span] = [("✗ ", ink("bad"))] if failing else [("reference ", ink("dim"))] if reference else []
    label = (fit(clean(one.label, 300), 40, "middle"), ink("normal"))
    ending = one.rule.text if one.rule is not None else "runs"
    number, _, rest = ending.partition(" · ")
    told = [f" · {ending}", f" · {number} · {rest.partition(' · ')[0]}", f" · {number}".replace("attempt ", "#"), ""]
    return [[*sign, label, (words, ink("dim"))] for words in told]
