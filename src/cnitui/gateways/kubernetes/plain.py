"""Text from others, made fit for one line of a message of ours."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, limit: int = 600) -> str:
    """At most `limit` characters without line breaks, control, format (bidirectional) and unassigned characters."""
    cut = text[: limit * 4]
    spaced = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in cut)
    words = " ".join(spaced.split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def without_middle(text: str, limit: int = 600) -> str:
    """As `one_line`, but long text loses its middle: servers quote whole objects before they say what is wrong."""
    if len(text) <= limit:
        return one_line(text, limit)
    return f"{one_line(text[: limit // 2], limit // 2)} … {one_line(text[-limit // 2 :], limit // 2)}"
