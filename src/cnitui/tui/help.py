"""Help made from the bindings themselves, so that it cannot be wrong about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from textual.binding import Binding
from textual.dom import DOMNode

from cnitui.engine.guide.blocks import STEP_GLYPHS, Block, Grid, Heading, Paragraph

PLACES = {
    "CnituiApp": "Everywhere",
    "MainScreen": "Overview",
    "Table": "Tables",
    "PickList": "Lists",
    "BlocksView": "Pages",
    "ComparisonPane": "SELinux and differences",
    "TimelinePane": "Timeline",
    "TimelinePicture": "Timeline",
    "GuidePane": "Guide",
    "LogPane": "Logs",
    "LogGrid": "Log panes",
    "LogsPane": "Log panes",
    "LogComparison": "Compared logs",
    "ListingsPane": "Listings",
    "PageScreen": "This page",
    "ObjectsScreen": "This page",
}
SIGNS = (
    (STEP_GLYPHS["pass"], "nothing is wrong there, or it is done; in the guide and in every list"),
    (STEP_GLYPHS["fail"], "something is wrong there, or it failed"),
    (f"{STEP_GLYPHS['unknown']} !", "open: not known, or for you to judge"),
    (STEP_GLYPHS["running"], "being asked or done"),
    (STEP_GLYPHS["waiting"], "its turn has not come"),
    (STEP_GLYPHS["skipped"], "skipped by you"),
    ("≠", "unlike the reference"),
    ("▲", "an SELinux denial, in the timeline"),
    ("◆ ◇", "the node became NotReady; Ready again"),
)


def help_blocks(screen: DOMNode) -> tuple[Block, ...]:
    """Every key of the screen and its panes, grouped by where it works, as the user may have remapped them."""
    groups: dict[str, dict[tuple[str, str], None]] = {}
    for node in (screen.app, screen, *screen.query("*")):
        for binding, keys in bindings_of(node):
            groups.setdefault(place_of(node), {})[keys, binding.tooltip or binding.description] = None
    blocks: list[Block] = [
        Paragraph("Keys work where their pane has the focus; the bottom line shows the useful ones.", "dim")
    ]
    for place, rows in groups.items():
        blocks += [Heading(place), Grid(("KEY", "WHAT IT DOES"), tuple(rows), wrap=True)]
    return (*blocks, Heading("Signs"), Grid(("SIGN", "WHAT IT MEANS"), SIGNS, wrap=True))


def place_of(node: DOMNode) -> str:
    """Where the bindings of a widget work, in words: those of the nearest class that has some."""
    known = (PLACES[one.__name__] for one in type(node).__mro__ if one.__name__ in PLACES)
    return next(known, type(node).__name__)


def bindings_of(node: DOMNode) -> Iterator[tuple[Binding, str]]:
    """Our own bindings carry an id, Textual's defaults for scrolling and the like do not; all keys of each."""
    bindings = node._bindings.copy()  # noqa: SLF001 - no public way in Textual 8.2
    bindings.apply_keymap(node.app._keymap)  # noqa: SLF001 - as above
    by_id: dict[str, list[Binding]] = {}
    for _, binding in bindings:
        if binding.id:
            by_id.setdefault(binding.id, []).append(binding)
    for same in by_id.values():
        first, *others = same
        shown = [_key(node, first), *(_key(node, replace(other, key_display=None)) for other in others)]
        yield first, " ".join(shown)


def _key(node: DOMNode, binding: Binding) -> str:
    return node.app.get_key_display(binding)
