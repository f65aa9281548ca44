"""The keys of the timeline's picture."""

from __future__ import annotations

from textual.binding import Binding, BindingType

TIMELINE_KEYS: list[BindingType] = [
    Binding("enter", "logs", "logs", id="timeline.logs", tooltip="The log of this lane, at this moment"),
    Binding("n", "next(1)", "next", id="timeline.next", tooltip="What came next, in whichever lane"),
    Binding("N", "next(-1)", "before", show=False, id="timeline.previous", tooltip="What came before, in any lane"),
    Binding("plus,equals_sign", "zoom(0.5)", "closer", key_display="+", id="timeline.zoom-in",
            tooltip="A closer look at what the cursor is on"),
    Binding("minus", "zoom(2.0)", "further", key_display="-", show=False, id="timeline.zoom-out",
            tooltip="More of what is around it"),
    Binding("0", "fit", "whole", id="timeline.fit", tooltip="From the first failure on; again: all that is known"),
    Binding("h,shift+left", "pan(-0.5)", "earlier", show=False, id="timeline.earlier", tooltip="What was earlier"),
    Binding("l,shift+right", "pan(0.5)", "later", show=False, id="timeline.later", tooltip="What was later"),
    Binding("right", "along(1)", "right", show=False, id="timeline.right", tooltip="The next thing in this lane"),
    Binding("left", "along(-1)", "left", show=False, id="timeline.left", tooltip="The thing before in this lane"),
    Binding("down,j", "lane(1)", "down", show=False, id="timeline.down", tooltip="One lane down"),
    Binding("up,k", "lane(-1)", "up", show=False, id="timeline.up", tooltip="One lane up"),
    Binding("pagedown,ctrl+d", "lane(5)", "page down", show=False, id="timeline.page-down", tooltip="Five lanes down"),
    Binding("pageup,ctrl+u", "lane(-5)", "page up", show=False, id="timeline.page-up", tooltip="Five lanes up"),
    Binding("g,home", "edge(0)", "first", show=False, id="timeline.first", tooltip="What came first of all"),
    Binding("G,end", "edge(-1)", "last", show=False, id="timeline.last", tooltip="What came last of all"),
]  # fmt: skip
