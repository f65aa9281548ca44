"""Help made from the bindings themselves, so that it cannot be wrong about them."""

from __future__ import annotations

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from cnitui.engine.blocks import Block, Grid, Heading, Paragraph


def help_blocks(screen: Screen[object]) -> tuple[Block, ...]:
    """Every key of the screen and its panes, grouped by where it works."""
    blocks: list[Block] = [
        Paragraph("Keys work where their pane has the focus; the bottom line shows the useful ones.", "dim")
    ]
    groups: dict[str, dict[str, str]] = {}
    for node in (screen.app, screen, *screen.query("*")):
        own = {_key(screen, binding): binding.tooltip or binding.description for binding in _bindings(node)}
        if own:
            groups.setdefault(_place(node), {}).update(own)
    for place, keys in groups.items():
        blocks.append(Heading(place))
        blocks.append(Grid(("KEY", "WHAT IT DOES"), tuple(keys.items())))
    return tuple(blocks)


def _bindings(node: DOMNode) -> list[Binding]:
    """Our own bindings carry an id; Textual's defaults for scrolling and the like do not."""
    merged: dict[str, Binding] = {}
    for bindings in node._bindings.key_to_bindings.values():  # noqa: SLF001 - no public way in Textual 8.2
        for binding in bindings:
            if binding.id:
                merged.setdefault(binding.id, binding)
    return list(merged.values())


def _key(screen: Screen[object], binding: Binding) -> str:
    return binding.key_display or screen.app.get_key_display(binding)


def _place(node: DOMNode) -> str:
    names = {
        "CnituiApp": "Everywhere",
        "MainScreen": "Overview",
        "Table": "Tables",
        "PickList": "Lists",
        "BlocksView": "Pages",
        "GuidePane": "Guide",
        "LogPane": "Logs",
        "LogGrid": "Log panes",
    }
    name = type(node).__name__
    return names.get(name, name)
