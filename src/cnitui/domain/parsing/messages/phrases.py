"""Phrases: how the tables write what a message says, and what is made of it.

A phrase is a regular expression without its noise: case does not matter, a group never captures, and four signs stand
for what nearly every message needs.

| written  | means                                                        |
|----------|--------------------------------------------------------------|
| `…`      | anything, up to 200 characters                               |
| `~`      | the rest of a word: `fail~` is fail, failed, failure         |
| `<word>` | something without a space: a path, a name, an address        |
| `"`      | a quotation mark, also one that was escaped once or thrice   |
| `{name}` | a part of that name, from `[parts]` of the same table        |
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = {"…": ".{0,200}", "~": r"\w{0,30}", "<word>": r"\S{1,200}", '"': r'\\{0,7}"', "(": "(?:"}
_PIECE = re.compile(
    r"[\w /:=,;@#%&!'-]+(?=[^*+?{]|$)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P=\w+\)|\(\?(?:P<\w+>|<?[=!]|-?i?:)|<word>|"
    r"\{[a-z_]+\}|[\s\S]"
)
"""Plain text, an escaped character, a class, the beginning of a special group, a sign, a part, any other character."""
_SHORTEST = 2


def regex(phrase: str, parts: Mapping[str, str]) -> str:
    """The regular expression that a phrase stands for; raises KeyError for a part that is not there."""
    return "".join(_expanded(piece, parts) for piece in _PIECE.findall(phrase))


def _expanded(piece: str, parts: Mapping[str, str]) -> str:
    if len(piece) > 2 and piece[0] == "{":
        return f"(?:{regex(parts[piece[1:-1]], parts)})"
    return _SIGNS.get(piece, piece)


def needed_words(pattern: str) -> frozenset[str]:
    """Lower-case words of which one stands in whatever the expression matches; empty when nothing is sure."""
    return _Reader(pattern).alternatives()


class _Reader:
    """Reads an expression once, from left to right, keeping what must be there word by word."""

    def __init__(self, pattern: str) -> None:
        self._pieces = _PIECE.findall(pattern)
        self._place = 0

    def alternatives(self) -> frozenset[str]:
        """What one of several alternatives needs: a word of each, or nothing."""
        needed = [self._sequence()]
        while self._next() == "|":
            self._place += 1
            needed.append(self._sequence())
        return frozenset().union(*needed) if all(needed) else frozenset()

    def _next(self) -> str:
        return self._pieces[self._place] if self._place < len(self._pieces) else ""

    def _sequence(self) -> frozenset[str]:
        best: frozenset[str] = frozenset()
        run = ""
        while self._next() not in ("", "|", ")"):
            piece = self._next()
            self._place += 1
            within = self._group(piece)
            letter = _letter(piece)
            least, repeated = self._repetition()
            if letter and least:
                run += letter
            if not (letter and least and not repeated) and piece not in _NO_WIDTH:
                best, run = _better(best, _word(run)), ""
                best = _better(best, within) if least else best
        return _better(best, _word(run))

    def _group(self, piece: str) -> frozenset[str]:
        if piece[0] != "(" or piece[-1] == ")":
            return frozenset()
        needed = self.alternatives()
        self._place += 1
        return frozenset() if piece[-1] in "=!" else needed

    def _repetition(self) -> tuple[int, bool]:
        """How often the last piece stands there at least, and whether that may vary."""
        piece = self._next()
        if piece == "{":
            end = self._pieces.index("}", self._place)
            least = "".join(self._pieces[self._place + 1 : end]).partition(",")[0]
            self._place = end + 1
        elif piece and piece in "*?+":
            least = "1" if piece == "+" else "0"
            self._place += 1
        else:
            return 1, False
        self._place += self._next() == "?"
        return int(least), True


_NO_WIDTH = frozenset({"^", "$", r"\b", r"\B"})


def _letter(piece: str) -> str:
    """The text that one piece stands for, lower case; empty for what may be several."""
    if piece[0] == "\\":
        return "" if piece[1].isalnum() else piece[1]
    return "" if piece[0] in "^$.()|[" else piece.lower()


def _word(run: str) -> frozenset[str]:
    return frozenset({run}) if len(run) >= _SHORTEST else frozenset()


def _better(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The set that is less likely to stand in any line: its shortest word is longer."""
    return max(one, other, key=lambda words: (min((len(word.strip()) for word in words), default=0), -len(words)))
