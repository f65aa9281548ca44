"""Answers for an agent: without secrets, without signs that nobody sees, and of a size that it can read.

What a cluster wrote may be meant for whoever reads it. It stays data: in its place in a document, every sign of it to
be seen by a person as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnitui.domain.redaction import Redactor

MOST_CHARACTERS = 60_000
"""Of an answer: some fifteen thousand tokens."""
BOUNDS = ((60, 25, 4_000), (60, 12, 1_000), (30, 6, 400), (10, 3, 200), (3, 2, 100))
"""Items of a list, texts of a list of texts, and characters of a text, tried until the answer is short enough."""
_UNSEEN = "\N{REPLACEMENT CHARACTER}"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors count as printable and show nothing."""


def safe(document: Mapping[str, Any], most: int = MOST_CHARACTERS) -> dict[str, Any]:
    """The document without secrets, every text visible, and cut until it has at most that many characters.

    `left_out` then says which lists were cut, and by how many items; a list of texts says so at its end. Texts are cut
    last: a part of a secret would not be known for one.
    """
    for items, texts, characters in BOUNDS:
        lists = _Lists(items, texts)
        clean = Redactor().document(lists.cut(document, ""), "")
        answer: dict[str, Any] = _shown(clean, characters)
        if lists.left_out:
            answer["left_out"] = lists.left_out[:items]
        if len(json.dumps(answer, ensure_ascii=False)) <= most:
            break
    return answer


def visible(text: str) -> str:
    """The text with a sign for each character that does not show: controls, directions, tags, surrogates."""
    text = text.replace("\r\n", "\n")
    if not text.isprintable():
        text = "".join(map(_sign, text))
    return _SELECTORS.sub(_UNSEEN, text)


def _sign(sign: str) -> str:
    if sign.isprintable() or sign in "\n\t":
        return sign
    return " " if sign.isspace() else _UNSEEN


def _shown(value: object, characters: int) -> Any:
    """Every text of it visible, and none longer than that."""
    if isinstance(value, str):
        text = visible(value)
        more = len(text) - characters
        return f"{text[:characters]} … ({more:,} more characters)" if more > 0 else text
    if isinstance(value, Mapping):
        return {visible(str(key))[:characters]: _shown(inner, characters) for key, inner in value.items()}
    return [_shown(inner, characters) for inner in value] if isinstance(value, list | tuple) else value


@dataclass
class _Lists:
    """Lists no longer than that, and what was cut by it."""

    items: int
    texts: int
    left_out: list[str] = field(default_factory=list)

    def cut(self, value: Any, place: str) -> Any:
        """The value, as much of it as there is room for."""
        if isinstance(value, Mapping):
            return {key: self.cut(inner, f"{place}.{key}".lstrip(".")) for key, inner in value.items()}
        if not isinstance(value, list | tuple):
            return value
        if all(isinstance(one, str) for one in value):
            more = len(value) - self.texts
            return [*value[: self.texts], *([f"… and {more:,} more"] if more > 0 else ())]
        if len(value) > self.items:
            self.left_out.append(f"{place}: {len(value) - self.items:,} more")
        return [self.cut(inner, f"{place}[{at}]") for at, inner in enumerate(value[: self.items])]
