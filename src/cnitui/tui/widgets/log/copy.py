"""What is copied out of a log: whole lines as the container wrote them, parts of lines as they are shown."""

from __future__ import annotations

from collections.abc import Callable

from textual.selection import Selection

from cnitui.engine.logs.kept import Entry, Rule
from cnitui.tui.widgets.log.text import Stamps, raw_text
from cnitui.tui.widgets.log.view import LogView


def literal(entry: Entry, stamps: Stamps) -> str:
    """An entry as it came, with the server's timestamp when those are shown in full."""
    if isinstance(entry, Rule):
        return f"── {entry.text}"
    return entry.decode("utf-8", "replace") if stamps is Stamps.FULL else raw_text(entry)


def selected_text(
    view: LogView, selection: Selection, shown: Callable[[int, int], str], whole: Callable[[int], str]
) -> str:
    """The selected rows; `shown` is the text of a row (entry number, part), `whole` an entry as it came."""
    first = selection.start.y if selection.start else 0
    last = selection.end.y if selection.end else view.rows - 1
    texts: list[str] = []
    for row in range(first, last + 1):
        span, found = selection.get_span(row), view.at(row)
        if span is None or found is None:
            continue
        text, (start, end) = shown(*found), span
        if start <= 1 and (end == -1 or end >= len(text.rstrip())):
            texts += [whole(found[0])] if found[1] == 0 else []
        else:
            texts.append(text[start : None if end == -1 else end].rstrip())
    return "\n".join(texts)
