"""The actions that keys are bound to, as commands: made from the bindings themselves, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.actions import parse
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from cnitui.tui.help import bindings_of, place_of
from cnitui.tui.palette.offers import Offer
from cnitui.tui.widgets.pane import Pane

_EDGES = ("down", "up", "page-down", "page-up", "first", "last", "top", "end", "left", "right", "pick")
_WALKED = ("table", "list", "blocks", "log", "timeline")
MOVEMENTS = frozenset(f"{place}.{edge}" for place in _WALKED for edge in _EDGES) | {
    "app.commands",
    "app.interrupt",
    "screen.next",
    "screen.prev",
    "screen.back",
    "page.close",
}
"""Bindings that are no commands: they move a cursor or the focus, lead back, or belong to a selection."""


def bound_offers(screen: Screen[object]) -> Iterator[Offer]:
    """Every action that is possible now; of widgets that are alike, that of the one nearest to the focus."""
    seen: set[tuple[str, str]] = set()
    for node in nearest_first(screen):
        place = _place(node)
        for binding, keys in bindings_of(node):
            known = (place, binding.id or "")
            if known not in seen and binding.id not in MOVEMENTS and possible(node, binding):
                seen.add(known)
                yield offer_of(node, place, binding, keys)


def nearest_first(screen: Screen[object]) -> list[DOMNode]:
    """App and screen, then the focused widget and what it is in, then what is in view, then the rest."""
    focused = screen.focused.ancestors_with_self if screen.focused is not None else []
    widgets = sorted(screen.query("*").results(Widget), key=lambda widget: not _in_view(widget))
    return list(dict.fromkeys((screen.app, screen, *focused, *widgets)))


def _in_view(widget: Widget) -> bool:
    return all(one.display for one in widget.ancestors_with_self if isinstance(one, Widget))


def _place(node: DOMNode) -> str:
    """`logs`, `guide`; "" for what works everywhere."""
    if isinstance(node, App | Screen):
        return ""
    return (node.title if isinstance(node, Pane) else place_of(node)).lower()


def possible(node: DOMNode, binding: Binding) -> bool:
    """Whether the action would do something now."""
    _, name, parameters = parse(binding.action)
    return name == "pane" or bool(node.check_action(name, parameters))  # to ask for the pane one is in is no mistake


def offer_of(node: DOMNode, place: str, binding: Binding, keys: str, first: Callable[[], object] = int) -> Offer:
    """The binding as a command of that place; `first` brings what it belongs to to the front."""
    words = binding.description.lower().rstrip("…")
    line = f"{place}: {words}" if place else words

    async def run() -> None:
        first()
        if isinstance(node, Widget) and not isinstance(node, Screen):
            bring(node)
        await node.app.run_action(binding.action, node)

    return Offer(line, binding.tooltip, run, keys.split(" ")[0])


def bring(widget: Widget) -> None:
    """Put the widget's pane on the screen and the focus into it: its keys go on from here."""
    from cnitui.tui.screens.main import MainScreen

    pane = next((one for one in widget.ancestors_with_self if isinstance(one, Pane)), None)
    screen = widget.screen
    if pane is not None and isinstance(screen, MainScreen):
        screen.bring(pane.pane_id)
    if widget.focusable:
        widget.focus()
    elif not widget.has_focus_within and pane is not None:
        pane.focus_content()
