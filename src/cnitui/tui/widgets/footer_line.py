"""The bottom line: only the keys that do something here and now, most useful first, `?` last."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cnitui.tui.text import clean, fit, width_of

_LAST = ("?", "q")
STOP = "app.stop"
_FIRST = (
    STOP,
    "app.read-nodes",
    "guide.try",
    "guide.apply",
    "guide.prove",
    "guide.verify",
    "guide.undo",
    "screen.view",
    "guide.next",
    "guide.back",
    "table.select",
    "selinux.listings",
    "listings.transcript",
    "listings.next",
    "listings.whole",
    "list.pick",
    "timeline.logs",
    "timeline.next",
    "timeline.list",
    "timeline.picture",
    "timeline.zoom-in",
    "screen.guide",
    "screen.next",
    "logs.beside",
    "log.search",
    "log.attempt",
    "logs.compare",
)
"""Ids of the bindings that lead on, the most useful first."""
Hint = tuple[str, str, ActiveBinding]


class FooterLine(Widget):
    """Keys and what they do, from the active bindings of whatever has the focus; a click presses the key."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    FooterLine {
        dock: bottom;
        height: 1;
        & > .footer--key { color: $text-accent; text-style: bold; }
        & > .footer--words { color: $text-muted; }
        & > .footer--working { color: $text-warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--words", "footer--working"}
    working: reactive[str] = reactive("")
    """What is under way, with its sign; "" for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._spots: list[tuple[int, int, ActiveBinding]] = []
        self._hints: list[Hint] = []

    def on_mount(self) -> None:
        self._hints = self._keys()
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._renew())

    def watch_working(self) -> None:
        """What is under way can be stopped: its key is there at once."""
        self._hints = self._keys()

    def _renew(self) -> None:
        """Other keys may be offered; mostly they are the same, and nothing is painted."""
        before, self._hints = self._hints, self._keys()
        if [hint[:2] for hint in before] != [hint[:2] for hint in self._hints]:
            self.refresh()

    def _keys(self) -> list[Hint]:
        """The visible bindings, the nearest to the focus first, help and quit last."""
        found: dict[str, Hint] = {}
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if not binding.show or not active.enabled:
                continue
            if binding.action not in found or key == binding.key.split(",")[0]:
                shown = self.app.get_key_display(binding)
                found[binding.action] = (shown, binding.description.lower(), active)
        return sorted(found.values(), key=_importance)

    def render(self) -> RenderResult:
        return ""

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        hints = self._hints
        kept = [hint for hint in hints if hint[0] in _LAST or (self.working and hint[2].binding.id == STOP)]
        told = sum(map(_size, kept))
        working = f"{fit(clean(self.working), max(10, width - 4 - told))}  " if self.working else ""
        room = width - 2 - told - width_of(working)
        chosen: list[Hint] = []
        for hint in hints:
            if hint not in kept and _size(hint) <= room:
                room -= _size(hint)
                chosen.append(hint)
        stop = [hint for hint in kept if hint[0] not in _LAST]
        return self._strip(working, [*stop, *chosen, *(hint for hint in kept if hint not in stop)], width)

    def _strip(self, working: str, hints: list[Hint], width: int) -> Strip:
        key_style = self.get_component_rich_style("footer--key")
        words_style = self.get_component_rich_style("footer--words")
        segments = [Segment(" "), Segment(working, self.get_component_rich_style("footer--working"))]
        self._spots = []
        at = 1 + width_of(working)
        for hint in hints:
            key, words, active = hint
            self._spots.append((at, at + _size(hint) - 2, active))
            segments += [Segment(f"{key} ", key_style), Segment(f"{words}  ", words_style)]
            at += _size(hint)
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        active = next((active for start, end, active in self._spots if start <= event.x < end), None)
        if active is not None:
            await self.app.run_action(active.binding.action, active.node)


def _importance(hint: Hint) -> int:
    """What leads on comes first, help and quit last, everything else as it stands in between."""
    name = hint[2].binding.id or ""
    if hint[0] in _LAST:
        return 1000 + _LAST.index(hint[0])
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _size(hint: Hint) -> int:
    """Cells a hint takes, the gap after it included."""
    return width_of(f"{hint[0]} {hint[1]}  ")
