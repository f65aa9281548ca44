"""All logs that are shown as one, by time: whose line it is stands before each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cnitui.engine.logs.kept import Entry, Rule, line_of
from cnitui.engine.logs.merged import MergedLog
from cnitui.tui.text import width_of
from cnitui.tui.widgets.log.paint import Classify, Look, Meaning, meaningless, unclassified
from cnitui.tui.widgets.log.pane import LogPane
from cnitui.tui.widgets.log.text import Span
from cnitui.tui.widgets.log.words import utc_now

MOST_LABEL = 24
"""Cells of the longest label that is shown whole; on a narrow screen a fifth of the width."""


class MergedPane(LogPane):
    """A log pane whose lines come from several nodes; what is read stays in view where a line comes late."""

    def __init__(
        self,
        merged: MergedLog,
        *,
        classify: Classify = unclassified,
        meaning: Meaning = meaningless,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(merged, classify=classify, meaning=meaning, now=now)
        self.merged = merged

    def paint(self) -> None:
        """Take over what came to any of the logs; entries keep their rows, whatever their numbers are now."""
        revision, top, current = self.feed.lines.revision, self._entry_at(self.top), self._entry_at(self.current)
        numbers = self.top, self.current
        self.merged.catch_up()
        if revision == self.feed.lines.revision:
            super().paint()
            return
        self.forget_drawn()
        self.current = self._number_of(current, numbers[1]) if current is not None else -1
        super().paint()
        if not self.following and top is not None:
            self._place(self.view.row_of(self._number_of(top, numbers[0])))
            self.refresh()

    def _entry_at(self, number: int) -> Entry | None:
        lines = self.feed.lines
        return lines[number] if lines.first <= number < lines.end else None

    def _number_of(self, entry: Entry, before: int) -> int:
        """Where an entry is now: what came late stands before it, never behind."""
        behind = self.feed.lines.between(before, self.feed.lines.end)
        return next((number for number, other in behind if other is entry), before)

    # --- how it looks ---

    def _look(self) -> Look:
        look = super()._look()
        widest = max(map(width_of, self.merged.labels), default=0)
        return replace(look, label_cells=min(widest, MOST_LABEL, max(8, look.width // 5)) + 1)

    def on_mount(self) -> None:
        """Labels from the first line on."""
        self.look = self._look()
        super().on_mount()

    def label(self, number: int) -> str:
        """Whose line it is."""
        return self.merged.label(number)

    def headings(self) -> list[list[Span]]:
        """How many logs these are."""
        words = f"{len(self.merged.feeds)} logs by time"
        return [[(words, self.ink("accent" if self.has_focus else "normal"))]]

    def _sentence(self) -> tuple[str, str] | None:
        return None if self.view.rows else ("nothing was read yet of any of these logs", "dim")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Attempts and containers are each node's own."""
        return action not in ("attempt", "container") and super().check_action(action, parameters)

    # --- out of the program ---

    def literal(self, number: int) -> str:
        """An entry as it came, behind the name of its node."""
        text = super().literal(number)
        return text if isinstance(self.entry(number), Rule) else f"{self.label(number)}  {text}"

    def kept(self) -> bytes:
        """Everything, each line behind the name of its node."""
        return b"".join(self._written(number, entry) for number, entry in self._numbered())

    def _numbered(self) -> list[tuple[int, Entry]]:
        return list(self.feed.lines.between(self.feed.lines.first, self.feed.lines.end))

    def _written(self, number: int, entry: Entry) -> bytes:
        label = "" if isinstance(entry, Rule) else f"{self.label(number)}  "
        return label.encode("utf-8", "replace") + line_of(entry) + b"\n"
