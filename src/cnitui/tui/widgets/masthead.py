"""The top two lines: how bad, since when, what it is, how sure, and the one key to press next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cnitui.engine.state import State
from cnitui.tui.text import clean, exactly, fit, width_of
from cnitui.tui.wording import Line, banner, extent, liveness, moment


class Masthead(Widget):
    """Two lines made of the state alone; its owner tells when a second has passed."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Masthead {
        height: 2;
        & > .masthead--dim { color: $text-muted; }
        & > .masthead--good { color: $text-success; }
        & > .masthead--bad { color: $text-error; text-style: bold; }
        & > .masthead--warn { color: $text-warning; text-style: bold; }
        & > .masthead--accent { color: $text-accent; }
        & > .masthead--normal { color: $foreground; }
        & > .masthead--name { color: $text-primary; text-style: bold; }
        & > .masthead--readonly { color: $text-warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"masthead--{role}" for role in ("dim", "good", "bad", "warn", "accent", "normal", "name", "readonly")
    }
    state: reactive[State] = reactive(State())
    hint: reactive[str] = reactive("")
    instead: reactive[Line | None] = reactive(None)
    """What stands where the verdict would, while that is covered."""

    @dataclass
    class HintClicked(Message):
        """A person clicked the key that is named at the right: it is to do what it does."""

        hint: str

    def on_click(self, event: events.Click) -> None:
        """The hint is a key to be clicked, as those in the footer are."""
        if self.hint and event.y == 1 and event.x >= self.size.width - width_of(self.hint) - 1:
            self.post_message(self.HintClicked(self.hint))

    def tick(self) -> None:
        """A second has passed: the clock and the ages are in the first line."""
        self.refresh(Region(0, 0, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return self._first(moment(self.state), width) if y == 0 else self._second(width)

    def _part(self, role: str, text: str) -> Segment:
        return Segment(text, self.get_component_rich_style(f"masthead--{role}"))

    def _line(self, line: Line) -> list[Segment]:
        return [self._part(line.role, clean(f"{line.glyph} {line.text}"))]

    def _first(self, now: datetime, width: int) -> Strip:
        state = self.state
        right = self._line(liveness(state, now, width))
        bad = self._line(extent(state, now))
        room = width - 2 - sum(width_of(segment.text) for segment in (*right, *bad))
        left = self._identity(room - 4)
        used = sum(width_of(segment.text) for segment in left)
        gap = max(2, min(4, room - used))
        rest = max(1, width - 2 - used - gap - sum(width_of(s.text) for s in (*bad, *right)))
        segments = [Segment(" "), *left, Segment(" " * gap), *bad, Segment(" " * rest), *right, Segment(" ")]
        return _filled(segments, width, self.rich_style)

    def _identity(self, room: int) -> list[Segment]:
        """Name, context, namespace and version, the cheap ones leaving first when it gets narrow."""
        state = self.state
        install = state.install
        context = clean(state.connection.context) or "no cluster"
        version = f"Calico {install.version}" if install and install.version else ""
        method = f" by {install.method}" if install and install.method else ""
        namespace = f" › {install.namespace}" if install else ""
        for name, place, what in (
            ("cnitui  ", context + namespace, version + method),
            ("cnitui  ", context + namespace, version),
            ("", context + namespace, version.removeprefix("Calico ")),
            ("", context, version.removeprefix("Calico ")),
            ("", context, ""),
        ):
            if width_of(name + place) + (width_of(what) + 2 if what else 0) <= room:
                break
        readonly = "  read-only" if state.readonly and room > 50 else ""
        parts = [
            self._part("name", name),
            self._part("normal", fit(place, max(8, room - width_of(name)), "middle")),
            self._part("dim", f"  {what}" if what else ""),
            self._part("readonly", readonly),
        ]
        return [part for part in parts if part.text]

    def _second(self, width: int) -> Strip:
        line = self.instead if self.instead is not None and self.state.settled else banner(self.state)
        hint = f"  {self.hint} " if self.hint else " "
        room = max(10, width - 1 - width_of(hint))
        text = exactly(fit(clean(f"{line.glyph} {line.text}"), room), room)
        segments = [Segment(" "), self._part(line.role, text), self._part("dim", hint)]
        return _filled(segments, width, self.rich_style)


def _filled(segments: list[Segment], width: int, base: Style) -> Strip:
    """A whole line in the widget's own background, gaps included."""
    return Strip([Segment(text, base + style if style else base) for text, style, _ in segments]).adjust_cell_length(
        width, base
    )
