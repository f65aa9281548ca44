"""The keys of a log pane, after less and k9s."""

from __future__ import annotations

from textual.binding import Binding, BindingType

WINDOWS = {"2": 1, "3": 5, "4": 15, "5": 30, "6": 60}
"""Keys to minutes, as in k9s."""


def _window(key: str, minutes: int) -> Binding:
    return Binding(
        key,
        f"window({minutes})",
        f"{minutes}m",
        show=False,
        id=f"log.window-{minutes}m",
        tooltip=f"Only the last {minutes} minutes",
    )


LOG_KEYS: list[BindingType] = [
    Binding("slash", "search", "search", key_display="/", id="log.search", tooltip="Search in this log"),
    Binding("n", "next(1)", "next", id="log.next", tooltip="Next line found"),
    Binding("N", "next(-1)", "previous", id="log.previous", show=False, tooltip="Previous line found"),
    Binding(
        "ampersand",
        "filter",
        "lines",
        key_display="&",
        id="log.filter",
        tooltip="Only lines that match (! inverts)",
    ),
    Binding("m", "known(1)", "known message", id="log.known", tooltip="Next known message, and what it means"),
    Binding("M", "known(-1)", "known message before", show=False, id="log.known-previous", tooltip="The one before"),
    Binding(
        "h",
        "highlight",
        "highlight",
        show=False,
        id="log.highlight",
        tooltip="Mark what matches in all logs, besides what is searched for",
    ),
    Binding("p", "attempt(-1)", "previous attempt", id="log.attempt", tooltip="Back to the attempt before"),
    Binding("P", "attempt(1)", "next attempt", id="log.attempt-next", show=False, tooltip="To the attempt after"),
    Binding("z", "fold", "fold", id="log.fold", tooltip="Fold away attempts like the one after them, or show all"),
    Binding("s", "autoscroll", "autoscroll", id="log.autoscroll", tooltip="Follow new lines, or stay"),
    Binding("w", "wrap", "wrap", id="log.wrap", tooltip="Wrap long lines"),
    Binding("t", "stamps", "timestamps", id="log.stamps", tooltip="Short time, full lines as they came, or no time"),
    Binding("c", "copy", "copy", id="log.copy", tooltip="Copy the selection, or the lines in view"),
    Binding("C", "container", "container", id="log.container", tooltip="Show the log of another container of the pod"),
    Binding("escape", "clear", "clear", id="log.clear", tooltip="Drop search and filter"),
    Binding("0", "tail", "tail", show=False, id="log.tail", tooltip="All lines, at the end"),
    Binding("1", "head", "head", show=False, id="log.head", tooltip="All lines, at the start"),
    Binding("down,j", "rows(1)", "down", show=False, id="log.down", tooltip="One line down"),
    Binding("up,k", "rows(-1)", "up", show=False, id="log.up", tooltip="One line up"),
    Binding("pagedown,ctrl+d", "pages(1)", "page down", show=False, id="log.page-down", tooltip="One page down"),
    Binding("pageup,ctrl+u", "pages(-1)", "page up", show=False, id="log.page-up", tooltip="One page up"),
    Binding("g,home", "top", "first", show=False, id="log.first", tooltip="First line"),
    Binding("G,end", "bottom", "last", show=False, id="log.last", tooltip="Last line, and follow"),
    Binding("right", "sideways(1)", "right", show=False, id="log.right", tooltip="What is further right"),
    Binding("left", "sideways(-1)", "left", show=False, id="log.left", tooltip="Back to the left"),
    *(_window(key, minutes) for key, minutes in WINDOWS.items()),
]
